//! Ownership of relay shards: fair shares, leases that expire, and watermarks that only the owner advances.

use peyvand::store::relay_leases::{advance_watermark, delivered, lease, release};
use peyvand::store::{Error, PgPool};

use super::Installation;

impl Installation {
    fn lease(&self, owner: &str) -> Vec<i16> {
        self.runtime.block_on(lease(&self.ctx.pool, owner)).unwrap()
    }

    /// Expires the leases of a process, as if it had been killed.
    fn dies(&self, owner: &str) {
        for table in ["relay_members", "relay_groups"] {
            let sql = format!("UPDATE {table} SET until = now() - interval '1 ms' WHERE owner = '{owner}'");
            self.app.execute(&sql).unwrap();
        }
    }
}

#[test]
fn relay_shards_are_shared_among_live_processes() {
    let installation = Installation::open();
    assert_eq!(installation.lease("a"), [0, 1, 2, 3]);
    assert!(installation.lease("b").is_empty(), "a shard was taken from its owner");
    assert_eq!(installation.lease("a"), [0, 1], "a process keeps no more than its share");
    assert_eq!(installation.lease("b"), [2, 3]);
    assert_eq!(
        (installation.lease("a"), installation.lease("b")),
        (vec![0, 1], vec![2, 3]),
        "a shard changed its owner without need"
    );
    // A third process finds no free shard: with four shards and three processes a share is still two.
    assert!(installation.lease("c").is_empty());
    installation.dies("b");
    assert_eq!(installation.lease("c"), [2, 3]);
    assert_eq!(installation.lease("a"), [0, 1]);
    installation.runtime.block_on(release(&installation.ctx.pool, "c")).unwrap();
    assert_eq!(installation.lease("a"), [0, 1, 2, 3], "released shards are leased at once");
    assert_eq!(installation.app.value("SELECT string_agg(owner, ' ') FROM relay_members"), "a");
    installation.close();
}

/// Five seconds are long enough for a late renewal, and short enough for a quick takeover after a kill.
#[test]
fn a_lease_holds_for_five_seconds() {
    let installation = Installation::open();
    installation.lease("a");
    for table in ["relay_members", "relay_groups"] {
        let sql = format!(
            "SELECT bool_and(until BETWEEN now() + interval '4 s' AND now() + interval '5 s')::text FROM {table}"
        );
        assert_eq!(installation.app.value(&sql), "true", "{table}");
    }
    installation.close();
}

/// A process that was suspended while its lease expired may not advance the watermark.
#[test]
fn only_the_owner_of_a_shard_moves_its_checkpoint_and_never_back() {
    let installation = Installation::open();
    installation.lease("a");
    let confirm = |owner: &str, upto| {
        installation.runtime.block_on(async {
            let mut connection = installation.ctx.pool.acquire().await.unwrap();
            advance_watermark(&mut connection, 1, owner, upto).await
        })
    };
    let watermark = |pool: &PgPool| installation.runtime.block_on(delivered(pool, 1)).unwrap();
    confirm("a", 7).unwrap();
    confirm("a", 7).unwrap();
    for (owner, upto) in [("b", 8), ("a", 6)] {
        assert!(matches!(confirm(owner, upto), Err(Error::LostGroup)));
    }
    assert_eq!(watermark(&installation.ctx.pool), 7);
    installation.app.execute("UPDATE relay_groups SET delivered = 0").unwrap();
    installation.close();
}
