//! One person's claims, pure: which there are, what the facts say of each, and what may happen after payment.
//!
//! Architecture invariant: nothing here knows the database, the broker, the clock or the form of an event.

pub mod assemble;
pub mod codes;
mod compact_form;
mod contribution_lines;
pub mod decide;
pub mod facts;
mod ground;
pub mod identity;
pub mod issuance;
pub mod person;
pub mod person_state;
pub mod plan;
pub mod post_payment;
pub mod reason;
mod reasons_of_art85;
mod reasons_of_completion;
mod reasons_of_marriage;

pub use decide::{Decision, RULES_VERSION, decide};
pub use ground::{Bilingual, ReasonText};
pub use identity::{BENEFIT, ClaimKey, Counterpart, IdKey};
pub use reason::{Outcome, ReasonCode};
