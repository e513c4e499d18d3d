//! The texts for people: of reasons in Persian and English, and of SMS in Persian. They are read from `texts.toml`, those
//! about pictures from `pictures.toml`.

mod page_texts;
mod pictures;
mod reason_text;

pub use page_texts::PageTexts;
pub use pictures::{PictureTexts, RefusalTexts};
pub use reason_text::{Bilingual, ReasonText};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::claim::Benefit;
use crate::ident::text::persian_digits;
use crate::law::{Rial, SolarDate, SolarMonth};

/// The language of a text: Persian for the insured and the branches, English for operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    Fa,
    En,
}

/// One text in both languages. It may contain placeholders in braces.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilingualTemplate {
    pub fa: String,
    pub en: String,
}

impl BilingualTemplate {
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Fa => &self.fa,
            Lang::En => &self.en,
        }
    }
}

/// The template of a reason: its legal source, what was found, and what the person can do.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonTemplate {
    /// The article or clause on which the reason is based; "our reading" if no source fixes the rule.
    pub article: String,
    pub text: BilingualTemplate,
    pub remedy: BilingualTemplate,
    /// The placeholders that `text` and `remedy` may use. The reason must have a parameter for each of them.
    #[serde(default)]
    pub values: Vec<String>,
}

/// The answers to objections.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerTexts {
    accepted: BilingualTemplate,
    not_accepted: BilingualTemplate,
}

/// The texts of the SMS about a benefit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SmsTexts {
    registration: String,
    payment_returned: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MonthNames {
    fa: [String; 12],
    en: [String; 12],
}

/// All texts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    reason: BTreeMap<String, ReasonTemplate>,
    /// The remedy of a reason that an approved finding confirms.
    confirmed: BilingualTemplate,
    answer: AnswerTexts,
    /// By the code of the benefit.
    sms: BTreeMap<String, SmsTexts>,
    months: MonthNames,
    insurance: BTreeMap<String, BilingualTemplate>,
}

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test parses it")]
static BUILT_IN: LazyLock<Texts> = LazyLock::new(|| Texts::parse(TEXTS).expect("the texts are valid"));

#[cfg(not(feature = "failpoints"))]
const TEXTS: &str = include_str!("texts.toml");
#[cfg(feature = "failpoints")]
const TEXTS: &str = concat!(include_str!("texts.toml"), include_str!("sample_grant.toml"));

static NO_SMS_TEXTS: SmsTexts = SmsTexts { registration: String::new(), payment_returned: String::new() };

impl Texts {
    /// The texts that are compiled into the program.
    pub fn built_in() -> &'static Texts {
        &BUILT_IN
    }

    /// Parses texts in the form of `texts.toml`.
    ///
    /// # Errors
    /// If a text is missing, or a key is unknown.
    pub fn parse(toml: &str) -> Result<Texts, toml::de::Error> {
        toml::from_str(toml)
    }

    /// The template of a reason, by its code in the contract, e.g. `NOT_FIRST_MARRIAGE`.
    pub fn reason(&self, code: &str) -> Option<&ReasonTemplate> {
        self.reason.get(code)
    }

    /// Renders a template with `values` for its placeholders.
    ///
    /// Solar dates, months and codes of insurance types (several are joined by ", ") are localised. Persian text gets
    /// Persian digits. A missing value renders as a dash, so that a person never sees a brace.
    pub fn render(&self, template: &str, values: &[(&str, String)], lang: Lang) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        // A single pass, so that braces in a value (for example in a name) are not read as a placeholder.
        while let Some((before, name, after)) = next_placeholder(rest) {
            out.push_str(before);
            match values.iter().find(|(value_name, _)| *value_name == name) {
                Some((_, value)) => out.push_str(&self.localized_value(value, lang)),
                None => out.push('—'),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// The SMS that announces the registration of the allowance, after the hand-over to finance (order, clauses 1
    /// and 3). The payment is expected by the end of the Solar month `expected`.
    pub fn sms_registration(
        &self,
        benefit: Benefit,
        full_name: &str,
        amount: Rial,
        expected: SolarMonth,
    ) -> String {
        let month = self.month_name(expected, Lang::Fa).to_owned();
        self.render(
            &self.sms_texts(benefit).registration,
            &sms_values(full_name, amount, Some(month)),
            Lang::Fa,
        )
    }

    /// The SMS that asks the person to correct the account after the bank returned the payment.
    pub fn sms_returned(&self, benefit: Benefit, full_name: &str, amount: Rial) -> String {
        self.render(&self.sms_texts(benefit).payment_returned, &sms_values(full_name, amount, None), Lang::Fa)
    }

    fn sms_texts(&self, benefit: Benefit) -> &SmsTexts {
        // A test checks that every benefit has its texts.
        self.sms.get(benefit.as_str()).unwrap_or(&NO_SMS_TEXTS)
    }

    /// The name of a month: فروردین … اسفند, or the Latin name.
    pub fn month_name(&self, month: SolarMonth, lang: Lang) -> &str {
        let names = match lang {
            Lang::Fa => &self.months.fa,
            Lang::En => &self.months.en,
        };
        names.get(usize::from(month.number()) - 1).map_or("", String::as_str)
    }

    /// A date in words: «۱۵ مهر ۱۴۰۴», or "15 Mehr 1404".
    pub fn date(&self, date: SolarDate, lang: Lang) -> String {
        let name = self.month_name(date.month(), lang);
        with_digits_of(lang, format!("{} {name} {}", date.day(), date.year()))
    }

    /// A month in words: «مهر ۱۴۰۴», or "Mehr 1404".
    pub fn month(&self, month: SolarMonth, lang: Lang) -> String {
        with_digits_of(lang, format!("{} {}", self.month_name(month, lang), month.year()))
    }

    /// The name of an insurance type, by its code in the contract, e.g. `sick_pay`.
    pub fn insurance(&self, code: &str, lang: Lang) -> Option<&str> {
        self.insurance.get(code).map(|name| name.in_lang(lang))
    }

    fn localized_value(&self, value: &str, lang: Lang) -> String {
        let parts: Vec<String> = value.split(", ").map(|part| self.localized_part(part, lang)).collect();
        match lang {
            Lang::Fa => parts.join("، "),
            Lang::En => parts.join(", "),
        }
    }

    fn localized_part(&self, part: &str, lang: Lang) -> String {
        if let Ok(date) = part.parse::<SolarDate>() {
            self.date(date, lang)
        } else if let Ok(month) = part.parse::<SolarMonth>() {
            self.month(month, lang)
        } else if let Some(name) = self.insurance(part, lang) {
            name.to_owned()
        } else {
            with_digits_of(lang, part.to_owned())
        }
    }
}

fn sms_values(full_name: &str, amount: Rial, month: Option<String>) -> Vec<(&'static str, String)> {
    let mut values = vec![("name", full_name.trim().to_owned()), ("amount", grouped(amount, Lang::Fa))];
    values.extend(month.map(|month| ("month", month)));
    values
}

/// Formats an amount with separators of thousands: `۱۰۳٬۹۰۹٬۶۸۰` in Persian, `103,909,680` in English.
pub fn grouped(amount: Rial, lang: Lang) -> String {
    let digits = amount.to_string();
    let separator = if lang == Lang::Fa { '٬' } else { ',' };
    let mut out = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    with_digits_of(lang, out)
}

fn with_digits_of(lang: Lang, text: String) -> String {
    match lang {
        Lang::Fa => persian_digits(&text),
        Lang::En => text,
    }
}

/// Splits at the next `{name}`: the text before it, the name, and the text after it.
fn next_placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// The number of parts of an SMS with Persian text. In UCS-2 a single part has up to 70 units, several parts have up to
/// 67 units each.
pub fn segments(text: &str) -> u32 {
    let units = text.encode_utf16().count();
    if units <= 70 {
        return 1;
    }
    u32::try_from(units.div_ceil(67)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
