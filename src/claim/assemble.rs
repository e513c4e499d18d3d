//! Assembles the claims of a person, with the facts of each, from the inputs (R5, R18, R19).

use std::collections::BTreeMap;

use uuid::Uuid;

use super::benefit::Benefit;
use super::codes::{Status, Verdict};
use super::contribution_lines::{employment_lines, wage_lines};
use super::fact_seen::{ComparedRow, ComparedRows, fact_seen};
use super::facts::{
    Facts, FindingFacts, InsuredFacts, PaidBefore, RegistryFacts, SelfRegistrationFacts, Standing,
};
use super::finding;
use super::identity::{ClaimKey, Counterpart};
use super::person::{EarlierPayment, RegistryRow, SelfRegistration, Side};
use super::person_state::{PersonState, PlanningContext, StoredClaim};
use super::reason::ReasonCode;
use crate::ident::text;
use crate::law::SolarDate;

/// A claim that the inputs state, with its facts.
pub struct AssembledClaim {
    pub claim_id: Uuid,
    pub key: ClaimKey,
    pub record_id: Option<String>,
    pub request_id: Option<String>,
    pub facts: Facts,
    /// The registry rows that the grounds compare.
    pub compared: ComparedRows,
}

impl AssembledClaim {
    /// The claim as it is when no input states it any more.
    pub(super) fn withdrawn(stored: &StoredClaim) -> Self {
        Self {
            claim_id: stored.claim_id,
            key: stored.key.clone(),
            record_id: None,
            request_id: None,
            facts: Facts::withdrawn(&stored.key),
            compared: ComparedRows::default(),
        }
    }

    /// The digest of today's values of a ground: the `fact_seen` of a finding that is proposed now. `None` for a ground
    /// about which no finding can be made.
    pub fn fact_seen(&self, ground: ReasonCode) -> Option<[u8; 32]> {
        fact_seen(ground, &self.facts, &self.compared)
    }
}

impl StoredClaim {
    /// The claim with the sources of `assembled`, or `None` if its sources are the same already.
    ///
    /// The sources change if another record of the same marriage becomes authoritative, or if a self-registration is
    /// added. A change of sources alone causes no new decision.
    pub fn with_sources_of(&self, assembled: &AssembledClaim) -> Option<Self> {
        if (&self.record_id, &self.request_id) == (&assembled.record_id, &assembled.request_id) {
            return None;
        }
        Some(Self {
            record_id: assembled.record_id.clone(),
            request_id: assembled.request_id.clone(),
            ..self.clone()
        })
    }
}

/// The authoritative row of each marriage: the one of several rows for it that counts.
type AuthoritativeRows<'a> = BTreeMap<(SolarDate, Counterpart), &'a RegistryRow>;

/// Assembles every claim that the inputs state, ordered by deed date.
pub fn assemble_claims(state: &PersonState, planning: &PlanningContext<'_>) -> Vec<AssembledClaim> {
    let rows = authoritative_rows(state);
    let registrations = latest_registrations(&state.self_registrations);
    let insured = state.dossier.record.is_some();
    let mut claims = Vec::new();
    for benefit in planning.benefits.iter().copied() {
        for (marriage, row) in &rows {
            // A registry row of a person who is not insured makes a claim only if that person also registered the
            // marriage.
            let registration = registration_of(&registrations, marriage);
            if insured || registration.is_some() {
                let key = claim_key(benefit, state, marriage);
                claims.push(assemble(state, planning, &rows, key, Some(row), registration));
            }
        }
        for registration in registrations.values() {
            let marriage = (registration.deed_date, Counterpart::Spouse(registration.spouse));
            if !rows.contains_key(&marriage) {
                let key = claim_key(benefit, state, &marriage);
                claims.push(assemble(state, planning, &rows, key, None, Some(registration)));
            }
        }
    }
    // A paid claim stays a claim, even if the setting of the first day is later changed to a day after the deed.
    claims.retain(|claim| {
        planning.deeds_from.is_none_or(|from| claim.key.deed_date >= from) || state.is_paid(claim.claim_id)
    });
    claims.sort_by(|a, b| a.key.cmp(&b.key));
    contradict(&mut claims, planning);
    claims
}

/// The paid claim as its record states it today, if that record has gained the spouse's code: then the record makes
/// another claim, and the paid claim reads it on.
pub(super) fn read_on(
    state: &PersonState,
    assembled: &[AssembledClaim],
    paid: &StoredClaim,
) -> Option<AssembledClaim> {
    let Counterpart::Unnamed { record_id } = &paid.key.counterpart else { return None };
    let row = state.rows.iter().find(|row| row.record_id == *record_id)?;
    let spouse = row.sides(state.person)?.1.code?;
    let key = ClaimKey { counterpart: Counterpart::Spouse(spouse), ..paid.key.clone() };
    let found = assembled.iter().find(|claim| claim.key == key)?;
    let mut facts = found.facts.clone();
    // The payment of this claim excludes the other claim, not this one.
    facts.paid_before.retain(|before| matches!(before, PaidBefore::Branch { .. }));
    facts.findings = finding::speaking(&state.findings, paid.claim_id, |ground| {
        fact_seen(ground, &facts, &found.compared)
    });
    Some(AssembledClaim {
        claim_id: paid.claim_id,
        key: paid.key.clone(),
        record_id: found.record_id.clone(),
        request_id: found.request_id.clone(),
        facts,
        compared: found.compared.clone(),
    })
}

/// Of two marriages on one day at most one can stand: where the conflict is set aside on two claims of a day, neither
/// finding counts.
fn contradict(claims: &mut [AssembledClaim], planning: &PlanningContext<'_>) {
    let sets_aside = |claim: &AssembledClaim| {
        let is_conflict = |finding: &&FindingFacts| {
            finding.ground == ReasonCode::ConflictingRecords && finding.verdict == Verdict::SetAside
        };
        let mut findings = claim.facts.findings.iter().filter(is_conflict);
        claim.facts.conflicting && findings.any(|finding| finding.has_effect(planning.tables))
    };
    let set_aside: Vec<_> = claims
        .iter()
        .filter(|claim| sets_aside(claim))
        .map(|claim| (claim.key.benefit, claim.key.deed_date))
        .collect();
    for claim in claims {
        let day = (claim.key.benefit, claim.key.deed_date);
        if set_aside.iter().filter(|other| **other == day).count() < 2 {
            continue;
        }
        for finding in &mut claim.facts.findings {
            if finding.ground == ReasonCode::ConflictingRecords && finding.has_effect(planning.tables) {
                finding.standing = Standing::Contradicted;
            }
        }
    }
}

/// Selects the authoritative row of each marriage. Two records of one pair and date report the same marriage;
/// [`precedence`] determines which of them counts.
fn authoritative_rows(state: &PersonState) -> AuthoritativeRows<'_> {
    let mut rows = AuthoritativeRows::new();
    for row in &state.rows {
        let Some((_, other)) = row.sides(state.person) else {
            continue;
        };
        let counterpart = match other.code {
            Some(code) => Counterpart::Spouse(code),
            None => Counterpart::Unnamed { record_id: row.record_id.clone() },
        };
        let current = rows.entry((row.deed_date, counterpart)).or_insert(row);
        if precedence(row) > precedence(current) {
            *current = row;
        }
    }
    rows
}

/// The sort key of the rows of one marriage. The row with the greatest key is authoritative.
///
/// A row that is not annulled is greater than an annulled one, because registries annul duplicates. Then the later
/// registration date counts, then the greater record id, compared bytewise.
fn precedence(row: &RegistryRow) -> (bool, SolarDate, &str) {
    (row.status != Status::Annulled, row.registered_on, &row.record_id)
}

/// Selects the latest self-registration for each spouse. Earlier registrations with the same spouse do not count.
fn latest_registrations(all: &[SelfRegistration]) -> BTreeMap<crate::ident::NationalCode, &SelfRegistration> {
    let mut latest = BTreeMap::new();
    for registration in all {
        let current = latest.entry(registration.spouse).or_insert(registration);
        if (registration.submitted_at, &registration.request_id) > (current.submitted_at, &current.request_id)
        {
            *current = registration;
        }
    }
    latest
}

fn registration_of<'a>(
    registrations: &BTreeMap<crate::ident::NationalCode, &'a SelfRegistration>,
    (deed_date, counterpart): &(SolarDate, Counterpart),
) -> Option<&'a SelfRegistration> {
    let registration = registrations.get(&counterpart.spouse()?)?;
    (registration.deed_date == *deed_date).then_some(*registration)
}

fn claim_key(
    benefit: Benefit,
    state: &PersonState,
    (deed_date, counterpart): &(SolarDate, Counterpart),
) -> ClaimKey {
    ClaimKey { benefit, person: state.person, deed_date: *deed_date, counterpart: counterpart.clone() }
}

fn assemble(
    state: &PersonState,
    planning: &PlanningContext<'_>,
    rows: &AuthoritativeRows<'_>,
    key: ClaimKey,
    row: Option<&RegistryRow>,
    registration: Option<&SelfRegistration>,
) -> AssembledClaim {
    let claim_id = planning.ids.claim(&key);
    let live_rows: Vec<_> = rows.iter().filter(|(_, row)| row.status != Status::Annulled).collect();
    // A row of the same pair with another date is reported as a date mismatch, so it must not also count as an earlier
    // marriage.
    let is_same_pair = |other: &Counterpart| row.is_none() && *other == key.counterpart;
    let other_date =
        live_rows.iter().filter(|((_, other), _)| is_same_pair(other)).map(|((date, _), _)| *date).min();
    let earlier = live_rows.iter().find(|((date, other), _)| *date < key.deed_date && !is_same_pair(other));
    let same_day = live_rows.iter().filter(|((date, _), _)| *date == key.deed_date).count();
    let own_row_is_live = row.is_some_and(|row| row.status != Status::Annulled);
    let compared = ComparedRows {
        record_id: row.map(|row| row.record_id.clone()),
        same_day: compared_rows(&live_rows, |(date, _)| *date == key.deed_date),
        earlier: compared_rows(&live_rows, |(date, other)| *date < key.deed_date && !is_same_pair(other)),
    };
    let mut facts = Facts {
        benefit: key.benefit,
        deed_date: key.deed_date,
        spouse_has_code: key.counterpart.spouse().is_some(),
        withdrawn: false,
        registry: row.and_then(|row| Some(registry_facts(row, row.sides(state.person)?.0))),
        // If there is a registry row, the rules read only that row.
        self_registration: registration.filter(|_| row.is_none()).map(|registration| SelfRegistrationFacts {
            first_marriage_undertaking: registration.first_marriage_undertaking,
            registry_has_date: other_date,
        }),
        earlier_marriage_on: earlier.map(|((date, _), _)| *date),
        conflicting: own_row_is_live && same_day > 1,
        insured: state.dossier.record.as_ref().map(insured_facts),
        employments: employment_lines(&state.dossier, key.deed_date, planning.tables),
        wages: wage_lines(&state.dossier, key.deed_date, planning.tables),
        paid_before: paid_before(state, key.benefit, claim_id),
        payment: None,
        findings: Vec::new(),
    };
    facts.findings =
        finding::speaking(&state.findings, claim_id, |ground| fact_seen(ground, &facts, &compared));
    AssembledClaim {
        claim_id,
        record_id: row.map(|row| row.record_id.clone()),
        request_id: registration.map(|registration| registration.request_id.clone()),
        key,
        facts,
        compared,
    }
}

type LiveRow<'a> = (&'a (SolarDate, Counterpart), &'a &'a RegistryRow);

fn compared_rows(
    live_rows: &[LiveRow<'_>],
    is_compared: impl Fn(&(SolarDate, Counterpart)) -> bool,
) -> Vec<ComparedRow> {
    let mut rows: Vec<_> = live_rows
        .iter()
        .filter(|(marriage, _)| is_compared(marriage))
        .map(|((date, other), row)| ComparedRow {
            record_id: row.record_id.clone(),
            deed_date: date.to_string(),
            spouse: other.spouse().map(|code| code.to_string()).unwrap_or_default(),
        })
        .collect();
    rows.sort();
    rows
}

fn registry_facts(row: &RegistryRow, own: &Side) -> RegistryFacts {
    RegistryFacts {
        status: row.status,
        office_kind: row.office_kind,
        permanence: row.permanence,
        earlier_marriages: own.earlier_marriages,
        family_name: own.family_name.as_deref().map(text::comparable_name).unwrap_or_default(),
        birth_date: own.birth_date,
    }
}

fn insured_facts(record: &crate::claim::person::PersonRecord) -> InsuredFacts {
    InsuredFacts {
        family_name: text::comparable_name(&record.family_name),
        birth_date: record.birth_date,
        deceased_on: record.deceased_on,
        sheba: record.sheba.clone(),
        sheba_owner: record.sheba_owner,
        mobile: record.mobile.clone(),
        mobile_owner: record.mobile_owner,
    }
}

fn paid_before(state: &PersonState, benefit: Benefit, claim_id: Uuid) -> Vec<PaidBefore> {
    let mut paid: Vec<_> = match benefit {
        Benefit::MarriageAllowance => paid_by_branches(&state.dossier.earlier_payments),
        #[cfg(feature = "failpoints")]
        Benefit::SampleGrant => Vec::new(),
    };
    if let Some(payment) = state.payment_of(benefit).filter(|payment| payment.claim_id != claim_id)
        && let Some(first) = payment.documents.first()
    {
        paid.push(PaidBefore::Document { document_id: first.document_id.clone() });
    }
    paid.sort();
    paid
}

/// Branches paid the marriage allowance before this service did.
fn paid_by_branches(payments: &[EarlierPayment]) -> Vec<PaidBefore> {
    payments
        .iter()
        .map(|payment| PaidBefore::Branch { paid_on: payment.paid_on, source: payment.source.clone() })
        .collect()
}
