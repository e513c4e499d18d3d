//! Article 85: worked cases, and properties that hold for every person.

pub mod cases;
pub mod properties;
