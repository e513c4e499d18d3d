//! The contract with other systems: topics, schemas, samples and outside clients.

pub mod checker;
pub mod codecs;
pub mod file_faults;
pub mod file_schemas;
pub mod fuzz_corpus;
pub mod openapi;
pub mod outside_clients;
pub mod outside_tools;
pub mod sample;
pub mod schema_gate;
pub mod schemas;
pub mod topics;
