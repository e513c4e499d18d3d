//! Proof that this installation has written a record: a MAC in a header. Headers of Peyvand without the right MAC are
//! ignored.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Topic;
use super::outgoing::SEQUENCE_HEADER;
use super::raw_record::{RawRecord, SourcePosition};

/// The MAC of an own record on an output topic, in lower-case hex. It follows [`SEQUENCE_HEADER`].
pub const MAC_HEADER: &str = "peyvand_mac";
/// The original position of a replayed message, as topic/partition/offset.
pub const REPLAY_OF: &str = "peyvand_replay_of";
/// The MAC of a replayed message on an input topic, in lower-case hex. It follows [`REPLAY_OF`].
pub const REPLAY_MAC: &str = "peyvand_replay_mac";
/// All headers with this prefix belong to Peyvand.
pub const RESERVED: &str = "peyvand_";

/// The keys of the MACs, derived from the secret of the installation. Own records and replayed messages have different
/// keys, so the MAC of one is never the MAC of the other.
#[derive(Clone)]
pub struct RecordKey {
    own: Hmac<Sha256>,
    replay: Hmac<Sha256>,
}

/// The parts of a record that its MAC covers. `headers` are those before the headers of the proof.
#[derive(Clone, Copy)]
pub struct RecordContent<'a> {
    pub topic: Topic,
    pub partition: i32,
    pub headers: &'a [(&'a str, &'a [u8])],
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
}

/// The writer of a record of an output topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin<'a> {
    /// The relay of this installation, as its event with this sequence number. Only `headers` are proved.
    Own { sequence: i64, headers: &'a [(&'a str, &'a [u8])] },
    /// Somebody else, or an installation with another secret: the MAC is wrong for this record and place.
    WrongMac,
    /// Somebody else: the record has no MAC.
    NoMac,
}

impl RecordKey {
    pub fn new(secret: &[u8]) -> Self {
        Self { own: derived(secret, b"peyvand own record 1"), replay: derived(secret, b"peyvand replay 1") }
    }

    /// The MAC of the own record with this sequence number.
    pub fn own_mac(&self, record: &RecordContent<'_>, sequence: i64) -> String {
        hex::encode(mac(&self.own, record, &sequence.to_be_bytes()).finalize().into_bytes())
    }

    /// The MAC of a message that is sent again, of which `place` was the original position. A misrouted message is sent to
    /// another partition, so the MAC covers both.
    pub fn replay_mac(&self, record: &RecordContent<'_>, place: &SourcePosition) -> String {
        hex::encode(mac(&self.replay, record, place.to_string().as_bytes()).finalize().into_bytes())
    }

    /// Checks the proof of a record of an output topic. `record.headers` are all of its headers.
    pub fn origin<'a>(&self, record: &RecordContent<'a>) -> Origin<'a> {
        let Some(proof) = Proof::find(record.headers, SEQUENCE_HEADER, MAC_HEADER) else {
            return Origin::NoMac;
        };
        let Ok(sequence) = proof.subject.parse::<i64>() else {
            return Origin::WrongMac;
        };
        let content = RecordContent { headers: proof.before, ..*record };
        if mac(&self.own, &content, &sequence.to_be_bytes()).verify_slice(&proof.mac).is_ok() {
            Origin::Own { sequence, headers: proof.before }
        } else {
            Origin::WrongMac
        }
    }

    /// The original position of a message of an input topic, if this installation has sent it again.
    pub fn replay_of(&self, record: &RawRecord<'_>) -> Option<SourcePosition> {
        let proof = Proof::find(&record.headers, REPLAY_OF, REPLAY_MAC)?;
        let place: SourcePosition = proof.subject.parse().ok()?;
        let content = RecordContent {
            topic: record.topic,
            partition: record.partition,
            headers: proof.before,
            key: record.key,
            value: record.value,
        };
        let is_proved =
            mac(&self.replay, &content, proof.subject.as_bytes()).verify_slice(&proof.mac).is_ok();
        is_proved.then_some(place)
    }
}

/// The headers of a proof: what it states, its MAC, and the headers before them.
struct Proof<'a> {
    subject: &'a str,
    mac: Vec<u8>,
    before: &'a [(&'a str, &'a [u8])],
}

impl<'a> Proof<'a> {
    /// The last header with the MAC counts: a dead letter may contain headers of its message with the same names.
    fn find(headers: &'a [(&'a str, &'a [u8])], subject: &str, mac: &str) -> Option<Self> {
        let at = headers.iter().rposition(|(name, _)| *name == mac)?;
        let (name, stated) = headers.get(at.checked_sub(1)?)?;
        if *name != subject {
            return None;
        }
        Some(Self {
            subject: std::str::from_utf8(stated).ok()?,
            // A text that is not hex is a wrong MAC.
            mac: hex::decode(headers.get(at)?.1).unwrap_or_default(),
            before: headers.get(..at - 1)?,
        })
    }
}

fn derived(secret: &[u8], label: &[u8]) -> Hmac<Sha256> {
    let mut derivation = keyed(secret);
    derivation.update(label);
    keyed(&derivation.finalize().into_bytes())
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC accepts keys of any length, so this cannot fail. The fallback, an empty key, would also be valid.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// Every part is written with its length, and every list with its count. Two different records therefore never give
/// the same bytes.
fn mac(key: &Hmac<Sha256>, record: &RecordContent<'_>, subject: &[u8]) -> Hmac<Sha256> {
    let mut mac = key.clone();
    add(&mut mac, record.topic.name().as_bytes());
    mac.update(&record.partition.to_be_bytes());
    add(&mut mac, subject);
    mac.update(&length(record.headers.len()));
    for (name, value) in record.headers {
        add(&mut mac, name.as_bytes());
        add(&mut mac, value);
    }
    for part in [record.key, record.value] {
        mac.update(&[u8::from(part.is_some())]);
        add(&mut mac, part.unwrap_or_default());
    }
    mac
}

fn add(mac: &mut Hmac<Sha256>, part: &[u8]) {
    mac.update(&length(part.len()));
    mac.update(part);
}

fn length(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
