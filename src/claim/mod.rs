//! The claims of one person. Pure.
//!
//! This module assembles the claims from the inputs, decides each claim by its facts, and plans what happens after
//! payment.
//!
//! Architecture invariant: no code in this module uses the database, the broker, the clock or the form of an event.

pub mod assemble;
pub mod benefit;
pub mod canonical;
pub mod case;
pub mod case_ending;
pub mod codes;
mod compact_form;
pub mod conditions;
mod contribution_lines;
pub mod decide;
pub mod document;
pub mod fact_seen;
pub mod facts;
pub mod finance_causes;
pub mod finding;
pub mod finding_effects;
mod found_reasons;
pub mod identity;
pub mod issuance;
pub mod objection;
pub mod objection_answer;
pub mod outcome;
pub mod paid_cases;
pub mod person;
pub mod person_state;
pub mod plan;
pub mod planning;
pub mod post_payment;
pub mod reason;
mod reasons_of_art85;
mod reasons_of_completion;
mod reasons_of_marriage;
pub mod registry_record;
pub mod review;
#[cfg(feature = "failpoints")]
mod sample_grant;

pub use benefit::Benefit;
pub use decide::{Decision, RULES_VERSION, decide};
pub use identity::{ClaimKey, Counterpart, IdKey};
pub use outcome::Outcome;
pub use reason::{Reason, ReasonCode};
