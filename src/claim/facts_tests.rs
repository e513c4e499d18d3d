//! Pins the stored form of facts, because stored facts must stay readable permanently.

use super::*;
use crate::claim::identity::Counterpart;
use crate::law::SolarMonth;

fn date(text: &str) -> SolarDate {
    text.parse().unwrap()
}

fn month(text: &str) -> SolarMonth {
    text.parse().unwrap()
}

fn full() -> Facts {
    Facts {
        benefit: Benefit::MarriageAllowance,
        deed_date: date("1404-05-12"),
        spouse_has_code: true,
        withdrawn: false,
        registry: Some(RegistryFacts {
            status: Status::Divorced,
            office_kind: OfficeKind::Acknowledgement,
            permanence: Permanence::Temporary,
            earlier_marriages: 2,
            family_name: "احمدی".to_owned(),
            birth_date: Some(date("1375-12-30")),
        }),
        self_registration: Some(SelfRegistrationFacts {
            first_marriage_undertaking: true,
            registry_has_date: Some(date("1404-05-11")),
        }),
        earlier_marriage_on: Some(date("1399-12-30")),
        conflicting: true,
        insured: Some(InsuredFacts {
            family_name: "احمدی".to_owned(),
            birth_date: date("1375-12-30"),
            deceased_on: Some(date("1404-06-31")),
            sheba: Some("IR…".to_owned()),
            sheba_owner: Ownership::Yes,
            mobile: None,
            mobile_owner: Ownership::Unknown,
        }),
        employments: vec![EmploymentLine(InsuranceType::Compulsory, date("1400-01-01"), None)],
        wages: vec![WageLine(month("1404-04"), InsuranceType::MilitaryService, 31, 123_456_789)],
        paid_before: vec![
            PaidBefore::Branch { paid_on: date("1401-02-03"), source: "branch".to_owned() },
            PaidBefore::Document { document_id: "d".to_owned() },
        ],
        payment: Some(PaymentFacts {
            amount_rial: 103_909_680,
            document_id: "d".to_owned(),
            returned: Some(ReturnFacts { code: "AC04".to_owned(), sheba: "IR…".to_owned() }),
        }),
        findings: Vec::new(),
    }
}

fn with_finding() -> Facts {
    let finding = FindingFacts {
        finding_id: Uuid::from_u128(0x018f_0000_0000_7000_8000_0000_0000_0001),
        ground: ReasonCode::IdentityMismatch,
        verdict: Verdict::Confirmed,
        approved_on: date("1404-08-02"),
        standing: Standing::FactsMoved,
    };
    Facts { findings: vec![finding], ..full() }
}

#[test]
fn stored_facts_round_trip() {
    let key = ClaimKey {
        benefit: Benefit::MarriageAllowance,
        person: "0012345679".parse().unwrap(),
        deed_date: date("1206-01-01"),
        counterpart: Counterpart::Unnamed { record_id: "r".to_owned() },
    };
    for facts in [full(), Facts::withdrawn(&key), with_finding()] {
        let encoded = facts.encode();
        assert!(Facts::decode(&encoded.bytes).unwrap() == facts);
        assert_eq!(encoded.digest, digest(&encoded.bytes));
    }
}

/// A field or an enum variant that changes its position would make stored decisions unreadable. Such a change needs a
/// new `FORM`, and this form must still be readable.
#[test]
fn the_first_form_does_not_change() {
    let bytes = full().encode().bytes;
    assert_eq!(hex::encode(&bytes), FIRST_FORM);
    assert!(Facts::decode(&hex::decode(FIRST_FORM).unwrap()).unwrap() == full());
}

/// The second form is the first, with the findings behind it. Facts without findings have only the first form, so their
/// digests never change.
#[test]
fn the_second_form_adds_findings() {
    let bytes = with_finding().encode().bytes;
    let first = hex::decode(FIRST_FORM).unwrap();
    assert_eq!((bytes[0], &bytes[1..first.len()]), (2, &first[1..]));
    assert_eq!(hex::encode(&bytes[first.len()..]), FINDINGS_OF_SECOND_FORM);
    assert!(Facts::decode(&bytes).unwrap() == with_finding());
    let empty = [&[2], &first[1..], &[0]].concat();
    assert!(Facts::decode(&empty).is_none(), "facts without findings have one form");
}

#[test]
fn bytes_of_another_form_are_rejected() {
    let mut bytes = full().encode().bytes;
    assert!(Facts::decode(&[]).is_none());
    assert!(Facts::decode(&bytes[..bytes.len() - 1]).is_none());
    bytes[0] = FORM + 1;
    assert!(Facts::decode(&bytes).is_none());
}

const FINDINGS_OF_SECOND_FORM: &str =
    "0110018f0000000070008000000000000001114944454e544954595f4d49534d4154434801c4eb4101";

const FIRST_FORM: &str = concat!(
    "010098ea41010001010201020ad8a7d8add985d8afdb8c01fcbf4001010196ea4101fccf4101010ad8a7d8add985d8afdb8cfc",
    "bf4001feea4101054952e280a6000002010082d0410001a68702101f959aef3a0200c6d641066272616e636801016401b092",
    "c6310164010441433034054952e280a6",
);
