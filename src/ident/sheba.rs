//! شبا (Sheba): the Iranian IBAN.

use std::fmt;
use std::str::FromStr;

/// `IR`, two check digits, and 22 digits: 3 for the bank, 1 for the account type, 18 for the account.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sheba(String);

/// Why a text is not a Sheba. The error does not contain the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShebaError {
    /// Not `IR` and 24 digits.
    Form,
    CheckDigits,
}

/// `IR` in digits. ISO 13616 replaces letters by numbers: I = 18, R = 27.
const IR_IN_DIGITS: &str = "1827";

impl Sheba {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The three digits of the bank.
    #[must_use]
    pub fn bank(&self) -> &str {
        self.0.get(4..7).unwrap_or_default()
    }

    /// Computes the check digits for a bank and 19 further digits (account type and number), for generators.
    #[must_use]
    pub fn with_check_digits(bank: &str, rest: &str) -> Option<Self> {
        if !has_digits(bank, 3) || !has_digits(rest, 19) {
            return None;
        }
        let check = 98 - mod_97([bank, rest, IR_IN_DIGITS, "00"]);
        Some(Self(format!("IR{check:02}{bank}{rest}")))
    }
}

/// Whether `text` is exactly `count` ASCII digits.
fn has_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// The concatenated digits of `parts`, modulo 97. Other characters are skipped; callers pass none.
fn mod_97<const N: usize>(parts: [&str; N]) -> u32 {
    parts
        .into_iter()
        .flat_map(str::chars)
        .filter_map(|c| c.to_digit(10))
        .fold(0, |rest, digit| (rest * 10 + digit) % 97)
}

impl FromStr for Sheba {
    type Err = ShebaError;

    fn from_str(text: &str) -> Result<Self, ShebaError> {
        let normalised = super::text::without_separators(text).to_ascii_uppercase();
        let digits = normalised.strip_prefix("IR").ok_or(ShebaError::Form)?;
        if !has_digits(digits, 24) {
            return Err(ShebaError::Form);
        }
        let (check, account) = digits.split_at(2);
        if mod_97([account, IR_IN_DIGITS, check]) != 1 {
            return Err(ShebaError::CheckDigits);
        }
        // The check digits 00, 01 and 99 can also leave the right remainder, but ISO 7064 never produces them.
        if !(2..=98).contains(&check.parse().unwrap_or(0)) {
            return Err(ShebaError::CheckDigits);
        }
        Ok(Self(normalised))
    }
}

impl fmt::Display for Sheba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sheba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sheba(**)")
    }
}

impl fmt::Display for ShebaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "a Sheba is IR and 24 digits",
            Self::CheckDigits => "the Sheba's check digits are wrong",
        })
    }
}

impl std::error::Error for ShebaError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VALID: [&str; 3] =
        ["IR820540102680020817909002", "IR062960000000100324200001", "IR420130000000001234567890"];

    #[test]
    fn known_accounts() {
        for (valid, bank) in VALID.into_iter().zip(["054", "296", "013"]) {
            let sheba: Sheba = valid.parse().unwrap();
            assert_eq!((sheba.as_str(), sheba.bank()), (valid, bank));
            assert_eq!(Sheba::with_check_digits(bank, &valid[7..]), Some(sheba));
        }
        assert_eq!(format!("{:?}", VALID[0].parse::<Sheba>().unwrap()), "Sheba(**)");
    }

    #[test]
    fn as_people_write_it() {
        for text in [
            "ir82 0540 1026 8002 0817 9090 02",
            "IR82-0540-1026-8002-0817-9090-02",
            "IR۸۲۰۵۴۰۱۰۲۶۸۰۰۲۰۸۱۷۹۰۹۰۰۲",
            " IR820540102680020817909002\u{200f}",
        ] {
            assert_eq!(text.parse::<Sheba>().unwrap().as_str(), VALID[0], "{text}");
        }
        for text in [
            "",
            "820540102680020817909002",
            "IR82054010268002081790900",
            "IR8205401026800208179090022",
            "DE820540102680020817909002",
            "IRIR0540102680020817909002",
        ] {
            assert_eq!(text.parse::<Sheba>(), Err(ShebaError::Form), "{text}");
        }
        assert_eq!("IR830540102680020817909002".parse::<Sheba>(), Err(ShebaError::CheckDigits));
    }

    #[test]
    fn rejects_parts_of_another_length_or_with_other_characters() {
        let rest = &VALID[0][7..];
        for (bank, rest) in [("05", rest), ("0544", rest), ("05x", rest), ("054", &rest[1..])] {
            assert_eq!(Sheba::with_check_digits(bank, rest), None, "{bank} {rest}");
        }
        assert_eq!(Sheba::with_check_digits("054", &rest.replace('9', "x")), None);
    }

    proptest! {
        #[test]
        fn detects_every_single_wrong_digit(
            bank in "[0-9]{3}",
            rest in "[0-9]{19}",
            at in 2_usize..26,
            by in 1_u8..10,
        ) {
            let sheba = Sheba::with_check_digits(&bank, &rest).unwrap();
            prop_assert_eq!(sheba.as_str().parse(), Ok(sheba.clone()));
            let mut wrong = sheba.as_str().as_bytes().to_vec();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            prop_assert_eq!(String::from_utf8(wrong).unwrap().parse::<Sheba>(), Err(ShebaError::CheckDigits));
        }
    }
}
