//! Ingest, from a message in a topic to facts in the database: repeats, order, poison messages, lost rows, crashes.

pub mod answers;
pub mod casework;
pub mod commit_point;
pub mod dead_letters;
pub mod field_cases;
pub mod invariants;
pub mod kill;
mod letters;
pub mod lost_rows;
pub mod misrouted;
pub mod order;
pub mod person_locks;
pub mod poison;
pub mod processes;
pub mod repeats;
pub mod self_registrations;
mod taken_back;
pub mod unreadable;
