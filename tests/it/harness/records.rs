//! The records in the output topics, as written by `export`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, PartialEq, Debug, Deserialize)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub data: Value,
}

impl Record {
    pub fn ce_type(&self) -> &str {
        self.header("ce_type")
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}: {self:?}"))
    }

    /// The trace id in its `traceparent`.
    #[track_caller]
    pub fn trace(&self) -> &str {
        self.header("traceparent").split('-').nth(1).unwrap()
    }
}

/// The records of all output topics, by topic name without prefix. Each partition is in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Topics(pub BTreeMap<String, Vec<Record>>);

impl Topics {
    pub fn read(folder: &Path) -> Self {
        let topics = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let records =
                text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")));
            (path.file_stem().unwrap().to_string_lossy().into_owned(), records.collect())
        });
        Self(topics.collect())
    }

    #[track_caller]
    pub fn topic(&self, name: &str) -> &[Record] {
        self.0.get(name).unwrap_or_else(|| panic!("export wrote no file for {name}"))
    }

    /// The records of an event type. Dead letters are left out: they keep the event type of the original record.
    pub fn of(&self, ce_type: &str) -> Vec<&Record> {
        let events =
            self.0.iter().filter(|(name, _)| *name != "dead-letters.v1").flat_map(|(_, records)| records);
        events.filter(|record| record.ce_type() == ce_type).collect()
    }

    pub fn data(&self, ce_type: &str) -> Vec<Value> {
        self.of(ce_type).into_iter().map(|record| record.data.clone()).collect()
    }

    pub fn dead_letters(&self) -> &[Record] {
        self.topic("dead-letters.v1")
    }

    /// The number of records in each topic.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        self.0.iter().map(|(name, records)| (name.clone(), records.len())).collect()
    }

    pub fn end_state(&self) -> EndState {
        let by = |ce_type: &str, id: &str, fields: &[&str]| {
            let kept =
                |data: Value| (text(&data, id).to_owned(), fields.iter().map(|f| data[*f].clone()).collect());
            self.data(ce_type).into_iter().map(kept).collect()
        };
        EndState {
            decisions: self.answers().content(),
            documents: by(
                "finance.payment-document.issued",
                "document_id",
                &["claim_id", "attempt", "amount_rial", "sheba", "cost_centre"],
            ),
            sms: by("notifications.sms.requested", "sms_id", &["about", "mobile", "text", "kind"]),
        }
    }

    /// The highest revision of each claim.
    pub fn answers(&self) -> Answers {
        let mut claims: BTreeMap<String, Value> = BTreeMap::new();
        for decision in self.data("eligibility.decision.made") {
            let claim = text(&decision, "claim_id").to_owned();
            let known = claims.get(&claim).map_or(0, |known| known["revision"].as_u64().unwrap());
            if decision["revision"].as_u64().unwrap() > known {
                claims.insert(claim, decision);
            }
        }
        Answers(claims.into_values().collect())
    }
}

/// The results that must be equal in two runs with the same input, with any order, batching or interruption.
#[derive(Clone, PartialEq, Debug)]
pub struct EndState {
    pub decisions: BTreeMap<String, (String, BTreeSet<String>, Value)>,
    /// By document: claim, attempt, amount, account and cost centre.
    pub documents: BTreeMap<String, Vec<Value>>,
    /// By SMS: what it is about, number, text and kind.
    pub sms: BTreeMap<String, Vec<Value>>,
}

impl EndState {
    /// Fails if two states differ, and prints only the differences in decisions.
    #[track_caller]
    pub fn assert_same(&self, other: &Self, what: &str) {
        let differing = |(id, a): (&String, &(String, BTreeSet<String>, Value))| {
            (other.decisions.get(id) != Some(a))
                .then(|| format!("{id}: {a:?} and {:?}", other.decisions.get(id)))
        };
        let decisions: Vec<_> = self.decisions.iter().filter_map(differing).collect();
        assert!(
            decisions.is_empty(),
            "{what}: {} claims differ, e.g. {:?}",
            decisions.len(),
            &decisions[..1]
        );
        assert_eq!(self.decisions.len(), other.decisions.len(), "{what}: claims");
        assert_eq!(self.documents, other.documents, "{what}: documents");
        assert_eq!(self.sms, other.sms, "{what}: SMS");
    }
}

/// The highest revision of each claim.
#[derive(Clone, PartialEq, Debug)]
pub struct Answers(pub Vec<Value>);

impl Answers {
    /// All claims of a person, in the order of deed dates.
    pub fn of(&self, national_code: &str) -> Vec<&Value> {
        let mut own: Vec<_> = self.0.iter().filter(|d| d["national_code"] == national_code).collect();
        own.sort_by_key(|decision| decision["marriage"]["deed_date"].to_string());
        own
    }

    /// The only claim of a person.
    #[track_caller]
    pub fn only(&self, national_code: &str) -> &Value {
        let own = self.of(national_code);
        assert_eq!(own.len(), 1, "claims of {national_code}: {own:#?}");
        own[0]
    }

    /// Outcome and reasons of a person's only claim, e.g. `("WAITING", {"NO_VALID_ACCOUNT"})`.
    #[track_caller]
    pub fn verdict(&self, national_code: &str) -> (String, BTreeSet<String>) {
        let decision = self.only(national_code);
        (text(decision, "outcome").to_owned(), reasons(decision))
    }

    /// The part that must not depend on order or batching: outcome, reasons and amount per claim. Claims that ended
    /// because their row moved are left out: they are published only if an earlier decision on them was published.
    pub fn content(&self) -> BTreeMap<String, (String, BTreeSet<String>, Value)> {
        let standing = self.0.iter().filter(|decision| !reasons(decision).contains("RECORD_WITHDRAWN"));
        let content = |d: &Value| (text(d, "outcome").to_owned(), reasons(d), d["amount_rial"].clone());
        standing.map(|decision| (text(decision, "claim_id").to_owned(), content(decision))).collect()
    }
}

/// The codes of a decision's reasons.
pub fn reasons(decision: &Value) -> BTreeSet<String> {
    decision["reasons"].as_array().unwrap().iter().map(|reason| text(reason, "code").to_owned()).collect()
}

#[track_caller]
pub fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is not a string: {value}"))
}
