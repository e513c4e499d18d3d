//! The kinds of files that `publish` accepts.

use self::ColumnForm as F;
use crate::wire::Topic;

/// The form of a column's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ColumnForm {
    /// An id that others own: compared byte by byte.
    OpaqueId,
    /// A UUID that this service issued; written in lower case.
    IssuedId,
    /// A whole number up to 2^53 - 1.
    Version,
    /// One of a closed list of words.
    Word,
    SolarDate,
    SolarMonth,
    /// RFC 3339 with an offset.
    Instant,
    NationalCode,
    InsuranceNumber,
    /// Digits that are padded with zeros to this width.
    PaddedDigits(usize),
    /// Up to this number of digits.
    Digits(usize),
    /// Digits, `/` and `-`.
    DeedNumber,
    Name,
    Text,
    /// A Sheba or mobile number; a malformed one counts as none.
    AsWritten,
    Count,
    Rials,
    Boolean,
    /// `true` or empty.
    Flag,
}

/// A column of a kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    pub name: &'static str,
    pub form: ColumnForm,
    /// Whether the value may be empty, in some rows at least.
    pub may_be_empty: bool,
    /// Whether the header may lack the column.
    pub is_optional: bool,
}

const fn column(name: &'static str, form: ColumnForm) -> Column {
    Column { name, form, may_be_empty: false, is_optional: false }
}

impl Column {
    const fn or_empty(self) -> Self {
        Self { may_be_empty: true, ..self }
    }

    const fn optional(self) -> Self {
        Self { is_optional: true, ..self.or_empty() }
    }
}

/// A kind of file. `as_str()` is the KIND of `publish KIND`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileKind {
    Marriages,
    Persons,
    Employments,
    Wages,
    EarlierPayments,
    SelfRegistrations,
    PaymentOutcomes,
    DeliveryReports,
}

const MARRIAGES: &[Column] = &[
    column("record_id", F::OpaqueId),
    column("record_version", F::Version),
    column("status", F::Word),
    column("deed_date", F::SolarDate),
    column("registered_on", F::SolarDate),
    column("office_kind", F::Word),
    column("office_code", F::Digits(10)).or_empty(),
    column("deed_number", F::DeedNumber).or_empty(),
    column("permanence", F::Word),
    column("husband_national_code", F::NationalCode).or_empty(),
    column("husband_given_name", F::Name).or_empty(),
    column("husband_family_name", F::Name).or_empty(),
    column("husband_birth_date", F::SolarDate).or_empty(),
    column("husband_earlier_marriages", F::Count),
    column("wife_national_code", F::NationalCode).or_empty(),
    column("wife_given_name", F::Name).or_empty(),
    column("wife_family_name", F::Name).or_empty(),
    column("wife_birth_date", F::SolarDate).or_empty(),
    column("wife_earlier_marriages", F::Count),
];
const PERSONS: &[Column] = &[
    column("national_code", F::NationalCode),
    column("insurance_number", F::InsuranceNumber),
    column("given_name", F::Name),
    column("family_name", F::Name),
    column("birth_date", F::SolarDate),
    column("deceased_on", F::SolarDate).or_empty(),
    column("branch_code", F::PaddedDigits(4)),
    column("province_code", F::PaddedDigits(2)),
    column("sheba", F::AsWritten).or_empty(),
    column("sheba_owner", F::Word).or_empty(),
    column("mobile", F::AsWritten).or_empty(),
    column("mobile_owner", F::Word).or_empty(),
];
const EMPLOYMENTS: &[Column] = &[
    column("national_code", F::NationalCode),
    column("workshop_code", F::PaddedDigits(10)),
    column("insurance_type", F::Word),
    column("started_on", F::SolarDate),
    column("ended_on", F::SolarDate).or_empty(),
    column("taken_back", F::Flag).optional(),
];
const WAGES: &[Column] = &[
    column("national_code", F::NationalCode),
    column("month", F::SolarMonth),
    column("workshop_code", F::PaddedDigits(10)),
    column("insurance_type", F::Word),
    column("days", F::Count),
    column("insurable_rial", F::Rials),
];
const EARLIER_PAYMENTS: &[Column] = &[
    column("national_code", F::NationalCode),
    column("paid_on", F::SolarDate),
    column("amount_rial", F::Rials),
    column("source", F::Text),
    column("taken_back", F::Flag).optional(),
];
const SELF_REGISTRATIONS: &[Column] = &[
    column("request_id", F::OpaqueId),
    column("submitted_at", F::Instant),
    column("applicant_national_code", F::NationalCode),
    column("spouse_national_code", F::NationalCode),
    column("deed_date", F::SolarDate),
    column("first_marriage_undertaking", F::Boolean),
];
const PAYMENT_OUTCOMES: &[Column] = &[
    column("document_id", F::IssuedId),
    column("outcome", F::Word),
    column("code", F::Text).or_empty(),
    column("at", F::Instant),
];
const DELIVERY_REPORTS: &[Column] =
    &[column("sms_id", F::IssuedId), column("status", F::Word), column("at", F::Instant)];

impl FileKind {
    pub const ALL: &'static [FileKind] = &[
        Self::Marriages,
        Self::Persons,
        Self::Employments,
        Self::Wages,
        Self::EarlierPayments,
        Self::SelfRegistrations,
        Self::PaymentOutcomes,
        Self::DeliveryReports,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marriages => "marriages",
            Self::Persons => "persons",
            Self::Employments => "employments",
            Self::Wages => "wages",
            Self::EarlierPayments => "earlier-payments",
            Self::SelfRegistrations => "self-registrations",
            Self::PaymentOutcomes => "payment-outcomes",
            Self::DeliveryReports => "delivery-reports",
        }
    }

    /// All columns, in the order in which they are checked for faults.
    pub fn all_columns(self) -> &'static [Column] {
        match self {
            Self::Marriages => MARRIAGES,
            Self::Persons => PERSONS,
            Self::Employments => EMPLOYMENTS,
            Self::Wages => WAGES,
            Self::EarlierPayments => EARLIER_PAYMENTS,
            Self::SelfRegistrations => SELF_REGISTRATIONS,
            Self::PaymentOutcomes => PAYMENT_OUTCOMES,
            Self::DeliveryReports => DELIVERY_REPORTS,
        }
    }

    /// The names of the columns that every header must have.
    pub fn columns(self) -> Vec<&'static str> {
        self.all_columns().iter().filter(|column| !column.is_optional).map(|column| column.name).collect()
    }
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
