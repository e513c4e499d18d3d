//! The database is the only commit point, and the output topics decide what was delivered. The cases here: two writers
//! at once, a writer that does not know whether its commit succeeded, and a writer that is suspended while its lease
//! expires.

use std::time::Duration;

use jiff::Timestamp;
use peyvand::app::ingest::{ConsumedRecord, RecordBatch, apply_batch};
use peyvand::store::offsets::{self, OffsetAdvance, PartitionOffset, TopicPartition};
use peyvand::store::{Error, outbox};
use peyvand::wire::files::FileKind as K;
use peyvand::wire::{EventType, Outgoing, RawRecord, RecordKey, Topic};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::fixtures::couples::Couple;
use crate::fixtures::population::{married, row};
use crate::harness::{TestApp, ctx};

/// A batch whose commit was not answered is tried again, and a consumer that lost its partition continues for a while.
/// The offsets advance once in both cases.
#[test]
fn a_committed_batch_is_not_written_again() {
    let app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let couple = Couple::nth(41);
    let topic = Topic::RegistryMarriages;
    app.raw().event(
        topic.name(),
        &couple.record_id,
        "registry.marriage.recorded",
        "41",
        &couple.marriage_data(1),
    );
    let lying = app.stored_records(topic.name()).remove(0);
    let headers = lying.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let message = RawRecord {
        topic,
        partition: lying.partition,
        offset: lying.offset,
        timestamp_ms: None,
        key: lying.key.as_deref(),
        headers,
        value: lying.value.as_deref(),
    };
    let taken = || {
        ConsumedRecord::read(&message, topic.name(), &RecordKey::new(b"test"), Timestamp::UNIX_EPOCH, false)
    };
    let partition = TopicPartition { topic, partition: lying.partition };
    let advance = OffsetAdvance { partition, expected: lying.offset, next: lying.offset + 1 };
    let batch = || RecordBatch { advances: vec![advance], records: vec![taken()] };
    let runtime = Runtime::new().unwrap();
    let ctx = ctx(&app, &runtime);
    runtime.block_on(async {
        offsets::begin(&ctx.pool, &[PartitionOffset { partition, offset: lying.offset }]).await.unwrap();
        let (one, two) = (batch(), batch());
        let (one, two) = tokio::join!(apply_batch(&ctx, &one), apply_batch(&ctx, &two));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "both consumers wrote the batch");
        let again = apply_batch(&ctx, &batch()).await;
        assert!(matches!(again, Err(Error::LostPartition)), "the batch was written again");
    });
    assert_eq!(app.value("SELECT count(*) FROM marriages"), "1");
    app.finish();
}

/// Kafka's committed offsets are a copy for lag monitors. Where they are ahead, the offsets in the database count.
#[test]
fn kafkas_copy_of_the_offsets_is_ignored() {
    let mut app = TestApp::start("1404-08-01");
    let people = married(&mut app, 1..17);
    app.stop();
    let rows =
        people.iter().map(|husband| row(husband).corrected(|row| row.status = "annulled").row() + "\n");
    let text = K::Marriages.columns().join(",") + "\n" + &rows.collect::<String>();
    let path = app.write(K::Marriages, &text);
    app.publish_without_waiting(K::Marriages, &path);
    app.commit_end_offsets(Topic::RegistryMarriages.name());
    app.serve(&[]);
    let corrected = "SELECT (count(*) = 16)::text FROM marriages WHERE record_version = 2";
    app.until("the messages behind Kafka's committed offsets are ingested", corrected);
    app.finish();
}

/// A consistent receipt of a file without rows.
pub fn receipt(file: char) -> Outgoing {
    let id = file.to_string().repeat(64);
    let data = json!({"file_id": id, "kind": "wages", "declared": 0, "accepted": 0, "corrected": 0, "unchanged": 0,
        "conflicting": 0, "rejected": {}, "digest": id});
    Outgoing::new(EventType::FileReceived, id.clone(), id, Timestamp::UNIX_EPOCH, None, &data).unwrap()
}

/// "Never `id > last_seen` over a sequence: commit order is not sequence order." The second transaction waits until the
/// first commits, so a reader never skips a sequence number that is committed later.
#[test]
fn sequence_numbers_follow_the_order_of_commits() {
    let app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let runtime = Runtime::new().unwrap();
    let ctx = ctx(&app, &runtime);
    runtime.block_on(async {
        let (mut first, pool) = (ctx.pool.begin().await.unwrap(), ctx.pool.clone());
        let groups = ctx.shards;
        outbox::append(&mut first, [receipt('a')], ctx.shards).await.unwrap();
        let second = tokio::spawn(async move {
            let mut second = pool.begin().await.unwrap();
            outbox::append(&mut second, [receipt('b')], groups).await.unwrap();
            second.commit().await.unwrap();
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!second.is_finished(), "the second did not wait for the first");
        assert!(outbox::page(&ctx.pool, 0, 0, 1 << 20).await.unwrap().is_empty());
        first.commit().await.unwrap();
        second.await.unwrap();
        let page = outbox::page(&ctx.pool, 0, 0, 1 << 20).await.unwrap();
        let order: Vec<_> = page
            .iter()
            .flat_map(|segment| segment.events().unwrap())
            .map(|(at, event)| (at, event.id[..1].to_owned()))
            .collect();
        assert_eq!(order, [(1, "a".to_owned()), (2, "b".to_owned())]);
    });
    app.finish();
}

/// "An SMS is produced after the broker has acknowledged its document."
#[test]
fn an_sms_waits_for_its_document() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..3);
    app.stop();
    app.json(&["close-month", "1404-07"]);
    let released = "SELECT count(*) FROM messages WHERE released_at IS NOT NULL";
    assert_eq!((app.value("SELECT count(*) FROM messages"), app.value(released)), ("2".into(), "0".into()));
    let runtime = Runtime::new().unwrap();
    let ctx = ctx(&app, &runtime);
    runtime.block_on(async {
        for group in 0..ctx.shards.count {
            let waiting = outbox::page(&ctx.pool, group, 0, usize::MAX).await.unwrap();
            let mut events = waiting.iter().flat_map(|segment| segment.events().unwrap());
            assert!(
                events.all(|(_, event)| event.kind != EventType::SmsRequested),
                "an SMS is in the outbox before its document is acknowledged"
            );
        }
    });
    app.serve(&[]);
    assert_eq!((app.sms().len(), app.value(released)), (2, "2".into()));
    app.finish();
}

/// A relay stops after the broker's acknowledgement and before it stores its watermark: the topics show what was sent.
#[test]
fn an_event_in_its_topic_is_not_sent_again() {
    let mut app = TestApp::start("1404-08-01");
    married(&mut app, 1..5);
    app.close("1404-07");
    app.stop();
    let before = app.export();
    app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    app.serve(&[]);
    app.settle();
    assert!(app.export() == before, "an event was sent again");
    app.finish();
}

/// Outbox partitions rotate and are truncated, but never before all their events are delivered.
#[test]
fn undelivered_events_survive_the_rotation_of_the_outbox_partitions() {
    let mut app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let runtime = Runtime::new().unwrap();
    let ctx = ctx(&app, &runtime);
    let pool = ctx.pool.clone();
    let append = |file| {
        runtime.block_on(async {
            let mut tx = pool.begin().await.unwrap();
            outbox::append(&mut tx, [receipt(file)], ctx.shards).await.unwrap();
            tx.commit().await.unwrap();
            outbox::rotate(&pool).await.unwrap();
        });
    };
    append('a');
    app.execute("UPDATE outbox_heads SET slot = 1, slot_began = next_position").unwrap();
    append('b');
    let kept = "SELECT string_agg(slot::text, ' ' ORDER BY slot) FROM outbox";
    assert_eq!(app.value(kept), "0 1");
    app.serve(&[]);
    app.settle();
    app.stop();
    runtime.block_on(outbox::rotate(&pool)).unwrap();
    assert_eq!(app.value(kept), "1", "only the delivered outbox partition is truncated");
    app.finish();
}

/// A zombie: a process that is suspended for longer than its lease, with unsent pages, and then resumes.
#[test]
fn a_delayed_writer_is_fenced() {
    let mut app =
        TestApp::without_service("1404-08-01").with("relay_page_bytes", "65536").with("batch_events", "50");
    let intake = app.serve(&["--roles", "intake"]);
    let folder = app.generate(300, 6);
    for kind in [K::Persons, K::Employments, K::Wages, K::Marriages] {
        let path = folder.join(kind.file_name());
        app.publish_without_waiting(kind, &path);
    }
    app.until(
        "the files are ingested",
        "SELECT (count(*) = 4)::text FROM files WHERE received_at IS NOT NULL",
    );
    app.service(intake).terminate();
    app.forget(intake);

    let sleeper = app.serve(&["--roles", "relay"]);
    app.until("the first relay delivers", "SELECT (sum(delivered) > 0)::text FROM relay_groups");
    app.service(sleeper).signal("STOP");
    let rest =
        "SELECT sum(next_position - 1 - delivered)::text FROM outbox_heads JOIN relay_groups USING (grp)";
    assert_ne!(
        app.value(rest),
        "0",
        "everything was delivered already: nothing is left for the second relay"
    );
    let heir = app.serve(&["--roles", "relay"]);
    let all = "SELECT bool_and(next_position - 1 = delivered)::text FROM outbox_heads JOIN relay_groups USING (grp)";
    app.until("the second relay delivers the rest", all);
    app.service(sleeper).signal("CONT");
    std::thread::sleep(Duration::from_secs(3));
    assert!(app.service(heir).is_running() && app.service(sleeper).is_running(), "{}", app.logs());
    app.finish();
}
