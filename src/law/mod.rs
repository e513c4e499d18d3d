//! Article 85 of the Social Security Law with its tables, in integer rials and Solar Hijri civil dates. Pure.
//!
//! Architecture invariant: no code in this module uses a clock, a file, a network, a serialiser or a log.

pub mod calendar;
pub mod insurance;
pub mod marriage_allowance;
pub mod money;
pub mod tables;

pub use calendar::{CalendarError, SolarDate, SolarMonth};
pub use insurance::InsuranceType;
pub use money::Rial;
pub use tables::Tables;
