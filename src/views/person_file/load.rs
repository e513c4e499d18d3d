//! Reads all data about one person in one snapshot, and decides each claim again from its stored facts.

use std::collections::BTreeMap;

use crate::app::AppContext;
use crate::claim::person_state::{PersonState, StoredClaim};
use crate::claim::plan::Plan;
use crate::claim::registry_record::RegistryRecord;
use crate::claim::{Decision, decide, issuance};
use crate::ident::NationalCode;
use crate::law::Tables;
use crate::store::cases::{self, CaseOfPerson};
use crate::store::decisions::{self, DecisionRow as StoredDecision};
use crate::store::payments::{self, FinanceAnswer};
use crate::store::person_file::{self, DocumentRow, MessageRow};
use crate::store::{Error, PgConnection, Result, installation, person_states, persons};
use crate::views::casework::{self, CaseworkOfPerson};
use crate::wire;

/// One person, as stored in the database.
pub struct LoadedPerson {
    pub known: PersonState,
    pub rows: Vec<RegistryRecord>,
    /// In order of deed date.
    pub claims: Vec<LoadedClaim>,
    /// What a close on the business date would write.
    pub next: Plan,
    pub casework: CaseworkOfPerson,
}

/// A claim with its decisions, documents, cases and messages.
pub struct LoadedClaim {
    pub stored: StoredClaim,
    /// In ascending order of revision; the last one is in force.
    pub decisions: Vec<StoredDecision>,
    /// The decision in force, decided again from its stored facts by `tables`.
    pub again: Decision,
    /// The tables of the decision in force.
    pub tables: Tables,
    pub documents: Vec<(DocumentRow, Vec<FinanceAnswer>)>,
    pub cases: Vec<CaseOfPerson>,
    pub messages: Vec<MessageRow>,
}

/// Loads all data about `code`. An unknown code yields an empty dossier.
pub async fn load_person(ctx: &AppContext, code: NationalCode) -> Result<LoadedPerson> {
    let mut tx = crate::store::snapshot(&ctx.pool).await?;
    let mut dossiers = persons::read_dossiers(&mut tx, &[code]).await?;
    dossiers.entry(code).or_default();
    let mut known =
        person_states::load_with(&mut tx, dossiers).await?.pop().ok_or(Error::Unreadable("person"))?;
    let rows = person_file::registry_rows(&mut tx, code).await?;
    let claims = claims(&mut tx, ctx, &known).await?;
    // Planning the close changes the person state, so the stored state is restored afterwards for the view.
    let stored = (known.claims.clone(), known.payments.clone());
    let next = issuance::plan_close(&mut known, &ctx.planning_context());
    (known.claims, known.payments) = stored;
    let casework = casework::of_person(ctx, &mut tx, code).await?;
    Ok(LoadedPerson { known, rows, claims, next, casework })
}

async fn claims(tx: &mut PgConnection, ctx: &AppContext, known: &PersonState) -> Result<Vec<LoadedClaim>> {
    let mut stored = known.claims.clone();
    stored.sort_by(|a, b| a.key.cmp(&b.key));
    let mut ids = Vec::new();
    for claim in &stored {
        ids.extend((1..=claim.revision).map(|n| ctx.ids.decision(claim.claim_id, n)));
    }
    let mut all = decisions::by_id(tx, &ids).await?;
    let documents = documents(tx, known.person).await?;
    let cases = cases::of_persons(tx, &[known.person]).await?;
    let messages = person_file::messages(tx, known.person).await?;
    let mut tables: BTreeMap<String, Tables> = BTreeMap::new();
    let mut claims = Vec::with_capacity(stored.len());
    for claim in stored {
        let id = claim.claim_id;
        let decisions: Vec<_> = all.extract_if(.., |decision| decision.claim_id == id).collect();
        let in_force = decisions.last().ok_or(Error::Unreadable("decision"))?;
        let facts = in_force.facts.as_ref().ok_or(Error::Unreadable("decision's facts"))?;
        let tables = tables_of(tx, ctx, &in_force.tables_version, &mut tables).await?;
        claims.push(LoadedClaim {
            again: decide(facts, in_force.business_date, &tables),
            tables,
            documents: documents.iter().filter(|(document, _)| document.claim_id == id).cloned().collect(),
            cases: cases.iter().filter(|case| case.claim_id == id).cloned().collect(),
            messages: messages.iter().filter(|message| message.claim_id == id).cloned().collect(),
            decisions,
            stored: claim,
        });
    }
    Ok(claims)
}

/// The tables of a decision. Usually these are the tables in force.
async fn tables_of(
    tx: &mut PgConnection,
    ctx: &AppContext,
    version: &str,
    read: &mut BTreeMap<String, Tables>,
) -> Result<Tables> {
    if version == ctx.tables.version() {
        return Ok((*ctx.tables).clone());
    }
    if let Some(tables) = read.get(version) {
        return Ok(tables.clone());
    }
    let unreadable = Error::Unreadable("version of the tables");
    let Some(body) = installation::tables_of_version(tx, version).await? else {
        return Err(unreadable);
    };
    let tables = wire::tables::parse(&body).map_err(|_| unreadable)?;
    read.insert(version.to_owned(), tables.clone());
    Ok(tables)
}

async fn documents(
    tx: &mut PgConnection,
    person: NationalCode,
) -> Result<Vec<(DocumentRow, Vec<FinanceAnswer>)>> {
    let documents = person_file::documents(tx, person).await?;
    let ids: Vec<_> = documents.iter().map(|document| document.document_id.as_str()).collect();
    let mut answers = payments::finance_answers(tx, &ids).await?;
    answers.sort_by_key(|answer| (answer.answered_at, answer.source_offset));
    let mut with_answers = Vec::with_capacity(documents.len());
    for document in documents {
        let own = answers.iter().filter(|answer| answer.document_id == document.document_id);
        let own = own.cloned().collect();
        with_answers.push((document, own));
    }
    Ok(with_answers)
}
