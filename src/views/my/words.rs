//! Dates, months and amounts in the words of a Persian reader.

use serde::Serialize;

use crate::clock::Clock;
use crate::law::{Rial, SolarDate, SolarMonth};
use crate::texts::{Lang, PageTexts, Texts, grouped};
use jiff::Timestamp;

/// An amount with its unit, in rials exactly and in tomans.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Amount {
    pub rial: u64,
    /// `۱۰۳٬۹۰۹٬۶۸۰ ریال`
    pub rials: String,
    /// `۱۰٬۳۹۰٬۹۶۸ تومان`
    pub tomans: String,
}

impl Amount {
    pub fn of(amount: Rial) -> Self {
        Self {
            rial: amount.get(),
            rials: format!("{} ریال", grouped(amount, Lang::Fa)),
            tomans: format!("{} تومان", tomans(amount)),
        }
    }
}

/// Tomans without the unit. Remaining rials are the decimal digit.
pub fn tomans(amount: Rial) -> String {
    let whole = Rial::new(amount.get() / 10).map(|whole| grouped(whole, Lang::Fa)).unwrap_or_default();
    match amount.get() % 10 {
        0 => whole,
        rest => format!("{whole}٫{}", digits(&rest.to_string())),
    }
}

/// Text with Persian digits.
pub fn digits(text: &str) -> String {
    crate::ident::text::persian_digits(text)
}

/// «۱۵ مهر ۱۴۰۴»
pub fn date(date: SolarDate) -> String {
    Texts::built_in().date(date, Lang::Fa)
}

/// «مهر ۱۴۰۴»
pub fn month(month: SolarMonth) -> String {
    Texts::built_in().month(month, Lang::Fa)
}

/// The date in Tehran: «۱۵ مهر ۱۴۰۴».
pub fn day_of(clock: &Clock, at: Timestamp) -> String {
    clock.solar_date_of(at).map(date).unwrap_or_default()
}

/// The date and time in Tehran: «۱۵ مهر ۱۴۰۴، ۰۹:۳۰».
pub fn moment_of(clock: &Clock, at: Timestamp) -> String {
    let local = clock.tehran(at);
    format!("{}، {}", day_of(clock, at), digits(local.get(11..16).unwrap_or_default()))
}

/// A text of the pages. Dates and months are named in full, except the deadlines and months that are near: they have no
/// year where it is the year of `today`.
pub fn say(table: &str, key: &str, values: &[(&'static str, String)], today: SolarDate) -> String {
    let near: Vec<_> = values.iter().map(|(name, value)| (*name, near_value(name, value, today))).collect();
    PageTexts::built_in().say(table, key, &near)
}

fn near_value(name: &str, value: &str, today: SolarDate) -> String {
    if !matches!(name, "until" | "month" | "months") {
        return value.to_owned();
    }
    let parts: Vec<_> = value.split(", ").map(|part| near_part(part, today)).collect();
    parts.join(", ")
}

fn near_part(part: &str, today: SolarDate) -> String {
    let texts = Texts::built_in();
    match (part.parse::<SolarDate>(), part.parse::<SolarMonth>()) {
        (Ok(day), _) if day.year() == today.year() => {
            format!("{} {}", day.day(), texts.month_name(day.month(), Lang::Fa))
        }
        (_, Ok(month)) if month.year() == today.year() => texts.month_name(month, Lang::Fa).to_owned(),
        _ => part.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_unit_and_tomans_their_rest() {
        let amount = Amount::of(Rial::new(103_909_685).unwrap());
        assert_eq!(
            (amount.rials.as_str(), amount.tomans.as_str()),
            ("۱۰۳٬۹۰۹٬۶۸۵ ریال", "۱۰٬۳۹۰٬۹۶۸٫۵ تومان")
        );
    }

    #[test]
    fn near_dates_have_no_year() {
        let values = [("months", "1404-07, 1403-12".to_owned()), ("until", "1404-08-30".to_owned())];
        let said = say("answer", "AWAITING_WAGE_LIST", &values, "1404-08-02".parse().unwrap());
        assert_eq!(
            said,
            "هنوز نمی‌توانیم پاسخ دهیم: فهرست دستمزد مهر، اسفند ۱۴۰۳ نرسیده و کارفرما تا ۳۰ آبان فرصت دارد. کاری لازم نیست."
        );
    }
}
