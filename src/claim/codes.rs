//! The closed vocabularies of the inputs. Each code is defined only here. Events, files and the database use the same
//! codes.

/// Defines a fieldless enum with its codes, for serde, `FromStr` and `Display`.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::claim::outcome::UnknownCode;
            fn from_str(code: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == code).ok_or(crate::claim::outcome::UnknownCode)
            }
        }
    };
}

vocabulary!(
    /// The status of a marriage in the registry.
    Status { Registered = "registered", Divorced = "divorced", Annulled = "annulled" }
);
vocabulary!(
    /// The kind of office that registered a marriage.
    OfficeKind {
        MarriageOffice = "marriage_office",
        Consulate = "consulate",
        /// Civil Registration Law, Art. 32.
        Acknowledgement = "acknowledgement",
        None = "none",
    }
);
vocabulary!(
    /// Whether a marriage is permanent or temporary (Art. 85(3)).
    Permanence { Permanent = "permanent", Temporary = "temporary" }
);
vocabulary!(
    /// Whether the account or the mobile belongs to the insured person (R17). `Unknown` is never a mismatch.
    Ownership { Yes = "yes", No = "no", Unknown = "unknown" }
);
vocabulary!(
    /// The answer of finance about a payment document.
    PaymentOutcome { Accepted = "accepted", Paid = "paid", Returned = "returned" }
);
vocabulary!(
    /// The answer of the SMS gateway about a message.
    DeliveryStatus { Delivered = "delivered", Failed = "failed" }
);
vocabulary!(
    /// Why an officer must review a payment.
    CaseKind { Recovery = "recovery", Difference = "difference", Payment = "payment" }
);
vocabulary!(
    /// The content of an SMS.
    SmsKind { Registration = "registration", PaymentReturned = "payment_returned" }
);
vocabulary!(
    /// What a finding says about a ground of a claim.
    Verdict {
        /// The ground does not count.
        SetAside = "set_aside",
        /// The claim is refused by the ground.
        Confirmed = "confirmed",
        /// Either is undone.
        Lifted = "lifted",
    }
);
vocabulary!(
    /// How a case ends.
    EndingOutcome {
        NoAction = "no_action",
        /// An amount is to be recovered.
        RecoveryOrdered = "recovery_ordered",
        /// An amount is to be paid in addition.
        DifferenceOrdered = "difference_ordered",
        /// The returned document may be followed by another attempt, with the lower of the frozen and the new amount.
        Reissue = "reissue",
        /// No attempt follows the returned document.
        Stop = "stop",
    }
);
vocabulary!(
    /// What a picture of an objection shows.
    PictureKind { Deed = "deed", Booklet = "booklet", Other = "other" }
);
