//! The conditions that the law and the order set, and the vocabulary of what was found about each.

use crate::claim::reason::ReasonCode as R;

/// Defines a fieldless enum with the keys of its texts.
macro_rules! keys {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $key:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The key of its texts.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $key),+ }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(self.as_str())
            }
        }
    };
}

keys!(
    /// A condition of payment, in the order in which a person reads them: the law first, then identity and records, then
    /// account and mobile.
    Condition {
        FirstMarriage = "first_marriage",
        Permanent = "permanent",
        RegisteredInOffice = "registered_in_office",
        Employed = "employed",
        InsuredDays = "insured_days",
        NeverPaid = "never_paid",
        Insured = "insured",
        SamePerson = "same_person",
        ConfirmedByRegistry = "confirmed_by_registry",
        RecordStands = "record_stands",
        OneMarriageThatDay = "one_marriage_that_day",
        NotAnnulled = "not_annulled",
        SpouseHasCode = "spouse_has_code",
        Alive = "alive",
        InsideTables = "inside_tables",
        OwnAccount = "own_account",
        OwnMobile = "own_mobile",
    }
);

impl Condition {
    /// The conditions that this reason says are not met. An awaited wage list concerns the employment, the days or both.
    pub fn of(code: R) -> &'static [Condition] {
        match code {
            R::IdentityMismatch => &[Self::SamePerson],
            R::ConflictingRecords => &[Self::OneMarriageThatDay],
            R::MarriageNotPermanent => &[Self::Permanent],
            R::MarriageNotRegistered | R::RegisteredByAcknowledgement => &[Self::RegisteredInOffice],
            R::NotFirstMarriage => &[Self::FirstMarriage],
            R::EmploymentEnded | R::InsuranceTypeNotCovered => &[Self::Employed],
            R::InsufficientContributionDays => &[Self::InsuredDays],
            R::AlreadyPaid => &[Self::NeverPaid],
            R::NotInsured => &[Self::Insured],
            R::RecordWithdrawn => &[Self::RecordStands],
            R::MarriageAnnulled => &[Self::NotAnnulled],
            R::PersonDeceased => &[Self::Alive],
            R::SpouseHasNoNationalCode => &[Self::SpouseHasCode],
            R::RegistryDateMismatch | R::NotConfirmedByRegistry => &[Self::ConfirmedByRegistry],
            R::AwaitingWageList => &[Self::Employed, Self::InsuredDays],
            R::OutsideKnownTables => &[Self::InsideTables],
            R::AccountCheckPending | R::NoValidAccount | R::AccountNotOwned | R::PaymentReturned => {
                &[Self::OwnAccount]
            }
            R::MobileCheckPending | R::NoValidMobile | R::MobileNotOwned => &[Self::OwnMobile],
        }
    }
}

keys!(
    /// What is known about a condition.
    ConditionState {
        Met = "met",
        /// A reason of the decision says so.
        Unmet = "unmet",
        /// A fact that arrives by itself is missing (outcome `PENDING`).
        Open = "open",
        /// The decision did not judge this condition, or its record has not arrived.
        NotJudged = "not_judged",
    }
);

keys!(
    /// Whose record a fact is from.
    RecordOwner {
        CivilRegistry = "civil_registry",
        InsuranceRecord = "insurance_record",
        EmploymentRecords = "employment_records",
        WageLists = "wage_lists",
        OwnStatement = "own_statement",
        AccountCheck = "account_check",
        MobileCheck = "mobile_check",
        PaymentRecords = "payment_records",
        Finance = "finance",
        LawTables = "law_tables",
    }
);

keys!(
    /// What the record says.
    FactKey {
        NotLookedAt = "not_looked_at",
        NoRegistryRow = "no_registry_row",
        FirstInRegistry = "first_in_registry",
        FirstByUndertaking = "first_by_undertaking",
        EarlierCounted = "earlier_counted",
        EarlierDated = "earlier_dated",
        NoUndertaking = "no_undertaking",
        IsPermanent = "is_permanent",
        IsTemporary = "is_temporary",
        MarriageOffice = "marriage_office",
        Consulate = "consulate",
        Acknowledgement = "acknowledgement",
        NoOffice = "no_office",
        EmployedOnDeed = "employed_on_deed",
        EmploymentEndedOn = "employment_ended_on",
        NoEmployment = "no_employment",
        TypesOnDeed = "types_on_deed",
        EmploymentListAwaited = "employment_list_awaited",
        DaysCounted = "days_counted",
        DaysListAwaited = "days_list_awaited",
        NothingPaid = "nothing_paid",
        PaidByBranch = "paid_by_branch",
        PaidByDocument = "paid_by_document",
        RecordFound = "record_found",
        NoRecord = "no_record",
        SameIdentity = "same_identity",
        NameDiffers = "name_differs",
        BirthDateDiffers = "birth_date_differs",
        NameAndBirthDateDiffer = "name_and_birth_date_differ",
        RowConfirms = "row_confirms",
        RowAwaited = "row_awaited",
        RowHasOtherDate = "row_has_other_date",
        Recorded = "recorded",
        Withdrawn = "withdrawn",
        OneMarriage = "one_marriage",
        TwoMarriages = "two_marriages",
        Stands = "stands",
        Annulled = "annulled",
        SpouseCodeThere = "spouse_code_there",
        SpouseCodeMissing = "spouse_code_missing",
        NoDeathRecorded = "no_death_recorded",
        DeathRecorded = "death_recorded",
        TablesReach = "tables_reach",
        TablesDoNotReach = "tables_do_not_reach",
        DeedInFuture = "deed_in_future",
        AccountIsOwn = "account_is_own",
        AccountMissing = "account_missing",
        AccountMalformed = "account_malformed",
        BankRetired = "bank_retired",
        AccountOfAnother = "account_of_another",
        AccountUnchecked = "account_unchecked",
        AccountReturned = "account_returned",
        MobileIsOwn = "mobile_is_own",
        MobileMissing = "mobile_missing",
        MobileMalformed = "mobile_malformed",
        MobileOfAnother = "mobile_of_another",
        MobileUnchecked = "mobile_unchecked",
    }
);
