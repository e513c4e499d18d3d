//! The pure modules of Peyvand, included from their sources, and the properties that hold for any bytes that they read.

// The modules refer to each other as `crate::…`; the properties use the name of the published crate.
extern crate self as peyvand;

#[path = "../../src/claim/mod.rs"]
pub mod claim;
#[path = "../../src/ident/mod.rs"]
pub mod ident;
#[path = "../../src/law/mod.rs"]
pub mod law;
pub mod properties;
#[path = "../../src/texts/mod.rs"]
pub mod texts;
#[path = "../../src/wire/mod.rs"]
pub mod wire;
