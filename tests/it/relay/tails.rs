//! The tails of the topics determine what was sent, and whether this database may send at all.

use std::time::Duration;

use peyvand::kafka::Error;

use super::{DECISIONS, Installation, event, key_of, one_event_per_partition};
use crate::harness::KafkaProxy;

impl Installation {
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
fn the_last_own_record_is_found_however_far_back() {
    let installation = Installation::delivering();
    installation.foreign(5, 200);
    installation.append(one_event_per_partition("first").into_iter().filter(|event| event.id != "first 3"));
    installation.deliver("one");
    for (partition, records) in [(0, 15), (1, 16), (2, 17), (3, 40), (4, 600)] {
        installation.foreign(partition, records);
    }
    installation.foreign(5, 30);
    // Retention removes records from the front.
    installation.app.delete_records(DECISIONS, 5, 150);
    let before = installation.stored_records().len();
    installation.append([event(&key_of(3), "late 3")]);
    installation.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(installation.deliver("two"), (1, 0));
    assert_eq!(installation.stored_records().len(), before + 1);
    installation.close();
}

/// A database that is older than its topics has allocated fewer sequence numbers than they contain.
#[test]
fn a_database_behind_its_topics_sends_nothing() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    installation.deliver("one");
    let before = installation.ids();
    // Only this relay shard is older; the others know all records in their partitions.
    installation.app.execute("UPDATE outbox_heads SET next_position = 2 WHERE grp = 3").unwrap();
    installation.app.execute("UPDATE relay_groups SET delivered = 1 WHERE grp = 3").unwrap();
    installation.refuses(7, 2, 1);
    assert_eq!(installation.ids(), before);
    installation.close();
}

/// A restored database that continued by itself has allocated the same sequence numbers to other events.
#[test]
fn a_database_that_diverged_from_its_topics_sends_nothing() {
    let installation = Installation::delivering();
    let relay = installation.relay("one");
    installation.append(one_event_per_partition("first"));
    installation.until_delivered();
    relay.end(&installation);
    let before = installation.ids();
    installation.app.execute("TRUNCATE outbox").unwrap();
    installation.app.execute("UPDATE outbox_heads SET next_position = 1 WHERE grp = 2").unwrap();
    installation.app.execute("UPDATE relay_groups SET delivered = 0 WHERE grp = 2").unwrap();
    installation.append([event(&key_of(2), "first 2"), event(&key_of(2), "another")]);
    installation.append([event(&key_of(6), "late 6")]);
    installation.refuses(6, 2, 3);
    assert_eq!(installation.ids(), before);
    // A sequence number with the same event id in the topic and in the outbox is accepted.
    installation.app.execute("TRUNCATE outbox").unwrap();
    installation.app.execute("UPDATE outbox_heads SET next_position = 1 WHERE grp = 2").unwrap();
    installation.append([
        event(&key_of(2), "first 2"),
        event(&key_of(6), "first 6"),
        event(&key_of(6), "late 6"),
    ]);
    assert_eq!(installation.deliver("two"), (1, 0));
    installation.close();
}

/// A broker may not name an existing topic for a moment. Such a topic is not empty: its tail is read once it is named.
#[test]
fn a_topic_that_is_not_named_for_a_moment_is_not_an_empty_topic() {
    let mut installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    installation.deliver("one");
    let before = installation.ids();
    // The broker has what the database does not know to be delivered. Only shard 3 runs, so that no other shard asks.
    for sql in [
        "UPDATE relay_groups SET delivered = 0 WHERE grp = 3",
        "INSERT INTO relay_members VALUES ('another', now() + interval '1 hour')",
        "UPDATE relay_groups SET owner = 'another', until = now() + interval '1 hour' WHERE grp <> 3",
    ] {
        installation.app.execute(sql).unwrap();
    }
    let [hidden, after] =
        [DECISIONS, "dead-letters.v1"].map(|topic| format!("{}{topic}", installation.app.prefix));
    let brokers = installation.app.brokers.clone();
    let proxy = KafkaProxy::hiding(&brokers, hidden, after, Duration::from_secs(3));
    installation.app.brokers = proxy.address();
    let sent = installation.deliver("two");
    installation.app.brokers = brokers;
    assert!(proxy.has_refused());
    assert_eq!(installation.ids(), before);
    assert_eq!(sent, (0, 0));
    installation.close();
}
