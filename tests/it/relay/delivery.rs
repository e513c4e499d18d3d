//! Appended events arrive once and in order, also when the delivering process changes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use peyvand::wire::{EventType, Outgoing, partition_for};
use serde_json::json;

use super::{Office, PARTITIONS, key_of, round, said, weighing};
use crate::harness::{Lying, now};

const SMS: &str = "notifications.sms.v1";
const DOCUMENTS: &str = "finance.payment-documents.v1";

/// The offset after our last record in each partition of a topic.
fn ends(lying: &[Lying]) -> Vec<Vec<String>> {
    let ends: BTreeMap<_, _> = lying.iter().map(|record| (record.partition, record.offset + 1)).collect();
    ends.iter().map(|(partition, next)| vec![partition.to_string(), next.to_string()]).collect()
}

#[test]
fn everything_arrives_once_in_its_order_and_is_noted() {
    let office = Office::delivering();
    for prefix in ["first", "second"] {
        office.append(round(prefix));
    }
    // One transaction with more bytes than fit into one segment.
    office.append((0..3).map(|n| weighing(&key_of(5), &format!("long {n}"), 200_000)));
    assert_eq!(office.depth(), 19);
    let relay = office.relay("one");
    office.until_delivered();
    office.append(round("third"));
    office.until_delivered();
    assert_eq!(relay.end(&office), (27, 0));

    let lying = office.lying();
    for (partition, ids) in office.ids() {
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
    let groups = i32::from(office.ctx.groups.count);
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
    assert_eq!(office.app.query(noted), ends(&lying));
    office.close();
}

/// "Resume from the topic's tail": the watermark in the database may be behind the topics.
#[test]
fn who_takes_over_sends_only_what_the_topics_lack() {
    let office = Office::delivering();
    office.append(round("first"));
    office.append([letter()]);
    assert_eq!(office.deliver("one"), (9, 0));
    let letters = office.app.lying("dead-letters.v1");

    // One relay shard has partitions with different tails, and another one has no new events.
    office.append([said(&key_of(2), "late 2"), said(&key_of(1), "late 1")]);
    office.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(office.deliver("two"), (2, 0));
    for (partition, ids) in office.ids() {
        let late = (1..=2).contains(&partition).then(|| format!("late {partition}"));
        assert_eq!(ids, [Some(format!("first {partition}")), late].into_iter().flatten().collect::<Vec<_>>());
    }
    assert_eq!(office.app.lying("dead-letters.v1"), letters);
    office.close();
}

/// Events up to the watermark count as delivered, also when the topics do not contain them any more.
#[test]
fn what_is_noted_as_delivered_is_not_sent_again() {
    let office = Office::delivering();
    office.append((1..=3).map(|n| said(&key_of(0), &format!("event {n}"))));
    office.app.execute("UPDATE relay_groups SET delivered = 2 WHERE grp = 0").unwrap();
    assert_eq!(office.deliver("one"), (1, 0));
    assert_eq!(office.ids()[&0], ["event 3"]);
    office.close();
}

/// A dead letter keeps the headers of its message, here with a sequence number of another installation.
fn letter() -> Outgoing {
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
    let office = Office::delivering();
    let claim = "11111111-1111-4111-8111-111111111111";
    for (sms, document) in [("sms 1", "paid 1"), ("sms 2", "paid 2"), ("sms 3", "not issued")] {
        let row = format!(
            "INSERT INTO messages (sms_id, kind, person, claim_id, document_id, mobile, body, segments, written_at)
             VALUES ('{sms}', 'registration', 1, '{claim}', '{document}', 'm', 'b', 1, now())"
        );
        office.app.execute(&row).unwrap();
    }
    let document = |id: &str| {
        let data = json!({"document_id": id});
        let at = Timestamp::UNIX_EPOCH;
        Outgoing::new(EventType::PaymentDocumentIssued, "batch", id, at, None, &data).unwrap()
    };
    // A decision that names a document is not a document.
    let data = json!({"document_id": "not issued"});
    let other = Outgoing::new(EventType::DecisionMade, "p", "d", Timestamp::UNIX_EPOCH, None, &data).unwrap();
    office.append([document("paid 1"), other, document("paid 2")]);
    let relay = office.relay("one");
    office.app.wait("both SMS are in their topic", || office.app.lying(SMS).len() == 2);
    office.until_delivered();
    // The second relay learns of the delivery only from the topic: it releases no message twice.
    assert_eq!(relay.end(&office), (5, 0));
    office.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    assert_eq!(office.deliver("two"), (0, 0));
    let mut sms: Vec<_> = office.app.lying(SMS).iter().map(|record| record.header("ce_id")).collect();
    sms.sort_unstable();
    assert_eq!(sms, ["sms 1", "sms 2"]);
    assert_eq!(office.app.lying(DOCUMENTS).len(), 2);
    office.close();
}

/// "Several processes share the output partitions": relay shards move between healthy processes, and move back.
#[test]
fn groups_go_from_one_process_to_another_and_back() {
    let office = Office::delivering();
    let owners = "SELECT coalesce(owner, '-'), count(*) FROM relay_groups GROUP BY 1 ORDER BY 1";
    let held = |wanted: &[(&str, u32)]| {
        let wanted: Vec<_> =
            wanted.iter().map(|(owner, n)| vec![(*owner).to_owned(), n.to_string()]).collect();
        office.app.wait(&format!("{wanted:?}"), || office.app.query(owners) == wanted);
        // The writers follow within a second.
        std::thread::sleep(Duration::from_millis(1500));
    };
    let one = office.relay("one");
    held(&[("one", 4)]);
    office.append(round("alone"));
    office.until_delivered();
    let two = office.relay("two");
    held(&[("one", 2), ("two", 2)]);
    office.append(round("shared"));
    office.until_delivered();
    assert_eq!(one.end(&office), (12, 0));
    held(&[("two", 4)]);
    office.append(round("again alone"));
    office.until_delivered();
    assert_eq!(two.end(&office), (12, 0));
    held(&[("-", 4)]);
    assert_eq!(office.lying().len(), 24);
    assert_eq!(office.app.value("SELECT count(*) FROM relay_members"), "0");
    office.close();
}

/// A writer that panics must be restarted: otherwise its lease would be renewed while nothing is sent.
#[test]
fn a_writer_that_ended_badly_is_started_anew() {
    let office = Office::delivering();
    office.append([said(&key_of(0), "one")]);
    let first = AtomicBool::new(true);
    let relay =
        office.relay_telling("one", move |_| assert!(!first.swap(false, Ordering::Relaxed), "planted"));
    office.until_delivered();
    office.append([said(&key_of(0), "two")]);
    office.until_delivered();
    assert_eq!(relay.end(&office), (2, 1));
    office.close();
}

/// The watermark advances only after the broker's acknowledgement. The next session sends refused events again.
#[test]
fn what_the_broker_refused_is_not_noted_as_delivered() {
    let office = Office::delivering();
    office.append(round("first"));
    let relay = office.relay("one");
    office.until_delivered();
    office.app.fence("relay-1");
    office.append(round("second"));
    office.app.wait("the broker refuses the writer", || relay.failed.load(Ordering::Relaxed) > 0);
    office.until_delivered();
    assert_eq!(relay.end(&office).0, 16);
    for (partition, ids) in office.ids() {
        assert_eq!(ids, ["first", "second"].map(|prefix| format!("{prefix} {partition}")));
    }
    office.close();
}

/// Without events to send, the relay polls the outbox a few times a second.
#[test]
fn an_idle_relay_rests() {
    let office = Office::delivering();
    let relay = office.relay("one");
    office.append(round("first"));
    office.until_delivered();
    std::thread::sleep(Duration::from_secs(2));
    let transactions = || {
        let sql = "SELECT xact_commit::text FROM pg_stat_database WHERE datname = current_database()";
        office.app.value(sql).parse::<u64>().unwrap()
    };
    let began = now();
    let before = transactions();
    std::thread::sleep(Duration::from_secs(4));
    office.app.wait("the relay polls", || transactions() - before >= 10);
    let count = transactions() - before;
    let seconds = began.elapsed().as_secs();
    // Four relay shards with five polls a second each, and a lease. The test itself polls a hundred times a second
    // while it waits.
    assert!(count < 75 * seconds + 10, "{count} transactions in {seconds} s");
    relay.end(&office);
    office.close();
}
