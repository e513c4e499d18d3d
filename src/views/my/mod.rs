//! What an insured person sees about the own file: an answer in one sentence, the way so far, every condition, the sum
//! by hand, and a letter.
//!
//! Architecture invariant: no view has a fact of the spouse. Every sentence is of `src/texts/pages.toml`. The builders
//! are pure; only `load` reads the database.

pub mod allowance;
mod answer;
pub mod claim;
pub mod conditions;
pub mod error_page;
pub mod file;
pub mod letter;
mod load;
pub mod objection;
pub mod openings;
pub mod parts;
pub mod public;
pub mod register;
mod situation;
pub mod sum;
mod timeline;
pub mod words;

pub use allowance::MyAllowance;
pub use claim::MyClaim;
pub use file::{LawTables, OwnFile};
pub use letter::MyLetter;
pub use load::load;
pub use openings::MyOpenings;
pub use sum::MySum;
