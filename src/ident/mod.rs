//! Identifiers and text as people write them, made one. Pure.
//!
//! `Debug` of every type here masks its content, so that none reaches a log by accident; `Display` is the full text.

pub mod insurance_number;
pub mod mobile;
pub mod national_code;
pub mod sheba;
pub mod text;

pub use insurance_number::InsuranceNumber;
pub use mobile::Mobile;
pub use national_code::NationalCode;
pub use sheba::Sheba;
