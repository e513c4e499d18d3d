//! A claim as a program shows it to its person.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::words;
use crate::clock::Clock;
use crate::law::{Rial, SolarDate};
use crate::views::my::MyClaim;
use crate::views::my::allowance::ClaimCard;
use crate::views::my::file::{OwnClaimFile, OwnFile, Recomputed};

/// What happens next by itself.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NextEvent)]
pub struct NextView {
    pub event: &'static str,
    /// In Persian.
    pub text: String,
    /// The day in words, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// At most one thing to do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Action)]
pub struct ActionView {
    pub needed: bool,
    /// In Persian.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// The answer to a claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClaimSummary)]
pub struct ClaimSummaryView {
    pub claim_id: Uuid,
    #[schema(schema_with = words::benefit)]
    pub benefit: &'static str,
    #[schema(schema_with = words::solar_date)]
    pub deed_date: String,
    #[schema(schema_with = words::badge)]
    pub state: &'static str,
    #[schema(schema_with = words::outcome)]
    pub outcome: &'static str,
    /// The marriage is no longer a ground of a claim.
    pub withdrawn: bool,
    /// Set if the claim is approved, waits for the person, or has a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_rial: Option<u64>,
    /// The reasons of the decision; the first one determines its outcome.
    #[schema(schema_with = reasons)]
    pub reasons: Vec<&'static str>,
    /// The answer in one Persian sentence.
    pub sentence: String,
    pub next: NextView,
    pub action: ActionView,
}

fn reasons() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::ArrayBuilder::new().items(words::reason()).build()
}

/// A page of claims, the latest deed date first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Claims, example = json!({
    "items": [{
        "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
        "benefit": "marriage_allowance",
        "deed_date": "1404-05-20",
        "state": "paid",
        "outcome": "APPROVED",
        "withdrawn": false,
        "amount_rial": 103_909_680,
        "reasons": [],
        "sentence": "۱۰۳٬۹۰۹٬۶۸۰ ریال (۱۰٬۳۹۰٬۹۶۸ تومان) کمک‌هزینهٔ ازدواج در ۵ آبان ۱۴۰۴ به شبای شما که به ۹۰۰۲ ختم می‌شود واریز شد.",
        "next": {"event": "none_paid", "text": "کاری نمانده است."},
        "action": {"needed": false, "text": "کاری لازم نیست."}
    }]
}))]
pub struct ClaimsView {
    pub items: Vec<ClaimSummaryView>,
    /// The cursor of the next page. Left out on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One condition of the law.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Condition)]
pub struct ConditionView {
    #[schema(schema_with = words::condition)]
    pub condition: &'static str,
    /// `open`: a record can still arrive. `not_judged`: the decision did not get so far.
    #[schema(schema_with = words::state)]
    pub state: &'static str,
    /// The reason of the decision, if the condition is unmet or open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::reason)]
    pub reason: Option<&'static str>,
    pub title: String,
    /// What the record says.
    pub fact: String,
    /// Whose record it is.
    pub owner: String,
    pub article: String,
    pub required: String,
    /// Of a counted condition: what there is, and what the law requires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub have: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub need: Option<u32>,
    /// The last day on which it can still change by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::solar_date)]
    pub open_until: Option<String>,
    /// What the person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What happened to the claim.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TimelineEvent)]
pub struct TimelineView {
    pub event: &'static str,
    /// Left out for the deed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    pub text: String,
}

/// A month of the sum.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SumMonth)]
pub struct SumMonthView {
    #[schema(schema_with = words::solar_month)]
    pub month: String,
    pub listed_days: u32,
    pub counted_days: u32,
    pub wage_rial: u64,
    /// The ceiling of the month. Left out outside the months of the average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ceiling_rial: Option<u64>,
}

/// The sum by hand.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Sum)]
pub struct SumView {
    #[schema(schema_with = words::solar_date)]
    pub window_from: String,
    #[schema(schema_with = words::solar_date)]
    pub window_to: String,
    pub days: u32,
    pub required_days: u32,
    pub months: Vec<SumMonthView>,
    /// Left out if the tables do not cover the months of the average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wage_sum_rial: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floor_rial: Option<u64>,
    /// Whether the decision was made again from its facts, and was the same.
    pub verified: bool,
}

/// The claim with its conditions, its sum and what happened to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Claim, example = json!({
    "claim": {
        "claim_id": "0f0f7a3e-2b6d-8a11-9c3e-5d2a7b9c1e4f",
        "benefit": "marriage_allowance",
        "deed_date": "1404-07-15",
        "state": "refused",
        "outcome": "REFUSED",
        "withdrawn": false,
        "reasons": ["INSUFFICIENT_CONTRIBUTION_DAYS"],
        "sentence": "کمک‌هزینه به شما تعلق نگرفت: ۷۱۹ روز بیمه دارید و قانون ۷۲۰ روز می‌خواهد.",
        "next": {"event": "none_refused", "text": "پاسخ داده شده است."},
        "action": {"needed": false, "text": "کاری لازم نیست."}
    },
    "decision_id": "b3a7c1d2-4e5f-8a6b-9c7d-0e1f2a3b4c5d",
    "conditions": [{
        "condition": "insured_days",
        "state": "unmet",
        "reason": "INSUFFICIENT_CONTRIBUTION_DAYS",
        "title": "۷۲۰ روز بیمه در پنج سال",
        "fact": "۷۱۹ روز",
        "owner": "فهرست‌های دستمزد",
        "article": "مادهٔ ۸۵",
        "required": "۷۲۰ روز",
        "have": 719,
        "need": 720
    }],
    "timeline": [{"event": "deed", "text": "ازدواج شما ثبت شد."}]
}))]
pub struct ClaimView {
    pub claim: ClaimSummaryView,
    /// `peyvand recompute` verifies it.
    pub decision_id: Uuid,
    /// Unmet and open conditions first. Empty if the facts of the decision were lost.
    pub conditions: Vec<ConditionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<SumView>,
    /// The oldest event first.
    pub timeline: Vec<TimelineView>,
}

impl ClaimSummaryView {
    pub fn new(file: &OwnClaimFile, clock: &Clock, today: SolarDate) -> Self {
        Self::of_card(file, ClaimCard::new(file, clock, today))
    }

    fn of_card(file: &OwnClaimFile, card: ClaimCard) -> Self {
        let claim = &file.claim;
        Self {
            claim_id: claim.claim_id,
            benefit: claim.benefit.as_str(),
            deed_date: claim.deed_date.to_string(),
            state: card.badge.as_str(),
            outcome: claim.outcome.as_str(),
            withdrawn: claim.withdrawn,
            amount_rial: card.amount.map(|amount| amount.rial),
            reasons: claim.reasons.iter().map(|code| code.as_str()).collect(),
            sentence: card.sentence,
            next: NextView { event: card.next.event, text: card.next.text, date: card.next.date },
            action: ActionView { needed: card.action.needed, text: card.action.text, link: card.action.link },
        }
    }
}

impl ClaimView {
    /// `None` if the file has no such claim.
    pub fn new(file: &OwnFile, claim_id: Uuid, clock: &Clock) -> Option<Self> {
        let own = file.claim(claim_id)?;
        let view = MyClaim::new(file, claim_id, clock)?;
        let timeline = view.timeline.into_iter();
        Some(Self {
            decision_id: view.decision_id,
            conditions: view
                .conditions
                .into_iter()
                .map(|shown| condition(shown, own.again.as_ref()))
                .collect(),
            sum: own.again.as_ref().and_then(sum),
            timeline: timeline
                .map(|event| TimelineView { event: event.event, at: event.at, text: event.text })
                .collect(),
            claim: ClaimSummaryView::of_card(own, view.card),
        })
    }
}

fn condition(
    shown: crate::views::my::conditions::ConditionView,
    again: Option<&Recomputed>,
) -> ConditionView {
    let found =
        again.and_then(|again| again.conditions.iter().find(|found| found.condition == shown.condition));
    let progress = found.and_then(|found| found.progress);
    ConditionView {
        condition: shown.condition.as_str(),
        state: shown.state.as_str(),
        reason: found.and_then(|found| found.reason.as_ref()).map(|reason| reason.code.as_str()),
        title: shown.title,
        fact: shown.fact,
        owner: shown.owner,
        article: shown.article,
        required: shown.required,
        have: progress.map(|progress| progress.have),
        need: progress.map(|progress| progress.need),
        open_until: found.and_then(|found| found.open_until).map(|day| day.to_string()),
        remedy: shown.remedy,
    }
}

fn sum(again: &Recomputed) -> Option<SumView> {
    let working = again.decision.working.as_ref()?;
    let months = working.months.iter().map(|month| SumMonthView {
        month: month.month.to_string(),
        listed_days: month.days,
        counted_days: month.counted_days,
        wage_rial: month.wage.get(),
        ceiling_rial: month.ceiling.map(Rial::get),
    });
    Some(SumView {
        window_from: working.window_from.to_string(),
        window_to: working.window_to.to_string(),
        days: working.days,
        required_days: working.required_days,
        months: months.collect(),
        wage_sum_rial: working.wage_sum.map(Rial::get),
        floor_rial: working.floor.map(Rial::get),
        verified: again.equal,
    })
}
