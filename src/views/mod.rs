//! Read models for people: what a person file, a report or a status page shows, for commands and screens alike.

pub mod format;
pub mod incomplete_files;
pub mod person_file;
pub mod report;
pub mod status;
