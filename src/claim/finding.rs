//! Findings of officers about one ground of a claim (contract: objections and findings).

use uuid::Uuid;

use super::canonical::CanonicalHash;
use super::codes::Verdict;
use super::facts::{FindingFacts, Standing};
use super::reason::ReasonCode;
use super::review::{ProposalContent, Review, Ruled, Ruling};

/// What an officer proposes about one ground of one claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FindingContent {
    pub claim_id: Uuid,
    pub ground: ReasonCode,
    /// The digest of the values that the officer saw: see [`super::fact_seen`].
    pub fact_seen: [u8; 32],
    pub verdict: Verdict,
    /// Pictures of objections against this claim. No rule reads them.
    pub evidence: Vec<Uuid>,
}

impl ProposalContent for FindingContent {
    /// `claim_id`, `ground`, `fact_seen` in hex, `verdict`, the number of pictures, and their ids in the order given.
    fn encode(&self, hash: CanonicalHash) -> CanonicalHash {
        hash.field(&self.claim_id.to_string())
            .field(self.ground.as_str())
            .field(&hex::encode(self.fact_seen))
            .field(self.verdict.as_str())
            .list(self.evidence.iter().map(Uuid::to_string))
    }
}

/// A finding with its proposals and judgements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    pub finding_id: Uuid,
    pub review: Review<FindingContent>,
}

impl Finding {
    pub fn new(finding_id: Uuid) -> Self {
        Self { finding_id, review: Review::default() }
    }

    /// The judgement that decides the finding: the earliest that counts. `None` while none has arrived.
    pub fn decided(&self) -> Option<Ruled<'_, FindingContent>> {
        self.review.ruled().min_by_key(|ruled| ruled.judgement)
    }

    pub fn is_decided(&self) -> bool {
        self.decided().is_some()
    }

    fn approved(&self) -> Option<Ruled<'_, FindingContent>> {
        self.decided().filter(|ruled| ruled.judgement.ruling == Ruling::Approved)
    }
}

/// The findings that speak about the grounds of a claim, in the order of the grounds: of several on one ground the
/// latest approval, then the greater `finding_id`. `fact_seen` gives the digest of today's values of a ground.
pub fn speaking(
    findings: &[Finding],
    claim_id: Uuid,
    fact_seen: impl Fn(ReasonCode) -> Option<[u8; 32]>,
) -> Vec<FindingFacts> {
    let mut approved: Vec<_> = findings
        .iter()
        .filter_map(|finding| Some((finding.finding_id, finding.approved()?)))
        .filter(|(_, ruled)| ruled.proposal.content.claim_id == claim_id)
        .collect();
    approved.sort_by_key(|(id, ruled)| (ruled.proposal.content.ground, ruled.judgement.at, *id));
    let mut speaking: Vec<FindingFacts> = Vec::new();
    for (finding_id, ruled) in approved {
        let content = &ruled.proposal.content;
        let stands = fact_seen(content.ground) == Some(content.fact_seen);
        let facts = FindingFacts {
            finding_id,
            ground: content.ground,
            verdict: content.verdict,
            approved_on: ruled.judgement.on,
            standing: if stands { Standing::Stands } else { Standing::FactsMoved },
        };
        match speaking.last_mut().filter(|last| last.ground == facts.ground) {
            Some(last) => *last = facts,
            None => speaking.push(facts),
        }
    }
    speaking
}
