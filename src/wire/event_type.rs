//! The event types (`ce_type`) and the topic of each.

use serde::{Deserialize, Serialize};

use super::Topic;

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal on $topic:ident),+ $(,)?) => {
        /// An event type. `name()` is its `ce_type`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum EventType { $($(#[$doc])* $variant),+ }

        impl EventType {
            pub const ALL: &'static [EventType] = &[$(EventType::$variant),+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            pub fn topic(self) -> Topic {
                match self { $(Self::$variant => Topic::$topic),+ }
            }

            /// The `$id` of the schema of its data.
            pub fn schema_id(self) -> String {
                let topic = self.topic().name();
                let (topic, version) = topic.rsplit_once('.').unwrap_or((topic, "v1"));
                format!("urn:peyvand:{topic}:{version}:{}", self.name())
            }

            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

event_types! {
    MarriageRecorded = "registry.marriage.recorded" on RegistryMarriages,
    FileOpened = "registry.file.opened" on RegistryFiles,
    FileClosed = "registry.file.closed" on RegistryFiles,
    SelfRegistrationSubmitted = "portal.self-registration.submitted" on PortalSelfRegistrations,
    PersonChanged = "insured.person.changed" on InsuredRecords,
    EmploymentChanged = "insured.employment.changed" on InsuredRecords,
    WagesPosted = "insured.wages.posted" on InsuredRecords,
    EarlierPaymentRecorded = "insured.earlier-payment.recorded" on InsuredRecords,
    DocumentAccepted = "finance.document.accepted" on FinancePaymentOutcomes,
    DocumentPaid = "finance.document.paid" on FinancePaymentOutcomes,
    DocumentReturned = "finance.document.returned" on FinancePaymentOutcomes,
    SmsDelivered = "notifications.sms.delivered" on NotificationsDeliveryReports,
    SmsFailed = "notifications.sms.failed" on NotificationsDeliveryReports,
    DecisionMade = "eligibility.decision.made" on EligibilityDecisions,
    CaseOpened = "eligibility.case.opened" on EligibilityDecisions,
    PaymentDocumentIssued = "finance.payment-document.issued" on FinancePaymentDocuments,
    VoucherIssued = "finance.voucher.issued" on FinancePaymentDocuments,
    BatchClosed = "finance.batch.closed" on FinancePaymentDocuments,
    SmsRequested = "notifications.sms.requested" on NotificationsSms,
    FileReceived = "registry.file.received" on RegistryFileReceipts,
    /// Not a `ce_type` on the wire: a dead letter keeps the headers of its message, including the `ce_type`.
    DeadLetter = "dead-letter" on DeadLetters,
    ObjectionSubmitted = "portal.objection.submitted" on PortalObjections,
    ObjectionPicturesAdded = "portal.objection.pictures-added" on PortalObjections,
    ObjectionWithdrawn = "portal.objection.withdrawn" on PortalObjections,
    FindingProposed = "casework.finding.proposed" on CaseworkFindings,
    FindingApproved = "casework.finding.approved" on CaseworkFindings,
    FindingRejected = "casework.finding.rejected" on CaseworkFindings,
    EndingProposed = "casework.case.ending-proposed" on CaseworkFindings,
    EndingApproved = "casework.case.ending-approved" on CaseworkFindings,
    EndingRejected = "casework.case.ending-rejected" on CaseworkFindings,
    ObjectionClosed = "casework.objection.closed" on CaseworkFindings,
    ObjectionAnswered = "eligibility.objection.answered" on EligibilityDecisions,
    CaseEnded = "eligibility.case.ended" on EligibilityDecisions,
}
