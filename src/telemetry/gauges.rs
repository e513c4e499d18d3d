//! The state of the installation, filled by who can ask the database and the broker.

use std::collections::BTreeMap;

/// The state of the installation, as the database and the broker tell it: the same in every process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GaugeValues {
    /// Messages that lie in an input topic and are not yet disposed of, by topic.
    pub lag: BTreeMap<String, i64>,
    /// Outgoing events that are not yet delivered.
    pub outbox_depth: i64,
    /// Files that are open without their end.
    pub open_files: i64,
    /// Files that were closed and still lack rows.
    pub incomplete_files: i64,
    /// Documents without an answer for too long.
    pub unanswered_documents: i64,
    /// Cases that wait for a person.
    pub open_cases: i64,
    /// Months that are closed.
    pub months_closed: i64,
    /// Whether a month that is due is held: 1 asks for a person.
    pub close_held: i64,
}

/// A gauge without labels, as each of its places calls it.
pub(super) struct GaugeDescription {
    pub prometheus: &'static str,
    pub otel: &'static str,
    pub doc: &'static str,
    pub gauge: fn(&GaugeValues) -> i64,
}

macro_rules! gauges {
    ($( $name:ident: $prometheus:literal, $otel:literal, $doc:literal; )*) => {
        pub(super) const GAUGES: &[GaugeDescription] = &[$( GaugeDescription {
            prometheus: $prometheus, otel: $otel, doc: $doc, gauge: |gauges| gauges.$name,
        } ),*];
    };
}

gauges! {
    outbox_depth: "peyvand_outbox_depth", "peyvand.outbox.depth", "Outgoing events that are not yet delivered";
    open_files: "peyvand_open_files", "peyvand.files.open", "Files that are open without their end";
    incomplete_files: "peyvand_incomplete_files", "peyvand.files.incomplete", "Files that were closed and still lack rows";
    unanswered_documents: "peyvand_unanswered_documents", "peyvand.documents.unanswered", "Documents without an answer for too long";
    open_cases: "peyvand_open_cases", "peyvand.cases.open", "Cases that wait for a person";
    months_closed: "peyvand_months_closed", "peyvand.months.closed", "Months that are closed";
    close_held: "peyvand_close_held", "peyvand.close.held", "1 where a month that is due is held for a person to confirm";
}
