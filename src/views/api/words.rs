//! Schemas of texts that the program knows.

use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::claim::codes::{CaseKind, EndingOutcome, PictureKind, Verdict};
use crate::claim::conditions::{Condition, ConditionState};
use crate::claim::{Benefit, Outcome, ReasonCode};
use crate::store::sessions::PortalRole;
use crate::views::my::parts::Badge;

fn one_of(words: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

pub fn benefit() -> Object {
    one_of(Benefit::ALL.iter().map(|benefit| benefit.as_str()).take(1))
}

pub fn badge() -> Object {
    one_of(Badge::ALL.into_iter().map(Badge::as_str))
}

pub fn outcome() -> Object {
    one_of(Outcome::ALL.into_iter().map(Outcome::as_str))
}

pub fn reason() -> Object {
    one_of(ReasonCode::all().map(ReasonCode::as_str))
}

pub fn condition() -> Object {
    one_of(Condition::ALL.iter().map(|condition| condition.as_str()))
}

pub fn state() -> Object {
    one_of(ConditionState::ALL.iter().map(|state| state.as_str()))
}

pub fn role() -> Object {
    one_of(PortalRole::ALL.into_iter().map(PortalRole::as_str))
}

/// A day of the Solar Hijri calendar.
pub fn solar_date() -> Object {
    text("^1[0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "A Solar Hijri date: 1404-07-15.")
}

pub fn solar_month() -> Object {
    text("^1[0-9]{3}-(0[1-9]|1[0-2])$", "A Solar Hijri month: 1404-07.")
}

pub fn sha256() -> Object {
    text("^[0-9a-f]{64}$", "SHA-256 in lower-case hex.")
}

pub fn tracking() -> Object {
    text("^[0-9]{12}$", "The tracking number.")
}

fn text(pattern: &str, description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .description(Some(description))
        .build()
}

pub fn disputed() -> Object {
    one_of(ReasonCode::all().map(ReasonCode::as_str).chain(["amount"]))
}

pub fn picture_kind() -> Object {
    one_of(PictureKind::ALL.iter().map(|kind| kind.as_str()))
}

pub fn objection_state() -> Object {
    one_of(["open", "withdrawn", "answered"].into_iter())
}

pub fn verdict() -> Object {
    one_of(Verdict::ALL.iter().map(|verdict| verdict.as_str()))
}

pub fn ruling() -> Object {
    one_of(["approved", "rejected"].into_iter())
}

pub fn finding_state() -> Object {
    one_of(["proposed", "approved", "rejected"].into_iter())
}

pub fn case_kind() -> Object {
    one_of(CaseKind::ALL.iter().map(|kind| kind.as_str()))
}

/// The states of [`crate::claim::case::StoredCase::state`].
pub fn case_state() -> Object {
    one_of(["open", "gone", "ended"].into_iter())
}

pub fn ending() -> Object {
    one_of(EndingOutcome::ALL.iter().map(|outcome| outcome.as_str()))
}
