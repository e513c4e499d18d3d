//! The form of an objection: what is disputed, and the text.

use serde::Serialize;
use uuid::Uuid;

use super::ground_title;
use crate::app::portal::objections::{MAX_TEXT_CHARS, TextFault, check_text, kept_text};
use crate::claim::objection::Disputed;
use crate::texts::Texts;
use crate::views::my::file::OwnClaimFile;
use crate::views::my::register::FieldError;
use crate::views::my::words::{self, digits};

/// The fields as they were sent.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct ObjectionInput {
    pub disputed: String,
    pub text: String,
}

impl ObjectionInput {
    /// What is disputed. `None` if nothing, or nothing known, was chosen.
    pub fn disputed(&self) -> Option<Disputed> {
        self.disputed.parse().ok()
    }

    /// What is wrong with the fields, in their order.
    pub fn errors(&self) -> Vec<FieldError> {
        let ground = self.disputed().is_none().then(|| FieldError::new("ground", "ground_missing", &[]));
        let text = check_text(&kept_text(&self.text)).err().map(text_error);
        [ground, text].into_iter().flatten().collect()
    }
}

fn text_error(fault: TextFault) -> FieldError {
    match fault {
        TextFault::Empty => FieldError::new("text", "text_missing", &[]),
        TextFault::TooLong { chars } => {
            let over = chars.saturating_sub(MAX_TEXT_CHARS);
            let values = [
                ("count", chars.to_string()),
                ("max", MAX_TEXT_CHARS.to_string()),
                ("over", over.to_string()),
            ];
            FieldError::new("text", "text_too_long", &values)
        }
    }
}

/// Something that can be disputed.
#[derive(Clone, Debug, Serialize)]
pub struct GroundChoice {
    pub value: &'static str,
    pub title: String,
    /// What the answer says about it.
    pub said: Option<String>,
    pub chosen: bool,
}

/// `/my/claims/{id}/objections/new`
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionForm {
    pub claim_id: Uuid,
    pub deed_date: String,
    pub grounds: Vec<GroundChoice>,
    pub text: String,
    /// The limit, as the hint states it.
    pub max_chars: String,
    pub errors: Vec<FieldError>,
    /// Whether it is a draft that is opened again.
    pub is_draft: bool,
}

impl ObjectionForm {
    pub fn new(file: &OwnClaimFile, input: ObjectionInput, errors: Vec<FieldError>, is_draft: bool) -> Self {
        let chosen = input.disputed();
        let mut grounds: Vec<_> =
            file.claim.reasons.iter().map(|code| choice(file, Disputed::Ground(*code), chosen)).collect();
        if file.claim.amount.is_some() {
            grounds.push(choice(file, Disputed::Amount, chosen));
        }
        // One thing that can be disputed needs no choice.
        if let [only] = grounds.as_mut_slice() {
            only.chosen = true;
        }
        Self {
            claim_id: file.claim.claim_id,
            deed_date: words::date(file.claim.deed_date),
            grounds,
            text: input.text,
            max_chars: digits(&MAX_TEXT_CHARS.to_string()),
            errors,
            is_draft,
        }
    }

    /// The error of a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }

    /// The error of a ground that the answer no longer has.
    pub fn ground_gone() -> FieldError {
        FieldError::new("ground", "ground_gone", &[])
    }
}

fn choice(file: &OwnClaimFile, disputed: Disputed, chosen: Option<Disputed>) -> GroundChoice {
    GroundChoice {
        value: disputed.as_str(),
        title: ground_title(disputed),
        said: said(file, disputed),
        chosen: chosen == Some(disputed),
    }
}

fn said(file: &OwnClaimFile, disputed: Disputed) -> Option<String> {
    let Disputed::Ground(code) = disputed else {
        return file.claim.amount.map(|amount| words::Amount::of(amount).rials);
    };
    let reasons = &file.again.as_ref()?.decision.reasons;
    let reason = reasons.iter().find(|reason| reason.code == code)?;
    Some(Texts::built_in().reason_text(reason).text.fa)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_check_and_message_state_one_limit() {
        let long = ObjectionInput { disputed: "amount".to_owned(), text: "پ".repeat(MAX_TEXT_CHARS + 3) };
        let errors = long.errors();
        let max = digits(&MAX_TEXT_CHARS.to_string());
        assert!(
            errors.len() == 1 && errors[0].text.contains(&max) && errors[0].text.contains("۳ نویسه"),
            "{errors:?}"
        );
        let right = ObjectionInput { text: "پ".repeat(MAX_TEXT_CHARS), ..long };
        assert!(right.errors().is_empty());
        let fields: Vec<_> = ObjectionInput::default().errors().iter().map(|error| error.field).collect();
        assert_eq!(fields, ["ground", "text"]);
    }
}
