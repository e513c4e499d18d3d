//! The promises that must hold at the end of every test. They are checked with the topics and the database only.

use std::collections::{BTreeMap, BTreeSet};

use peyvand::wire::EventType;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::contract::schemas;
use crate::harness::completeness;
use crate::harness::completeness::Inputs;
use crate::harness::records::text;
use crate::harness::{Record, TestApp, Topics};

type Events<'a> = Vec<&'a Value>;

pub fn all(app: &TestApp, topics: &Topics) {
    let inputs = completeness::inputs(app);
    every_input_is_disposed_of(app, &inputs);
    completeness::all(app, &inputs);
    nothing_waits(app);
    for (name, records) in &topics.0 {
        if name != "dead-letters.v1" {
            records.iter().for_each(|record| envelope(name, record));
        }
        positions_rise(name, records);
        keys_keep_their_partition(name, records);
        nothing_twice(name, records);
    }
    dead_letters_are_whole(app, topics);
    decisions_agree(app, topics);
    receipts_add_up(topics);
    documents_agree(app, topics);
    batches_agree(app, topics);
    announcements_agree(app, topics);
    cases_agree(app, topics);
}

/// The stored offset of every input partition is directly after its last record.
fn every_input_is_disposed_of(app: &TestApp, inputs: &Inputs) {
    let stored: BTreeMap<_, _> = app
        .query("SELECT topic, partition, next_offset FROM input_offsets")
        .into_iter()
        .map(|row| ((row[0].clone(), row[1].parse::<i32>().unwrap()), row[2].parse::<i64>().unwrap()))
        .collect();
    for (topic, records) in inputs {
        let mut ends = BTreeMap::new();
        for record in records {
            ends.insert(((*topic).to_owned(), record.partition), record.offset + 1);
        }
        for (place, end) in ends {
            assert_eq!(stored.get(&place), Some(&end), "{place:?} is not fully ingested");
        }
    }
}

fn nothing_waits(app: &TestApp) {
    let heads = "SELECT grp, next_position - 1 FROM outbox_heads ORDER BY grp";
    assert_eq!(
        app.query(heads),
        app.query("SELECT grp, delivered FROM relay_groups ORDER BY grp"),
        "the outbox is not drained"
    );
    assert_eq!(
        app.value("SELECT count(*) FROM messages WHERE released_at IS NULL"),
        "0",
        "an SMS was never released"
    );
    assert_eq!(
        app.value("SELECT count(*) FROM closes WHERE closed_at IS NULL"),
        "0",
        "a close is unfinished"
    );
}

/// Headers and data conform to the schemas, and the key is the one that the contract names.
fn envelope(topic: &str, record: &Record) {
    for (header, value) in
        [("ce_specversion", "1.0"), ("ce_source", "/peyvand"), ("content-type", "application/json")]
    {
        assert_eq!(record.header(header), value, "{topic}: {header}");
    }
    assert!(
        record.headers.contains_key("ce_time") && !record.header("ce_id").is_empty(),
        "{topic}: {:?}",
        record.headers
    );
    let kind = EventType::from_name(record.ce_type()).unwrap();
    assert_eq!(record.header("ce_dataschema"), kind.schema_id(), "{topic}");
    let subject = record.headers.get("ce_subject");
    let personal = topic == "eligibility.decisions.v1";
    assert_eq!(subject, if personal { None } else { record.key.as_ref() }, "{topic}: ce_subject");
    let data = &record.data;
    let mut released = data.clone();
    if data["benefit"] == "sample_grant" {
        // The contract lists the benefits of a release build only.
        released["benefit"] = "marriage_allowance".into();
    }
    schemas::validate(record.ce_type(), &released);
    let key = match topic {
        "eligibility.decisions.v1" => text(data, "national_code"),
        "finance.payment-documents.v1" => text(data, "batch_id"),
        "notifications.sms.v1" => text(&data["about"], "claim_id"),
        "registry.file-receipts.v1" => text(data, "file_id"),
        other => panic!("unknown output topic {other}"),
    };
    assert_eq!(record.key.as_deref(), Some(key), "{topic}: the key of {}", record.ce_type());
}

/// Sequence numbers of the relay rise within a partition: the order is the commit order, and no record is sent twice.
fn positions_rise(topic: &str, records: &[Record]) {
    let mut last: BTreeMap<i32, (i64, i64)> = BTreeMap::new();
    for record in records {
        let now = (record.header("peyvand_position").parse().unwrap(), record.offset);
        if let Some(before) = last.insert(record.partition, now) {
            assert!(
                before.0 < now.0 && before.1 < now.1,
                "{topic}/{}: {now:?} after {before:?}",
                record.partition
            );
        }
    }
}

fn keys_keep_their_partition(topic: &str, records: &[Record]) {
    let mut places = BTreeMap::new();
    for record in records {
        let place = *places.entry(&record.key).or_insert(record.partition);
        assert_eq!(place, record.partition, "{topic}: one key in two partitions");
    }
}

fn nothing_twice(topic: &str, records: &[Record]) {
    let id = |record: &Record| match topic {
        // A dead letter keeps the id of its original record; it is identified by its source position.
        "dead-letters.v1" => ["topic", "partition", "offset"]
            .map(|w| record.header(&format!("dead_letter_{w}")).to_owned())
            .join("/"),
        _ => record.header("ce_id").to_owned(),
    };
    let ids: BTreeSet<_> = records.iter().map(id).collect();
    assert_eq!(ids.len(), records.len(), "{topic}: an id appears twice");
}

fn dead_letters_are_whole(app: &TestApp, topics: &Topics) {
    for letter in topics.dead_letters() {
        assert_eq!(letter.key.as_deref(), Some(letter.header("dead_letter_topic")));
        assert!(
            letter.header("dead_letter_reason").contains(" ("),
            "{}",
            letter.header("dead_letter_reason")
        );
        assert!(letter.header("dead_letter_topic").starts_with(&app.prefix));
    }
    let kept = app.value("SELECT count(*) FROM dead_letters");
    assert_eq!(
        kept,
        topics.dead_letters().len().to_string(),
        "dead letters in the database and in the topic"
    );
}

fn decisions_agree(app: &TestApp, topics: &Topics) {
    let events = topics.of("eligibility.decision.made");
    let mut revisions: BTreeMap<&str, i64> = BTreeMap::new();
    for decision in &events {
        let data = &decision.data;
        let (claim, revision) = (text(data, "claim_id"), data["revision"].as_i64().unwrap());
        let before = revisions.insert(claim, revision).unwrap_or(0);
        assert_eq!(revision, before + 1, "claim {claim}: revision {revision} follows {before}");
        assert_eq!(decision.header("ce_id"), text(data, "decision_id"));
    }
    let in_topic: BTreeSet<_> = events.iter().map(|d| summary(&d.data)).collect();
    let decided = app.query("SELECT decision_id, claim_id, revision, outcome, amount, array_to_string(reasons, ' ') FROM decisions");
    assert_eq!(
        in_topic,
        decided.into_iter().map(|row| row.join(" ").trim_end().to_owned()).collect(),
        "decisions"
    );
    let standing = "SELECT count(*) FROM claims c WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.claim_id = c.claim_id
         AND d.revision = c.revision AND d.decision_id = c.decision_id AND d.outcome = c.outcome AND d.reasons = c.reasons
         AND d.amount IS NOT DISTINCT FROM c.amount) AND c.revision > 0";
    assert_eq!(app.value(standing), "0", "claims that differ from their highest revision");
}

fn summary(data: &Value) -> String {
    let reasons: Vec<_> =
        data["reasons"].as_array().unwrap().iter().map(|reason| text(reason, "code")).collect();
    let amount = data["amount_rial"].as_u64().map_or_else(String::new, |amount| amount.to_string());
    let [id, claim, outcome] = ["decision_id", "claim_id", "outcome"].map(|field| text(data, field));
    format!("{id} {claim} {} {outcome} {amount} {}", data["revision"], reasons.join(" "))
        .trim_end()
        .to_owned()
}

fn receipts_add_up(topics: &Topics) {
    for receipt in topics.data("registry.file.received") {
        let rejected = receipt["rejected"].as_object().unwrap().values();
        let counted = ["accepted", "corrected", "unchanged", "conflicting"].map(|word| &receipt[word]);
        let sum: u64 = rejected.chain(counted).map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(receipt["declared"], sum, "the counts of a receipt do not add up: {receipt}");
    }
}

/// Topic and database contain the same documents. At most one claim of a person is paid, with consecutive attempts. One
/// pays less than the attempt before only after officers said `reissue`.
fn documents_agree(app: &TestApp, topics: &Topics) {
    let events = topics.data("finance.payment-document.issued");
    let fields = ["document_id", "claim_id", "decision_id", "month", "sheba", "cost_centre"];
    let in_topic: BTreeSet<_> = events
        .iter()
        .map(|d| fields.map(|f| text(d, f)).join(" ") + &format!(" {} {}", d["attempt"], d["amount_rial"]))
        .collect();
    let sql = "SELECT document_id, claim_id, decision_id, month, sheba, cost_centre, attempt, amount FROM documents";
    assert_eq!(in_topic, app.query(sql).into_iter().map(|row| row.join(" ")).collect(), "documents");
    let mut claims: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    let mut attempts: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for document in &events {
        let claim = text(document, "claim_id");
        let person = text(document, "national_code");
        let paid = claims.entry((benefit_of(document), person)).or_insert(claim);
        assert_eq!(*paid, claim, "a person is paid for two claims of a benefit");
        attempts
            .entry(claim)
            .or_default()
            .push((document["attempt"].as_u64().unwrap(), document["amount_rial"].as_u64().unwrap()));
    }
    let ended = topics.data("eligibility.case.ended");
    let reissued = ended.iter().filter(|end| end["outcome"] == "reissue").map(|end| text(end, "claim_id"));
    let reissued: BTreeSet<_> = reissued.collect();
    for (claim, mut attempts) in attempts {
        attempts.sort_unstable();
        let mut before = attempts[0].1;
        for (place, (attempt, amount)) in (1..).zip(&attempts) {
            assert_eq!(*attempt, place, "claim {claim}: {attempts:?}");
            let is_lower = *amount < before && reissued.contains(claim);
            assert!(*amount == before || is_lower, "claim {claim}: {attempts:?}");
            before = *amount;
        }
    }
    assert_eq!(app.value("SELECT count(*) FROM (SELECT 1 FROM documents WHERE NOT superseded GROUP BY person, benefit HAVING count(*) > 1) d"), "0");
}

/// The benefit of a document: its batch id without the month.
fn benefit_of(document: &Value) -> &str {
    text(document, "batch_id").strip_suffix(text(document, "month")).unwrap().trim_end_matches('-')
}

/// For each batch: documents, vouchers, control sum and digest agree, in the topic and with the database, and the
/// closing event is last.
fn batches_agree(app: &TestApp, topics: &Topics) {
    let mut batches: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in topics.topic("finance.payment-documents.v1") {
        batches.entry(text(&record.data, "batch_id")).or_default().push(record);
    }
    let of = |batch: &[&Record], word: &str| -> Vec<Value> {
        batch.iter().filter(|r| r.ce_type() == word).map(|r| r.data.clone()).collect()
    };
    for (id, batch) in &batches {
        let (documents, vouchers) =
            (of(batch, "finance.payment-document.issued"), of(batch, "finance.voucher.issued"));
        let closings = of(batch, "finance.batch.closed");
        assert_eq!(
            batch.last().unwrap().ce_type(),
            "finance.batch.closed",
            "{id}: the last event does not close the batch"
        );
        assert_eq!(closings.len(), 1, "{id}: closed more than once");
        let (documents, vouchers) = (documents.iter().collect(), vouchers.iter().collect());
        batch_adds_up(id, &documents, &vouchers, &closings[0]);
        let stored = app.query(&format!(
            "SELECT batch_id, documents, total, digest FROM batches WHERE batch_id = '{id}'"
        ));
        let published = [
            *id,
            &closings[0]["documents"].to_string(),
            &closings[0]["total_rial"].to_string(),
            text(&closings[0], "digest"),
        ];
        assert_eq!(stored, [published.map(str::to_owned)], "{id} in the database");
    }
    assert_eq!(
        app.value("SELECT count(*) FROM batches"),
        batches.len().to_string(),
        "batches in the database and in the topic"
    );
    assert_eq!(
        app.value("SELECT coalesce(sum(total), 0)::bigint FROM vouchers"),
        app.value("SELECT coalesce(sum(amount), 0)::bigint FROM documents")
    );
}

fn batch_adds_up(id: &str, documents: &Events<'_>, vouchers: &Events<'_>, closing: &Value) {
    let amounts: BTreeMap<_, _> =
        documents.iter().map(|d| (text(d, "document_id"), d["amount_rial"].as_u64().unwrap())).collect();
    let total: u64 = amounts.values().sum();
    assert_eq!(
        (closing["documents"].as_u64(), closing["total_rial"].as_u64()),
        (Some(amounts.len() as u64), Some(total)),
        "{id}"
    );
    let lines: String = amounts.iter().map(|(document, amount)| format!("{document},{amount}\n")).collect();
    assert_eq!(text(closing, "digest"), hex::encode(Sha256::digest(lines.as_bytes())), "{id}: the digest");
    let mut centres: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for document in documents {
        let centre = centres.entry(text(document, "cost_centre")).or_default();
        *centre = (centre.0 + 1, centre.1 + document["amount_rial"].as_u64().unwrap());
    }
    let side = |voucher: &Value, side: &str| -> u64 {
        voucher["lines"].as_array().unwrap().iter().map(|line| line[side].as_u64().unwrap()).sum()
    };
    let mut booked = BTreeMap::new();
    for voucher in vouchers {
        let debit = side(voucher, "debit_rial");
        assert_eq!(debit, side(voucher, "credit_rial"), "{id}: a voucher is not balanced");
        let before =
            booked.insert(text(voucher, "cost_centre"), (voucher["documents"].as_u64().unwrap(), debit));
        assert_eq!(before, None, "{id}: two vouchers for one cost centre");
    }
    assert_eq!(booked, centres, "{id}: vouchers and documents");
}

/// Every document has exactly one registration SMS. Every SMS is about a document of its claim and is in the database
/// once.
fn announcements_agree(app: &TestApp, topics: &Topics) {
    let documents = topics.data("finance.payment-document.issued");
    let owners: BTreeMap<_, _> =
        documents.iter().map(|d| (text(d, "document_id"), text(d, "claim_id"))).collect();
    let sms = topics.data("notifications.sms.requested");
    let mut announced = BTreeSet::new();
    for message in &sms {
        let about = &message["about"];
        let document = text(about, "document_id");
        assert_eq!(
            owners.get(document).copied(),
            Some(text(about, "claim_id")),
            "an SMS is not about a document of its claim"
        );
        if message["kind"] == "registration" {
            assert!(announced.insert(document), "{document} was announced twice");
        }
    }
    assert_eq!(announced.len(), documents.len(), "documents without a registration SMS");
    let in_topic: BTreeSet<_> = sms.iter().map(|message| text(message, "sms_id").to_owned()).collect();
    assert_eq!(
        in_topic,
        app.query("SELECT sms_id FROM messages").into_iter().flatten().collect(),
        "messages"
    );
}

fn cases_agree(app: &TestApp, topics: &Topics) {
    let cases = topics.data("eligibility.case.opened");
    let in_topic: BTreeSet<_> = cases.iter().map(|case| text(case, "case_id").to_owned()).collect();
    assert_eq!(in_topic, app.query("SELECT case_id FROM cases").into_iter().flatten().collect(), "cases");
    let ended = topics.data("eligibility.case.ended");
    let in_topic: BTreeSet<_> = ended.iter().map(|end| text(end, "proposal_sha256").to_owned()).collect();
    let ended = app.query("SELECT encode(proposal_sha256, 'hex') FROM cases WHERE outcome IS NOT NULL");
    assert!(ended.into_iter().flatten().all(|end| in_topic.contains(&end)), "an end was not published");
}
