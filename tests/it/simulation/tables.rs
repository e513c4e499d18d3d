//! Every table as lines of text, from PostgreSQL and from the simulation, for comparison.

use peyvand::ident::NationalCode;
use peyvand::store::{PgPool, persons};

use super::world::World;

/// A table's name and its rows, sorted.
pub type Lines = (&'static str, Vec<String>);

const QUERIES: [(&str, &str); 22] = [
    ("input_offsets", "SELECT format('%s|%s|%s', topic, partition, next_offset) FROM input_offsets"),
    ("persons", "SELECT format('%s|%s|%s', code, insured, branch_code) FROM persons"),
    ("marriages", "SELECT format('%s|%s|%s|%s', record_id, record_version, husband, wife) FROM marriages"),
    (
        "self_registrations",
        "SELECT format('%s|%s|%s|%s|%s', applicant, request_id, spouse, deed_date, source_offset) FROM self_registrations",
    ),
    (
        "objections",
        "SELECT format('%s|%s|%s|%s|%s', person, objection_id, claim_id, withdrawn, answered_at IS NOT NULL) FROM objections",
    ),
    ("objection_closings", "SELECT format('%s|%s|%s', person, objection_id, encode(sha256, 'hex')) FROM objection_closings"),
    ("finding_proposals", "SELECT format('%s|%s|%s', person, finding_id, encode(sha256, 'hex')) FROM finding_proposals"),
    ("finding_judgements", "SELECT format('%s|%s|%s', person, finding_id, encode(sha256, 'hex')) FROM finding_judgements"),
    ("ending_proposals", "SELECT format('%s|%s|%s', person, case_id, encode(sha256, 'hex')) FROM ending_proposals"),
    ("ending_judgements", "SELECT format('%s|%s|%s', person, case_id, encode(sha256, 'hex')) FROM ending_judgements"),
    (
        "claims",
        "SELECT format('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', person, claim_id, deed_date, revision, outcome, amount,
             withdrawn, decision_id, record_id, request_id, encode(facts_digest, 'hex'), encode(answer_digest, 'hex'),
             encode(review_digest, 'hex'), review_waits) FROM claims",
    ),
    (
        "decisions",
        "SELECT format('%s|%s|%s|%s', decision_id, claim_id, revision, encode(sha256(facts), 'hex')) FROM decisions",
    ),
    ("payments", "SELECT format('%s|%s|%s|%s|%s', person, claim_id, amount, decision_id, record_id) FROM payments"),
    (
        "closes",
        "SELECT format('%s|%s|%s|%s|%s|%s|%s|%s', month, batch_id, business_date, cursor, closed_at IS NOT NULL,
             coalesce(documents, 0), coalesce(total, 0), digest) FROM closes JOIN batches USING (month)",
    ),
    (
        "documents",
        "SELECT format('%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s', document_id, person, claim_id, attempt, month, amount, sheba,
             cost_centre, state, state_code, superseded) FROM documents",
    ),
    (
        "payment_outcomes",
        "SELECT format('%s|%s|%s|%s|%s', document_id, (extract(epoch FROM at) * 1000000)::bigint, outcome, code, source_offset)
         FROM payment_outcomes",
    ),
    ("vouchers", "SELECT format('%s|%s|%s', voucher_id, documents, total) FROM vouchers"),
    (
        "messages",
        "SELECT format('%s|%s|%s|%s|%s', sms_id, kind, document_id, claim_id, released_at IS NOT NULL) FROM messages",
    ),
    (
        "cases",
        "SELECT format('%s|%s|%s|%s|%s|%s|%s|%s|%s', case_id, person, document_id, kind, encode(cause, 'hex'), gone_at IS NULL,
             (extract(epoch FROM closed_at) * 1000000)::bigint, outcome, ordered) FROM cases",
    ),
    ("dead_letters", "SELECT format('%s|%s|%s|%s', topic, partition, source_offset, reason) FROM dead_letters"),
    ("outbox_heads", "SELECT format('%s|%s', grp, next_position) FROM outbox_heads"),
    ("relay_groups", "SELECT format('%s|%s|%s', grp, delivered, owner) FROM relay_groups"),
];

pub async fn of_postgres(pool: &PgPool) -> Vec<Lines> {
    let mut tables = Vec::new();
    for (name, query) in QUERIES {
        let mut lines: Vec<String> = sqlx::query_scalar(query).fetch_all(pool).await.unwrap();
        lines.sort();
        tables.push((name, lines));
    }
    let codes: Vec<i64> = sqlx::query_scalar("SELECT code FROM persons").fetch_all(pool).await.unwrap();
    let codes: Vec<_> = codes.into_iter().map(|code| NationalCode::from_i64(code).unwrap()).collect();
    let dossiers = persons::read_dossiers(&mut pool.acquire().await.unwrap(), &codes).await.unwrap();
    let mut lines: Vec<_> = dossiers.iter().map(|(code, dossier)| packed(*code, dossier)).collect();
    lines.sort();
    tables.push(("dossiers", lines));
    tables
}

fn packed(code: NationalCode, dossier: &peyvand::claim::person::Dossier) -> String {
    format!("{code}|{}", serde_json::to_string(dossier).unwrap())
}

/// A boolean as PostgreSQL's `format` writes it.
fn yes(holds: bool) -> &'static str {
    if holds { "t" } else { "f" }
}

fn some<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

pub fn of_simulation(world: &World) -> Vec<Lines> {
    let mut all = of_persons(world);
    all.extend(of_casework(world));
    all.extend(of_payments(world));
    all.extend(of_transport(world));
    let dossiers = world.store.tables.rows.persons.iter().map(|(code, dossier)| packed(*code, dossier));
    all.push(("dossiers", dossiers.collect()));
    all.iter_mut().for_each(|(_, lines)| lines.sort());
    let place = |lines: &Lines| QUERIES.iter().position(|(name, _)| *name == lines.0).unwrap_or(usize::MAX);
    all.sort_by_key(place);
    all
}

fn of_persons(world: &World) -> Vec<Lines> {
    let rows = &world.store.tables.rows;
    let persons = rows.persons.iter().map(|(code, dossier)| {
        let branch = dossier.record.as_ref().map(|record| &record.branch_code);
        format!("{}|{}|{}", code.to_i64(), yes(branch.is_some()), some(branch))
    });
    let marriages = rows.marriages.values().map(|row| {
        let [husband, wife] =
            [&row.husband, &row.wife].map(|side| some(side.national_code.map(|c| c.to_i64())));
        format!("{}|{}|{husband}|{wife}", row.record_id, row.record_version)
    });
    let requests = rows.requests.values().map(|(request, offset)| {
        let (applicant, spouse) = (request.applicant.to_i64(), request.spouse.to_i64());
        format!("{applicant}|{}|{spouse}|{}|{offset}", request.request_id, request.deed_date)
    });
    let claims = rows.claims.values().map(|claim| {
        let hex = |digest: &[u8]| hex::encode(digest);
        let (person, outcome, amount) = (claim.key.person.to_i64(), claim.outcome.as_str(), claim.amount);
        let head = format!("{person}|{}|{}|{}", claim.claim_id, claim.key.deed_date, claim.revision);
        let answer = format!("{outcome}|{}|{}", some(amount.map(|a| a.get())), yes(claim.withdrawn));
        let (record, request) = (some(claim.record_id.as_ref()), some(claim.request_id.as_ref()));
        let digests = [hex(&claim.facts_digest), hex(&claim.answer_digest)].join("|");
        let review = (some(claim.review_digest.map(|digest| hex(&digest))), yes(claim.review_waits));
        format!(
            "{head}|{answer}|{}|{record}|{request}|{digests}|{}|{}",
            claim.decision_id, review.0, review.1
        )
    });
    let decisions = rows.decisions.iter().map(|(id, decided)| {
        let facts = hex::encode(peyvand::claim::facts::digest(&decided.facts));
        format!("{id}|{}|{}|{facts}", decided.claim_id, decided.revision)
    });
    vec![
        ("persons", persons.collect()),
        ("marriages", marriages.collect()),
        ("self_registrations", requests.collect()),
        ("claims", claims.collect()),
        ("decisions", decisions.collect()),
    ]
}

fn of_casework(world: &World) -> Vec<Lines> {
    let rows = &world.store.tables.rows;
    let (mut objections, mut closings) = (Vec::new(), Vec::new());
    for ((person, id), objection) in &rows.objections {
        let claim = some(objection.submission.as_ref().map(|submission| submission.claim_id));
        let (withdrawn, answered) = (yes(objection.withdrawn), yes(objection.answered));
        objections.push(format!("{}|{id}|{claim}|{withdrawn}|{answered}", person.to_i64()));
        let all = objection.closings().iter();
        closings.extend(all.map(|one| format!("{}|{id}|{}", person.to_i64(), hex::encode(one.sha256()))));
    }
    let (mut proposals, mut judgements) = (Vec::new(), Vec::new());
    for ((person, id), finding) in &rows.findings {
        let all = finding.review.proposals();
        proposals.extend(all.map(|one| format!("{}|{id}|{}", person.to_i64(), hex::encode(one.sha256()))));
        let all = finding.review.judgements().iter();
        judgements.extend(all.map(|one| format!("{}|{id}|{}", person.to_i64(), hex::encode(one.sha256()))));
    }
    let (mut endings, mut ends) = (Vec::new(), Vec::new());
    for ((person, id), ending) in &rows.endings {
        let all = ending.review.proposals();
        endings.extend(all.map(|one| format!("{}|{id}|{}", person.to_i64(), hex::encode(one.sha256()))));
        let all = ending.review.judgements().iter();
        ends.extend(all.map(|one| format!("{}|{id}|{}", person.to_i64(), hex::encode(one.sha256()))));
    }
    vec![
        ("ending_proposals", endings),
        ("ending_judgements", ends),
        ("objections", objections),
        ("objection_closings", closings),
        ("finding_proposals", proposals),
        ("finding_judgements", judgements),
    ]
}

fn of_payments(world: &World) -> Vec<Lines> {
    let rows = &world.store.tables.rows;
    let payments = rows.payments.values().map(|payment| {
        let (person, amount) = (payment.person.to_i64(), payment.amount.get());
        let record_id = some(payment.record_id.as_ref());
        format!("{person}|{}|{amount}|{}|{record_id}", payment.claim_id, payment.decision_id)
    });
    let documents = rows.documents.iter().map(|(id, document)| {
        let stored = &document.stored;
        let head = format!("{id}|{}|{}|{}", document.person.to_i64(), document.claim_id, stored.attempt);
        let code = stored.answer().and_then(|answer| answer.code.as_ref());
        let (amount, state) = (document.amount.get(), (some(stored.state()), some(code)));
        let finance = format!("{}|{}|{}", state.0, state.1, yes(document.superseded));
        format!("{head}|{}|{amount}|{}|{}|{finance}", document.month, stored.sheba, document.cost_centre)
    });
    let answers = rows.answers.values().map(|answer| {
        let (at, code) = (answer.answered_at.as_microsecond(), some(answer.code.as_ref()));
        format!("{}|{at}|{}|{code}|{}", answer.document_id, answer.outcome, answer.source_offset)
    });
    let messages = rows.messages.iter().map(|(id, message)| {
        let about = format!("{}|{}", message.document_id, message.claim_id);
        format!("{id}|{}|{about}|{}", message.kind, yes(message.released))
    });
    let cases = rows.cases.iter().map(|(id, (person, case))| {
        let cause = hex::encode(case.cause.digest());
        let about = format!("{}|{}|{cause}", case.cause.document_id, case.cause.kind);
        let end = case.ended.map(|end| (end.at, end.ending.outcome, end.ending.amount));
        let (at, outcome) = (some(end.map(|end| end.0)), some(end.map(|end| end.1)));
        let ordered = some(end.and_then(|end| end.2).map(|amount| amount.get()));
        format!("{id}|{}|{about}|{}|{at}|{outcome}|{ordered}", person.to_i64(), yes(!case.is_gone))
    });
    vec![
        ("payments", payments.collect()),
        ("documents", documents.collect()),
        ("payment_outcomes", answers.collect()),
        ("messages", messages.collect()),
        ("cases", cases.collect()),
    ]
}

fn of_transport(world: &World) -> Vec<Lines> {
    let tables = &world.store.tables;
    let offsets = tables
        .offsets
        .iter()
        .map(|(place, next)| format!("{}|{}|{next}", place.topic.name(), place.partition));
    let letters = tables.letters.iter().map(|((place, offset), reason)| {
        format!("{}|{}|{offset}|{reason}", place.topic.name(), place.partition)
    });
    let closes = tables.closes.values().map(|close| {
        let batch = &close.batches[0];
        let head = format!("{}|{}|{}|{}", close.month, batch.batch_id, close.business_date, close.cursor);
        let sums = format!("{}|{}|{}", batch.documents, batch.total_rial, some(batch.digest.as_ref()));
        format!("{head}|{}|{sums}", yes(close.closed))
    });
    let vouchers = tables.vouchers.iter().map(|(id, (documents, total))| format!("{id}|{documents}|{total}"));
    let heads = tables.heads.iter().map(|(group, next)| format!("{group}|{next}"));
    let group = |(number, group): (&i16, &super::store::Group)| {
        format!("{number}|{}|{}", group.delivered, some(group.owner.as_ref()))
    };
    vec![
        ("input_offsets", offsets.collect()),
        ("dead_letters", letters.collect()),
        ("closes", closes.collect()),
        ("vouchers", vouchers.collect()),
        ("outbox_heads", heads.collect()),
        ("relay_groups", tables.groups.iter().map(group).collect()),
    ]
}
