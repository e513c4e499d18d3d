//! The packed form of a person's dossier: a format version byte, then postcard.
//!
//! A dossier with facts that were taken back has a form of its own. All others keep the first form, so that a version
//! that does not know the second reads them.

use super::{Error, Result};
use crate::claim::person::Dossier;

/// The dossier alone.
const FORM: u8 = 1;
/// The dossier and the facts that were taken back.
const FORM_WITH_TAKEN_BACK: u8 = 2;

pub fn pack(dossier: &Dossier) -> Result<Vec<u8>> {
    let packed = if dossier.taken_back.is_empty() {
        postcard::to_extend(dossier, vec![FORM])
    } else {
        postcard::to_extend(&(dossier, &dossier.taken_back), vec![FORM_WITH_TAKEN_BACK])
    };
    packed.map_err(|_| Error::Unreadable("dossier"))
}

pub fn unpack(bytes: &[u8]) -> Result<Dossier> {
    match bytes.split_first() {
        Some((&FORM, packed)) => postcard::from_bytes(packed).map_err(|_| Error::Unreadable("dossier")),
        Some((&FORM_WITH_TAKEN_BACK, packed)) => {
            let (dossier, taken_back): (Dossier, _) =
                postcard::from_bytes(packed).map_err(|_| Error::Unreadable("dossier"))?;
            Ok(Dossier { taken_back, ..dossier })
        }
        _ => Err(Error::Unreadable("dossier")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::person::{TakenBack, TakenBackKey};

    #[test]
    fn a_dossier_keeps_what_was_taken_back_and_otherwise_its_first_form() {
        let plain = Dossier::default();
        let packed = pack(&plain).unwrap();
        assert_eq!((packed[0], unpack(&packed).unwrap()), (FORM, plain.clone()));
        let day = "1400-01-01".parse().unwrap();
        let key = TakenBackKey::EarlierPayment(day, "branch".to_owned());
        let with = Dossier { taken_back: vec![TakenBack { key, source_offset: 7 }], ..plain };
        let packed = pack(&with).unwrap();
        assert_eq!((packed[0], unpack(&packed).unwrap()), (FORM_WITH_TAKEN_BACK, with));
        assert!(unpack(&[3]).is_err(), "an unknown form is refused");
    }
}
