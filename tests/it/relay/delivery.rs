//! Appended events arrive once and in order, also when the delivering process changes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use peyvand::wire::{EventType, Outgoing, partition_for};
use serde_json::json;

use super::{Installation, PARTITIONS, event, event_of_size, key_of, one_event_per_partition};
use crate::harness::{StoredRecord, now};

const SMS: &str = "notifications.sms.v1";
const DOCUMENTS: &str = "finance.payment-documents.v1";

/// The offset after our last record in each partition of a topic.
fn ends(lying: &[StoredRecord]) -> Vec<Vec<String>> {
    let ends: BTreeMap<_, _> = lying.iter().map(|record| (record.partition, record.offset + 1)).collect();
    ends.iter().map(|(partition, next)| vec![partition.to_string(), next.to_string()]).collect()
}

#[test]
fn every_event_is_delivered_once_in_order_and_confirmed() {
    let installation = Installation::delivering();
    for prefix in ["first", "second"] {
        installation.append(one_event_per_partition(prefix));
    }
    // One transaction with more bytes than fit into one segment.
    installation.append((0..3).map(|n| event_of_size(&key_of(5), &format!("long {n}"), 200_000)));
    assert_eq!(installation.depth(), 19);
    let relay = installation.relay("one");
    installation.until_delivered();
    installation.append(one_event_per_partition("third"));
    installation.until_delivered();
    assert_eq!(relay.end(&installation), (27, 0));

    let lying = installation.stored_records();
    for (partition, ids) in installation.ids() {
        let longs = ["long 0", "long 1", "long 2"].into_iter().filter(|_| partition == 5);
        let [first, second, third] =
            ["first", "second", "third"].map(|prefix| format!("{prefix} {partition}"));
        let wanted: Vec<_> =
            [first, second].into_iter().chain(longs.map(str::to_owned)).chain([third]).collect();
        assert_eq!(ids, wanted);
    }
    for record in &lying {
        assert_eq!(record.partition, partition_for(record.key.as_ref().unwrap(), PARTITIONS));
    }
    let groups = i32::from(installation.ctx.shards.count);
    let mut sequences: Vec<(i32, i64)> = lying
        .iter()
        .map(|record| (record.partition % groups, record.header("peyvand_position").parse().unwrap()))
        .collect();
    sequences.sort_unstable();
    // Two partitions per relay shard in three rounds, and the three long events in the second shard.
    let wanted =
        (0..groups).flat_map(|group| (1..=if group == 1 { 9 } else { 6 }).map(move |at| (group, at)));
    assert_eq!(sequences, wanted.collect::<Vec<_>>());
    let noted = "SELECT partition, next_offset FROM output_ends ORDER BY partition";
    assert_eq!(installation.app.query(noted), ends(&lying));
    installation.close();
}

/// "Resume from the topic's tail": the watermark in the database may be behind the topics.
#[test]
fn a_successor_sends_only_what_the_topics_lack() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    installation.append([dead_letter()]);
    assert_eq!(installation.deliver("one"), (9, 0));
    let letters = installation.app.stored_records("dead-letters.v1");

    // One relay shard has partitions with different tails, and another one has no new events.
    installation.append([event(&key_of(2), "late 2"), event(&key_of(1), "late 1")]);
    installation.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(installation.deliver("two"), (2, 0));
    for (partition, ids) in installation.ids() {
        let late = (1..=2).contains(&partition).then(|| format!("late {partition}"));
        assert_eq!(ids, [Some(format!("first {partition}")), late].into_iter().flatten().collect::<Vec<_>>());
    }
    assert_eq!(installation.app.stored_records("dead-letters.v1"), letters);
    installation.close();
}

/// Events up to the watermark count as delivered, also when the topics do not contain them any more.
#[test]
fn a_confirmed_event_is_not_sent_again() {
    let installation = Installation::delivering();
    installation.append((1..=3).map(|n| event(&key_of(0), &format!("event {n}"))));
    installation.app.execute("UPDATE relay_groups SET delivered = 2 WHERE grp = 0").unwrap();
    assert_eq!(installation.deliver("one"), (1, 0));
    assert_eq!(installation.ids()[&0], ["event 3"]);
    installation.close();
}

/// A dead letter keeps the headers of its message, here with a sequence number of another installation.
fn dead_letter() -> Outgoing {
    let extra = [
        ("ce_id", "its own"),
        ("peyvand_position", "999"),
        ("dead_letter_topic", "t"),
        ("dead_letter_partition", "0"),
    ];
    Outgoing {
        kind: EventType::DeadLetter,
        key: "source".to_owned(),
        id: "place".to_owned(),
        at_us: 0,
        traceparent: None,
        value: None,
        extra: extra.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).into(),
    }
}

/// R20: an SMS is published after its document is durable, and only once.
#[test]
fn the_sms_of_a_document_follows_it() {
    let installation = Installation::delivering();
    let claim = "11111111-1111-4111-8111-111111111111";
    for (sms, document) in [("sms 1", "paid 1"), ("sms 2", "paid 2"), ("sms 3", "not issued")] {
        let row = format!(
            "INSERT INTO messages (sms_id, kind, person, claim_id, document_id, mobile, body, segments, written_at)
             VALUES ('{sms}', 'registration', 1, '{claim}', '{document}', 'm', 'b', 1, now())"
        );
        installation.app.execute(&row).unwrap();
    }
    let document = |id: &str| {
        let data = json!({"document_id": id});
        let at = Timestamp::UNIX_EPOCH;
        Outgoing::new(EventType::PaymentDocumentIssued, "batch", id, at, None, &data).unwrap()
    };
    // A decision that names a document is not a document.
    let data = json!({"document_id": "not issued"});
    let other = Outgoing::new(EventType::DecisionMade, "p", "d", Timestamp::UNIX_EPOCH, None, &data).unwrap();
    installation.append([document("paid 1"), other, document("paid 2")]);
    let relay = installation.relay("one");
    installation.app.wait("both SMS are in their topic", || installation.app.stored_records(SMS).len() == 2);
    installation.until_delivered();
    // The second relay learns of the delivery only from the topic: it releases no message twice.
    assert_eq!(relay.end(&installation), (5, 0));
    installation.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(installation.deliver("two"), (0, 0));
    let mut sms: Vec<_> =
        installation.app.stored_records(SMS).iter().map(|record| record.header("ce_id")).collect();
    sms.sort_unstable();
    assert_eq!(sms, ["sms 1", "sms 2"]);
    assert_eq!(installation.app.stored_records(DOCUMENTS).len(), 2);
    installation.close();
}

/// "Several processes share the output partitions": relay shards move between healthy processes, and move back.
#[test]
fn relay_shards_move_to_another_process_and_back() {
    let installation = Installation::delivering();
    let owners = "SELECT coalesce(owner, '-'), count(*) FROM relay_groups GROUP BY 1 ORDER BY 1";
    let held = |wanted: &[(&str, u32)]| {
        let wanted: Vec<_> =
            wanted.iter().map(|(owner, n)| vec![(*owner).to_owned(), n.to_string()]).collect();
        installation.app.wait(&format!("{wanted:?}"), || installation.app.query(owners) == wanted);
        // The writers follow within a second.
        std::thread::sleep(Duration::from_millis(1500));
    };
    let one = installation.relay("one");
    held(&[("one", 4)]);
    installation.append(one_event_per_partition("alone"));
    installation.until_delivered();
    let two = installation.relay("two");
    held(&[("one", 2), ("two", 2)]);
    installation.append(one_event_per_partition("shared"));
    installation.until_delivered();
    assert_eq!(one.end(&installation), (12, 0));
    held(&[("two", 4)]);
    installation.append(one_event_per_partition("again alone"));
    installation.until_delivered();
    assert_eq!(two.end(&installation), (12, 0));
    held(&[("-", 4)]);
    assert_eq!(installation.stored_records().len(), 24);
    assert_eq!(installation.app.value("SELECT count(*) FROM relay_members"), "0");
    installation.close();
}

/// A writer that panics must be restarted: otherwise its lease would be renewed while nothing is sent.
#[test]
fn a_failed_writer_is_restarted() {
    let installation = Installation::delivering();
    installation.append([event(&key_of(0), "one")]);
    let first = AtomicBool::new(true);
    let relay = installation
        .relay_with_observer("one", move |_| assert!(!first.swap(false, Ordering::Relaxed), "planted"));
    installation.until_delivered();
    installation.append([event(&key_of(0), "two")]);
    installation.until_delivered();
    assert_eq!(relay.end(&installation), (2, 1));
    installation.close();
}

/// The watermark advances only after the broker's acknowledgement. The next session sends refused events again.
#[test]
fn an_event_that_the_broker_refused_is_not_confirmed() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    let relay = installation.relay("one");
    installation.until_delivered();
    installation.app.fence("relay-1");
    installation.append(one_event_per_partition("second"));
    installation.app.wait("the broker refuses the writer", || relay.failed.load(Ordering::Relaxed) > 0);
    installation.until_delivered();
    assert_eq!(relay.end(&installation).0, 16);
    for (partition, ids) in installation.ids() {
        assert_eq!(ids, ["first", "second"].map(|prefix| format!("{prefix} {partition}")));
    }
    installation.close();
}

/// Without events to send, the relay polls the outbox a few times a second.
#[test]
fn an_idle_relay_polls_a_few_times_a_second() {
    let installation = Installation::delivering();
    let relay = installation.relay("one");
    installation.append(one_event_per_partition("first"));
    installation.until_delivered();
    std::thread::sleep(Duration::from_secs(2));
    let transactions = || {
        let sql = "SELECT xact_commit::text FROM pg_stat_database WHERE datname = current_database()";
        installation.app.value(sql).parse::<u64>().unwrap()
    };
    let began = now();
    let before = transactions();
    std::thread::sleep(Duration::from_secs(4));
    installation.app.wait("the relay polls", || transactions() - before >= 10);
    let count = transactions() - before;
    let seconds = began.elapsed().as_secs();
    // Four relay shards with five polls a second each, and a lease. The test itself polls a hundred times a second
    // while it waits.
    assert!(count < 75 * seconds + 10, "{count} transactions in {seconds} s");
    relay.end(&installation);
    installation.close();
}
