//! Pure planning: which claims a person has, how each is decided, and what may follow a payment. Above each test is the
//! sentence of the contract that the test checks, shortened.

mod arrival_order;
mod cases;
mod claims;
mod completion;
mod conditions;
pub mod facts;
mod findings;
mod marriage;
mod objections;
pub mod person_over_days;
mod post_payment;
mod registrations;
mod returns;
mod unread_fields;
