//! The pages of the insured person.

mod browser;
mod loading;
mod objections;
pub mod pages;
pub mod people;
mod sentences;
