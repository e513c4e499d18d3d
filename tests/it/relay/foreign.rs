//! Records that another client writes to an output topic, with the headers of the relay: they neither stop a relay shard
//! nor move its position.

use crate::harness::StoredRecord;
use crate::relay::{DECISIONS, Installation, event, key_of, one_event_per_partition};

const FAR: &str = "9223372036854775807";

impl Installation {
    /// The last record in a partition of the topic of decisions.
    fn last_of(&self, partition: i32) -> StoredRecord {
        self.stored_records().into_iter().rfind(|record| record.partition == partition).unwrap()
    }

    /// Delivers one more event to each partition. Nothing else may be sent, and no shard may refuse.
    #[track_caller]
    fn goes_on(&self, round_name: &str) {
        let before = self.stored_records().len();
        self.append(one_event_per_partition(round_name));
        assert_eq!(self.deliver(round_name), (8, 0));
        assert_eq!(self.stored_records().len(), before + 8);
    }
}

#[test]
fn a_sequence_number_without_its_mac_counts_for_nothing() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    installation.deliver("one");
    let mac = "00".repeat(32);
    let raw = installation.app.raw_alone();
    for (partition, headers) in [
        (0, &[("ce_id", "foreign"), ("peyvand_position", FAR)][..]),
        (1, &[("ce_id", "foreign"), ("peyvand_position", FAR), ("peyvand_mac", &mac)]),
        (2, &[("peyvand_position", FAR), ("peyvand_mac", "no hex")]),
        (3, &[("peyvand_mac", &mac), ("peyvand_position", FAR)]),
    ] {
        raw.record(DECISIONS, Some(key_of(partition).as_bytes()), headers, Some(b"{}"));
    }
    drop(raw);
    installation.goes_on("second");
    installation.close();
}

/// The MAC of an own record, on another record, in another partition, and in another topic.
#[test]
fn a_copied_mac_counts_for_nothing_elsewhere() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    // Relay shard 1 is far ahead of the others.
    installation.append((0..20).map(|n| event(&key_of(1), &format!("more {n}"))));
    installation.deliver("one");
    let ahead = installation.last_of(1);
    assert_eq!(ahead.header("peyvand_position"), "22");
    let raw = installation.app.raw_alone();
    let changed = ahead.without_proof();
    let mac = ahead.header("peyvand_mac");
    raw.copy(DECISIONS, 2, &ahead, &[]);
    raw.copy("notifications.sms.v1", 3, &ahead, &[]);
    raw.copy(DECISIONS, 1, &changed, &[("peyvand_position", FAR), ("peyvand_mac", &mac)]);
    let value = Some(b"another".to_vec());
    raw.copy(DECISIONS, 5, &StoredRecord { value, ..ahead }, &[]);
    drop(raw);
    installation.goes_on("second");
    installation.close();
}

/// A copy in the same partition has a right MAC. It does not hide the later records of the relay, however many copies
/// follow them.
#[test]
fn copies_of_an_older_record_do_not_move_the_position_back() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    installation.deliver("one");
    let old = installation.last_of(0);
    // These are sent, and the database does not know it.
    installation.append((0..5).map(|n| event(&key_of(0), &format!("more {n}"))));
    let ends = installation.app.query("SELECT topic, partition, next_offset FROM output_ends");
    installation.deliver("two");
    let raw = installation.app.raw_alone();
    for _ in 0..40 {
        raw.copy(DECISIONS, 0, &old, &[]);
    }
    drop(raw);
    installation.app.execute("UPDATE relay_groups SET delivered = 1 WHERE grp = 0").unwrap();
    for end in &ends {
        let sql = format!(
            "UPDATE output_ends SET next_offset = {} WHERE topic = '{}' AND partition = {}",
            end[2], end[0], end[1]
        );
        installation.app.execute(&sql).unwrap();
    }
    installation.goes_on("second");
    installation.close();
}
