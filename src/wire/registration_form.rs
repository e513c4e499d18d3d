//! The form of self-registration on the portal: its fields, what is wrong with a value, and the Persian texts. A page
//! shows what this file says, so that hint, check and message have one source.

use crate::ident::NationalCode;
use crate::ident::text::{number_text, persian_digits};
use crate::law::SolarDate;

/// A field of the form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum RegistrationField {
    SpouseNationalCode,
    DeedYear,
    DeedMonth,
    DeedDay,
    Undertaking,
}

impl RegistrationField {
    pub const ALL: [Self; 5] =
        [Self::SpouseNationalCode, Self::DeedYear, Self::DeedMonth, Self::DeedDay, Self::Undertaking];

    /// The name in the HTML form.
    pub fn name(self) -> &'static str {
        match self {
            Self::SpouseNationalCode => "spouse_national_code",
            Self::DeedYear => "deed_year",
            Self::DeedMonth => "deed_month",
            Self::DeedDay => "deed_day",
            Self::Undertaking => "first_marriage_undertaking",
        }
    }

    pub fn label_fa(self) -> &'static str {
        match self {
            Self::SpouseNationalCode => "کد ملی همسر",
            Self::DeedYear => "سال عقد",
            Self::DeedMonth => "ماه عقد",
            Self::DeedDay => "روز عقد",
            Self::Undertaking => "این نخستین ازدواج من است",
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RegistrationFault {
    Missing,
    NotDigits,
    WrongLength,
    WrongCheckDigit,
    OwnCode,
    NoSuchDate,
    DateInFuture,
}

impl RegistrationFault {
    /// What the person reads beside the field: what is wrong, and what to do.
    pub fn text_fa(self, field: RegistrationField) -> String {
        match self {
            Self::Missing if field == RegistrationField::Undertaking => {
                "مشخص کنید که این نخستین ازدواج شماست یا نه.".to_owned()
            }
            Self::Missing => format!("«{}» را وارد کنید.", field.label_fa()),
            Self::NotDigits => "کد ملی فقط رقم دارد. آن را بدون حرف و نشانه بنویسید.".to_owned(),
            Self::WrongLength => "کد ملی ده رقم دارد. آن را کامل بنویسید.".to_owned(),
            Self::WrongCheckDigit => {
                "این کد ملی درست نیست. رقم‌ها را با کارت ملی همسرتان مقایسه کنید.".to_owned()
            }
            Self::OwnCode => "این کد ملی خود شماست. کد ملی همسرتان را بنویسید.".to_owned(),
            Self::NoSuchDate => "این تاریخ در تقویم نیست. روز و ماه عقد را دوباره انتخاب کنید.".to_owned(),
            Self::DateInFuture => "تاریخ عقد هنوز نرسیده است. تاریخ سند ازدواج را انتخاب کنید.".to_owned(),
        }
    }
}

/// A field and what is wrong with it.
pub type FieldFault = (RegistrationField, RegistrationFault);

/// The values as they were sent. They are shown again beside the faults, so nothing typed is lost.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RegistrationForm {
    pub spouse_national_code: String,
    pub deed_year: String,
    pub deed_month: String,
    pub deed_day: String,
    pub first_marriage_undertaking: String,
}

/// What the form says, if it is good.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckedRegistration {
    pub spouse: NationalCode,
    pub deed_date: SolarDate,
    pub first_marriage_undertaking: bool,
}

impl RegistrationForm {
    /// Reads the fields of a form by their names. Other fields are ignored.
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            if let Some(field) = RegistrationField::ALL.into_iter().find(|field| field.name() == name) {
                value.clone_into(form.value_mut(field));
            }
        }
        form
    }

    fn value_mut(&mut self, field: RegistrationField) -> &mut String {
        match field {
            RegistrationField::SpouseNationalCode => &mut self.spouse_national_code,
            RegistrationField::DeedYear => &mut self.deed_year,
            RegistrationField::DeedMonth => &mut self.deed_month,
            RegistrationField::DeedDay => &mut self.deed_day,
            RegistrationField::Undertaking => &mut self.first_marriage_undertaking,
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// All faults, in the order of the fields.
    pub fn check(
        &self,
        applicant: NationalCode,
        today: SolarDate,
    ) -> Result<CheckedRegistration, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let spouse = note(&mut faults, self.spouse(applicant));
        let deed_date = match self.deed_date(today) {
            Ok(date) => Some(date),
            Err(of_date) => {
                faults.extend(of_date);
                None
            }
        };
        let undertaking = note(&mut faults, self.undertaking());
        match (spouse, deed_date, undertaking) {
            (Some(spouse), Some(deed_date), Some(first_marriage_undertaking)) => {
                Ok(CheckedRegistration { spouse, deed_date, first_marriage_undertaking })
            }
            _ => Err(faults),
        }
    }

    fn spouse(&self, applicant: NationalCode) -> Result<NationalCode, FieldFault> {
        use crate::ident::national_code::NationalCodeError as E;
        let field = RegistrationField::SpouseNationalCode;
        if self.spouse_national_code.trim().is_empty() {
            return Err((field, RegistrationFault::Missing));
        }
        let code: NationalCode = self.spouse_national_code.parse().map_err(|error| match error {
            E::NotDigits => (field, RegistrationFault::NotDigits),
            E::Length => (field, RegistrationFault::WrongLength),
            E::CheckDigit => (field, RegistrationFault::WrongCheckDigit),
        })?;
        if code == applicant { Err((field, RegistrationFault::OwnCode)) } else { Ok(code) }
    }

    fn deed_date(&self, today: SolarDate) -> Result<SolarDate, Vec<FieldFault>> {
        use RegistrationField::{DeedDay, DeedMonth, DeedYear};
        let parts = [(DeedYear, &self.deed_year), (DeedMonth, &self.deed_month), (DeedDay, &self.deed_day)];
        let missing: Vec<_> = parts
            .iter()
            .filter(|(_, text)| text.trim().is_empty())
            .map(|(field, _)| (*field, RegistrationFault::Missing))
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let no_such_date = || vec![(DeedDay, RegistrationFault::NoSuchDate)];
        let [year, month, day] = parts.map(|(_, text)| number_text(text));
        let date = match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => SolarDate::new(year, month, day).map_err(|_| no_such_date())?,
            _ => return Err(no_such_date()),
        };
        if date > today { Err(vec![(DeedDay, RegistrationFault::DateInFuture)]) } else { Ok(date) }
    }

    fn undertaking(&self) -> Result<bool, FieldFault> {
        match self.first_marriage_undertaking.trim() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err((RegistrationField::Undertaking, RegistrationFault::Missing)),
        }
    }
}

fn note<T>(faults: &mut Vec<FieldFault>, checked: Result<T, FieldFault>) -> Option<T> {
    checked.map_err(|fault| faults.push(fault)).ok()
}

/// A tracking number in groups of four, with Persian digits.
pub fn tracking_fa(tracking: &str) -> String {
    let chars: Vec<char> = tracking.chars().collect();
    let groups: Vec<String> = chars.chunks(4).map(|group| group.iter().collect()).collect();
    persian_digits(&groups.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use RegistrationFault as Fault;
    use RegistrationField as Field;

    const SPOUSE: &str = "0012345679";

    fn form(values: [&str; 5]) -> RegistrationForm {
        RegistrationForm::from_fields(Field::ALL.map(Field::name).into_iter().zip(values))
    }

    fn check(values: [&str; 5]) -> Result<CheckedRegistration, Vec<FieldFault>> {
        form(values).check("4398013083".parse().unwrap(), "1404-08-01".parse().unwrap())
    }

    #[test]
    fn good_values_are_read_with_digits_of_any_script() {
        for values in [[SPOUSE, "1404", "2", "31", "true"], ["۰۰۱۲۳۴۵۶۷۹", "۱۴۰۴", "۰۲", "٣١", " true "]]
        {
            let checked = check(values).unwrap_or_else(|faults| panic!("{faults:?}"));
            assert_eq!(checked.spouse.to_string(), SPOUSE);
            assert_eq!(checked.deed_date.to_string(), "1404-02-31");
            assert!(checked.first_marriage_undertaking);
        }
        assert!(!check([SPOUSE, "1404", "8", "1", "false"]).unwrap().first_marriage_undertaking);
    }

    #[test]
    fn every_fault_is_found_at_once_and_has_a_text() {
        let all = check([""; 5]).unwrap_err();
        assert_eq!(all, Field::ALL.map(|field| (field, Fault::Missing)));
        for (values, expected) in [
            (["12x4567890", "1404", "1", "1", "true"], (Field::SpouseNationalCode, Fault::NotDigits)),
            (["1234567", "1404", "1", "1", "true"], (Field::SpouseNationalCode, Fault::WrongLength)),
            (["0012345678", "1404", "1", "1", "true"], (Field::SpouseNationalCode, Fault::WrongCheckDigit)),
            (["4398013083", "1404", "1", "1", "true"], (Field::SpouseNationalCode, Fault::OwnCode)),
            ([SPOUSE, "1404", "12", "30", "true"], (Field::DeedDay, Fault::NoSuchDate)),
            ([SPOUSE, "1404", "x", "1", "true"], (Field::DeedDay, Fault::NoSuchDate)),
            ([SPOUSE, "1404", "8", "2", "true"], (Field::DeedDay, Fault::DateInFuture)),
            ([SPOUSE, "1404", "8", "1", "yes"], (Field::Undertaking, Fault::Missing)),
        ] {
            assert_eq!(check(values).err(), Some(vec![expected]));
            let text = expected.1.text_fa(expected.0);
            assert!(text.ends_with('.') && !text.contains(values[0]), "{text}");
        }
    }

    #[test]
    fn a_tracking_number_is_read_in_groups() {
        assert_eq!(tracking_fa("123456789012"), "۱۲۳۴ ۵۶۷۸ ۹۰۱۲");
    }
}
