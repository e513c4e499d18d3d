//! What programs get from the API: the own file of an insured person, receipts, casework, and problems. Codes, Solar
//! dates, instants and whole rials, with the sentences of the pages beside them.
//!
//! Architecture invariant: the builders are pure, and no view of an insured person has a fact of the spouse.

pub mod casework;
pub mod claim;
pub mod objection;
pub mod opening;
pub mod problem;
pub mod receipt;
pub mod words;
