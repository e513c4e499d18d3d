//! The closed vocabularies of the inputs. Each word is written once, here; events, files and the database share it.

/// A fieldless enum with its words, for serde, `FromStr` and `Display`.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::claim::reason::UnknownCode;
            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word).ok_or(crate::claim::reason::UnknownCode)
            }
        }
    };
}

vocabulary!(
    /// What the registry says became of a marriage.
    Status { Registered = "registered", Divorced = "divorced", Annulled = "annulled" }
);
vocabulary!(
    /// Where a marriage was registered.
    OfficeKind {
        MarriageOffice = "marriage_office",
        Consulate = "consulate",
        /// Civil Registration Law, Art. 32.
        Acknowledgement = "acknowledgement",
        None = "none",
    }
);
vocabulary!(
    /// Permanent or temporary (Art. 85(3)).
    Permanence { Permanent = "permanent", Temporary = "temporary" }
);
vocabulary!(
    /// Does the account or the mobile belong to the insured (R17)? Unknown is never a mismatch.
    Ownership { Yes = "yes", No = "no", Unknown = "unknown" }
);
vocabulary!(
    /// What finance answers about a document.
    PaymentOutcome { Accepted = "accepted", Paid = "paid", Returned = "returned" }
);
vocabulary!(
    /// What the SMS gateway answers about a message.
    DeliveryStatus { Delivered = "delivered", Failed = "failed" }
);
vocabulary!(
    /// Why a person must look at a payment.
    CaseKind { Recovery = "recovery", Difference = "difference", Payment = "payment" }
);
vocabulary!(
    /// What an SMS says.
    SmsKind { Registration = "registration", PaymentReturned = "payment_returned" }
);
