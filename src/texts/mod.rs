//! What people are told: the texts of reasons in Persian and English, and of SMS in Persian, read from `texts.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::ident::text::persian_digits;
use crate::law::{Rial, SolarDate, SolarMonth};

/// Persian for people, English for operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    Fa,
    En,
}

/// One text in both languages; may hold placeholders in braces.
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

/// A reason in words: which rule, what is so, and what would change it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonTemplate {
    /// The article or clause the ground rests on; "our reading" where no source fixes it.
    pub article: String,
    pub text: BilingualTemplate,
    pub remedy: BilingualTemplate,
    /// The placeholders that text and remedy may use; whoever renders gives them all.
    #[serde(default)]
    pub values: Vec<String>,
}

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

/// All texts. Those built in hold unless an installation brings its own file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    reason: BTreeMap<String, ReasonTemplate>,
    sms: SmsTexts,
    months: MonthNames,
    insurance: BTreeMap<String, BilingualTemplate>,
}

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test reads it")]
static BUILT_IN: LazyLock<Texts> =
    LazyLock::new(|| Texts::parse(include_str!("texts.toml")).expect("texts.toml reads"));

impl Texts {
    pub fn built_in() -> &'static Texts {
        &BUILT_IN
    }

    /// Texts as `texts.toml` writes them.
    pub fn parse(toml: &str) -> Result<Texts, toml::de::Error> {
        toml::from_str(toml)
    }

    /// By the contract's word, e.g. `NOT_FIRST_MARRIAGE`.
    pub fn reason(&self, code: &str) -> Option<&ReasonTemplate> {
        self.reason.get(code)
    }

    /// The template with its placeholders filled. Solar dates, months and words of insurance types (several joined by
    /// ", ") are written as people write them, Persian text gets Persian digits. A value that was not given shows as
    /// a dash: a person must never read a brace.
    pub fn render(&self, template: &str, values: &[(&str, String)], lang: Lang) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        // One pass, so that braces inside a value (a name, say) are never taken for a placeholder.
        while let Some((before, name, after)) = next_placeholder(rest) {
            out.push_str(before);
            match values.iter().find(|(given, _)| *given == name) {
                Some((_, value)) => out.push_str(&self.localized_value(value, lang)),
                None => out.push('—'),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// Announces the registration of the allowance, after the hand-over to finance (order, clauses 1 and 3).
    /// `expected` is the Solar month by whose end the payment is to be expected.
    pub fn sms_registration(&self, full_name: &str, amount: Rial, expected: SolarMonth) -> String {
        let month = self.month_name(expected, Lang::Fa).to_owned();
        self.render(&self.sms.registration, &sms_values(full_name, amount, Some(month)), Lang::Fa)
    }

    /// Asks to correct the account after the bank returned the payment.
    pub fn sms_returned(&self, full_name: &str, amount: Rial) -> String {
        self.render(&self.sms.payment_returned, &sms_values(full_name, amount, None), Lang::Fa)
    }

    /// فروردین … اسفند, or their Latin names.
    pub fn month_name(&self, month: SolarMonth, lang: Lang) -> &str {
        let names = match lang {
            Lang::Fa => &self.months.fa,
            Lang::En => &self.months.en,
        };
        names.get(usize::from(month.number()) - 1).map_or("", String::as_str)
    }

    /// «۱۵ مهر ۱۴۰۴», or "15 Mehr 1404".
    pub fn date(&self, date: SolarDate, lang: Lang) -> String {
        let name = self.month_name(date.month(), lang);
        with_digits_of(lang, format!("{} {name} {}", date.day(), date.year()))
    }

    /// «مهر ۱۴۰۴», or "Mehr 1404".
    pub fn month(&self, month: SolarMonth, lang: Lang) -> String {
        with_digits_of(lang, format!("{} {}", self.month_name(month, lang), month.year()))
    }

    /// A kind of insurance by its contract word, e.g. `sick_pay`.
    pub fn insurance(&self, word: &str, lang: Lang) -> Option<&str> {
        self.insurance.get(word).map(|name| name.in_lang(lang))
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

/// Thousands apart: `۱۰۳٬۹۰۹٬۶۸۰` in Persian, `103,909,680` in English.
pub fn grouped(amount: Rial, lang: Lang) -> String {
    let digits = amount.to_string();
    let separator = if lang == Lang::Fa { '٬' } else { ',' };
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
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

/// Text before the next `{name}`, the name, and what follows it.
fn next_placeholder(template: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Parts that an SMS with Persian text is sent in (UCS-2: 70 units alone, else 67 each).
pub fn segments(text: &str) -> u32 {
    let units = text.encode_utf16().count();
    if units <= 70 {
        return 1;
    }
    u32::try_from(units.div_ceil(67)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
