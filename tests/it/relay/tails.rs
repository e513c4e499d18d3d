//! The topics' tails decide what was sent, and whether this database may send at all.

use peyvand::kafka::Error;

use super::{DECISIONS, Office, key_of, round, said};

impl Office {
    /// So many records that are not ours come to lie behind them.
    fn foreign(&self, partition: i32, records: u32) {
        let raw = self.app.raw_alone();
        for _ in 0..records {
            raw.record(DECISIONS, Some(key_of(partition).as_bytes()), &[("x", "y")], None);
        }
    }

    /// The relay refuses this partition, and says how far the topic goes and how far this database.
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

/// Markers of transactions and strangers' records may lie behind the last of ours, and a partition may hold nothing else.
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
    // Retention takes from the front.
    office.app.forget_records(DECISIONS, 5, 150);
    let before = office.lying().len();
    office.append([said(&key_of(3), "late 3")]);
    office.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(office.deliver("two"), (1, 0));
    assert_eq!(office.lying().len(), before + 1);
    office.close();
}

/// A database from before its topics: it has given fewer positions than they hold, …
#[test]
fn a_database_that_has_given_less_sends_nothing() {
    let office = Office::delivering();
    office.append(round("first"));
    office.deliver("one");
    let before = office.ids();
    // Only this group; the others know all that their partitions hold.
    office.app.execute("UPDATE outbox_heads SET next_position = 2 WHERE grp = 3").unwrap();
    office.app.execute("UPDATE relay_groups SET delivered = 1 WHERE grp = 3").unwrap();
    office.refuses(7, 2, 1);
    assert_eq!(office.ids(), before);
    office.close();
}

/// … or it has given the same positions to other events since.
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
    // What both know by the same name is nobody's doubt.
    office.app.execute("TRUNCATE outbox").unwrap();
    office.app.execute("UPDATE outbox_heads SET next_position = 1 WHERE grp = 2").unwrap();
    office.append([said(&key_of(2), "first 2"), said(&key_of(6), "first 6"), said(&key_of(6), "late 6")]);
    assert_eq!(office.deliver("two"), (1, 0));
    office.close();
}
