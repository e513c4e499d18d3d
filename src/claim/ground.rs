//! A ground that was found, and the words for it (R21).

use serde::Serialize;

use super::reason::ReasonCode;
use crate::texts::{Lang, Texts};

/// What a rule found: the fact used, where it is from, what was required, and the values that the texts name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    pub code: ReasonCode,
    pub fact: String,
    pub source: &'static str,
    pub required: String,
    pub parameters: Vec<(&'static str, String)>,
}

impl Reason {
    pub fn new(
        code: ReasonCode,
        source: &'static str,
        fact: impl Into<String>,
        required: impl Into<String>,
    ) -> Self {
        Self { code, fact: fact.into(), source, required: required.into(), parameters: Vec::new() }
    }

    /// Names a value for the texts.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.parameters.push((name, value.to_string()));
        self
    }
}

/// Persian for people, English for operators.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Bilingual {
    pub fa: String,
    pub en: String,
}

/// A ground as a decision states it. Its form is the contract's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReasonText {
    #[serde(serialize_with = "word")]
    pub code: ReasonCode,
    pub article: String,
    pub fact: String,
    pub source: &'static str,
    pub required: String,
    pub text: Bilingual,
    pub remedy: Bilingual,
}

fn word<S: serde::Serializer>(code: &ReasonCode, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.as_str())
}

impl ReasonText {
    /// Every code has its texts (a test holds that), so the dashes below are never read.
    pub fn of(ground: Reason, texts: &Texts) -> Self {
        let both = |template: &crate::texts::BilingualTemplate| Bilingual {
            fa: texts.render(&template.fa, &ground.parameters, Lang::Fa),
            en: texts.render(&template.en, &ground.parameters, Lang::En),
        };
        let none = || Bilingual { fa: "—".to_owned(), en: "—".to_owned() };
        let found = texts.reason(ground.code.as_str());
        Self {
            code: ground.code,
            article: found.map(|text| text.article.clone()).unwrap_or_default(),
            text: found.map_or_else(none, |text| both(&text.text)),
            remedy: found.map_or_else(none, |text| both(&text.remedy)),
            fact: ground.fact,
            source: ground.source,
            required: ground.required,
        }
    }
}
