//! The close of a month: when it runs, what it issues, and what happens after a payment.

pub mod automatic;
pub mod cases;
pub mod close_month;
mod confirm;
mod endings;
pub mod in_turn;
pub mod months;
pub mod returns;
#[cfg(feature = "failpoints")]
pub mod second_benefit;
