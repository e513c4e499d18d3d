//! Two persons: an officer proposes, another approves or rejects.
//!
//! Proposals and judgements are kept as sets. What they say is computed from the whole sets, so it does not depend on
//! the order in which they arrived, nor on repeats.

use uuid::Uuid;

use super::canonical::CanonicalHash;
use crate::ident::NationalCode;
use crate::law::SolarDate;

/// What an officer proposes: a finding, or the end of a case.
pub trait ProposalContent: Clone + Eq {
    /// Adds the fields of the content to the encoding of its proposal.
    fn encode(&self, hash: CanonicalHash) -> CanonicalHash;
}

/// A proposal by one officer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal<C> {
    /// The id of the finding or of the case.
    pub id: Uuid,
    /// In microseconds since 1970.
    pub at: i64,
    /// The opaque staff id of the officer.
    pub author: String,
    pub person: NationalCode,
    pub content: C,
    /// The officer's own words. No rule reads them.
    pub reason: String,
}

/// The version of the encoding of proposals. It is the first field of the encoding.
const FORM: &str = "1";

impl<C: ProposalContent> Proposal<C> {
    /// The SHA-256 of the canonical encoding: form, id, `at` in microseconds since 1970, author, national code, the
    /// fields of the content, and the reason. A judgement counts only for the proposal with this digest.
    pub fn sha256(&self) -> [u8; 32] {
        let head = CanonicalHash::default()
            .field(FORM)
            .field(&self.id.to_string())
            .field(&self.at.to_string())
            .field(&self.author)
            .field(&self.person.to_string());
        self.content.encode(head).field(&self.reason).finish()
    }
}

/// What the second officer says. A rejection precedes an approval of the same instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ruling {
    Rejected,
    Approved,
}

/// An approval or a rejection of the proposal with exactly this digest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Judgement {
    /// In microseconds since 1970.
    pub at: i64,
    pub ruling: Ruling,
    pub proposal_sha256: [u8; 32],
    /// The opaque staff id of the second officer.
    pub approver: String,
    /// The author of the proposal, as the second officer saw it.
    pub author: String,
    /// The Solar day of `at` in Tehran: the tables of the law are read as of this day.
    pub on: SolarDate,
    pub reason: String,
}

impl Judgement {
    /// The SHA-256 of the canonical encoding of all fields: two judgements with the same digest are one.
    pub fn sha256(&self) -> [u8; 32] {
        CanonicalHash::default()
            .field(&self.at.to_string())
            .field(if self.ruling == Ruling::Approved { "approved" } else { "rejected" })
            .field(&hex::encode(self.proposal_sha256))
            .field(&self.approver)
            .field(&self.author)
            .field(&self.reason)
            .finish()
    }
}

/// All proposals about one id, and all judgements about them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Review<C> {
    proposals: Vec<([u8; 32], Proposal<C>)>,
    judgements: Vec<Judgement>,
}

impl<C> Default for Review<C> {
    fn default() -> Self {
        Self { proposals: Vec::new(), judgements: Vec::new() }
    }
}

/// A proposal with the judgement that stands.
#[derive(Clone, Copy)]
pub struct Ruled<'a, C> {
    pub proposal: &'a Proposal<C>,
    pub judgement: &'a Judgement,
}

impl<C: ProposalContent> Review<C> {
    /// Adds a proposal. Returns whether it was new.
    pub fn propose(&mut self, proposal: Proposal<C>) -> bool {
        let digest = proposal.sha256();
        match self.proposals.binary_search_by(|(known, _)| known.cmp(&digest)) {
            Ok(_) => false,
            Err(place) => {
                self.proposals.insert(place, (digest, proposal));
                true
            }
        }
    }

    /// Adds a judgement, whether or not its proposal has arrived. Returns whether it was new.
    pub fn judge(&mut self, judgement: Judgement) -> bool {
        match self.judgements.binary_search(&judgement) {
            Ok(_) => false,
            Err(place) => {
                self.judgements.insert(place, judgement);
                true
            }
        }
    }

    pub fn proposals(&self) -> impl Iterator<Item = &Proposal<C>> {
        self.proposals.iter().map(|(_, proposal)| proposal)
    }

    pub fn judgements(&self) -> &[Judgement] {
        &self.judgements
    }

    /// Each proposal that was judged, with the judgement that stands: the earliest, and the rejection of two at one
    /// instant. A judgement by the author of the proposal does not count.
    pub fn ruled(&self) -> impl Iterator<Item = Ruled<'_, C>> {
        self.proposals.iter().filter_map(|(digest, proposal)| {
            // Judgements are sorted by instant and ruling.
            let judgement = self.judgements.iter().find(|judgement| {
                judgement.proposal_sha256 == *digest
                    && judgement.author == proposal.author
                    && judgement.approver != proposal.author
            })?;
            Some(Ruled { proposal, judgement })
        })
    }

    /// Whether this officer proposed, or judged a proposal.
    pub fn involves(&self, officer: &str) -> bool {
        self.proposals().any(|proposal| proposal.author == officer)
            || self.ruled().any(|ruled| ruled.judgement.approver == officer)
    }
}
