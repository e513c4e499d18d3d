//! One fictitious person over several days, as planning sees them. A test sets facts; `ingest` and `closes` do what
//! the service would do, and the person state becomes what the database would contain.

use std::sync::LazyLock;

use peyvand::claim::codes::{CaseKind, PaymentOutcome};
use peyvand::claim::issuance::plan_close;
use peyvand::claim::objection_answer::ObjectionAnswer;
use peyvand::claim::person::{Dossier, PersonRecord, RegistryRow, SelfRegistration};
use peyvand::claim::person_state::{PersonState, PlanningContext, StoredCase, StoredClaim};
use peyvand::claim::plan::Issuance;
use peyvand::claim::plan::{Plan, ReturnNotice, Trigger};
use peyvand::claim::planning::plan;
use peyvand::claim::{Benefit, Decision, IdKey, Outcome, ReasonCode};
use peyvand::law::{InsuranceType, Rial, SolarDate, SolarMonth, Tables};
use peyvand::texts::Texts;
use peyvand::wire::tables;

use crate::claim::facts::record;
pub use crate::claim::facts::{
    another, code, date, job, me, registered_on, request, row, sheba, sheba_of, spouse, wage, with_status,
};

static TABLES: LazyLock<Tables> = LazyLock::new(|| tables::parse(tables::built_in()).unwrap());

/// A deed date whose wage list is closed on `TODAY`. All listed months of `World::insured` are before it.
pub const DEED: &str = "1404-05-15";
pub const TODAY: &str = "1404-08-01";
/// A monthly wage in rials that equals the floor of 1404: 30 × 3,463,656.
pub const FLOOR: u64 = 103_909_680;

pub struct World {
    pub known: PersonState,
    pub benefits: &'static [Benefit],
    pub today: SolarDate,
    pub deeds_from: Option<SolarDate>,
    tables: Tables,
    ids: IdKey,
    /// Every published revision, in order.
    pub published: Vec<(StoredClaim, Decision)>,
    /// For each of them, the business date and the stored form of the facts.
    pub stored_facts: Vec<(SolarDate, Vec<u8>)>,
    pub cases: Vec<Case>,
    pub returns: Vec<ReturnNotice>,
    pub issued: Vec<Issuance>,
    pub answers: Vec<ObjectionAnswer>,
}

/// Kind, document and reasons of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    pub kind: CaseKind,
    pub document_id: String,
    pub grounds: Vec<&'static str>,
    pub new_amount: Option<u64>,
}

impl World {
    /// A person without any stored state.
    pub fn empty() -> Self {
        let known = PersonState::new(me());
        let (today, tables, ids) = (date(TODAY), TABLES.clone(), IdKey::new(b"planning"));
        let (published, cases, returns, issued) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let stored_facts = Vec::new();
        let benefits = Benefit::RELEASED;
        Self {
            known,
            today,
            benefits,
            deeds_from: None,
            tables,
            ids,
            published,
            stored_facts,
            cases,
            returns,
            issued,
            answers: Vec::new(),
        }
    }

    /// An insured person who lacks only a marriage: employed for ten years, with 48 full months listed before `DEED`.
    pub fn insured() -> Self {
        let mut world = Self::empty();
        world.known.dossier.record = Some(record());
        world.known.dossier.employments = vec![job(InsuranceType::Compulsory, "1394-01-01", None)];
        let deed = date(DEED).month().index();
        world.known.dossier.wages = (deed - 48..deed)
            .map(|index| {
                wage(
                    &SolarMonth::from_index(index).unwrap().to_string(),
                    InsuranceType::Compulsory,
                    31,
                    FLOOR,
                )
            })
            .collect();
        world
    }

    /// The same, with a valid marriage on `DEED`.
    pub fn married() -> Self {
        let mut world = Self::insured();
        world.known.rows.push(row("R1", DEED, spouse()));
        world.ingest();
        world
    }

    /// The same, paid by the close of 1404-07.
    pub fn paid() -> Self {
        let mut world = Self::married();
        world.closes();
        assert_eq!(world.issued.len(), 1);
        world
    }

    pub fn record(&mut self) -> &mut PersonRecord {
        self.known.dossier.record.as_mut().unwrap()
    }

    pub fn on(&mut self, today: &str) -> &mut Self {
        self.today = date(today);
        self
    }

    /// Adds a row to the tables: this bank is retired from that date on.
    pub fn bank_retires(&mut self, bank: &str, from: &str) -> &mut Self {
        let row = format!("[[retired_banks]]\nbank = \"{bank}\"\nfrom = \"{from}\"\n");
        self.tables = tables::parse(&format!("{}\n{row}", tables::built_in())).unwrap();
        self
    }

    /// Ends the row of the tables by which findings set this reason aside.
    pub fn tables_end(&mut self, reason: &str, until: &str) -> &mut Self {
        let row = format!("[[set_aside]]\nreason = \"{reason}\"");
        let ended = format!("[[set_aside]]\nuntil = \"{until}\"\nreason = \"{reason}\"");
        self.tables = tables::parse(&tables::built_in().replacen(&row, &ended, 1)).unwrap();
        self
    }

    /// Replaces the registry rows of this person.
    pub fn rows(&mut self, rows: impl IntoIterator<Item = RegistryRow>) -> &mut Self {
        self.known.rows = rows.into_iter().collect();
        self
    }

    pub fn requests(&mut self, all: impl IntoIterator<Item = SelfRegistration>) -> &mut Self {
        self.known.self_registrations = all.into_iter().collect();
        self
    }

    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    pub fn rules(&self) -> PlanningContext<'_> {
        PlanningContext {
            tables: &self.tables,
            today: self.today,
            benefits: self.benefits,
            deeds_from: self.deeds_from,
            ids: &self.ids,
        }
    }

    /// Does what ingest does after an input about this person.
    pub fn ingest(&mut self) -> &mut Self {
        let plan = plan(&self.known, &self.rules(), Trigger::Input);
        self.write(plan);
        self
    }

    /// Does what the close of a month does with this person.
    pub fn closes(&mut self) -> &mut Self {
        let mut known = std::mem::replace(&mut self.known, Self::empty().known);
        let plan = plan_close(&mut known, &self.rules());
        self.known = known;
        self.write(plan);
        self
    }

    fn write(&mut self, plan: Plan) {
        let says_nothing = plan.updates.is_empty()
            && plan.cases.is_empty()
            && plan.issuances.is_empty()
            && plan.answers.is_empty();
        assert_eq!(
            plan.is_empty(),
            says_nothing,
            "a plan is empty if it has no update, case, issuance or answer"
        );
        for update in plan.updates {
            self.known.claims.retain(|claim| claim.claim_id != update.claim.claim_id);
            self.known.claims.push(update.claim.clone());
            if let Some(revision) = update.revision {
                self.stored_facts.push((self.today, revision.facts));
                self.published.push((update.claim, revision.decision));
            }
        }
        for case in plan.cases {
            let (kind, document_id) = (case.kind, case.document_id.clone());
            let claim_id = case.claim_id;
            let payment =
                self.known.payments.iter_mut().find(|payment| payment.claim_id == claim_id).unwrap();
            payment.cases.push(StoredCase { document_id: case.document_id, kind, open: true });
            let new_amount = case.new_amount.map(Rial::get);
            self.cases.push(Case { kind, document_id, grounds: case.grounds, new_amount });
        }
        self.returns.extend(plan.returned);
        self.issued.extend(plan.issuances);
        self.answers.extend(plan.answers);
        self.known.moved.clear();
        self.known.answered.clear();
    }

    /// An outcome from finance for an attempt. As in the store, the outcome with the latest time is kept. Ingest
    /// follows.
    pub fn finance(&mut self, attempt: i32, outcome: PaymentOutcome, code: &str, at: i64) -> &mut Self {
        let documents = &mut self.known.payments[0].documents;
        let document = documents.iter_mut().find(|document| document.attempt == attempt).unwrap();
        if document.state.is_none() || at >= document.state_at {
            document.state = Some(outcome);
            document.state_code = (!code.is_empty()).then(|| code.to_owned());
            document.state_at = at;
        }
        document.called_duplicate |= code == "AM05";
        self.known.answered.push(document.document_id.clone());
        self.ingest()
    }

    pub fn returned(&mut self, attempt: i32, code: &str, at: i64) -> &mut Self {
        self.finance(attempt, PaymentOutcome::Returned, code, at)
    }

    /// Replaces all rows of this person by a new one. As ingest does, it reports to planning as moved the claims that
    /// the old row held and the new row does not.
    pub fn row_becomes(&mut self, new: RegistryRow) -> &mut Self {
        let before: Vec<_> = self.known.claims.iter().map(|claim| claim.key.clone()).collect();
        self.known.moved = before.into_iter().filter(|key| key.deed_date != new.deed_date).collect();
        self.rows([new])
    }

    /// Ends all cases, as a person would.
    pub fn cases_end(&mut self) -> &mut Self {
        self.known.payments[0].cases.iter_mut().for_each(|case| case.open = false);
        self
    }

    pub fn claim(&self, deed_date: &str) -> &StoredClaim {
        let own: Vec<_> =
            self.known.claims.iter().filter(|claim| claim.key.deed_date == date(deed_date)).collect();
        assert_eq!(own.len(), 1, "number of claims with the deed date {deed_date}");
        own[0]
    }

    /// The latest decision on the only claim with this deed date.
    #[track_caller]
    pub fn decision(&self, deed_date: &str) -> &Decision {
        let claim_id = self.claim(deed_date).claim_id;
        &self.published.iter().rfind(|(claim, _)| claim.claim_id == claim_id).unwrap().1
    }

    #[track_caller]
    pub fn expect(&self, deed_date: &str, outcome: Outcome, grounds: &[ReasonCode]) -> &Self {
        let decision = self.decision(deed_date);
        assert_eq!((decision.outcome, decision.codes().as_slice()), (outcome, grounds));
        assert_eq!(self.claim(deed_date).outcome, outcome);
        let states_amount = matches!(outcome, Outcome::Approved | Outcome::Waiting);
        assert_eq!(decision.amount.is_some(), states_amount, "only APPROVED and WAITING have an amount");
        for reason in &decision.reasons {
            let template = Texts::built_in().reason(reason.code.as_str()).unwrap();
            let given: Vec<_> = reason.parameters.iter().map(|(name, _)| *name).collect();
            for name in &template.values {
                assert!(
                    given.contains(&name.as_str()),
                    "{}: the rule gives no value for {name}",
                    reason.code
                );
            }
        }
        self
    }

    /// The total number of published revisions.
    pub fn revisions(&self) -> usize {
        self.published.len()
    }

    /// Changes facts, ingests them, and returns whether anything was decided.
    pub fn decides(&mut self, change: impl FnOnce(&mut Dossier)) -> bool {
        let before: Vec<_> = self.known.claims.iter().map(|claim| claim.facts_digest).collect();
        change(&mut self.known.dossier);
        self.ingest();
        before != self.known.claims.iter().map(|claim| claim.facts_digest).collect::<Vec<_>>()
    }

    #[track_caller]
    pub fn expect_case(&self, kind: CaseKind, grounds: &[&str]) {
        let opened: Vec<_> = self.cases.iter().map(|case| (case.kind, case.grounds.as_slice())).collect();
        assert_eq!(opened, [(kind, grounds)]);
    }
}
