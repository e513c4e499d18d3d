//! Applies objections of insured persons, and what officers find and answer.

use super::batch_state::BatchState;
use super::file_tally::Disposition;
use crate::ident::NationalCode;
use crate::wire::Event;
use crate::wire::casework_findings_v1::CaseworkEvent;
use crate::wire::portal_objections_v1::ObjectionEvent;

impl<'a> BatchState<'a> {
    /// Applies an event of an insured person about an objection.
    pub fn objection(&mut self, event: &Event, objection: &'a ObjectionEvent) -> Disposition {
        let is_new = self.casework.add_objection(objection);
        self.casework_disposition(event, objection.national_code(), is_new)
    }

    /// Applies an event of an officer. A finding and the end of a case are facts: their person is planned.
    pub fn casework(&mut self, event: &Event, casework: &CaseworkEvent) -> Disposition {
        let is_new = match casework {
            CaseworkEvent::FindingProposed(data) => self.casework.propose(data),
            CaseworkEvent::FindingJudged(ruling, data) => self.casework.judge(*ruling, data),
            CaseworkEvent::EndingProposed(data) => self.casework.propose_ending(data),
            CaseworkEvent::EndingJudged(ruling, data) => self.casework.judge_ending(*ruling, data),
            CaseworkEvent::ObjectionClosed(data) => self.casework.close(data),
        };
        self.casework_disposition(event, casework.national_code(), is_new)
    }

    fn casework_disposition(&mut self, event: &Event, person: NationalCode, is_new: bool) -> Disposition {
        if !is_new {
            return Disposition::Unchanged;
        }
        self.mark_touched(person, event);
        Disposition::Accepted
    }
}
