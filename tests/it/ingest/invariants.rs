//! The consumer checks the invariants that it relies on. A failed check ends the session: the input is read again from
//! the offsets in the database, nothing is lost, and no message becomes a dead letter because of it.

use std::sync::Arc;

use jiff::Timestamp;
use peyvand::app::ingest::{ConsumedRecord, RecordBatch};
use peyvand::kafka::consumer::gap_proof::GapProver;
use peyvand::kafka::{Broker, Error};
use peyvand::store::offsets::{OffsetAdvance, TopicPartition};
use peyvand::wire::{RawRecord, RecordKey, Topic, partition_for};

use crate::fixtures::couples::Couple;
use crate::harness::{StoredRecord, TestApp};
use crate::ingest::processes::{counter, listen};
use crate::relay::settings;

const MARRIAGES: &str = "registry.marriages.v1";
const RECORDED: &str = "registry.marriage.recorded";
const GAPS: &str = "peyvand_offset_gaps_total";
#[cfg(feature = "failpoints")]
const RESTARTS: &str = "peyvand_intake_restarts_total";
const RESTARTS_SESSION: &str = "ingest restarts from the offsets in the database";

/// Couples whose registry rows go to one partition.
fn neighbours(app: &TestApp, count: usize) -> Vec<Couple> {
    let partitions = app.partitions().of(Topic::RegistryMarriages);
    let is_in_first = |couple: &Couple| partition_for(couple.record_id.as_bytes(), partitions) == 0;
    (1..).map(Couple::nth).filter(is_in_first).take(count).collect()
}

fn send(app: &TestApp, couples: &[Couple]) {
    let raw = app.raw();
    for couple in couples {
        raw.event(MARRIAGES, &couple.record_id, RECORDED, &couple.record_id, &couple.marriage_data(1));
    }
}

/// Sends one row in a transaction, which ends with a marker in the partition. Without `commit` the transaction is
/// aborted.
fn send_in_transaction(app: &TestApp, couple: &Couple, version: u32, commit: bool) {
    let id = format!("{}/{version}", couple.record_id);
    app.raw().transaction(
        MARRIAGES,
        &couple.record_id,
        RECORDED,
        &id,
        &couple.marriage_data(version),
        commit,
    );
}

fn count(app: &TestApp, table: &str) -> usize {
    app.value(&format!("SELECT count(*) FROM {table}")).parse().unwrap()
}

#[test]
fn gaps_that_transactions_leave_are_proved_and_counted() {
    let mut app = TestApp::without_service("1404-08-01");
    let address = listen();
    let place = app.serve(&["--roles", "intake,relay,api", "--http-listen", &address.to_string()]);
    app.settle();
    let couples = neighbours(&app, 3);
    send_in_transaction(&app, &couples[0], 1, true);
    send_in_transaction(&app, &couples[1], 1, false);
    send_in_transaction(&app, &couples[2], 1, true);
    app.settle();
    assert_eq!(count(&app, "marriages"), 2);
    // One gap between the two committed records: a marker, the aborted record, and its marker.
    assert_eq!(counter(address, GAPS), 1);
    send_in_transaction(&app, &couples[1], 2, true);
    app.settle();
    assert_eq!((count(&app, "marriages"), counter(address, GAPS)), (3, 2));
    assert!(!app.service(place).log().contains(RESTARTS_SESSION), "{}", app.logs());
    app.finish();
}

/// A batch of these records that starts at the offset `expected`.
fn batch(expected: i64, records: &[&StoredRecord]) -> RecordBatch {
    let topic = Topic::RegistryMarriages;
    let taken = records.iter().map(|lying| {
        let headers = lying.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let (key, value) = (lying.key.as_deref(), lying.value.as_deref());
        let message = RawRecord {
            topic,
            partition: lying.partition,
            offset: lying.offset,
            timestamp_ms: None,
            key,
            headers,
            value,
        };
        ConsumedRecord::read(&message, topic.name(), &RecordKey::new(b"test"), Timestamp::UNIX_EPOCH, false)
    });
    let partition = TopicPartition { topic, partition: records[0].partition };
    let next = records.last().unwrap().offset + 1;
    RecordBatch { advances: vec![OffsetAdvance { partition, expected, next }], records: taken.collect() }
}

#[test]
fn a_gap_that_holds_a_record_is_disproved() {
    let app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let couples = neighbours(&app, 6);
    send(&app, &couples[..3]);
    send_in_transaction(&app, &couples[3], 1, false);
    send(&app, &couples[4..]);
    let lying = app.stored_records(MARRIAGES);
    let offsets: Vec<_> = lying.iter().map(|record| record.offset).collect();
    assert_eq!(offsets, [0, 1, 2, 5, 6], "an aborted record and its marker are in between");
    let mut prover = GapProver::new(Broker::new(&settings(&app)), Arc::default());
    let mut proves = |expected, places: &[usize]| {
        let records: Vec<_> = places.iter().map(|place| &lying[*place]).collect();
        prover.prove(&batch(expected, &records))
    };
    proves(0, &[0, 1, 2, 3, 4]).unwrap();
    proves(3, &[3]).unwrap();
    for (expected, places, lost) in
        [(0, [0, 2, 3].as_slice(), 1), (0, &[1, 2, 3], 0), (0, &[0, 1, 2, 4], 5), (2, &[3, 4], 2)]
    {
        let error = proves(expected, places).unwrap_err();
        assert!(
            matches!(error, Error::RecordPassedOver { found, .. } if found == lost),
            "{places:?}: {error}"
        );
        assert!(error.restarts_session());
    }
    // The content of a gap cannot be known once retention has removed it.
    app.delete_records(MARRIAGES, 0, 4);
    assert!(matches!(proves(0, &[0, 1, 3]), Err(Error::InputGone)));
    app.finish();
}

/// A person's row that disappears within the transaction represents every broken invariant.
#[test]
fn a_violated_invariant_stops_the_batch_and_no_record_is_skipped() {
    let mut app = TestApp::start("1404-08-01");
    app.settle();
    app.stop();
    let couples = neighbours(&app, 3);
    send(&app, &couples);
    for sql in [
        "CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER vanish BEFORE INSERT ON persons FOR EACH ROW EXECUTE FUNCTION vanish()",
    ] {
        app.execute(sql).unwrap();
    }
    let place = app.serve(&[]);
    app.wait_for_log(place, RESTARTS_SESSION);
    std::thread::sleep(std::time::Duration::from_secs(4));
    let log = app.service(place).log();
    let restarts: Vec<_> = log.lines().filter(|line| line.contains(RESTARTS_SESSION)).collect();
    assert!(
        restarts.iter().all(|line| line.contains("ERROR") && line.contains("an invariant does not hold")),
        "{restarts:?}"
    );
    assert!(restarts.len() < 6, "{} sessions in four seconds: there is no back-off", restarts.len());
    let persons = couples.iter().flat_map(|couple| [&couple.husband, &couple.wife]);
    assert!(persons.into_iter().all(|code| !log.contains(code.as_str())), "a national code was logged");
    assert_eq!((count(&app, "marriages"), count(&app, "dead_letters")), (0, 0));

    app.execute("DROP TRIGGER vanish ON persons").unwrap();
    app.settle();
    assert_eq!((count(&app, "marriages"), count(&app, "dead_letters")), (3, 0));
    app.finish();
}

/// A service with an injected fault in its first session. It still ingests all input.
#[cfg(feature = "failpoints")]
struct Faulty {
    app: TestApp,
    couples: Vec<Couple>,
    address: std::net::SocketAddr,
}

#[cfg(feature = "failpoints")]
impl Faulty {
    /// The rows of the couples are in one partition when the service starts.
    fn begin(couples: usize, fault: &str) -> Self {
        let app = TestApp::without_service("1404-08-01");
        let couples = neighbours(&app, couples);
        Self::begin_in(app, couples, fault)
    }

    /// As `begin`, with eight rows of which the database refuses one.
    fn begin_refused(fault: &str) -> Self {
        let app = TestApp::without_service("1404-08-01");
        app.json(&["status"]);
        let couples = neighbours(&app, 8);
        let refused = &couples[4].record_id;
        let poison = format!("ALTER TABLE marriages ADD CONSTRAINT poison CHECK (record_id <> '{refused}')");
        app.execute(&poison).unwrap();
        Self::begin_in(app, couples, fault)
    }

    fn begin_in(mut app: TestApp, couples: Vec<Couple>, fault: &str) -> Self {
        send(&app, &couples);
        let address = listen();
        app.inject(fault);
        app.serve(&["--roles", "intake,relay,api", "--http-listen", &address.to_string()]);
        app.inject("");
        Self { app, couples, address }
    }

    /// Asserts that the service restarted its session once, logged the cause at error level, and lost nothing.
    fn end(mut self, why: &str) {
        self.app.wait_for_log(0, RESTARTS_SESSION);
        self.app.settle();
        let log = self.app.service(0).log();
        let restarts: Vec<_> = log.lines().filter(|line| line.contains(RESTARTS_SESSION)).collect();
        assert!(
            restarts.len() == 1 && restarts[0].contains("ERROR") && restarts[0].contains(why),
            "{restarts:?}"
        );
        assert_eq!(counter(self.address, RESTARTS), 1);
        assert_eq!(count(&self.app, "marriages"), self.couples.len());
        self.app.finish();
    }
}

#[cfg(feature = "failpoints")]
#[test]
fn partitions_are_read_although_their_assignment_failed() {
    Faulty::begin(3, "assignment.assign/fails=1*return")
        .end("the assignment of input partitions could not be changed");
}

/// A message that the database refuses makes the consumer seek back and read again.
#[cfg(feature = "failpoints")]
#[test]
fn a_rewind_that_fails_for_good_ends_the_session() {
    let fault = "rewind.seek/fails=1*off->5*return->off";
    let faulty = Faulty::begin_refused(fault);
    faulty.app.wait_for_log(0, RESTARTS_SESSION);
    faulty.app.settle();
    assert_eq!(count(&faulty.app, "dead_letters"), 1);
    faulty.app.execute("ALTER TABLE marriages DROP CONSTRAINT poison").unwrap();
    faulty.app.text(&["dead-letters", "replay", "--all"]);
    faulty.end("could not be read again");
}

#[cfg(feature = "failpoints")]
#[test]
fn a_rewind_whose_seek_fails_once_is_tried_again() {
    let faulty = Faulty::begin_refused("rewind.seek/fails=1*off->1*return->off");
    faulty.app.settle();
    assert_eq!(count(&faulty.app, "dead_letters"), 1);
    assert!(faulty.app.logs().contains("trying again"), "{}", faulty.app.logs());
    assert_eq!(counter(faulty.address, RESTARTS), 0);
    assert_eq!(count(&faulty.app, "marriages"), faulty.couples.len() - 1);
    faulty.app.finish();
}

/// The consumer skips the second of its records.
#[cfg(feature = "failpoints")]
#[test]
fn a_record_that_the_consumer_passes_over_is_read_again() {
    Faulty::begin(12, "intake.take/loses=1*off->1*return->off").end("but there is a record at 1");
}
