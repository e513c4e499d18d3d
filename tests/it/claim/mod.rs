//! Planning, pure: which claims a person has, what is said of each, and what may follow a payment. Above each test stands,
//! shortened, the sentence of the contract that it holds.

mod arrival_order;
mod cases;
mod claims;
mod completion;
mod facts;
mod marriage;
mod person_over_days;
mod post_payment;
mod registrations;
mod returns;
mod unread_fields;
