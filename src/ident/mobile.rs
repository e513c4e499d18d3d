//! Mobile numbers, in the form 09xxxxxxxxx.
//!
//! There is no list of operator prefixes: new prefixes are assigned, and numbers are ported between operators.

use std::fmt;
use std::str::FromStr;

/// An Iranian mobile number of eleven digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mobile(String);

/// The text is not an Iranian mobile number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MobileError;

impl Mobile {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Mobile {
    type Err = MobileError;

    fn from_str(text: &str) -> Result<Self, MobileError> {
        let written = super::text::without_separators(text);
        let subscriber = match written.len() {
            10 => Some(written.as_str()),
            11 => written.strip_prefix('0'),
            12 => written.strip_prefix("98"),
            13 => written.strip_prefix("+98"),
            14 => written.strip_prefix("0098"),
            _ => None,
        };
        match subscriber {
            Some(subscriber)
                if subscriber.starts_with('9') && subscriber.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Ok(Self(format!("0{subscriber}")))
            }
            _ => Err(MobileError),
        }
    }
}

impl fmt::Display for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Mobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mobile(**)")
    }
}

impl fmt::Display for MobileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mobile number has the form 09xxxxxxxxx")
    }
}

impl std::error::Error for MobileError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_people_write_it() {
        for text in [
            "09123456789",
            "9123456789",
            "+989123456789",
            "00989123456789",
            "989123456789",
            "۰۹۱۲۳۴۵۶۷۸۹",
            "٠٩١٢٣٤٥٦٧٨٩",
            "+98 912 345 6789",
            "0912-345-6789",
            " 09123456789 ",
            "\u{200e}09123456789",
        ] {
            assert_eq!(text.parse::<Mobile>().unwrap().as_str(), "09123456789", "{text}");
        }
        // Ten digits that begin with 98 are a number without its leading zero; 98 is not the country code here.
        assert_eq!("9812345678".parse::<Mobile>().unwrap().as_str(), "09812345678");
        for text in [
            "",
            "02123456789",
            "0912345678",
            "091234567890",
            "+971501234567",
            "0912345678x",
            "+09123456789",
            "98912345678",
        ] {
            assert_eq!(text.parse::<Mobile>(), Err(MobileError), "{text}");
        }
        assert_eq!(format!("{:?}", "09123456789".parse::<Mobile>().unwrap()), "Mobile(**)");
    }

    proptest! {
        #[test]
        fn every_form_of_a_number_gives_the_same_value(rest in "[0-9]{9}", text in ".*") {
            let mobile: Mobile = format!("09{rest}").parse().unwrap();
            for prefix in ["", "0", "98", "+98", "0098"] {
                prop_assert_eq!(format!("{prefix}9{rest}").parse(), Ok(mobile.clone()));
            }
            if let Ok(read) = text.parse::<Mobile>() {
                prop_assert_eq!(read.as_str().len(), 11);
            }
        }
    }
}
