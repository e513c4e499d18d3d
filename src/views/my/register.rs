//! Self-registration of a marriage: the fields, their check, and what the pages show.

use serde::Serialize;

use super::words::{self, digits};
use crate::app::portal::self_registration::Registration;
use crate::clock::Clock;
use crate::ident::{NationalCode, text};
use crate::law::{SolarDate, SolarMonth};
use crate::store::submissions::SubmissionReceipt;
use crate::texts::{Lang, PageTexts, Texts};

/// The years of a deed date that the form offers, counted back from this year.
const YEARS: i16 = 15;

/// The fields as they were typed.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct RegisterInput {
    pub day: String,
    pub month: String,
    pub year: String,
    pub spouse: String,
    pub undertaking: bool,
}

/// What is wrong with a field, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FieldError {
    /// The id of the field, to which the summary links.
    pub field: &'static str,
    /// The key of the text.
    pub reason: &'static str,
    pub text: String,
}

impl FieldError {
    pub(super) fn new(field: &'static str, key: &'static str, values: &[(&str, String)]) -> Self {
        Self { field, reason: key, text: PageTexts::built_in().say("field", key, values) }
    }
}

impl RegisterInput {
    /// Checks every field, so that all errors are shown at once.
    ///
    /// # Errors
    /// The errors in the order of the fields.
    pub fn check(&self, applicant: NationalCode, today: SolarDate) -> Result<Registration, Vec<FieldError>> {
        let deed_date = self.deed_date(today);
        let spouse = self.spouse_code(applicant);
        let undertaking =
            (!self.undertaking).then(|| FieldError::new("undertaking", "undertaking_missing", &[]));
        match (deed_date, spouse, undertaking) {
            (Ok(deed_date), Ok(spouse), None) => Ok(Registration { deed_date, spouse }),
            (deed_date, spouse, undertaking) => {
                Err([deed_date.err(), spouse.err(), undertaking].into_iter().flatten().collect())
            }
        }
    }

    fn deed_date(&self, today: SolarDate) -> Result<SolarDate, FieldError> {
        let missing = || FieldError::new("day", "deed_date_missing", &[]);
        let year: i16 = number(&self.year).ok_or_else(missing)?;
        let month: u8 = number(&self.month).ok_or_else(missing)?;
        let day: u8 = number(&self.day).ok_or_else(missing)?;
        let named = SolarMonth::new(year, month).map_err(|_| missing())?;
        let date = SolarDate::new(year, month, day).map_err(|_| {
            let name = Texts::built_in().month_name(named, Lang::Fa).to_owned();
            let values = [("day", day.to_string()), ("month", name), ("year", year.to_string())];
            FieldError::new("day", "no_such_day", &values)
        })?;
        if date > today { Err(FieldError::new("day", "deed_in_future", &[])) } else { Ok(date) }
    }

    fn spouse_code(&self, applicant: NationalCode) -> Result<NationalCode, FieldError> {
        if text::number_text(&self.spouse).is_empty() {
            return Err(FieldError::new("spouse", "spouse_missing", &[]));
        }
        // People write a code in groups; the script of the page reads it so, too.
        let typed: String =
            self.spouse.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐' | '–')).collect();
        let code: NationalCode =
            typed.parse().map_err(|_| FieldError::new("spouse", "spouse_not_a_code", &[]))?;
        if code == applicant {
            return Err(FieldError::new("spouse", "spouse_is_applicant", &[]));
        }
        Ok(code)
    }
}

/// A number in digits of any keyboard.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text::fold_digits(text.trim()).parse().ok()
}

/// An option of a select.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub text: String,
    pub chosen: bool,
}

/// `/my/register`
#[derive(Clone, Serialize)]
pub struct RegisterForm {
    pub days: Vec<Choice>,
    pub months: Vec<Choice>,
    pub years: Vec<Choice>,
    pub input: RegisterInput,
    pub errors: Vec<FieldError>,
    /// The deed dates of the applicant's own marriages that the registry already has.
    pub known_marriages: Vec<String>,
}

impl RegisterForm {
    pub fn new(input: RegisterInput, errors: Vec<FieldError>, known: &[SolarDate], today: SolarDate) -> Self {
        let texts = Texts::built_in();
        let (day, month, year): (Option<u8>, Option<u8>, Option<i16>) =
            (number(&input.day), number(&input.month), number(&input.year));
        let mut months = Vec::new();
        for index in 1..=12 {
            let name = SolarMonth::new(today.year(), index).map(|month| texts.month_name(month, Lang::Fa));
            let text = name.unwrap_or_default().to_owned();
            months.push(Choice { value: index.to_string(), text, chosen: month == Some(index) });
        }
        let oldest = today.year() - YEARS;
        Self {
            days: (1..=31_u8).map(|index| numbered(index, day)).collect(),
            months,
            years: (oldest..=today.year()).rev().map(|index| numbered(index, year)).collect(),
            known_marriages: known.iter().copied().map(words::date).collect(),
            input,
            errors,
        }
    }

    /// The error of a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }
}

fn numbered<T: PartialEq + ToString>(value: T, chosen: Option<T>) -> Choice {
    let text = value.to_string();
    Choice { chosen: chosen.is_some_and(|chosen| chosen == value), text: digits(&text), value: text }
}

/// `/my/register/check`: what will be registered, before it is.
#[derive(Clone, Serialize)]
pub struct RegisterCheck {
    pub deed_date: String,
    pub spouse: String,
    pub input: RegisterInput,
    /// Repeating the same request registers the marriage once.
    pub idempotency_key: String,
}

impl RegisterCheck {
    pub fn new(registration: &Registration, idempotency_key: String) -> Self {
        let date = registration.deed_date;
        Self {
            deed_date: words::date(date),
            spouse: registration.spouse.to_string(),
            input: RegisterInput {
                day: date.day().to_string(),
                month: date.month().number().to_string(),
                year: date.year().to_string(),
                spouse: registration.spouse.to_string(),
                undertaking: true,
            },
            idempotency_key,
        }
    }
}

/// The receipt. It exists only after the registration is durable.
#[derive(Clone, Serialize)]
pub struct RegisterReceipt {
    pub tracking_number: String,
    pub registered_at: String,
    /// Whether the registration has left the portal for its decision.
    pub delivered: bool,
}

impl RegisterReceipt {
    pub fn new(receipt: &SubmissionReceipt, clock: &Clock) -> Self {
        Self {
            tracking_number: grouped(&receipt.tracking),
            registered_at: words::moment_of(clock, receipt.submitted_at),
            delivered: receipt.delivered_at.is_some(),
        }
    }
}

/// A tracking number in groups of four, with Persian digits.
pub(super) fn grouped(tracking: &str) -> String {
    let chars: Vec<char> = tracking.chars().collect();
    let groups: Vec<String> = chars.chunks(4).map(|group| group.iter().collect()).collect();
    digits(&groups.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(year: &str, month: &str, day: &str) -> RegisterInput {
        RegisterInput {
            day: day.to_owned(),
            month: month.to_owned(),
            year: year.to_owned(),
            spouse: "۰۰۱۲۳۴۵۶۷۹".to_owned(),
            undertaking: true,
        }
    }

    fn checked(input: &RegisterInput) -> Result<SolarDate, Vec<&'static str>> {
        let applicant: NationalCode = "4398013083".parse().unwrap();
        let found = input.check(applicant, "1404-08-20".parse().unwrap());
        found.map(|found| found.deed_date).map_err(|errors| errors.iter().map(|error| error.field).collect())
    }

    #[test]
    fn dates_are_those_of_the_calendar_in_digits_of_any_keyboard() {
        assert_eq!(checked(&input("1404", "2", "31")), Ok("1404-02-31".parse().unwrap()));
        assert_eq!(checked(&input("۱۴۰۳", "۱۲", "٣٠")), Ok("1403-12-30".parse().unwrap()));
        let refused = input("1402", "12", "30");
        assert_eq!(checked(&refused), Err(vec!["day"]));
        let errors = refused.check("4398013083".parse().unwrap(), "1404-08-20".parse().unwrap());
        assert_eq!(errors.err().unwrap()[0].text, "اسفند ۱۴۰۲ روز ۳۰ ندارد؛ روز دیگری انتخاب کنید.");
        assert_eq!(checked(&input("1404", "8", "21")), Err(vec!["day"]), "tomorrow");
        // Esfand 1404 has 29 days.
        let later =
            input("1404", "12", "30").check("4398013083".parse().unwrap(), "1405-01-01".parse().unwrap());
        assert!(later.err().unwrap()[0].text.contains("روز ۳۰ ندارد"));
    }

    #[test]
    fn a_tracking_number_is_read_in_groups() {
        assert_eq!(grouped("123456789012"), "۱۲۳۴ ۵۶۷۸ ۹۰۱۲");
    }

    #[test]
    fn an_empty_form_names_every_field() {
        assert_eq!(checked(&RegisterInput::default()), Err(vec!["day", "spouse", "undertaking"]));
        let own = RegisterInput { spouse: "4398013083".to_owned(), ..input("1404", "7", "15") };
        assert_eq!(checked(&own), Err(vec!["spouse"]));
        let mistyped = RegisterInput { spouse: "1234567890".to_owned(), ..input("1404", "7", "15") };
        assert_eq!(checked(&mistyped), Err(vec!["spouse"]));
    }
}
