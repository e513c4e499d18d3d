//! One fictitious person over several days, as planning sees them. A test sets facts; `ingest` and `closes` do what
//! the service would do, and the person state becomes what the database would contain.

use std::sync::LazyLock;

use peyvand::claim::case::StoredCase;
use peyvand::claim::case_ending::{CaseEnding, Ending};
use peyvand::claim::codes::{CaseKind, EndingOutcome, PaymentOutcome};
use peyvand::claim::document::DocumentAnswer;
use peyvand::claim::issuance::plan_close;
use peyvand::claim::objection_answer::ObjectionAnswer;
use peyvand::claim::person::{Dossier, PersonRecord, RegistryRow, SelfRegistration};
use peyvand::claim::person_state::{PersonState, PlanningContext, StoredClaim};
use peyvand::claim::plan::{EndedNotice, Issuance, Plan, ReturnNotice, Trigger};
use peyvand::claim::planning::plan;
use peyvand::claim::review::{Judgement, Proposal, Ruling};
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
    /// Every published end of a case.
    pub ended: Vec<EndedNotice>,
    pub returns: Vec<ReturnNotice>,
    pub issued: Vec<Issuance>,
    pub answers: Vec<ObjectionAnswer>,
}

/// Kind, document and reasons of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    pub case_id: uuid::Uuid,
    pub kind: CaseKind,
    pub document_id: String,
    pub grounds: Vec<String>,
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
            ended: Vec::new(),
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
            && plan.case_changes.is_empty()
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
        for new in plan.cases {
            let (kind, document_id) = (new.cause.kind, new.cause.document_id.clone());
            let new_amount = new.cause.new_amount.map(Rial::get);
            let (case_id, grounds) = (new.case_id, new.cause.grounds.clone());
            assert!(self.cases.iter().all(|case| case.case_id != case_id), "a case is opened once");
            self.known.payments[0].cases.push(StoredCase::opened(case_id, new.cause));
            self.cases.push(Case { case_id, kind, document_id, grounds, new_amount });
        }
        for change in plan.case_changes {
            let cases = &mut self.known.payments[0].cases;
            let case = cases.iter_mut().find(|case| case.case_id == change.case_id).unwrap();
            (case.is_gone, case.ended) = (change.is_gone, change.ended);
        }
        self.ended.extend(plan.ended);
        self.returns.extend(plan.returned);
        self.issued.extend(plan.issuances);
        self.answers.extend(plan.answers);
        self.known.answered.clear();
    }

    /// An outcome from finance for an attempt. As in the store, the outcome with the latest time speaks. Ingest follows.
    pub fn finance(&mut self, attempt: i32, outcome: PaymentOutcome, code: &str, at: i64) -> &mut Self {
        let documents = &mut self.known.payments[0].documents;
        let document = documents.iter_mut().find(|document| document.attempt == attempt).unwrap();
        let code = (!code.is_empty()).then(|| code.to_owned());
        document.answers.push(DocumentAnswer { at, on: date(TODAY), outcome, code });
        document.answers.sort_by_key(|answer| answer.at);
        self.known.answered.push(document.document_id.clone());
        self.ingest()
    }

    pub fn returned(&mut self, attempt: i32, code: &str, at: i64) -> &mut Self {
        self.finance(attempt, PaymentOutcome::Returned, code, at)
    }

    /// Replaces all rows of this person by a new one.
    pub fn row_becomes(&mut self, new: RegistryRow) -> &mut Self {
        self.rows([new])
    }

    /// Two officers end a case, at this instant.
    pub fn case_ends(
        &mut self,
        case: usize,
        outcome: EndingOutcome,
        amount: Option<u64>,
        at: i64,
    ) -> &mut Self {
        let case_id = self.cases[case].case_id;
        let content = Ending { outcome, amount: amount.and_then(Rial::new) };
        let (author, person) = ("staff-1".to_owned(), me());
        let proposal = Proposal { id: case_id, at, author, person, content, reason: "seen".to_owned() };
        let judgement = approval(&proposal, at);
        self.said(case_id).review.propose(proposal);
        self.said(case_id).review.judge(judgement);
        self.ingest()
    }

    /// What officers have said about a case.
    pub fn said(&mut self, case_id: uuid::Uuid) -> &mut CaseEnding {
        let known = self.known.endings.iter().position(|said| said.case_id == case_id);
        let place = known.unwrap_or_else(|| {
            self.known.endings.push(CaseEnding::new(case_id));
            self.known.endings.len() - 1
        });
        &mut self.known.endings[place]
    }

    /// Officers end all cases in this way.
    pub fn cases_end(&mut self, outcome: EndingOutcome) -> &mut Self {
        for case in 0..self.cases.len() {
            self.case_ends(case, outcome, None, 1_000 + i64::try_from(case).unwrap());
        }
        self
    }

    /// The cases that stand and that nobody has judged.
    pub fn standing(&self) -> Vec<CaseKind> {
        let cases = self.known.payments[0].cases.iter().filter(|case| case.holds());
        cases.map(|case| case.cause.kind).collect()
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
        let opened: Vec<_> = self.cases.iter().map(|case| (case.kind, case.grounds.join(" "))).collect();
        assert_eq!(opened, [(kind, grounds.join(" "))]);
    }
}

/// The approval of this proposal by another officer.
pub fn approval(proposal: &Proposal<Ending>, at: i64) -> Judgement {
    Judgement {
        at,
        ruling: Ruling::Approved,
        proposal_sha256: proposal.sha256(),
        approver: "staff-2".to_owned(),
        author: proposal.author.clone(),
        on: date(TODAY),
        reason: "right".to_owned(),
    }
}
