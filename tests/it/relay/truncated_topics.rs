//! Topics that end before where they were written to, and a database that does not answer.

use std::time::Duration;

use peyvand::app::relay::clear_end_offsets;
use peyvand::kafka::Error;
use peyvand::store;
use peyvand::wire::Topic;
use tokio::sync::oneshot;

use crate::relay::{DECISIONS, Office, PARTITIONS, key_of, round, said};

impl Office {
    /// As if the partition had been written to up to here.
    fn ended(&self, partition: i32, next: i64) {
        let sql = format!(
            "INSERT INTO output_ends VALUES ('{DECISIONS}', {partition}, {next})
             ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset"
        );
        self.app.execute(&sql).unwrap();
    }
}

/// "A lost or recreated output topic is noticed, not silently refilled"; a person may say that it is lost for good.
#[test]
fn a_partition_that_ends_too_early_is_refused_until_somebody_gives_it_up() {
    let office = Office::delivering();
    office.append(round("first"));
    // Another process delivers the groups of the partitions 2, 3, 6 and 7: what these lost is not for this one to say.
    for sql in [
        "INSERT INTO relay_members VALUES ('another', now() + interval '1 hour')",
        "UPDATE relay_groups SET owner = 'another', until = now() + interval '1 hour' WHERE grp >= 2",
    ] {
        office.app.execute(sql).unwrap();
    }
    office.ended(6, 9);
    let relay = office.relay("one");
    office.app.wait("its own are delivered", || office.lying().len() == 4);
    assert_eq!(relay.end(&office), (4, 0));
    office.append([said(&key_of(5), "second 5")]);
    office.ended(5, 9);
    match office.relay("one").refusal(&office) {
        Error::OutputLost { topic, partition, ended, ends, name } => {
            assert_eq!((topic, name), (format!("{}{DECISIONS}", office.app.prefix), DECISIONS.to_owned()));
            // A record and the marker of its transaction.
            assert_eq!((partition, ended, ends), (5, 9, 2));
        }
        other => panic!("{other}"),
    }
    assert_eq!(office.lying().len(), 4);
    office.runtime.block_on(clear_end_offsets(&office.ctx, Topic::EligibilityDecisions)).unwrap();
    let relay = office.relay("one");
    office.app.wait("what was refused is delivered", || office.lying().len() == 5);
    assert_eq!(relay.end(&office), (1, 0));
    office.close();
}

/// Under the hands of a relay that runs: it may be the first to write to the new one.
#[test]
fn a_topic_that_is_made_anew_under_its_writer_is_refused() {
    let office = Office::delivering();
    let relay = office.relay("one");
    for word in ["first", "second"] {
        office.append([said(&key_of(0), word)]);
        office.until_delivered();
    }
    office.app.delete_topic(DECISIONS);
    office.app.make_topic(DECISIONS, PARTITIONS);
    office.append([said(&key_of(0), "third")]);
    let told = relay.refusal(&office);
    assert!(matches!(told, Error::OutputLost { partition: 0, .. }), "{told}");
    let noted = "SELECT delivered::text FROM relay_groups WHERE grp = 0";
    assert_eq!(office.app.value(noted), "2", "what it sent there is noted as delivered");
    office.close();
}

/// A new leader may not know yet how far its partition reaches: that is waited for.
#[test]
fn a_partition_that_reaches_its_end_a_moment_later_is_not_lost() {
    let office = Office::delivering();
    office.append([said(&key_of(0), "one")]);
    office.ended(0, 3);
    let relay = office.relay("one");
    std::thread::sleep(Duration::from_secs(3));
    assert!(office.lying().is_empty(), "it was sent behind a gap");
    let raw = office.app.raw_alone();
    for _ in 0..3 {
        raw.record(DECISIONS, Some(key_of(0).as_bytes()), &[], None);
    }
    office.until_delivered();
    assert_eq!(relay.end(&office), (1, 0));
    office.close();
}

/// The other end of a connection may vanish, and nobody ever tells: the process ends, and another begins.
#[test]
fn a_database_that_falls_silent_ends_the_relay() {
    // The first holds up the leases, the second what a writer notes.
    for table in ["relay_members", "output_ends"] {
        let mut office = Office::delivering();
        office.ctx.query_timeout = Duration::from_secs(2);
        office.append([said(&key_of(0), "one")]);
        let beside = office.runtime.block_on(async {
            let mut beside = office.ctx.pool.begin().await.unwrap();
            let lock = format!("LOCK TABLE {table} IN SHARE MODE");
            sqlx::query(sqlx::AssertSqlSafe(lock)).execute(&mut *beside).await.unwrap();
            beside
        });
        // Also where the test fails, the lock is let go of within the runtime.
        let (over, until_over) = oneshot::channel::<()>();
        let holding = office.runtime.spawn(async move {
            let _ = until_over.await;
            beside.rollback().await
        });
        let told = office.relay("one").refusal(&office);
        assert!(matches!(told, Error::Store(store::Error::QueryTimeout(_))), "{told}");
        drop(over);
        office.runtime.block_on(holding).unwrap().unwrap();
        office.close();
    }
}
