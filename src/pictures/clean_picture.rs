//! A picture that may be stored.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::kind::PNG_SIGNATURE;
use super::limits::{MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS};

/// The format of a stored picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaType {
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    Png,
}

impl MediaType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::Jpeg => bytes.starts_with(&[0xFF, 0xD8, 0xFF]) && bytes.ends_with(&[0xFF, 0xD9]),
            Self::Png => bytes.starts_with(PNG_SIGNATURE),
        }
    }
}

/// A picture that was encoded by this program: upright, without metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct CleanPicture {
    media_type: MediaType,
    width: u32,
    height: u32,
    sha256: String,
    bytes: Vec<u8>,
}

/// Shows no content.
impl std::fmt::Debug for CleanPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, bytes) = (self.media_type.as_str(), self.bytes.len());
        write!(f, "CleanPicture({kind}, {} x {}, {bytes} bytes)", self.width, self.height)
    }
}

impl CleanPicture {
    /// None if the parts contradict each other or a limit. The process that decoded a hostile file is not believed.
    pub fn from_parts(media_type: MediaType, width: u32, height: u32, bytes: Vec<u8>) -> Option<Self> {
        let pixels = u64::from(width) * u64::from(height);
        let is_possible = (1..=MAX_PICTURE_PIXELS).contains(&pixels)
            && bytes.len() <= MAX_PICTURE_BYTES
            && media_type.begins(&bytes);
        let sha256 = hex::encode(Sha256::digest(&bytes));
        is_possible.then_some(Self { media_type, width, height, sha256, bytes })
    }

    pub fn media_type(&self) -> MediaType {
        self.media_type
    }

    pub fn width(&self) -> u32 {
        self.width
    }

    pub fn height(&self) -> u32 {
        self.height
    }

    /// The SHA-256 of the bytes, as lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
