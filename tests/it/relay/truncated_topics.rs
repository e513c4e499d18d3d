//! Topics that end before their recorded end offset, and a database that does not answer.

use std::time::Duration;

use peyvand::app::relay::clear_end_offsets;
use peyvand::kafka::Error;
use peyvand::store;
use peyvand::wire::Topic;
use tokio::sync::oneshot;

use crate::relay::{DECISIONS, Installation, PARTITIONS, event, key_of, one_event_per_partition};

impl Installation {
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
fn a_truncated_partition_is_refused_until_a_person_confirms_the_loss() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    // Another process owns the relay shards of the partitions 2, 3, 6 and 7, so this relay does not check them.
    for sql in [
        "INSERT INTO relay_members VALUES ('another', now() + interval '1 hour')",
        "UPDATE relay_groups SET owner = 'another', until = now() + interval '1 hour' WHERE grp >= 2",
    ] {
        installation.app.execute(sql).unwrap();
    }
    installation.ended(6, 9);
    let relay = installation.relay("one");
    installation
        .app
        .wait("the events of its own shards are delivered", || installation.stored_records().len() == 4);
    assert_eq!(relay.end(&installation), (4, 0));
    installation.append([event(&key_of(5), "second 5")]);
    installation.ended(5, 9);
    match installation.relay("one").refusal(&installation) {
        Error::OutputLost { topic, partition, ended, ends, name } => {
            assert_eq!(
                (topic, name),
                (format!("{}{DECISIONS}", installation.app.prefix), DECISIONS.to_owned())
            );
            // The partition contains a record and the marker of its transaction.
            assert_eq!((partition, ended, ends), (5, 9, 2));
        }
        other => panic!("{other}"),
    }
    assert_eq!(installation.stored_records().len(), 4);
    installation.runtime.block_on(clear_end_offsets(&installation.ctx, Topic::EligibilityDecisions)).unwrap();
    let relay = installation.relay("one");
    installation.app.wait("the refused event is delivered", || installation.stored_records().len() == 5);
    assert_eq!(relay.end(&installation), (1, 0));
    installation.close();
}

/// The topic is recreated while a relay runs, and the relay may be the first to write to the new topic.
#[test]
fn a_topic_recreated_during_the_relay_is_refused() {
    let installation = Installation::delivering();
    let relay = installation.relay("one");
    for id in ["first", "second"] {
        installation.append([event(&key_of(0), id)]);
        installation.until_delivered();
    }
    installation.app.delete_topic(DECISIONS);
    installation.app.make_topic(DECISIONS, PARTITIONS);
    installation.append([event(&key_of(0), "third")]);
    let error = relay.refusal(&installation);
    assert!(matches!(error, Error::OutputLost { partition: 0, .. }), "{error}");
    let watermark = "SELECT delivered::text FROM relay_groups WHERE grp = 0";
    assert_eq!(installation.app.value(watermark), "2", "a record in the new topic is recorded as delivered");
    installation.close();
}

/// A new leader may not know the end offset of its partition yet: the relay waits for it.
#[test]
fn a_partition_that_reaches_its_end_later_is_not_truncated() {
    let installation = Installation::delivering();
    installation.append([event(&key_of(0), "one")]);
    installation.ended(0, 3);
    let relay = installation.relay("one");
    std::thread::sleep(Duration::from_secs(3));
    assert!(installation.stored_records().is_empty(), "the event was sent before the end offset was reached");
    let raw = installation.app.raw_alone();
    for _ in 0..3 {
        raw.record(DECISIONS, Some(key_of(0).as_bytes()), &[], None);
    }
    installation.until_delivered();
    assert_eq!(relay.end(&installation), (1, 0));
    installation.close();
}

/// A database may disappear without closing its connections: the relay then fails with a query timeout.
#[test]
fn a_database_that_stops_answering_ends_the_relay() {
    // The first table blocks the leases, the second blocks a writer's watermark.
    for table in ["relay_members", "output_ends"] {
        let mut installation = Installation::delivering();
        installation.ctx.query_timeout = Duration::from_secs(2);
        installation.append([event(&key_of(0), "one")]);
        let blocker = installation.runtime.block_on(async {
            let mut blocker = installation.ctx.pool.begin().await.unwrap();
            let lock = format!("LOCK TABLE {table} IN SHARE MODE");
            sqlx::query(sqlx::AssertSqlSafe(lock)).execute(&mut *blocker).await.unwrap();
            blocker
        });
        // If the test fails, the lock is released inside the runtime, too.
        let (over, until_over) = oneshot::channel::<()>();
        let holding = installation.runtime.spawn(async move {
            let _ = until_over.await;
            blocker.rollback().await
        });
        let error = installation.relay("one").refusal(&installation);
        assert!(matches!(error, Error::Store(store::Error::QueryTimeout(_))), "{error}");
        drop(over);
        installation.runtime.block_on(holding).unwrap().unwrap();
        installation.close();
    }
}
