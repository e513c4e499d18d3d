//! The relay's database operations, by PostgreSQL and by the simulation.

use peyvand::app::relay as real;
use peyvand::app::relay::document_of;
use peyvand::wire::{Outgoing, Topic};

use super::postgres::{Both, failed, finish};
use super::store::GROUPS;
use super::{relay, tail, writer};

const OWNERS: [&str; 2] = ["one", "another"];

impl Both {
    pub async fn lease(&mut self) -> &'static str {
        // Only `expire` lets leases expire. Leases are extended here, so that none expires by itself on a busy machine.
        for table in ["relay_groups", "relay_members"] {
            let holds = "until > now() - interval '30 minutes'";
            self.run(&format!("UPDATE {table} SET until = now() + interval '1 hour' WHERE {holds}")).await;
        }
        let owner = OWNERS[self.dice.pick(2)];
        let real = real::lease(&self.ctx, owner).await.unwrap();
        assert_eq!(real, relay::lease(&mut self.io.world().store.tables, owner, 1));
        "a lease"
    }

    pub async fn expire(&mut self) -> &'static str {
        let owner = OWNERS[self.dice.pick(2)];
        for table in ["relay_groups", "relay_members"] {
            self.run(&format!(
                "UPDATE {table} SET until = now() - interval '1 hour' WHERE owner = '{owner}'"
            ))
            .await;
        }
        let tables = &mut self.io.world().store.tables;
        tables.members.entry(owner.to_owned()).and_modify(|until| *until = 0);
        let groups = tables.groups.values_mut().filter(|group| group.owner.as_deref() == Some(owner));
        groups.for_each(|group| group.until = 0);
        "an end of leases"
    }

    pub async fn release(&mut self) -> &'static str {
        let owner = OWNERS[self.dice.pick(2)];
        real::release(&self.ctx, owner).await.unwrap();
        relay::release(&mut self.io.world().store.tables, owner);
        "a release"
    }

    /// Reads a page of a relay shard and confirms the delivery of a part of it, perhaps as a process that is not the
    /// owner.
    pub async fn deliver(&mut self) -> &'static str {
        let group = i16::try_from(self.dice.pick(usize::try_from(GROUPS).unwrap())).unwrap();
        let owner = OWNERS[self.dice.pick(2)];
        let delivered = real::delivered(&self.ctx, group).await.unwrap();
        assert_eq!(delivered, self.io.world().store.tables.groups[&group].delivered);
        let real = real::page(&self.ctx, group, delivered, 1 << 24).await.unwrap();
        let events = real.iter().flat_map(|segment| segment.events().unwrap());
        let real: Vec<_> = events.filter(|(p, _)| *p > delivered).map(|(p, e)| (p, summary(&e))).collect();
        let page = tail::page(&self.io.world().store.tables, group, delivered, 64);
        let simulated: Vec<_> = page.iter().map(|(position, event)| (*position, summary(event))).collect();
        assert_eq!(real, simulated);
        let events = &page[..page.len().min(self.dice.pick(8))];
        let last = events.last().map_or(delivered - 1, |(position, _)| *position);
        let documents: Vec<_> = events.iter().filter_map(|(_, event)| document_of(event)).collect();
        let simulated = finish(writer::confirm(&self.io, group, owner, last, &documents));
        let delivered = real::Delivery { upto: last, documents, end_offsets: Vec::new() };
        let real = real::confirm(&self.ctx, group, owner, &delivered).await;
        assert_eq!(real.map_err(failed), simulated);
        "a note of delivery"
    }

    async fn run(&self, sql: &str) {
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&self.ctx.pool).await.unwrap();
    }
}

fn summary(event: &Outgoing) -> (Topic, &'static str, String, String) {
    (event.topic(), event.kind.name(), event.key.clone(), event.id.clone())
}
