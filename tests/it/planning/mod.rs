//! Planning, pure: which claims a person has, what is said of each, and what may follow a payment. Above each test stands,
//! shortened, the sentence of the contract that it holds.

mod after_payment;
mod cases;
mod claims;
mod completion;
mod marriage;
mod orders;
mod people;
mod quiet;
mod registrations;
mod returns;
mod world;
