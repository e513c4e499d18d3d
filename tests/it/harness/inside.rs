//! Lets a test call the application directly, without a process in between.

use std::sync::Arc;
use std::time::Duration;

use peyvand::app::AppContext;
use peyvand::claim::{Benefit, IdKey};
use peyvand::clock::Clock;
use peyvand::store::connect;
use peyvand::store::outbox::RelayShards;
use peyvand::wire::{RecordKey, tables};
use tokio::runtime::Runtime;

use crate::harness::{SECRET, TestApp};

/// The context of an installation that an earlier command has created.
pub fn ctx(app: &TestApp, runtime: &Runtime) -> AppContext {
    AppContext {
        pool: runtime.block_on(async { connect(&app.database_url, 4).unwrap() }),
        clock: Clock::new(Some("1404-08-01".parse().unwrap())).unwrap(),
        fixed_business_date: None,
        tables: Arc::new(tables::parse(tables::built_in()).unwrap()),
        ids: IdKey::new(SECRET.as_bytes()),
        record_key: RecordKey::new(SECRET.as_bytes()),
        benefits: Benefit::RELEASED,
        shards: RelayShards {
            count: app.value("SELECT count(*)::text FROM outbox_heads").parse().unwrap(),
            partitions: app.partitions(),
        },
        deeds_from: None,
        sms_quiet_hours: None,
        page_persons: 1,
        brake_percent: 50,
        query_timeout: Duration::from_secs(60),
    }
}
