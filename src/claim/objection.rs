//! Objections of insured persons, and which closing of an officer counts (contract: objections).
//!
//! An objection changes no decision. What was said about it is kept as sets, so its state does not depend on the order
//! of arrival.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::canonical::CanonicalHash;
use super::finding::Finding;
use super::outcome::UnknownCode;
use super::reason::ReasonCode;
use super::review::Ruling;

/// What an objection disputes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Disputed {
    Ground(ReasonCode),
    Amount,
}

impl Disputed {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ground(code) => code.as_str(),
            Self::Amount => "amount",
        }
    }
}

impl fmt::Display for Disputed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Disputed {
    type Err = UnknownCode;
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        if text == Self::Amount.as_str() { Ok(Self::Amount) } else { text.parse().map(Self::Ground) }
    }
}

/// The objection as the person submitted it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Submission {
    /// In microseconds since 1970.
    pub submitted_at: i64,
    pub claim_id: Uuid,
    pub disputed: Disputed,
}

/// An officer closes the objection.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Closing {
    /// In microseconds since 1970.
    pub at: i64,
    /// The opaque staff id of the officer.
    pub author: String,
    pub accepted: bool,
    pub reason: String,
    /// The findings that must be decided before the answer follows.
    pub findings: Vec<Uuid>,
}

impl Closing {
    /// The SHA-256 of the canonical encoding of all fields: two closings with the same digest are one.
    pub fn sha256(&self) -> [u8; 32] {
        CanonicalHash::default()
            .field(&self.at.to_string())
            .field(&self.author)
            .field(if self.accepted { "accepted" } else { "not accepted" })
            .field(&self.reason)
            .list(self.findings.iter().map(Uuid::to_string))
            .finish()
    }
}

/// An objection with its withdrawal and its closings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    pub objection_id: Uuid,
    /// `None` while only a withdrawal or a closing has arrived.
    pub submission: Option<Submission>,
    /// Withdrawal is final, whether it comes before or after a closing.
    pub withdrawn: bool,
    /// Sorted, without duplicates: see [`Objection::close`].
    closings: Vec<Closing>,
    /// The answer was published.
    pub answered: bool,
}

impl Objection {
    pub fn new(objection_id: Uuid) -> Self {
        Self { objection_id, submission: None, withdrawn: false, closings: Vec::new(), answered: false }
    }

    /// Sets the submission. Of several with one id the earliest stands. Returns whether this one is new and stands.
    pub fn submit(&mut self, submission: Submission) -> bool {
        if self.submission.as_ref().is_some_and(|known| *known <= submission) {
            return false;
        }
        self.submission = Some(submission);
        true
    }

    /// Adds a closing. Returns whether it was new.
    pub fn close(&mut self, closing: Closing) -> bool {
        match self.closings.binary_search(&closing) {
            Ok(_) => false,
            Err(place) => {
                self.closings.insert(place, closing);
                true
            }
        }
    }

    pub fn closings(&self) -> &[Closing] {
        &self.closings
    }

    /// The closing that counts: the earliest by an officer who may close. `findings` are those of the person.
    pub fn closing(&self, findings: &[Finding]) -> Option<&Closing> {
        let submission = self.submission.as_ref()?;
        if self.withdrawn {
            return None;
        }
        self.closings.iter().find(|closing| may_close(submission, &closing.author, findings))
    }

    /// Whether this officer may close the objection.
    pub fn may_be_closed_by(&self, officer: &str, findings: &[Finding]) -> bool {
        self.submission.as_ref().is_some_and(|submission| may_close(submission, officer, findings))
    }

    /// The closing that is answered now: the one that counts, once each finding that it names is decided.
    pub fn answer(&self, findings: &[Finding]) -> Option<&Closing> {
        let closing = self.closing(findings)?;
        let is_decided =
            |id: &Uuid| findings.iter().any(|finding| finding.finding_id == *id && finding.is_decided());
        closing.findings.iter().all(is_decided).then_some(closing)
    }
}

/// Who authored or approved a finding closes no objection against it: an objection to the ground of the finding that was
/// submitted at or after its approval.
fn may_close(submission: &Submission, officer: &str, findings: &[Finding]) -> bool {
    !findings.iter().filter_map(Finding::decided).any(|ruled| {
        let content = &ruled.proposal.content;
        ruled.judgement.ruling == Ruling::Approved
            && content.claim_id == submission.claim_id
            && submission.disputed == Disputed::Ground(content.ground)
            && ruled.judgement.at <= submission.submitted_at
            && [&ruled.proposal.author, &ruled.judgement.approver].iter().any(|known| *known == officer)
    })
}
