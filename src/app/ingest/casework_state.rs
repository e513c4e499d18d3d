//! The casework that a batch needs in memory, and what the batch adds. Events are kept as sets, so neither
//! repeats nor the order of arrival change the state.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use crate::claim::case_ending::{CaseEnding, Ending};
use crate::claim::finding::{Finding, FindingContent};
use crate::claim::objection::Objection;
use crate::claim::review::{Proposal, Ruling};
use crate::ident::NationalCode;
use crate::store::judgements::NewJudgement;
use crate::store::objections::{self, NewClosing, NewPicture, ObjectionKey};
use crate::store::{PgConnection, Result, endings, findings};
use crate::wire::casework_findings_v1::{
    EndingJudged, EndingProposed, FindingJudged, FindingProposed, ObjectionClosed,
};
use crate::wire::portal_objections_v1::{ObjectionEvent, Picture};

/// The same id from another person is another finding, as for [`ObjectionKey`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FindingKey {
    person: NationalCode,
    finding_id: Uuid,
}

/// The end of a case of this person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct EndingKey {
    person: NationalCode,
    case_id: Uuid,
}

/// The casework of the persons whom the batch's objections, findings and endings name, and what the batch adds.
#[derive(Default)]
pub struct CaseworkState<'a> {
    findings: BTreeMap<FindingKey, Finding>,
    endings: BTreeMap<EndingKey, CaseEnding>,
    objections: BTreeMap<ObjectionKey, Objection>,
    pictures: HashSet<(ObjectionKey, Uuid)>,
    changed_objections: BTreeSet<ObjectionKey>,
    new_proposals: Vec<Proposal<FindingContent>>,
    new_judgements: Vec<NewJudgement>,
    new_endings: Vec<Proposal<Ending>>,
    new_ending_judgements: Vec<NewJudgement>,
    new_closings: Vec<NewClosing>,
    new_pictures: Vec<NewPicture<'a>>,
}

impl<'a> CaseworkState<'a> {
    /// Reads the casework of these persons. They must be locked.
    pub async fn load(tx: &mut PgConnection, persons: &BTreeSet<NationalCode>) -> Result<Self> {
        let mut state = Self::default();
        if persons.is_empty() {
            return Ok(state);
        }
        let codes: Vec<_> = persons.iter().copied().collect();
        for stored in findings::of_persons(tx, &codes).await? {
            let key = FindingKey { person: stored.person, finding_id: stored.finding.finding_id };
            state.findings.insert(key, stored.finding);
        }
        for stored in endings::of_persons(tx, &codes).await? {
            let key = EndingKey { person: stored.person, case_id: stored.ending.case_id };
            state.endings.insert(key, stored.ending);
        }
        for stored in objections::of_persons(tx, &codes).await? {
            let key = ObjectionKey { person: stored.person, objection_id: stored.objection.objection_id };
            state.objections.insert(key, stored.objection);
        }
        state.pictures = objections::pictures_of(tx, &codes).await?;
        Ok(state)
    }

    /// Writes what the batch adds. Returns whether a row was written.
    pub async fn save(&self, tx: &mut PgConnection) -> Result<bool> {
        let changed = self.changed_objections.iter();
        let rows: Vec<_> = changed.filter_map(|key| Some((*key, self.objections.get(key)?))).collect();
        objections::save(tx, &rows).await?;
        objections::insert_closings(tx, &self.new_closings).await?;
        objections::insert_pictures(tx, &self.new_pictures).await?;
        findings::insert_proposals(tx, &self.new_proposals).await?;
        findings::insert_judgements(tx, &self.new_judgements).await?;
        endings::insert_proposals(tx, &self.new_endings).await?;
        endings::insert_judgements(tx, &self.new_ending_judgements).await?;
        // A closing and a picture always come with the row of their objection.
        Ok(!(rows.is_empty()
            && self.new_proposals.is_empty()
            && self.new_judgements.is_empty()
            && self.new_endings.is_empty()
            && self.new_ending_judgements.is_empty()))
    }

    /// Marks the objection's row to be written, and returns it. A finding has no row of its own: only its proposals and
    /// judgements are stored.
    fn changed_objection(&mut self, key: ObjectionKey) -> &mut Objection {
        self.changed_objections.insert(key);
        self.objections.entry(key).or_insert_with(|| Objection::new(key.objection_id))
    }

    fn finding(&mut self, key: FindingKey) -> &mut Finding {
        self.findings.entry(key).or_insert_with(|| Finding::new(key.finding_id))
    }

    /// Adds the pictures that no event has named before. Returns whether there are any.
    fn add_pictures(&mut self, key: ObjectionKey, pictures: &'a [Picture]) -> bool {
        let mut is_new = false;
        for picture in pictures {
            if !self.pictures.insert((key, picture.picture_id)) {
                continue;
            }
            is_new = true;
            self.new_pictures.push(NewPicture {
                key,
                picture_id: picture.picture_id,
                kind: picture.kind,
                sha256: picture.sha256,
                media_type: &picture.media_type,
                bytes: picture.bytes,
                width: picture.width,
                height: picture.height,
            });
        }
        is_new
    }

    /// Returns whether the event says something new.
    pub fn add_objection(&mut self, event: &'a ObjectionEvent) -> bool {
        let person = event.national_code();
        match event {
            ObjectionEvent::Submitted(data) => {
                let key = ObjectionKey { person, objection_id: data.objection_id };
                let is_new = self.changed_objection(key).submit(data.submission());
                self.add_pictures(key, &data.pictures) || is_new
            }
            ObjectionEvent::PicturesAdded(data) => {
                let key = ObjectionKey { person, objection_id: data.objection_id };
                self.changed_objection(key);
                self.add_pictures(key, &data.pictures)
            }
            ObjectionEvent::Withdrawn(data) => {
                let key = ObjectionKey { person, objection_id: data.objection_id };
                let objection = self.changed_objection(key);
                !std::mem::replace(&mut objection.withdrawn, true)
            }
        }
    }

    /// Returns whether the proposal is new.
    pub fn propose(&mut self, data: &FindingProposed) -> bool {
        let key = FindingKey { person: data.national_code, finding_id: data.finding_id };
        let is_new = self.finding(key).review.propose(data.proposal());
        if is_new {
            self.new_proposals.push(data.proposal());
        }
        is_new
    }

    /// Returns whether the judgement is new.
    pub fn judge(&mut self, ruling: Ruling, data: &FindingJudged) -> bool {
        let (person, finding_id) = (data.national_code, data.finding_id);
        let is_new = self.finding(FindingKey { person, finding_id }).review.judge(data.judgement(ruling));
        if is_new {
            let judgement = data.judgement(ruling);
            self.new_judgements.push(NewJudgement { person, id: finding_id, judgement });
        }
        is_new
    }

    fn ending(&mut self, key: EndingKey) -> &mut CaseEnding {
        self.endings.entry(key).or_insert_with(|| CaseEnding::new(key.case_id))
    }

    /// Returns whether the proposal is new. It waits for its case if that is not open yet.
    pub fn propose_ending(&mut self, data: &EndingProposed) -> bool {
        let key = EndingKey { person: data.national_code, case_id: data.case_id };
        let is_new = self.ending(key).review.propose(data.proposal());
        if is_new {
            self.new_endings.push(data.proposal());
        }
        is_new
    }

    /// Returns whether the judgement is new.
    pub fn judge_ending(&mut self, ruling: Ruling, data: &EndingJudged) -> bool {
        let (person, case_id) = (data.national_code, data.case_id);
        let is_new = self.ending(EndingKey { person, case_id }).review.judge(data.judgement(ruling));
        if is_new {
            let judgement = data.judgement(ruling);
            self.new_ending_judgements.push(NewJudgement { person, id: case_id, judgement });
        }
        is_new
    }

    /// Returns whether the closing is new.
    pub fn close(&mut self, data: &ObjectionClosed) -> bool {
        let key = ObjectionKey { person: data.national_code, objection_id: data.objection_id };
        let is_new = self.changed_objection(key).close(data.closing());
        if is_new {
            self.new_closings.push(NewClosing { key, closing: data.closing() });
        }
        is_new
    }
}
