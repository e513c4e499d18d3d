//! A proxy for the Kafka protocol. It refuses selected Produce requests, as a broker that does not serve the partition
//! yet does, hides a topic for some seconds, as a broker that has just started does, or damages the batches that clients
//! read. It forwards everything else.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

const PRODUCE: i16 = 0;
const LIST_OFFSETS: i16 = 2;
const METADATA: i16 = 3;
/// The broker's error code for a topic that does not exist.
const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const DUPLICATE_SEQUENCE_NUMBER: i16 = 46;
/// The first bytes of a batch that is compressed with lz4.
const LZ4_FRAME: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];

/// Refuses the first Produce request for a partition. Its messages are not stored.
#[derive(Clone)]
pub struct Refusal {
    /// Full name of the topic on the broker.
    pub topic: String,
    pub partition: i32,
    pub error: i16,
    /// How long the refusal is delayed. Meanwhile a pipelining client sends its next request.
    pub withheld: Duration,
}

impl Refusal {
    /// The refusal of a broker that does not serve the partition yet.
    pub fn not_yet_served(topic: String, partition: i32) -> Self {
        let (error, withheld) = (UNKNOWN_TOPIC_OR_PARTITION, Duration::from_secs(2));
        Self { topic, partition, error, withheld }
    }

    /// The refusal of a broker that already has these messages.
    pub fn duplicate(topic: String, partition: i32) -> Self {
        let (error, withheld) = (DUPLICATE_SEQUENCE_NUMBER, Duration::ZERO);
        Self { topic, partition, error, withheld }
    }
}

/// Answers requests for the metadata of a topic as if it did not exist, for some seconds: from the first such request
/// after one for the offsets of another topic.
struct Hiding {
    topic: String,
    after: String,
    lasts: Duration,
    /// Whether the request for offsets has come.
    is_due: AtomicBool,
    since: OnceLock<Instant>,
}

/// Listens on its own port until the test process ends.
pub struct KafkaProxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    broker: SocketAddr,
    address: SocketAddr,
    refusal: Option<Refusal>,
    hiding: Option<Hiding>,
    has_refused: AtomicBool,
    damages_batches: AtomicBool,
}

impl KafkaProxy {
    pub fn start(brokers: &str, refusal: Refusal) -> Self {
        Self::with(brokers, Some(refusal), None)
    }

    /// Refuses nothing.
    pub fn forwarding(brokers: &str) -> Self {
        Self::with(brokers, None, None)
    }

    /// Hides `topic` for some seconds, beginning with the first question about it after one for the offsets of `after`.
    pub fn hiding(brokers: &str, topic: String, after: String, lasts: Duration) -> Self {
        let (is_due, since) = (AtomicBool::new(false), OnceLock::new());
        Self::with(brokers, None, Some(Hiding { topic, after, lasts, is_due, since }))
    }

    fn with(brokers: &str, refusal: Option<Refusal>, hiding: Option<Hiding>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (broker, address) = (brokers.parse().unwrap(), listener.local_addr().unwrap());
        let state = Arc::new(State {
            broker,
            address,
            refusal,
            hiding,
            has_refused: AtomicBool::new(false),
            damages_batches: AtomicBool::new(false),
        });
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                serve(&shared, client);
            }
        });
        Self { address, state }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// While this is on, no client can decompress an lz4 batch that it reads.
    pub fn damage_batches(&self, damages: bool) {
        self.state.damages_batches.store(damages, Ordering::SeqCst);
    }

    pub fn has_refused(&self) -> bool {
        self.state.has_refused.load(Ordering::SeqCst)
    }
}

/// The requests of one connection that the broker refuses, by correlation id.
type Refused = Arc<Mutex<HashSet<[u8; 4]>>>;

fn serve(state: &Arc<State>, client: TcpStream) {
    let Ok(broker) = TcpStream::connect(state.broker) else { return };
    for stream in [&client, &broker] {
        stream.set_nodelay(true).unwrap();
    }
    let refused = Refused::default();
    let upward = (state.clone(), refused.clone(), client.try_clone().unwrap(), broker.try_clone().unwrap());
    let downward = (state.clone(), refused, broker, client);
    std::thread::spawn(move || {
        let (state, refused, from, to) = upward;
        pump(&from, &to, |frame| state.request(frame, &refused));
    });
    std::thread::spawn(move || {
        let (state, refused, from, to) = downward;
        pump(&from, &to, |frame| state.response(frame, &refused));
    });
}

/// Forwards frames. If one side closes, closes both.
fn pump(mut from: &TcpStream, mut to: &TcpStream, mut change: impl FnMut(&mut [u8])) {
    let mut length = [0; 4];
    while from.read_exact(&mut length).is_ok() {
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap()];
        if from.read_exact(&mut frame).is_err() {
            break;
        }
        change(&mut frame);
        if to.write_all(&length).and_then(|()| to.write_all(&frame)).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(std::net::Shutdown::Both);
    }
}

impl Hiding {
    /// Where the name of the topic ends in a request that is to be answered as if the topic did not exist.
    fn request(&self, frame: &[u8]) -> Option<usize> {
        let key = i16::from_be_bytes([frame[0], frame[1]]);
        if key == LIST_OFFSETS && find(frame, self.after.as_bytes()).is_some() {
            self.is_due.store(true, Ordering::SeqCst);
        }
        if key != METADATA || !self.is_due.load(Ordering::SeqCst) {
            return None;
        }
        let end = find(frame, self.topic.as_bytes())? + self.topic.len();
        let now = super::now();
        (now < *self.since.get_or_init(|| now) + self.lasts).then_some(end)
    }
}

impl State {
    /// Changes the topic of a request that is to be refused to one that does not exist, so the broker refuses it.
    fn request(&self, frame: &mut [u8], refused: &Refused) {
        if let Some(hiding) = &self.hiding
            && let Some(end) = hiding.request(frame)
        {
            self.has_refused.store(true, Ordering::SeqCst);
            refused.lock().unwrap().insert(frame[4..8].try_into().unwrap());
            frame[end - 1] = b'x';
        }
        if frame[..2] != PRODUCE.to_be_bytes() {
            return;
        }
        let Some(refusal) = &self.refusal else { return };
        let Some(place) = find(frame, refusal.topic.as_bytes()) else { return };
        let end = place + refusal.topic.len();
        // Produce v9 and later: a one-byte array length, then the partition.
        if frame[end + 1..end + 5] != refusal.partition.to_be_bytes()
            || self.has_refused.swap(true, Ordering::SeqCst)
        {
            return;
        }
        refused.lock().unwrap().insert(frame[4..8].try_into().unwrap());
        frame[end - 1] = b'x';
    }

    /// In a refusal, restores the topic's name and sets the configured error. In every response, replaces addresses of
    /// the broker by the proxy's.
    fn response(&self, frame: &mut [u8], refused: &Refused) {
        let correlation: [u8; 4] = frame[..4].try_into().unwrap();
        if let Some(hiding) = &self.hiding
            && refused.lock().unwrap().remove(&correlation)
        {
            let other = format!("{}x", &hiding.topic[..hiding.topic.len() - 1]);
            let end = find(frame, other.as_bytes()).expect("the answer names the topic") + other.len();
            frame[end - 1] = *hiding.topic.as_bytes().last().unwrap();
        }
        if let Some(refusal) = &self.refusal
            && refused.lock().unwrap().remove(&correlation)
        {
            let other = format!("{}x", &refusal.topic[..refusal.topic.len() - 1]);
            let end = find(frame, other.as_bytes()).expect("the refusal contains its topic") + other.len();
            frame[end - 1] = *refusal.topic.as_bytes().last().unwrap();
            // Produce v9 and later: a one-byte array length, the partition, the error.
            let error = &mut frame[end + 5..end + 7];
            assert_eq!(error, UNKNOWN_TOPIC_OR_PARTITION.to_be_bytes(), "unexpected version of Produce");
            error.copy_from_slice(&refusal.error.to_be_bytes());
            std::thread::sleep(refusal.withheld);
        }
        while self.damages_batches.load(Ordering::SeqCst)
            && let Some(place) = find(frame, &LZ4_FRAME)
        {
            frame[place..place + LZ4_FRAME.len()].fill(0);
        }
        let [broker, own] = [self.broker, self.address].map(host_and_port);
        while let Some(place) = find(frame, &broker) {
            frame[place..place + own.len()].copy_from_slice(&own);
        }
    }
}

/// Host and port as encoded in Metadata and FindCoordinator responses.
fn host_and_port(address: SocketAddr) -> Vec<u8> {
    let mut bytes = address.ip().to_string().into_bytes();
    bytes.extend(u32::from(address.port()).to_be_bytes());
    bytes
}

fn find(frame: &[u8], wanted: &[u8]) -> Option<usize> {
    frame.windows(wanted.len()).position(|window| window == wanted)
}
