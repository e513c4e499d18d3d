//! Cases: what an officer must judge about a payment (R22).
//!
//! A case belongs to a cause. A cause is what comparing the standing facts yields, so neither the order nor the batches in
//! which facts arrive change it. A standing cause that nobody judged holds further attempts back. A cause that was judged
//! opens no other case.

use uuid::Uuid;

use super::canonical::CanonicalHash;
use super::case_ending::{EndedCase, Ending};
use super::codes::CaseKind;
use crate::law::Rial;

/// What comparing the standing facts yields about a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    pub document_id: String,
    pub kind: CaseKind,
    /// The codes of the reasons, or of what happened.
    pub grounds: Vec<String>,
    /// The amount by the current facts. `None` if nothing is due, or if the cause is not about an amount.
    pub new_amount: Option<Rial>,
}

/// The version of the encoding of causes. It is the first field of the encoding. A form that was used once is computed
/// without change from then on, because a judged cause must stay judged.
const FORM: &str = "1";

impl Cause {
    /// The SHA-256 of form, kind, document, grounds and new amount.
    ///
    /// Facts about the claim are compared with the payment as a whole, so their cause names no document: once judged, it
    /// stays judged when a further attempt is issued. A cause `payment` is about one document.
    pub fn digest(&self) -> [u8; 32] {
        let document = if self.kind == CaseKind::Payment { self.document_id.as_str() } else { "" };
        CanonicalHash::default()
            .field(FORM)
            .field(self.kind.as_str())
            .field(document)
            .list(self.grounds.iter().cloned())
            .field(&self.new_amount.map(|amount| amount.to_string()).unwrap_or_default())
            .finish()
    }

    /// Whether the facts of the claim yield this cause. Otherwise finance's answers or a death do.
    pub fn is_of_review(&self) -> bool {
        self.kind != CaseKind::Payment
    }
}

/// A case that was opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCase {
    pub case_id: Uuid,
    pub cause: Cause,
    /// The standing facts do not yield the cause any more. The case holds nothing.
    pub is_gone: bool,
    /// A version before endings closed it: judged, with an outcome that is not known.
    pub is_closed: bool,
    pub ended: Option<CaseEnd>,
}

/// The end of a case that counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CaseEnd {
    /// The instant of the approval, in microseconds since 1970.
    pub at: i64,
    pub ending: Ending,
    pub proposal_sha256: [u8; 32],
}

impl StoredCase {
    pub fn opened(case_id: Uuid, cause: Cause) -> Self {
        Self { case_id, cause, is_gone: false, is_closed: false, ended: None }
    }

    pub fn is_judged(&self) -> bool {
        self.is_closed || self.ended.is_some()
    }

    /// `open`, `gone` or `ended`.
    pub fn state(&self) -> &'static str {
        match (self.is_judged(), self.is_gone) {
            (true, _) => "ended",
            (false, true) => "gone",
            (false, false) => "open",
        }
    }

    /// Whether the case holds further attempts back.
    pub fn holds(&self) -> bool {
        !self.is_gone && !self.is_judged()
    }

    /// The case as later comparisons and attempts read it.
    pub fn as_ended(&self) -> Option<EndedCase> {
        let CaseEnd { at, ending, .. } = self.ended?;
        Some(EndedCase { case_id: self.case_id, at, ending, new_amount: self.cause.new_amount })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::facts::digest;

    fn cause(document_id: &str, kind: CaseKind, new_amount: Option<u64>) -> Cause {
        let grounds = vec!["AMOUNT_LOWER".to_owned()];
        Cause {
            document_id: document_id.to_owned(),
            kind,
            grounds,
            new_amount: new_amount.and_then(Rial::new),
        }
    }

    /// A stored digest must stay: a judged cause never opens again.
    #[test]
    fn the_bytes_of_a_cause_are_fixed() {
        let review = cause("d1", CaseKind::Recovery, Some(80));
        assert_eq!(review.digest(), digest(b"1:1,8:recovery,0:,1:1,12:AMOUNT_LOWER,2:80,"));
        let payment = cause("d1", CaseKind::Payment, None);
        assert_eq!(payment.digest(), digest(b"1:1,7:payment,2:d1,1:1,12:AMOUNT_LOWER,0:,"));
    }

    #[test]
    fn only_a_cause_about_the_payment_names_its_document() {
        let digests = |kind| [cause("d1", kind, None).digest(), cause("d2", kind, None).digest()];
        let [first, second] = digests(CaseKind::Recovery);
        assert_eq!(first, second);
        let [first, second] = digests(CaseKind::Payment);
        assert_ne!(first, second);
    }
}
