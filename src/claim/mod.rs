//! One person's claims, pure: which there are, what the facts say of each, and what may happen after payment.
//!
//! Architecture invariant: nothing here knows the database, the broker, the clock or the form of an event.

pub mod after_payment;
pub mod decide;
pub mod facts;
pub mod gather;
mod ground;
mod grounds_of_art85;
mod grounds_of_completion;
mod grounds_of_marriage;
pub mod identity;
pub mod issue;
pub mod known;
mod lines;
mod packed;
pub mod person;
pub mod plan;
pub mod reason;
pub mod texts;
pub mod words;

pub use decide::{Decision, RULES_VERSION, decide};
pub use ground::{Reason, Words};
pub use identity::{BENEFIT, ClaimKey, Counterpart, IdKey};
pub use reason::{Outcome, ReasonCode};
