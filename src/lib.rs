//! Peyvand pays the marriage allowance of Article 85 once to every entitled person, without an application.
//!
//! The modules in the order of their dependencies. A module uses only modules of the lines above its own
//! (`tests/it/meta/structure` checks this):
//!
//! 1. `law`, `ident`
//! 2. `claim`
//! 3. `texts`, then `pictures`
//! 4. `wire`
//! 5. `failpoint`, `config`, `clock`, `retry`, `tls`
//! 6. `telemetry`, `blobs`, `picture_worker`
//! 7. `store`
//! 8. `app`
//! 9. `views`
//! 10. `kafka`, then `http`
//! 11. `terminal`, then `service`
//! 12. `demo`
//! 13. `cli`

pub mod app;
pub mod blobs;
pub mod claim;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
mod failpoint;
pub mod http;
pub mod ident;
pub mod kafka;
pub mod law;
pub mod picture_worker;
pub mod pictures;
pub mod retry;
pub mod service;
pub mod store;
pub mod telemetry;
mod terminal;
pub mod texts;
mod tls;
pub mod views;
pub mod wire;
