//! The packed form of a person's dossier: a format version byte, then postcard.

use super::{Error, Result};
use crate::claim::person::Dossier;

/// The format version that is written. Older versions stay readable forever.
const FORM: u8 = 1;

pub fn pack(dossier: &Dossier) -> Result<Vec<u8>> {
    postcard::to_extend(dossier, vec![FORM]).map_err(|_| Error::Unreadable("dossier"))
}

pub fn unpack(bytes: &[u8]) -> Result<Dossier> {
    match bytes.split_first() {
        Some((&FORM, packed)) => postcard::from_bytes(packed).map_err(|_| Error::Unreadable("dossier")),
        _ => Err(Error::Unreadable("dossier")),
    }
}
