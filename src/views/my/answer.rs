//! The sentence that answers, the badge, the next event and the one thing to do.

use super::file::{OwnClaimFile, Recomputed};
use super::objection::object_path;
use super::parts::{Action, Badge, NextEvent};
use super::situation::Situation;
use super::words::{self, say, tomans};
use crate::claim::conditions::{ConditionFinding, FactKey};
use crate::claim::{Outcome, ReasonCode};
use crate::clock::Clock;
use crate::law::{Rial, SolarDate};
use crate::texts::{Lang, PageTexts, grouped};

type Values = Vec<(&'static str, String)>;

/// Where the organisation's portal takes an account or a mobile.
const PORTAL: &str = "https://eservices.tamin.ir/";

pub(super) fn sentence(file: &OwnClaimFile, clock: &Clock, today: SolarDate) -> String {
    let month = ("month", today.month().to_string());
    let (key, values) = match file.situation() {
        Situation::Sent(document) => {
            ("DOCUMENT_SENT", vec![("date", words::day_of(clock, document.row.issued_at))])
        }
        Situation::Accepted(document) | Situation::Paid(document) => {
            let key =
                if matches!(file.situation(), Situation::Paid(_)) { "PAID" } else { "DOCUMENT_ACCEPTED" };
            let at = document.answers.last().map_or(document.row.issued_at, |answer| answer.answered_at);
            let amount = Rial::from_i64(document.row.amount_rial).unwrap_or_default();
            let ends = last_digits(&document.row.sheba);
            let mut values = vec![("date", words::day_of(clock, at)), ("ends", ends)];
            values.extend([("amount", grouped(amount, Lang::Fa)), ("tomans", tomans(amount))]);
            (key, values)
        }
        Situation::Renewed => ("RETURNED_AND_RENEWED", vec![month]),
        Situation::ToOfficer(document) => {
            ("RETURNED_TO_OFFICER", vec![("why", why_returned(document.code()))])
        }
        Situation::Decided => return decided(file, month, today),
    };
    say("answer", key, &values, today)
}

fn decided(file: &OwnClaimFile, month: (&'static str, String), today: SolarDate) -> String {
    let Some(again) = &file.again else {
        return say("outcome", file.claim.outcome.as_str(), &[], today);
    };
    let mut values = vec![month];
    let mut key = file.answer_key();
    if let Some(reason) = file.main_reason() {
        values.extend(reason.parameters.clone());
        if let Some(finding) = finding_of(again, reason.code) {
            values.extend(finding.fact.values.clone());
            if finding.fact.key == FactKey::DeedInFuture {
                key = "DEED_IN_FUTURE";
            }
            values.extend(details(finding, today));
        }
    }
    say("answer", key, &values, today)
}

fn finding_of(again: &Recomputed, code: ReasonCode) -> Option<&ConditionFinding> {
    again.conditions.iter().find(|finding| finding.reason.as_ref().is_some_and(|reason| reason.code == code))
}

/// The parts `{what}` and `{why}` of a sentence, from the fact that was used.
fn details(finding: &ConditionFinding, today: SolarDate) -> Values {
    let fact = &finding.fact;
    let code = fact.values.iter().find(|(name, _)| *name == "code").map(|(_, code)| code.as_str());
    let detail = match code {
        Some(code) => why_returned(code),
        None if PageTexts::built_in().get("detail", fact.key.as_str()).is_some() => {
            say("detail", fact.key.as_str(), &fact.values, today)
        }
        None => return Vec::new(),
    };
    vec![("what", detail.clone()), ("why", detail)]
}

/// Why the bank returned a payment, by the code of finance.
pub(super) fn why_returned(code: &str) -> String {
    let texts = PageTexts::built_in();
    texts.get("detail", code).or_else(|| texts.get("detail", "other_return")).unwrap_or_default().to_owned()
}

pub(super) fn badge(file: &OwnClaimFile) -> Badge {
    match (file.situation(), file.claim.outcome) {
        (Situation::Paid(_), _) => Badge::Paid,
        (Situation::Sent(_) | Situation::Accepted(_), _) => Badge::Sent,
        (Situation::ToOfficer(_), _) | (_, Outcome::ManualReview) => Badge::Review,
        (_, Outcome::Approved) => Badge::Approved,
        (_, Outcome::Waiting) => Badge::Waiting,
        (_, Outcome::Pending) => Badge::Pending,
        (_, Outcome::Refused) => Badge::Refused,
    }
}

pub(super) fn next_event(file: &OwnClaimFile, clock: &Clock, today: SolarDate) -> NextEvent {
    let month_end = today.month().last_day();
    match file.situation() {
        Situation::Paid(_) => NextEvent::undated("none_paid"),
        Situation::Sent(document) | Situation::Accepted(document) => {
            let issued = clock.solar_date_of(document.row.issued_at).unwrap_or(today);
            NextEvent::on("finance_answers", issued.month().last_day())
        }
        Situation::Renewed => NextEvent::on("document_at_month_end", month_end),
        Situation::ToOfficer(_) => NextEvent::undated("officer_answers"),
        Situation::Decided => match file.claim.outcome {
            Outcome::Approved => NextEvent::on("document_at_month_end", month_end),
            Outcome::Waiting => NextEvent::on("after_completion", month_end),
            Outcome::ManualReview => NextEvent::undated("officer_answers"),
            Outcome::Refused => NextEvent::undated("none_refused"),
            Outcome::Pending => pending(file, month_end),
        },
    }
}

fn pending(file: &OwnClaimFile, month_end: SolarDate) -> NextEvent {
    let again = file.again.as_ref();
    let until =
        again.and_then(|again| again.conditions.iter().filter_map(|finding| finding.open_until).max());
    let future = again
        .is_some_and(|again| again.conditions.iter().any(|found| found.fact.key == FactKey::DeedInFuture));
    match (file.claim.reasons.first(), until) {
        (Some(ReasonCode::AwaitingWageList), Some(until)) => NextEvent::on("wage_list_deadline", until),
        (Some(ReasonCode::OutsideKnownTables), _) if future => {
            NextEvent::on("deed_date", file.claim.deed_date)
        }
        _ => NextEvent::on("judged_at_month_end", month_end),
    }
}

/// At most one thing to do.
pub(super) fn action(file: &OwnClaimFile) -> Action {
    let texts = PageTexts::built_in();
    let key = file.answer_key();
    let text = match file.situation() {
        Situation::Decided => texts.get("action", key),
        _ => None,
    };
    let Some(text) = text else {
        return Action { needed: false, text: none_needed(), link: None };
    };
    let code = file.claim.reasons.first().copied();
    let asks_to_object = code.is_some_and(asks_to_object);
    if asks_to_object && file.objections.is_open() {
        return Action { needed: false, text: none_needed(), link: None };
    }
    let link = match code {
        Some(code) if code.outcome() == Outcome::Waiting => Some(PORTAL.to_owned()),
        Some(ReasonCode::RegistryDateMismatch) => Some("/my/register".to_owned()),
        _ if asks_to_object => object_path(file),
        _ => None,
    };
    Action { needed: true, text: text.to_owned(), link }
}

/// Whether the text of the action names «اعتراض به این پاسخ».
fn asks_to_object(code: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        code,
        R::ConflictingRecords
            | R::MarriageNotPermanent
            | R::MarriageNotRegistered
            | R::NotFirstMarriage
            | R::AlreadyPaid
            | R::RegisteredByAcknowledgement
    )
}

fn none_needed() -> String {
    PageTexts::built_in().get("action", "NONE").unwrap_or_default().to_owned()
}

/// The last four digits of an account or a mobile, by which its owner knows it.
pub(super) fn last_digits(number: &str) -> String {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned()
}
