//! What the output topics hold beyond what this database knows of, read into rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::claim::Decision as Verdict;
use crate::claim::decide::content_digest;
use crate::claim::outcome::Outcome;
use crate::claim::reason::ReasonCode;
use crate::ident::NationalCode;
use crate::law::Rial;
use crate::law::marriage_allowance::{MonthWorking, Working as LawWorking};
use crate::store::recovery::adopt::{RecoveredCase, RecoveredDecision, RecoveredMessage};
use crate::wire::eligibility_decisions_v1::{CaseOpened, DecisionMade, DecisionWorking};
use crate::wire::finance_payment_documents_v1::{BatchClosed, PaymentDocumentIssued, VoucherIssued};
use crate::wire::notifications_sms_v1::SmsRequested;
use crate::wire::outgoing::SEQUENCE_HEADER;
use crate::wire::{EventType, Topic, dead_letters_v1};

/// A record of an output topic.
pub struct OutputRecord<'a> {
    pub topic: Topic,
    pub partition: i32,
    pub headers: &'a [(&'a str, &'a [u8])],
    pub value: Option<&'a [u8]>,
}

impl OutputRecord<'_> {
    /// Ours come last, whatever a letter's message brought along.
    fn header(&self, wanted: &str) -> Option<&str> {
        let found = self.headers.iter().rfind(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| std::str::from_utf8(value).ok())
    }

    fn at(&self) -> Timestamp {
        self.header("ce_time").and_then(|text| text.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn data<T: DeserializeOwned>(&self) -> Result<T, UnreadableRecord> {
        let read = self.value.and_then(|value| serde_json::from_slice(value).ok());
        read.ok_or_else(|| self.unreadable())
    }

    fn unreadable(&self) -> UnreadableRecord {
        UnreadableRecord(
            self.topic.name(),
            self.partition,
            self.header(SEQUENCE_HEADER).unwrap_or("-").to_owned(),
        )
    }
}

/// A record that is none of ours.
#[derive(Debug, thiserror::Error)]
#[error("{0}/{1}: the record of position {2} cannot be read; nothing was changed")]
pub struct UnreadableRecord(&'static str, i32, String);

pub struct ScannedDocument {
    pub data: PaymentDocumentIssued<'static>,
    pub traceparent: Option<String>,
}

pub struct ScannedClosing {
    pub data: BatchClosed<'static>,
    pub at: Timestamp,
    pub traceparent: Option<String>,
}

/// Everything beyond the marks.
#[derive(Default)]
pub struct TopicScan {
    /// Of each group: the last position given, and delivered, as the database has it.
    checkpoints: BTreeMap<i16, (i64, i64)>,
    shards: i16,
    /// The last position that each group's partitions hold.
    pub last_sequences: BTreeMap<i16, i64>,
    /// Events that the database has given to its outbox, and does not know to be delivered: their ids, by group and position.
    pub confirmed: HashMap<(i16, i64), String>,
    pub confirmed_documents: Vec<String>,
    pub decisions: Vec<RecoveredDecision>,
    pub documents: Vec<ScannedDocument>,
    pub vouchers: Vec<VoucherIssued<'static>>,
    pub closings: Vec<ScannedClosing>,
    pub messages: Vec<RecoveredMessage>,
    pub cases: Vec<RecoveredCase>,
    /// Ids of receipts.
    pub receipts: HashSet<String>,
    /// Places of dead letters, as topic's name, partition and offset.
    pub dead_letters: HashSet<(String, i32, i64)>,
}

impl TopicScan {
    pub fn beyond(marks: &[(i16, i64, i64)]) -> Self {
        let groups = i16::try_from(marks.len()).unwrap_or(i16::MAX);
        let marks = marks.iter().map(|(group, given, delivered)| (*group, (*given, *delivered))).collect();
        Self { checkpoints: marks, shards: groups, ..Self::default() }
    }

    /// Has the broker nothing that the database does not know of?
    pub fn is_nothing(&self) -> bool {
        self.last_sequences
            .iter()
            .all(|(group, held)| *held <= self.checkpoints.get(group).map_or(0, |mark| mark.0))
    }

    pub fn add(&mut self, said: &OutputRecord<'_>) -> Result<(), UnreadableRecord> {
        let Some(position) = said.header(SEQUENCE_HEADER).and_then(|text| text.parse::<i64>().ok()) else {
            return Ok(());
        };
        let group = i16::try_from(said.partition % i32::from(self.shards.max(1))).unwrap_or(0);
        let held = self.last_sequences.entry(group).or_default();
        *held = position.max(*held);
        let (given, delivered) = self.checkpoints.get(&group).copied().unwrap_or_default();
        if position <= given {
            if position > delivered {
                self.confirm(said, group, position)?;
            }
            return Ok(());
        }
        if said.topic == Topic::DeadLetters {
            self.dead_letters.extend(place_of(said));
            return Ok(());
        }
        let kind = said.header("ce_type").and_then(EventType::from_name);
        match kind {
            Some(EventType::DecisionMade) => {
                self.decisions.push(decision(&said.data()?).ok_or_else(|| said.unreadable())?);
            }
            Some(EventType::CaseOpened) => {
                self.cases.push(case(said.data()?).ok_or_else(|| said.unreadable())?);
            }
            Some(EventType::PaymentDocumentIssued) => self.documents.push(ScannedDocument {
                data: said.data()?,
                traceparent: said.header("traceparent").map(str::to_owned),
            }),
            Some(EventType::VoucherIssued) => self.vouchers.push(said.data()?),
            Some(EventType::BatchClosed) => self.closings.push(ScannedClosing {
                data: said.data()?,
                at: said.at(),
                traceparent: said.header("traceparent").map(str::to_owned),
            }),
            Some(EventType::SmsRequested) => {
                self.messages.push(message(said, said.data()?).ok_or_else(|| said.unreadable())?);
            }
            Some(EventType::FileReceived) => self.receipts.extend(said.header("ce_id").map(str::to_owned)),
            _ => return Err(said.unreadable()),
        }
        Ok(())
    }

    /// The database gave this position, and has not heard of its delivery.
    fn confirm(
        &mut self,
        said: &OutputRecord<'_>,
        group: i16,
        position: i64,
    ) -> Result<(), UnreadableRecord> {
        if said.topic == Topic::DeadLetters {
            return Ok(());
        }
        let id = said.header("ce_id").unwrap_or_default().to_owned();
        self.confirmed.insert((group, position), id);
        if said.header("ce_type") == Some(EventType::PaymentDocumentIssued.name()) {
            let data: PaymentDocumentIssued<'static> = said.data()?;
            self.confirmed_documents.push(data.document_id.into_owned());
        }
        Ok(())
    }

    /// Everybody whom the topics tell more about than the database knows.
    pub fn persons(&self) -> HashSet<NationalCode> {
        let decided = self.decisions.iter().map(|decision| decision.person);
        let paid = self.documents.iter().map(|document| document.data.national_code);
        decided.chain(paid).chain(self.cases.iter().map(|case| case.person)).collect()
    }
}

fn place_of(said: &OutputRecord<'_>) -> Option<(String, i32, i64)> {
    let letter = dead_letters_v1::parse(said.headers, None)?;
    Some((letter.place.topic, letter.place.partition, letter.place.offset))
}

/// An amount of rials or a count as the database holds it. None where it does not fit.
fn bigint(number: Option<u64>) -> Option<Option<i64>> {
    number.map(i64::try_from).transpose().ok()
}

/// None where a number does not fit, or a digest cannot be read.
fn decision(data: &DecisionMade<'_>) -> Option<RecoveredDecision> {
    let reasons: Vec<_> = data.reasons.iter().map(|reason| reason.code).collect();
    let answer_digest = hex::decode(data.answer_digest.as_bytes()).ok()?.try_into().ok()?;
    let working_digest = working_digest(data.working.as_ref())?;
    let wage_sum = data.working.as_ref().and_then(|working| working.wage_sum_rial);
    let days = data.working.as_ref().map(|working| i32::try_from(working.days)).transpose().ok()?;
    Some(RecoveredDecision {
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

/// None where an amount of the working is beyond the bound of rials.
fn working_digest(working: Option<&DecisionWorking>) -> Option<[u8; 32]> {
    let working = working.map(law_working);
    let working = match working {
        Some(working) => Some(working?),
        None => None,
    };
    let decision = Verdict { outcome: Outcome::Pending, amount: None, reasons: Vec::new(), working };
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

/// None where the number is beyond the bound of rials.
fn rials(number: Option<u64>) -> Option<Option<Rial>> {
    match number {
        Some(number) => Rial::new(number).map(Some),
        None => Some(None),
    }
}

fn case(data: CaseOpened<'_>) -> Option<RecoveredCase> {
    Some(RecoveredCase {
        case_id: data.case_id,
        claim_id: data.claim_id,
        document_id: data.document_id.into_owned(),
        person: data.national_code,
        kind: data.kind.as_str(),
        grounds: data.grounds.into_iter().map(std::borrow::Cow::into_owned).collect(),
        new_amount: bigint(data.new_amount_rial)?,
        opened_at: data.opened_at,
    })
}

fn message(said: &OutputRecord<'_>, data: SmsRequested<'_>) -> Option<RecoveredMessage> {
    Some(RecoveredMessage {
        sms_id: data.sms_id.into_owned(),
        kind: data.kind.as_str(),
        claim_id: data.about.claim_id,
        document_id: data.about.document_id.into_owned(),
        mobile: data.mobile.into_owned(),
        body: data.text.into_owned(),
        segments: i32::try_from(data.segments).ok()?,
        traceparent: said.header("traceparent").map(str::to_owned),
        at: said.at(),
    })
}

/// Which revision of the claim this decision is; told by its id alone.
pub fn revision_of(ids: &crate::claim::IdKey, claim: Uuid, decision: Uuid) -> Option<i32> {
    (1..=MOST_REVISIONS).find(|revision| ids.decision(claim, *revision) == decision)
}

/// No claim has been answered so often.
const MOST_REVISIONS: i32 = 10_000;
