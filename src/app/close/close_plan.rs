//! The plan of a close: every document that it would issue, and the digest that a person confirms.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::law::SolarMonth;
use crate::store::{Error, Result};

/// The documents of a close, by claim and attempt. The order in which they are added does not matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClosePlan {
    pub month: SolarMonth,
    pub total_rial: u64,
    /// The digest of amount, Sheba and cost centre of each document.
    documents: BTreeMap<(Uuid, i32), String>,
}

/// What the digest of a plan covers of each document.
pub struct PlannedDocument<'a> {
    pub claim_id: Uuid,
    pub attempt: i32,
    pub amount_rial: u64,
    pub sheba: &'a str,
    pub cost_centre: &'a str,
}

/// How a plan differs from an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlanDifference {
    pub added: usize,
    pub gone: usize,
    /// Another amount, Sheba or cost centre.
    pub changed: usize,
}

impl ClosePlan {
    pub fn of(month: SolarMonth) -> Self {
        Self { month, total_rial: 0, documents: BTreeMap::new() }
    }

    /// # Errors
    /// Fails if the total is too large.
    pub fn add(&mut self, document: &PlannedDocument<'_>) -> Result<()> {
        let PlannedDocument { claim_id, attempt, amount_rial, sheba, cost_centre } = document;
        // No part contains a comma, so different documents give different texts.
        let pays = hex::encode(Sha256::digest(format!("{amount_rial},{sheba},{cost_centre}")));
        self.documents.insert((*claim_id, *attempt), pays);
        self.total_rial =
            self.total_rial.checked_add(*amount_rial).ok_or(Error::Unreadable("total of a plan"))?;
        Ok(())
    }

    pub fn documents(&self) -> u64 {
        u64::try_from(self.documents.len()).unwrap_or(u64::MAX)
    }

    /// One line for each document, in the order of claims and attempts.
    pub fn lines(&self) -> String {
        let documents = self.documents.iter();
        documents.map(|((claim, attempt), pays)| format!("{claim} {attempt} {pays}\n")).collect()
    }

    /// Reads the lines of [`Self::lines`].
    ///
    /// # Errors
    /// Fails if they have another form.
    pub fn from_lines(month: SolarMonth, total_rial: u64, lines: &str) -> Result<Self> {
        let mut documents = BTreeMap::new();
        for line in lines.lines() {
            let mut parts = line.split(' ');
            let (Some(claim), Some(attempt), Some(pays)) = (parts.next(), parts.next(), parts.next()) else {
                return Err(Error::Unreadable("line of a plan"));
            };
            let claim = claim.parse().map_err(|_| Error::Unreadable("claim of a plan"))?;
            let attempt = attempt.parse().map_err(|_| Error::Unreadable("attempt of a plan"))?;
            documents.insert((claim, attempt), pays.to_owned());
        }
        Ok(Self { month, total_rial, documents })
    }

    /// SHA-256 in lower-case hex over the month and the lines.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(format!("{}\n{}", self.month, self.lines())))
    }

    pub fn difference(&self, earlier: &Self) -> PlanDifference {
        let added = self.documents.keys().filter(|key| !earlier.documents.contains_key(key)).count();
        let gone = earlier.documents.keys().filter(|key| !self.documents.contains_key(key)).count();
        let documents = self.documents.iter();
        let changed = documents
            .filter(|(key, pays)| earlier.documents.get(key).is_some_and(|then| then != *pays))
            .count();
        PlanDifference { added, gone, changed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHEBA: &str = "IR820540102680020817909002";

    fn plan(documents: &[(u128, i32, u64, &str, &str)]) -> ClosePlan {
        let mut plan = ClosePlan::of("1404-07".parse().unwrap());
        for (claim, attempt, amount_rial, sheba, cost_centre) in documents {
            let (claim_id, attempt, amount_rial) = (Uuid::from_u128(*claim), *attempt, *amount_rial);
            plan.add(&PlannedDocument { claim_id, attempt, amount_rial, sheba, cost_centre }).unwrap();
        }
        plan
    }

    /// "over claim, attempt, amount, Sheba and cost centre of every document"
    #[test]
    fn the_digest_covers_everything_and_no_order() {
        let base = plan(&[(1, 1, 500, SHEBA, "0101"), (2, 1, 700, SHEBA, "0102")]);
        assert_eq!(base.digest(), plan(&[(2, 1, 700, SHEBA, "0102"), (1, 1, 500, SHEBA, "0101")]).digest());
        for other in [
            plan(&[(3, 1, 500, SHEBA, "0101"), (2, 1, 700, SHEBA, "0102")]),
            plan(&[(1, 2, 500, SHEBA, "0101"), (2, 1, 700, SHEBA, "0102")]),
            plan(&[(1, 1, 501, SHEBA, "0101"), (2, 1, 699, SHEBA, "0102")]),
            plan(&[(1, 1, 500, "IR062960000000100324200001", "0101"), (2, 1, 700, SHEBA, "0102")]),
            plan(&[(1, 1, 500, SHEBA, "0102"), (2, 1, 700, SHEBA, "0102")]),
            plan(&[(1, 1, 500, SHEBA, "0101")]),
            ClosePlan { month: "1404-08".parse().unwrap(), ..base.clone() },
        ] {
            assert_ne!(base.digest(), other.digest(), "{other:?}");
        }
    }

    #[test]
    fn a_stored_plan_is_compared() {
        let then =
            plan(&[(1, 1, 500, SHEBA, "0101"), (2, 1, 700, SHEBA, "0102"), (3, 1, 900, SHEBA, "0102")]);
        let stored = ClosePlan::from_lines(then.month, then.total_rial, &then.lines()).unwrap();
        assert_eq!((&stored, stored.digest()), (&then, then.digest()));
        let now = plan(&[(2, 1, 701, SHEBA, "0102"), (3, 1, 900, SHEBA, "0102"), (4, 1, 1, SHEBA, "0102")]);
        assert_eq!(now.difference(&then), PlanDifference { added: 1, gone: 1, changed: 1 });
        assert!(ClosePlan::from_lines(then.month, 0, "no plan").is_err());
    }
}
