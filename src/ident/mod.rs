//! Parses identifiers and text in the forms in which people write them, and normalises them. Pure.
//!
//! `Debug` of every type in this module masks the content, so that no identifier reaches a log by accident. `Display`
//! shows the full text.

pub mod insurance_number;
pub mod mask;
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
    fn check<T: Display + Debug + FromStr<Err: Display + Debug>>(text: &str, expected_hint: &str) {
        let value: T = text.parse().unwrap();
        assert_eq!(value.to_string(), text);
        assert!(!format!("{value:?}").contains(|c: char| c.is_ascii_digit()), "{value:?}");
        let error = "4160476165x".parse::<T>().unwrap_err().to_string();
        assert!(error.contains(expected_hint) && !error.contains("4160476165x"), "{error}");
    }

    /// `Display` shows the full text, and an error states the expected form. Neither `Debug` nor an error contains the
    /// value.
    #[test]
    fn debug_and_errors_do_not_contain_the_value() {
        check::<NationalCode>("0012345679", "national code");
        check::<InsuranceNumber>("0012345678", "insurance number");
        check::<Mobile>("09123456789", "09xxxxxxxxx");
        check::<Sheba>("IR820540102680020817909002", "Sheba");
    }
}
