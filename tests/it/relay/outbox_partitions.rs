//! The outbox's segments and its three partitions, which rotate. A partition is truncated when all its events have been
//! delivered.

use peyvand::app;
use peyvand::store::outbox::{self, page};

use crate::relay::{Installation, event, event_of_size, key_of, one_event_per_partition};

/// The number of events of a relay shard after which the next outbox partition is started.
const PARTITION_EVENTS: i64 = 200_000;

impl Installation {
    /// The first sequence number of each segment of a page, and the ids of its events.
    fn page(&self, group: i16, delivered: i64, bytes: usize) -> Vec<(i64, Vec<String>)> {
        let segments = self.runtime.block_on(page(&self.ctx.pool, group, delivered, bytes)).unwrap();
        let read = |segment: &outbox::Segment| {
            let events: Vec<_> = segment.events().unwrap().collect();
            (events[0].0, events.into_iter().map(|(_, event)| event.id).collect())
        };
        segments.iter().map(read).collect()
    }

    fn rotate(&self) {
        self.runtime.block_on(app::relay::rotate(&self.ctx)).unwrap();
    }

    /// Advances a relay shard as if this number of events had been appended and delivered.
    fn grow(&self, group: i16, events: i64) {
        for sql in [
            format!("UPDATE outbox_heads SET next_position = next_position + {events} WHERE grp = {group}"),
            "UPDATE relay_groups r SET delivered = next_position - 1 FROM outbox_heads h WHERE h.grp = r.grp"
                .to_owned(),
        ] {
            self.app.execute(&sql).unwrap();
        }
    }

    /// The outbox partitions that are not empty; and for each relay shard the current outbox partition and its first
    /// sequence number.
    fn slots(&self) -> (String, String) {
        let kept =
            "SELECT coalesce(string_agg(DISTINCT slot::text, ' ' ORDER BY slot::text), '') FROM outbox";
        let heads = "SELECT string_agg(slot || '/' || slot_began, ' ' ORDER BY grp) FROM outbox_heads";
        (self.app.value(kept), self.app.value(heads))
    }
}

#[track_caller]
fn expect(installation: &Installation, kept: &str, heads: &str) {
    assert_eq!(installation.slots(), (kept.to_owned(), heads.to_owned()));
}

#[test]
fn events_of_a_transaction_share_a_segment_up_to_its_size() {
    let installation = Installation::open();
    let key = key_of(6);
    installation.append((0..3).map(|n| event(&key, &format!("short {n}"))));
    installation.append((0..3).map(|n| event_of_size(&key, &format!("long {n}"), 150_000)));
    let named = |word: &str, of: std::ops::Range<u32>| of.map(|n| format!("{word} {n}")).collect::<Vec<_>>();
    let all = [(1, named("short", 0..3)), (4, named("long", 0..2)), (6, named("long", 2..3))];
    // Partition 6 belongs to the third relay shard.
    assert_eq!(installation.page(2, 0, 1 << 20), all);
    assert_eq!(installation.page(2, 3, 1 << 20), all[1..]);
    // A partly delivered segment is returned whole.
    assert_eq!(installation.page(2, 4, 1 << 20), all[1..]);
    assert_eq!(installation.page(2, 6, 1 << 20), []);
    assert_eq!(installation.page(1, 0, 1 << 20), []);
    // A page contains as many segments as the bytes allow, and at least one.
    let first = "SELECT octet_length(body)::text FROM outbox WHERE first = 1";
    let first: usize = installation.app.value(first).parse().unwrap();
    assert_eq!(installation.page(2, 0, first), all[..1]);
    assert_eq!(installation.page(2, 0, first + 1), all[..2]);
    assert_eq!(installation.page(2, 0, 1), all[..1]);
    assert_eq!(installation.depth(), 6);
    installation.close();
}

#[test]
fn a_segment_of_another_format_is_an_error() {
    let installation = Installation::open();
    for (at, body) in ["", "01", "0000000002", "ffffffff01"].into_iter().enumerate() {
        let sql = format!("INSERT INTO outbox VALUES (0, 3, {at}, {at}, '\\x{body}')");
        installation.app.execute(&sql).unwrap();
        let segments = installation.runtime.block_on(page(&installation.ctx.pool, 3, -1, 1 << 20)).unwrap();
        assert!(segments[at].events().is_err(), "{body}");
    }
    installation.app.execute("TRUNCATE outbox").unwrap();
    installation.close();
}

#[test]
fn a_full_outbox_partition_is_rotated_and_emptied_after_delivery() {
    let installation = Installation::open();
    installation.append(one_event_per_partition("first"));
    installation.grow(1, PARTITION_EVENTS - 9);
    installation.rotate();
    expect(&installation, "0", "0/1 0/1 0/1 0/1");
    installation.grow(0, 1);
    installation.rotate();
    expect(&installation, "0", "1/4 1/199994 1/3 1/3");
    // The previous outbox partition was delivered, but only the next call truncates it. Here one of its events becomes
    // undelivered again, so it is kept.
    installation.append([event(&key_of(0), "second")]);
    installation.app.execute("UPDATE relay_groups SET delivered = 1 WHERE grp = 2").unwrap();
    installation.rotate();
    expect(&installation, "0 1", "1/4 1/199994 1/3 1/3");
    // Only the newest event is not delivered, and it is in the current outbox partition.
    installation.app.execute("UPDATE relay_groups SET delivered = 2 WHERE grp = 2").unwrap();
    installation.rotate();
    expect(&installation, "1", "1/4 1/199994 1/3 1/3");
    // An outbox partition that is not empty does not become the current one.
    installation.app.execute("INSERT INTO outbox VALUES (2, 0, 0, 0, '')").unwrap();
    installation.grow(3, PARTITION_EVENTS);
    installation.rotate();
    expect(&installation, "1 2", "1/4 1/199994 1/3 1/3");
    installation.app.execute("TRUNCATE outbox_2").unwrap();
    for heads in ["2/5 2/199994 2/3 2/200003", "0/5 0/199994 0/3 0/400003", "1/5 1/199994 1/3 1/600003"] {
        installation.rotate();
        expect(&installation, if heads.starts_with('2') { "1" } else { "" }, heads);
        installation.grow(3, PARTITION_EVENTS);
    }
    installation.close();
}

/// The rotation does not wait for a writer's locks. Any other failure is an error.
#[test]
fn a_blocked_rotation_is_left_to_the_next_one() {
    let installation = Installation::open();
    installation.grow(0, PARTITION_EVENTS);
    installation.runtime.block_on(async {
        let mut writer = installation.ctx.pool.begin().await.unwrap();
        outbox::append(&mut writer, one_event_per_partition("first"), installation.ctx.shards).await.unwrap();
        app::relay::rotate(&installation.ctx).await.unwrap();
    });
    expect(&installation, "", "0/1 0/1 0/1 0/1");
    installation.app.execute("ALTER TABLE outbox_heads RENAME TO gone").unwrap();
    assert!(installation.runtime.block_on(app::relay::rotate(&installation.ctx)).is_err());
    installation.app.execute("ALTER TABLE gone RENAME TO outbox_heads").unwrap();
    installation.close();
}

/// The relay rotates the outbox partitions while it delivers.
#[test]
fn a_running_relay_rotates_the_outbox_partitions() {
    let installation = Installation::delivering();
    installation.append(one_event_per_partition("first"));
    installation.app.execute("UPDATE outbox_heads SET slot = 1, slot_began = next_position").unwrap();
    let relay = installation.relay("one");
    installation.app.wait("the outbox partition is truncated", || installation.slots().0.is_empty());
    assert_eq!(relay.end(&installation), (8, 0));
    installation.close();
}
