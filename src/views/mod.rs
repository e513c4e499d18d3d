//! Read models for people: the data of person files, reports and status pages.

pub mod api;
pub mod cases;
pub mod casework;
pub mod format;
pub mod incomplete_files;
pub mod my;
pub mod person_file;
pub mod report;
pub mod status;
