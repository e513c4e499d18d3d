//! The kinds of files that `publish` accepts.

use crate::wire::Topic;

macro_rules! kinds {
    ($($variant:ident = $name:literal [$($column:literal),+ $(,)?]),+ $(,)?) => {
        /// A kind of file. `as_str()` is the KIND of `publish KIND`.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum FileKind { $($variant),+ }

        impl FileKind {
            pub const ALL: &'static [FileKind] = &[$(FileKind::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// The columns, in the order in which they are checked for faults.
            pub fn columns(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($column),+]),+ }
            }
        }
    };
}

kinds! {
    Marriages = "marriages" [
        "record_id", "record_version", "status", "deed_date", "registered_on", "office_kind", "office_code",
        "deed_number", "permanence", "husband_national_code", "husband_given_name", "husband_family_name",
        "husband_birth_date", "husband_earlier_marriages", "wife_national_code", "wife_given_name",
        "wife_family_name", "wife_birth_date", "wife_earlier_marriages",
    ],
    Persons = "persons" [
        "national_code", "insurance_number", "given_name", "family_name", "birth_date", "deceased_on", "branch_code",
        "province_code", "sheba", "sheba_owner", "mobile", "mobile_owner",
    ],
    Employments = "employments" ["national_code", "workshop_code", "insurance_type", "started_on", "ended_on"],
    Wages = "wages" ["national_code", "month", "workshop_code", "insurance_type", "days", "insurable_rial"],
    EarlierPayments = "earlier-payments" ["national_code", "paid_on", "amount_rial", "source"],
    SelfRegistrations = "self-registrations" [
        "request_id", "submitted_at", "applicant_national_code", "spouse_national_code", "deed_date",
        "first_marriage_undertaking",
    ],
    PaymentOutcomes = "payment-outcomes" ["document_id", "outcome", "code", "at"],
    DeliveryReports = "delivery-reports" ["sms_id", "status", "at"],
}

impl FileKind {
    /// The topic of its rows.
    pub fn topic(self) -> Topic {
        match self {
            Self::Marriages => Topic::RegistryMarriages,
            Self::Persons | Self::Employments | Self::Wages | Self::EarlierPayments => Topic::InsuredRecords,
            Self::SelfRegistrations => Topic::PortalSelfRegistrations,
            Self::PaymentOutcomes => Topic::FinancePaymentOutcomes,
            Self::DeliveryReports => Topic::NotificationsDeliveryReports,
        }
    }

    /// The usual file name, e.g. `earlier_payments.csv`.
    pub fn file_name(self) -> String {
        format!("{}.csv", self.as_str().replace('-', "_"))
    }
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text does not name a kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "unknown kind of file; the kinds are marriages, persons, employments, wages, earlier-payments, self-registrations, payment-outcomes and delivery-reports"
)]
pub struct UnknownFileKind;

impl std::str::FromStr for FileKind {
    type Err = UnknownFileKind;
    fn from_str(name: &str) -> Result<Self, UnknownFileKind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name).ok_or(UnknownFileKind)
    }
}
