//! The pure modules of the house, as they stand there, and what must hold for any bytes that they read.

// The modules call each other by `crate::…`, the properties by the name that they bear outside.
extern crate self as peyvand;

#[path = "../../src/claim/mod.rs"]
pub mod claim;
#[path = "../../src/ident/mod.rs"]
pub mod ident;
#[path = "../../src/law/mod.rs"]
pub mod law;
pub mod properties;
#[path = "../../src/wire/mod.rs"]
pub mod wire;
