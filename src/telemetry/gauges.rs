//! The gauges: the state of the installation. The callers read it from the database and the broker.

use std::collections::BTreeMap;

/// The state of the installation as read from the database and the broker. It is the same in every process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GaugeValues {
    /// Unix time of the reading, in seconds.
    pub updated_seconds: i64,
    /// Messages of an input topic without a disposition, by topic.
    pub lag: BTreeMap<String, i64>,
    /// Messages that could not be read and are not dealt with, by reason.
    pub dead_letters_open: BTreeMap<String, i64>,
    /// Outgoing events that are not yet delivered.
    pub outbox_depth: i64,
    /// Files without their end.
    pub open_files: i64,
    /// Files that were closed and still lack rows.
    pub incomplete_files: i64,
    /// Documents without an answer for `unanswered_days`.
    pub unanswered_documents: i64,
    /// Objections that are open after `objection_days`.
    pub overdue_objections: i64,
    /// Submissions of the portal that are not in their topics.
    pub undelivered_submissions: i64,
    /// Age of the oldest of them, in seconds; 0 if there is none.
    pub undelivered_submission_age: i64,
    /// Cases that wait for a person.
    pub open_cases: i64,
    /// Closed months.
    pub months_closed: i64,
    /// 1 if a due month is held for a person to confirm, else 0.
    pub close_held: i64,
}

/// A gauge without labels, with its name in Prometheus and in OpenTelemetry.
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
    updated_seconds: "peyvand_gauges_updated_seconds", "peyvand.gauges.updated", "Unix time at which this process last read the gauges";
    outbox_depth: "peyvand_outbox_depth", "peyvand.outbox.depth", "Outgoing events that are not yet delivered";
    open_files: "peyvand_open_files", "peyvand.files.open", "Files without their end";
    incomplete_files: "peyvand_incomplete_files", "peyvand.files.incomplete", "Files that were closed and still lack rows";
    unanswered_documents: "peyvand_unanswered_documents", "peyvand.documents.unanswered", "Documents without an answer for `unanswered_days`";
    overdue_objections: "peyvand_overdue_objections", "peyvand.objections.overdue", "Objections that are open after `objection_days`";
    undelivered_submissions: "peyvand_undelivered_submissions", "peyvand.submissions.undelivered", "Submissions of the portal that are not in their topics";
    undelivered_submission_age: "peyvand_undelivered_submission_age_seconds", "peyvand.submissions.undelivered.age", "Age of the oldest submission that is not in its topic, in seconds";
    open_cases: "peyvand_open_cases", "peyvand.cases.open", "Cases that wait for a person";
    months_closed: "peyvand_months_closed", "peyvand.months.closed", "Closed months";
    close_held: "peyvand_close_held", "peyvand.close.held", "1 if a due month is held for a person to confirm, else 0";
}
