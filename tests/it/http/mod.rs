//! The pages of the insured person.

mod browser;
mod colours;
mod loading;
pub mod pages;
pub mod people;
mod sentences;
