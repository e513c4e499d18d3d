//! Article 85: worked cases, and properties that hold for any person.

pub mod cases;
pub mod properties;
