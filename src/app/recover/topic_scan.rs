//! Reads the records of the output topics that are newer than this database, and converts them to rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::claim::Decision as Verdict;
use crate::claim::case::Cause;
use crate::claim::decide::content_digest;
use crate::claim::outcome::Outcome;
use crate::claim::reason::ReasonCode;
use crate::ident::NationalCode;
use crate::law::Rial;
use crate::law::marriage_allowance::{MonthWorking, Working as LawWorking};
use crate::store::recovery::Checkpoint;
use crate::store::recovery::adopt::{
    RecoveredAnswer, RecoveredCase, RecoveredDecision, RecoveredEnd, RecoveredMessage,
};
use crate::wire::eligibility_decisions_v1::{
    CaseEnded, CaseOpened, DecisionMade, DecisionWorking, ObjectionAnswered,
};
use crate::wire::finance_payment_documents_v1::{BatchClosed, PaymentDocumentIssued, VoucherIssued};
use crate::wire::notifications_sms_v1::SmsRequested;
use crate::wire::proof::{Origin, RecordContent};
use crate::wire::{EventType, RecordKey, SourcePosition, Topic, dead_letters_v1};

/// An own record of an output topic. All of its headers are proved.
struct OwnRecord<'a> {
    topic: Topic,
    partition: i32,
    sequence: i64,
    headers: &'a [(&'a str, &'a [u8])],
    value: Option<&'a [u8]>,
}

impl OwnRecord<'_> {
    /// The last header of this name. This service appends its own headers after those that a dead letter copies from
    /// its message.
    fn header(&self, wanted: &str) -> Option<&str> {
        let found = self.headers.iter().rfind(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    fn event_time(&self) -> Timestamp {
        self.header("ce_time").and_then(|text| text.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn data<T: DeserializeOwned>(&self) -> Result<T, UnreadableRecord> {
        let read = self.value.and_then(|value| serde_json::from_slice(value).ok());
        read.ok_or_else(|| self.unreadable())
    }

    fn unreadable(&self) -> UnreadableRecord {
        UnreadableRecord(self.topic.name(), self.partition, self.sequence)
    }
}

/// A record of an output topic that cannot be read as an event of this service.
#[derive(Debug, thiserror::Error)]
#[error("{0}/{1}: the record with sequence number {2} cannot be read; nothing was changed")]
pub struct UnreadableRecord(&'static str, i32, i64);

pub struct ScannedDocument {
    pub data: PaymentDocumentIssued<'static>,
    pub traceparent: Option<String>,
}

pub struct ScannedClosing {
    pub data: BatchClosed<'static>,
    pub at: Timestamp,
    pub traceparent: Option<String>,
}

/// A sequence number of a relay shard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ShardSequence {
    pub shard: i16,
    pub sequence: i64,
}

/// All records after the checkpoints.
#[derive(Default)]
pub struct TopicScan {
    /// For each relay shard, the last sequence numbers that the database has allocated and knows to be delivered.
    checkpoints: BTreeMap<i16, Checkpoint>,
    shards: i16,
    /// The sequence number of the last own record of each partition.
    last_of: HashMap<(Topic, i32), i64>,
    pub foreign: ForeignRecords,
    /// The last sequence number in the partitions of each relay shard.
    pub last_sequences: BTreeMap<i16, i64>,
    /// Ids of events that are in the database's outbox and in a topic, but not recorded as delivered.
    pub confirmed: HashMap<ShardSequence, String>,
    pub confirmed_documents: Vec<String>,
    pub decisions: Vec<RecoveredDecision>,
    pub documents: Vec<ScannedDocument>,
    pub vouchers: Vec<VoucherIssued<'static>>,
    pub closings: Vec<ScannedClosing>,
    pub messages: Vec<RecoveredMessage>,
    pub cases: Vec<RecoveredCase>,
    /// The ends of cases, in the order of each person's partition.
    pub ends: Vec<RecoveredEnd>,
    pub answers: Vec<RecoveredAnswer>,
    /// Ids of published receipts.
    pub receipts: HashSet<String>,
    /// Source positions of dead letters.
    pub dead_letters: HashSet<SourcePosition>,
    /// Those of them that were misrouted.
    pub misrouted: HashSet<SourcePosition>,
}

/// Records of the output topics that this installation has not written. The scan ignores them.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct ForeignRecords {
    pub without_mac: u64,
    pub with_wrong_mac: u64,
    /// Copies of own records behind later ones in the same partition.
    pub copies: u64,
}

impl ForeignRecords {
    pub fn count(&self) -> u64 {
        self.without_mac + self.with_wrong_mac + self.copies
    }
}

impl TopicScan {
    /// An empty scan.
    pub fn beyond(checkpoints: &[Checkpoint]) -> Self {
        let shards = i16::try_from(checkpoints.len()).unwrap_or(i16::MAX);
        let checkpoints = checkpoints.iter().map(|checkpoint| (checkpoint.shard, *checkpoint)).collect();
        Self { checkpoints, shards, ..Self::default() }
    }

    /// True if the topics contain no event that the database does not know.
    pub fn is_nothing(&self) -> bool {
        self.last_sequences.iter().all(|(shard, last)| {
            *last <= self.checkpoints.get(shard).map_or(0, |checkpoint| checkpoint.allocated)
        })
    }

    /// True if records have MACs and every MAC is wrong: the secret is wrong, or this installation never wrote.
    pub fn nothing_is_proved(&self) -> bool {
        self.last_of.is_empty() && self.foreign.with_wrong_mac > 0
    }

    /// Adds a record. Foreign records are counted and ignored. Own records that are already delivered are ignored.
    ///
    /// # Errors
    /// Fails if an own record cannot be read.
    pub fn add(&mut self, key: &RecordKey, record: &RecordContent<'_>) -> Result<(), UnreadableRecord> {
        match key.origin(record) {
            Origin::NoMac => self.foreign.without_mac += 1,
            Origin::WrongMac => self.foreign.with_wrong_mac += 1,
            Origin::Own { sequence, headers } => {
                let last = self.last_of.entry((record.topic, record.partition)).or_default();
                // The relay writes a partition in the order of its sequence numbers.
                if sequence <= *last {
                    self.foreign.copies += 1;
                    return Ok(());
                }
                *last = sequence;
                let (topic, partition, value) = (record.topic, record.partition, record.value);
                return self.add_own(&OwnRecord { topic, partition, sequence, headers, value });
            }
        }
        Ok(())
    }

    fn add_own(&mut self, record: &OwnRecord<'_>) -> Result<(), UnreadableRecord> {
        let sequence = record.sequence;
        let shard = i16::try_from(record.partition % i32::from(self.shards.max(1))).unwrap_or(0);
        let last = self.last_sequences.entry(shard).or_default();
        *last = sequence.max(*last);
        let none = Checkpoint { shard, allocated: 0, delivered: 0 };
        let checkpoint = self.checkpoints.get(&shard).copied().unwrap_or(none);
        if sequence <= checkpoint.allocated {
            if sequence > checkpoint.delivered {
                self.confirm(record, shard)?;
            }
            return Ok(());
        }
        if record.topic == Topic::DeadLetters {
            if let Some(dead_letter) = dead_letters_v1::parse(record.headers, None) {
                let is_misrouted = dead_letter.is_misrouted();
                let place = dead_letter.place;
                self.misrouted.extend(is_misrouted.then(|| place.clone()));
                self.dead_letters.insert(place);
            }
            return Ok(());
        }
        let kind = record.header("ce_type").and_then(EventType::from_name);
        match kind {
            Some(EventType::DecisionMade) => {
                self.decisions.push(decision(&record.data()?).ok_or_else(|| record.unreadable())?);
            }
            Some(EventType::CaseOpened) => {
                self.cases.push(case(record.data()?).ok_or_else(|| record.unreadable())?);
            }
            Some(EventType::CaseEnded) => {
                self.ends.push(case_end(&record.data()?).ok_or_else(|| record.unreadable())?);
            }
            Some(EventType::ObjectionAnswered) => {
                let data: ObjectionAnswered<'static> = record.data()?;
                self.answers.push(RecoveredAnswer {
                    person: data.national_code,
                    objection_id: data.objection_id,
                    answered_at: data.answered_at,
                });
            }
            Some(EventType::PaymentDocumentIssued) => self.documents.push(ScannedDocument {
                data: record.data()?,
                traceparent: record.header("traceparent").map(str::to_owned),
            }),
            Some(EventType::VoucherIssued) => self.vouchers.push(record.data()?),
            Some(EventType::BatchClosed) => self.closings.push(ScannedClosing {
                data: record.data()?,
                at: record.event_time(),
                traceparent: record.header("traceparent").map(str::to_owned),
            }),
            Some(EventType::SmsRequested) => {
                self.messages.push(message(record, record.data()?).ok_or_else(|| record.unreadable())?);
            }
            Some(EventType::FileReceived) => self.receipts.extend(record.header("ce_id").map(str::to_owned)),
            _ => return Err(record.unreadable()),
        }
        Ok(())
    }

    /// Adds a record whose sequence number the database has allocated, but not recorded as delivered.
    fn confirm(&mut self, record: &OwnRecord<'_>, shard: i16) -> Result<(), UnreadableRecord> {
        if record.topic == Topic::DeadLetters {
            return Ok(());
        }
        let id = record.header("ce_id").unwrap_or_default().to_owned();
        self.confirmed.insert(ShardSequence { shard, sequence: record.sequence }, id);
        if record.header("ce_type") == Some(EventType::PaymentDocumentIssued.name()) {
            let data: PaymentDocumentIssued<'static> = record.data()?;
            self.confirmed_documents.push(data.document_id.into_owned());
        }
        Ok(())
    }

    /// The persons about whom the topics contain records that the database lacks.
    pub fn persons(&self) -> HashSet<NationalCode> {
        let decided = self.decisions.iter().map(|decision| decision.person);
        let paid = self.documents.iter().map(|document| document.data.national_code);
        let answered = self.answers.iter().map(|answer| answer.person);
        let cases = self.cases.iter().map(|case| case.person);
        let ended = self.ends.iter().map(|end| end.person);
        decided.chain(paid).chain(cases).chain(ended).chain(answered).collect()
    }
}

/// Converts an amount (rials) or a count to the type of its column. None if it does not fit.
fn bigint(number: Option<u64>) -> Option<Option<i64>> {
    number.map(i64::try_from).transpose().ok()
}

/// None if a number does not fit its column, or if a digest cannot be read.
fn decision(data: &DecisionMade<'_>) -> Option<RecoveredDecision> {
    let reasons: Vec<_> = data.reasons.iter().map(|reason| reason.code).collect();
    let answer_digest = hex::decode(data.answer_digest.as_bytes()).ok()?.try_into().ok()?;
    let working_digest = working_digest(data.working.as_ref())?;
    let wage_sum = data.working.as_ref().and_then(|working| working.wage_sum_rial);
    let days = data.working.as_ref().map(|working| i32::try_from(working.days)).transpose().ok()?;
    Some(RecoveredDecision {
        benefit: data.benefit.parse().ok()?,
        decision_id: data.decision_id,
        claim_id: data.claim_id,
        revision: i32::try_from(data.revision).ok()?,
        person: data.national_code,
        deed_date: data.marriage.deed_date.to_string(),
        spouse: data.marriage.spouse_national_code.map(NationalCode::to_i64),
        record_id: data.marriage.record_id.as_deref().map(str::to_owned),
        request_id: data.marriage.request_id.as_deref().map(str::to_owned),
        outcome: data.outcome.as_str(),
        amount: bigint(data.amount_rial)?,
        withdrawn: reasons == [ReasonCode::RecordWithdrawn],
        reasons: reasons.iter().map(|code| code.as_str()).collect(),
        days,
        wage_sum: bigint(wage_sum)?,
        facts_digest: hex::decode(data.facts_digest.as_bytes()).ok()?,
        answer_digest,
        working_digest,
        content_digest: content_digest(answer_digest, working_digest),
        rules_version: data.rules_version.clone().into_owned(),
        tables_version: data.tables_version.clone().into_owned(),
        business_date: data.business_date.to_string(),
        decided_at: data.decided_at,
    })
}

/// None if an amount of the working is above the limit of [`Rial`].
fn working_digest(working: Option<&DecisionWorking>) -> Option<[u8; 32]> {
    let working = match working {
        Some(working) => Some(law_working(working)?),
        None => None,
    };
    let decision = Verdict {
        outcome: Outcome::Pending,
        amount: None,
        reasons: Vec::new(),
        working,
        findings: Vec::new(),
    };
    Some(decision.working_digest())
}

fn law_working(working: &DecisionWorking) -> Option<LawWorking> {
    let mut months = Vec::with_capacity(working.months.len());
    for month in &working.months {
        months.push(MonthWorking {
            month: month.month,
            days: month.days,
            counted_days: month.counted_days,
            wage: Rial::new(month.wage_rial)?,
            ceiling: rials(month.ceiling_rial)?,
        });
    }
    Some(LawWorking {
        days: working.days,
        // Not published, and not part of the digest.
        required_days: 0,
        window_from: working.window_from,
        window_to: working.window_to,
        wage_sum: rials(working.wage_sum_rial)?,
        floor: rials(working.floor_rial)?,
        months,
    })
}

/// None if the number is above the limit of [`Rial`].
fn rials(number: Option<u64>) -> Option<Option<Rial>> {
    match number {
        Some(number) => Rial::new(number).map(Some),
        None => Some(None),
    }
}

fn case(data: CaseOpened<'_>) -> Option<RecoveredCase> {
    let cause = Cause {
        document_id: data.document_id.into_owned(),
        kind: data.kind,
        grounds: data.grounds.into_iter().map(std::borrow::Cow::into_owned).collect(),
        new_amount: rials(data.new_amount_rial)?,
    };
    Some(RecoveredCase {
        case_id: data.case_id,
        claim_id: data.claim_id,
        cause: cause.digest(),
        document_id: cause.document_id,
        person: data.national_code,
        kind: data.kind.as_str(),
        grounds: cause.grounds,
        new_amount: bigint(data.new_amount_rial)?,
        opened_at: data.opened_at,
    })
}

fn case_end(data: &CaseEnded<'_>) -> Option<RecoveredEnd> {
    Some(RecoveredEnd {
        case_id: data.case_id,
        person: data.national_code,
        outcome: data.outcome.as_str(),
        amount: bigint(data.amount_rial)?,
        proposal_sha256: hex::decode(data.proposal_sha256.as_bytes())
            .ok()
            .filter(|digest| digest.len() == 32)?,
        ended_at: data.ended_at,
    })
}

fn message(record: &OwnRecord<'_>, data: SmsRequested<'_>) -> Option<RecoveredMessage> {
    Some(RecoveredMessage {
        sms_id: data.sms_id.into_owned(),
        kind: data.kind.as_str(),
        claim_id: data.about.claim_id,
        document_id: data.about.document_id.into_owned(),
        mobile: data.mobile.into_owned(),
        body: data.text.into_owned(),
        segments: i32::try_from(data.segments).ok()?,
        traceparent: record.header("traceparent").map(str::to_owned),
        at: record.event_time(),
    })
}

/// The revision of the claim that this decision is, found by its id alone.
pub fn revision_of(ids: &crate::claim::IdKey, claim: Uuid, decision: Uuid) -> Option<i32> {
    (1..=MAX_REVISIONS).find(|revision| ids.decision(claim, *revision) == decision)
}

/// More revisions than any claim has.
const MAX_REVISIONS: i32 = 10_000;
