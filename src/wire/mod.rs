//! Wire formats: topics, event types, their data, and the files that a publisher reads.
//!
//! Architecture invariant: this module does not depend on a broker or a database. It reads messages from bytes and
//! writes messages to bytes. A published version never changes: a new version of an event is a new file, and the old
//! file stays.

mod attributes;
pub mod casework_findings_v1;
pub mod dead_letters_v1;
pub mod eligibility_decisions_v1;
pub mod envelope;
pub mod event_type;
pub mod fault;
pub mod files;
pub mod finance_payment_documents_v1;
pub mod finance_payment_outcomes_v1;
pub mod form;
pub mod headers;
pub mod input;
pub mod insured_records_v1;
mod json_path;
pub mod notifications_delivery_reports_v1;
pub mod notifications_sms_v1;
pub mod outbox_event;
pub mod outgoing;
mod partition;
pub mod portal_objections_v1;
pub mod portal_self_registrations_v1;
pub mod proof;
pub mod raw_record;
pub mod registry_file_receipts_v1;
pub mod registry_files_v1;
pub mod registry_marriages_v1;
mod shown;
pub mod tables;
pub mod tehran;
pub mod topics;

pub use envelope::{Event, read};
pub use event_type::EventType;
pub use fault::Fault;
pub use input::Input;
pub use outbox_event::OutboxEvent;
pub use outgoing::Outgoing;
pub use partition::{PartitionCounts, partition_for, right_partition};
pub use proof::RecordKey;
pub use raw_record::{FileRef, RawRecord, SourcePosition};
pub use topics::{Direction, Topic};

#[cfg(test)]
mod envelope_tests;

/// Implements `Debug` with the type name only, without personal data.
macro_rules! masked_debug {
    ($($name:ident),+) => { $(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+ };
}
pub(crate) use masked_debug;
