//! A reason rendered for people. It is rendered when an event or a page is written, and is not part of any digest.

use serde::Serialize;

use super::{BilingualTemplate, Lang, Texts};
use crate::claim::{Reason, ReasonCode};

/// A rendered text: Persian for the insured and the branches, English for operators.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Bilingual {
    pub fa: String,
    pub en: String,
}

/// A reason with its texts, in the form of the contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReasonText {
    #[serde(serialize_with = "code_string")]
    pub code: ReasonCode,
    pub article: String,
    pub fact: String,
    pub source: &'static str,
    pub required: String,
    pub text: Bilingual,
    pub remedy: Bilingual,
}

fn code_string<S: serde::Serializer>(code: &ReasonCode, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.as_str())
}

impl Texts {
    /// Renders a reason. Every code has a template (a test checks it); a missing one renders as dashes.
    pub fn reason_text(&self, reason: &Reason) -> ReasonText {
        let template = self.reason(reason.code.as_str());
        let remedy =
            if reason.confirmed { Some(&self.confirmed) } else { template.map(|template| &template.remedy) };
        ReasonText {
            code: reason.code,
            article: template.map(|template| template.article.clone()).unwrap_or_default(),
            text: self.bilingual(template.map(|template| &template.text), reason),
            remedy: self.bilingual(remedy, reason),
            fact: reason.fact.clone(),
            source: reason.source,
            required: reason.required.clone(),
        }
    }

    /// The answer to an objection.
    pub fn objection_answer(&self, accepted: bool) -> Bilingual {
        let answer = if accepted { &self.answer.accepted } else { &self.answer.not_accepted };
        Bilingual { fa: answer.fa.clone(), en: answer.en.clone() }
    }

    fn bilingual(&self, template: Option<&BilingualTemplate>, reason: &Reason) -> Bilingual {
        let Some(template) = template else {
            return Bilingual { fa: "—".to_owned(), en: "—".to_owned() };
        };
        Bilingual {
            fa: self.render(&template.fa, &reason.parameters, Lang::Fa),
            en: self.render(&template.en, &reason.parameters, Lang::En),
        }
    }
}
