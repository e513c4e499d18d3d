//! Topics that end before their recorded end offset, and a database that does not answer.

use std::time::Duration;

use peyvand::app::relay::clear_end_offsets;
use peyvand::kafka::Error;
use peyvand::store;
use peyvand::wire::Topic;
use tokio::sync::oneshot;

use crate::relay::{DECISIONS, Office, PARTITIONS, key_of, round, said};

impl Office {
    /// Records this end offset, as if the partition had been written up to it.
    fn ended(&self, partition: i32, next: i64) {
        let sql = format!(
            "INSERT INTO output_ends VALUES ('{DECISIONS}', {partition}, {next})
             ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset"
        );
        self.app.execute(&sql).unwrap();
    }
}

/// "A lost or recreated output topic is noticed, not silently refilled"; an operator may confirm that it is lost
/// permanently.
#[test]
fn a_partition_that_ends_too_early_is_refused_until_somebody_gives_it_up() {
    let office = Office::delivering();
    office.append(round("first"));
    // Another process owns the relay shards of the partitions 2, 3, 6 and 7, so this relay does not check them.
    for sql in [
        "INSERT INTO relay_members VALUES ('another', now() + interval '1 hour')",
        "UPDATE relay_groups SET owner = 'another', until = now() + interval '1 hour' WHERE grp >= 2",
    ] {
        office.app.execute(sql).unwrap();
    }
    office.ended(6, 9);
    let relay = office.relay("one");
    office.app.wait("the events of its own shards are delivered", || office.lying().len() == 4);
    assert_eq!(relay.end(&office), (4, 0));
    office.append([said(&key_of(5), "second 5")]);
    office.ended(5, 9);
    match office.relay("one").refusal(&office) {
        Error::OutputLost { topic, partition, ended, ends, name } => {
            assert_eq!((topic, name), (format!("{}{DECISIONS}", office.app.prefix), DECISIONS.to_owned()));
            // The partition contains a record and the marker of its transaction.
            assert_eq!((partition, ended, ends), (5, 9, 2));
        }
        other => panic!("{other}"),
    }
    assert_eq!(office.lying().len(), 4);
    office.runtime.block_on(clear_end_offsets(&office.ctx, Topic::EligibilityDecisions)).unwrap();
    let relay = office.relay("one");
    office.app.wait("the refused event is delivered", || office.lying().len() == 5);
    assert_eq!(relay.end(&office), (1, 0));
    office.close();
}

/// The topic is recreated while a relay runs, and the relay may be the first to write to the new topic.
#[test]
fn a_topic_that_is_made_anew_under_its_writer_is_refused() {
    let office = Office::delivering();
    let relay = office.relay("one");
    for id in ["first", "second"] {
        office.append([said(&key_of(0), id)]);
        office.until_delivered();
    }
    office.app.delete_topic(DECISIONS);
    office.app.make_topic(DECISIONS, PARTITIONS);
    office.append([said(&key_of(0), "third")]);
    let error = relay.refusal(&office);
    assert!(matches!(error, Error::OutputLost { partition: 0, .. }), "{error}");
    let watermark = "SELECT delivered::text FROM relay_groups WHERE grp = 0";
    assert_eq!(office.app.value(watermark), "2", "a record in the new topic is recorded as delivered");
    office.close();
}

/// A new leader may not know the end offset of its partition yet: the relay waits for it.
#[test]
fn a_partition_that_reaches_its_end_a_moment_later_is_not_lost() {
    let office = Office::delivering();
    office.append([said(&key_of(0), "one")]);
    office.ended(0, 3);
    let relay = office.relay("one");
    std::thread::sleep(Duration::from_secs(3));
    assert!(office.lying().is_empty(), "the event was sent before the end offset was reached");
    let raw = office.app.raw_alone();
    for _ in 0..3 {
        raw.record(DECISIONS, Some(key_of(0).as_bytes()), &[], None);
    }
    office.until_delivered();
    assert_eq!(relay.end(&office), (1, 0));
    office.close();
}

/// A database may disappear without closing its connections: the relay then fails with a query timeout.
#[test]
fn a_database_that_falls_silent_ends_the_relay() {
    // The first table blocks the leases, the second blocks a writer's watermark.
    for table in ["relay_members", "output_ends"] {
        let mut office = Office::delivering();
        office.ctx.query_timeout = Duration::from_secs(2);
        office.append([said(&key_of(0), "one")]);
        let blocker = office.runtime.block_on(async {
            let mut blocker = office.ctx.pool.begin().await.unwrap();
            let lock = format!("LOCK TABLE {table} IN SHARE MODE");
            sqlx::query(sqlx::AssertSqlSafe(lock)).execute(&mut *blocker).await.unwrap();
            blocker
        });
        // If the test fails, the lock is released inside the runtime, too.
        let (over, until_over) = oneshot::channel::<()>();
        let holding = office.runtime.spawn(async move {
            let _ = until_over.await;
            blocker.rollback().await
        });
        let error = office.relay("one").refusal(&office);
        assert!(matches!(error, Error::Store(store::Error::QueryTimeout(_))), "{error}");
        drop(over);
        office.runtime.block_on(holding).unwrap().unwrap();
        office.close();
    }
}
