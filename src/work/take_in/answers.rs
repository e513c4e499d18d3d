//! What finance and the SMS gateway answer.

use super::Taken;
use super::stage::Stage;
use crate::claim::words::{DeliveryStatus, PaymentOutcome};
use crate::store::messages::Report;
use crate::store::payments::Answer;
use crate::wire::Event;
use crate::wire::finance_payment_outcomes_v1::DocumentOutcome;
use crate::wire::notifications_delivery_reports_v1::DeliveryReported;
use crate::work::files::Disposition;

impl<'a> Stage<'a> {
    /// None where no such document was issued.
    pub fn outcome(
        &mut self,
        taken: &Taken,
        event: &Event,
        outcome: PaymentOutcome,
        data: &DocumentOutcome,
    ) -> Option<Disposition> {
        let person = *self.documents.get(&data.document_id)?;
        let new = Answer {
            document_id: data.document_id.clone(),
            at: data.at,
            outcome,
            code: data.code.clone(),
            source_offset: taken.effective_offset(),
        };
        let same_key = |old: &&mut Answer| {
            (&old.document_id, old.at, old.outcome) == (&new.document_id, new.at, outcome)
        };
        let disposition = match self.answers.iter_mut().find(same_key) {
            Some(old) if old.code == new.code => return Some(Disposition::Unchanged),
            Some(old) if taken.is_replay() && old.source_offset > new.source_offset => {
                return Some(Disposition::Unchanged);
            }
            Some(old) => {
                *old = new.clone();
                Disposition::Corrected
            }
            None => {
                self.answers.push(new.clone());
                Disposition::Accepted
            }
        };
        // One statement writes a batch's answers, so a key stands in it once.
        self.new_answers
            .retain(|a| (&a.document_id, a.at, a.outcome) != (&new.document_id, new.at, new.outcome));
        self.new_answers.push(new);
        self.touch(person, event);
        Some(disposition)
    }

    /// A failed SMS never affects a payment: it is only kept. None where no such message was written.
    pub fn delivery(&mut self, status: DeliveryStatus, data: &'a DeliveryReported) -> Option<Disposition> {
        if !self.messages.contains(&data.sms_id) {
            return None;
        }
        self.reports.push(Report { sms_id: &data.sms_id, at: data.at, status });
        Some(Disposition::Accepted)
    }
}
