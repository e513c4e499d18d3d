//! A test's own hand on the installation: the house from within, without a process between.

use std::sync::Arc;
use std::time::Duration;

use peyvand::claim::IdKey;
use peyvand::clock::Clock;
use peyvand::store::connect;
use peyvand::store::outbox::Groups;
use peyvand::wire::tables;
use peyvand::work::House;
use tokio::runtime::Runtime;

use super::{SECRET, TestApp};

/// The house of an installation that some command has already made.
pub fn house(app: &TestApp, runtime: &Runtime) -> House {
    House {
        pool: runtime.block_on(async { connect(&app.database_url, 4).unwrap() }),
        clock: Clock::new(Some("1404-08-01".parse().unwrap())).unwrap(),
        day: None,
        tables: Arc::new(tables::parse(tables::built_in()).unwrap()),
        ids: IdKey::new(SECRET.as_bytes()),
        groups: Groups {
            count: app.value("SELECT count(*)::text FROM outbox_heads").parse().unwrap(),
            partitions: app.partitions(),
        },
        deeds_from: None,
        page_persons: 1,
        brake_percent: 50,
        silence: Duration::from_secs(60),
    }
}
