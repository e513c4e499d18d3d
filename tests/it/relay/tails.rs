//! The tails of the topics determine what was sent, and whether this database may send at all.

use peyvand::kafka::Error;

use super::{DECISIONS, Office, key_of, round, said};

impl Office {
    /// Appends this number of foreign records to a partition.
    fn foreign(&self, partition: i32, records: u32) {
        let raw = self.app.raw_alone();
        for _ in 0..records {
            raw.record(DECISIONS, Some(key_of(partition).as_bytes()), &[("x", "y")], None);
        }
    }

    /// Asserts that the relay refuses partition `of`, with the last sequence number in the topic (`at`) and the last
    /// one that this database has allocated.
    #[track_caller]
    fn refuses(&self, of: i32, at: i64, given_here: i64) {
        match self.relay("one").refusal(self) {
            Error::OlderThanTopics { topic, partition, held, given } => {
                assert_eq!(topic, format!("{}{DECISIONS}", self.app.prefix));
                assert_eq!((partition, held, given), (of, at, given_here));
            }
            other => panic!("{other}"),
        }
    }
}

/// Transaction markers and foreign records may follow our last record, or may be all that a partition contains.
#[test]
fn the_last_of_ours_is_found_however_far_back() {
    let office = Office::delivering();
    office.foreign(5, 200);
    office.append(round("first").into_iter().filter(|event| event.id != "first 3"));
    office.deliver("one");
    for (partition, records) in [(0, 15), (1, 16), (2, 17), (3, 40), (4, 600)] {
        office.foreign(partition, records);
    }
    office.foreign(5, 30);
    // Retention removes records from the front.
    office.app.forget_records(DECISIONS, 5, 150);
    let before = office.lying().len();
    office.append([said(&key_of(3), "late 3")]);
    office.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(office.deliver("two"), (1, 0));
    assert_eq!(office.lying().len(), before + 1);
    office.close();
}

/// A database that is older than its topics has allocated fewer sequence numbers than they contain.
#[test]
fn a_database_that_has_given_less_sends_nothing() {
    let office = Office::delivering();
    office.append(round("first"));
    office.deliver("one");
    let before = office.ids();
    // Only this relay shard is older; the others know all records in their partitions.
    office.app.execute("UPDATE outbox_heads SET next_position = 2 WHERE grp = 3").unwrap();
    office.app.execute("UPDATE relay_groups SET delivered = 1 WHERE grp = 3").unwrap();
    office.refuses(7, 2, 1);
    assert_eq!(office.ids(), before);
    office.close();
}

/// A restored database that continued by itself has allocated the same sequence numbers to other events.
#[test]
fn a_database_that_went_on_by_itself_sends_nothing() {
    let office = Office::delivering();
    let relay = office.relay("one");
    office.append(round("first"));
    office.until_delivered();
    relay.end(&office);
    let before = office.ids();
    office.app.execute("TRUNCATE outbox").unwrap();
    office.app.execute("UPDATE outbox_heads SET next_position = 1 WHERE grp = 2").unwrap();
    office.app.execute("UPDATE relay_groups SET delivered = 0 WHERE grp = 2").unwrap();
    office.append([said(&key_of(2), "first 2"), said(&key_of(2), "another")]);
    office.append([said(&key_of(6), "late 6")]);
    office.refuses(6, 2, 3);
    assert_eq!(office.ids(), before);
    // A sequence number with the same event id in the topic and in the outbox is accepted.
    office.app.execute("TRUNCATE outbox").unwrap();
    office.app.execute("UPDATE outbox_heads SET next_position = 1 WHERE grp = 2").unwrap();
    office.append([said(&key_of(2), "first 2"), said(&key_of(6), "first 6"), said(&key_of(6), "late 6")]);
    assert_eq!(office.deliver("two"), (1, 0));
    office.close();
}
