//! The texts of the insured person's pages. They are read from `pages.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Lang, Texts};

/// All texts of the pages, by table and key.
#[derive(Debug)]
pub struct PageTexts(BTreeMap<String, BTreeMap<String, String>>);

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test parses it")]
static BUILT_IN: LazyLock<PageTexts> =
    LazyLock::new(|| PageTexts::parse(include_str!("pages.toml")).expect("the texts of the pages are valid"));

impl PageTexts {
    /// The texts that are compiled into the program.
    pub fn built_in() -> &'static PageTexts {
        &BUILT_IN
    }

    /// Parses texts in the form of `pages.toml`.
    ///
    /// # Errors
    /// If a value is no text.
    pub fn parse(toml: &str) -> Result<PageTexts, toml::de::Error> {
        toml::from_str(toml).map(PageTexts)
    }

    /// The template of this table and key.
    pub fn get(&self, table: &str, key: &str) -> Option<&str> {
        self.0.get(table)?.get(key).map(String::as_str)
    }

    /// The text of this table and key with `values` for its placeholders. Tests check that every key that the program
    /// uses has a text; a missing one renders as a dash.
    pub fn say(&self, table: &str, key: &str, values: &[(&str, String)]) -> String {
        let template = self.get(table, key).unwrap_or("—");
        Texts::built_in().render(template, values, Lang::Fa)
    }

    /// The keys of a table.
    pub fn keys(&self, table: &str) -> Vec<&str> {
        self.0.get(table).map(|table| table.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    /// Every template with its table and key.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().flat_map(|(table, texts)| {
            texts.iter().map(move |(key, text)| (table.as_str(), key.as_str(), text.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::codes::Verdict;
    use crate::claim::conditions::{Condition, ConditionState, FactKey, RecordOwner};
    use crate::claim::{Outcome, ReasonCode};

    #[test]
    fn every_outcome_and_reason_has_its_sentence() {
        let texts = PageTexts::built_in();
        let mut missing = Vec::new();
        for code in ReasonCode::all() {
            if texts.get("answer", code.as_str()).is_none() {
                missing.push(code.as_str());
            }
        }
        assert!(texts.get("answer", "APPROVED").is_some() && missing.is_empty(), "{missing:?}");
        for outcome in Outcome::ALL {
            assert!(texts.get("outcome", outcome.as_str()).is_some(), "{outcome}");
        }
    }

    #[test]
    fn every_condition_and_fact_has_its_texts_and_no_other() {
        let texts = PageTexts::built_in();
        let conditions: Vec<_> = Condition::ALL.iter().map(|condition| condition.as_str()).collect();
        for (table, keys) in [
            ("condition", conditions.clone()),
            ("required", conditions.clone()),
            ("article", conditions),
            ("fact", FactKey::ALL.iter().map(|key| key.as_str()).collect()),
            ("owner", RecordOwner::ALL.iter().map(|key| key.as_str()).collect()),
            // A lifted finding says nothing about a condition.
            ("found", vec![Verdict::Confirmed.as_str(), Verdict::SetAside.as_str()]),
            ("state", ConditionState::ALL.iter().map(|key| key.as_str()).collect()),
        ] {
            let mut wanted = keys;
            wanted.sort_unstable();
            assert_eq!(texts.keys(table), wanted, "{table}");
        }
    }

    /// Words of offices that people do not use, Latin digits, and letters of an Arabic keyboard.
    #[test]
    fn the_texts_are_in_plain_persian() {
        let mut count = 0;
        for (table, key, text) in PageTexts::built_in().all() {
            count += 1;
            for word in ["عدم", "نامبرده", "مقتضی", "مذکور", "لذا"] {
                assert!(!text.contains(word), "{table}.{key}: {word}");
            }
            let arabic_letter = text.chars().any(|c| matches!(c, 'ي' | 'ك' | 'ى' | 'ة' | 'ۀ' | '٠'..='٩'));
            let latin_digit = text.chars().any(|c| c.is_ascii_digit());
            assert!(!arabic_letter && !latin_digit, "{table}.{key}: {text}");
            assert!(text.chars().count() < 200, "{table}.{key} is too long");
            // An amount always has its unit.
            for amount in ["{amount}", "{tomans}"] {
                let unit = if amount == "{amount}" { " ریال" } else { " تومان" };
                let without_unit = text.split(amount).skip(1).any(|after| !after.starts_with(unit));
                assert!(!without_unit, "{table}.{key}: {amount} has no unit");
            }
        }
        assert!(count > 200, "only {count} texts");
    }
}
