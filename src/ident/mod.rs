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

#[cfg(test)]
mod tests {
    use std::fmt::{Debug, Display};
    use std::str::FromStr;

    use super::*;

    #[track_caller]
    fn shown<T: Display + Debug + FromStr<Err: Display + Debug>>(text: &str, asked_for: &str) {
        let value: T = text.parse().unwrap();
        assert_eq!(value.to_string(), text);
        assert!(!format!("{value:?}").contains(|c: char| c.is_ascii_digit()), "{value:?}");
        let error = "4160476165x".parse::<T>().unwrap_err().to_string();
        assert!(error.contains(asked_for) && !error.contains("4160476165x"), "{error}");
    }

    /// People read the full text, or what would be one; a log shows neither.
    #[test]
    fn people_read_what_no_log_shows() {
        shown::<NationalCode>("0012345679", "national code");
        shown::<InsuranceNumber>("0012345678", "insurance number");
        shown::<Mobile>("09123456789", "09xxxxxxxxx");
        shown::<Sheba>("IR820540102680020817909002", "Sheba");
    }
}
