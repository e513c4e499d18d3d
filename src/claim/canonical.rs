//! The canonical encoding of values that are hashed and compared with a hash of another system.
//!
//! A field is a netstring: its length in bytes as decimal digits, a colon, its UTF-8 bytes, a comma. So no two lists of
//! fields have the same bytes, whatever the fields contain.

use sha2::{Digest, Sha256};

/// The SHA-256 of fields in the canonical encoding.
#[derive(Default)]
pub struct CanonicalHash(Sha256);

impl CanonicalHash {
    pub fn field(mut self, text: &str) -> Self {
        self.0.update(text.len().to_string().as_bytes());
        self.0.update(b":");
        self.0.update(text.as_bytes());
        self.0.update(b",");
        self
    }

    /// The number of fields, and then each of them.
    pub fn list<I: IntoIterator<Item = String>>(self, fields: I) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        let counted = self.field(&fields.len().to_string());
        fields.iter().fold(counted, |hash, field| hash.field(field))
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_netstrings() {
        let hash = CanonicalHash::default().field("1").field("نام").list(["a".to_owned(), String::new()]);
        assert_eq!(hash.finish(), crate::claim::facts::digest("1:1,6:نام,1:2,1:a,0:,".as_bytes()));
    }
}
