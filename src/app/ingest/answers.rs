//! Applies the answers of finance and the delivery reports of the SMS gateway.

use super::ConsumedRecord;
use super::answer_keys::answer_key;
use super::batch_state::BatchState;
use super::file_tally::Disposition;
use crate::claim::codes::{DeliveryStatus, PaymentOutcome};
use crate::store::messages::{DeliveryReportRow, ReportKey};
use crate::store::payments::FinanceAnswer;
use crate::wire::Event;
use crate::wire::finance_payment_outcomes_v1::DocumentOutcome;
use crate::wire::notifications_delivery_reports_v1::DeliveryReported;

impl<'a> BatchState<'a> {
    /// Applies an answer of finance. `None` if no such document was issued: the message becomes a dead letter.
    pub fn outcome(
        &mut self,
        record: &ConsumedRecord,
        event: &Event,
        outcome: PaymentOutcome,
        data: &DocumentOutcome,
    ) -> Option<Disposition> {
        let person = *self.documents.get(&data.document_id)?;
        let new = FinanceAnswer {
            document_id: data.document_id.clone(),
            answered_at: data.at,
            outcome,
            code: data.code.clone(),
            source_offset: record.effective_offset(),
        };
        let key = answer_key(&new);
        let disposition = match self.answers.get(&key) {
            None => Disposition::Accepted,
            Some(old) if record.is_replay() && old.source_offset > new.source_offset => {
                return Some(Disposition::Unchanged);
            }
            // The same answer again. It is stored with its new offset, because of two outcomes with the same instant the
            // later one in the topic is valid.
            Some(old) if old.code == new.code => Disposition::Unchanged,
            Some(_) => Disposition::Corrected,
        };
        if disposition != Disposition::Unchanged {
            self.answered.insert(new.document_id.clone());
        }
        self.changed_answers.insert(key.clone());
        self.answers.insert(key, new);
        self.mark_touched(person, event);
        Some(disposition)
    }

    /// Stores a delivery report. A failed SMS never affects a payment. `None` if no such
    /// message was written: the report becomes a dead letter.
    pub fn delivery(&mut self, status: DeliveryStatus, data: &'a DeliveryReported) -> Option<Disposition> {
        if !self.messages.contains(&data.sms_id) {
            return None;
        }
        if !self.known_reports.insert(ReportKey { sms_id: data.sms_id.clone(), at: data.at, status }) {
            return Some(Disposition::Unchanged);
        }
        self.reports.push(DeliveryReportRow { sms_id: &data.sms_id, at: data.at, status });
        Some(Disposition::Accepted)
    }
}
