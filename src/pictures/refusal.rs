//! Why a picture is refused, with the texts for people.

use serde::{Deserialize, Serialize};

use super::FileKind;
use super::limits::limit_values;
use crate::texts::{BilingualTemplate, Lang, PictureTexts};

/// Why a picture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the file is empty")]
    Empty,
    #[error("the file has {bytes} bytes")]
    TooLarge { bytes: usize },
    #[error("the picture has {width} x {height} pixels")]
    TooManyPixels { width: u32, height: u32 },
    /// Too small to show a document: an icon in the place of a picture.
    #[error("the picture has only {width} x {height} pixels")]
    TooSmall { width: u32, height: u32 },
    /// Another format than JPEG and PNG.
    #[error("the format is {}", kind.as_str())]
    WrongFormat { kind: FileKind },
    /// A moving picture (APNG).
    #[error("the picture is animated")]
    Animated,
    /// The colours of a printing press. Their conversion needs a profile that the file may lack.
    #[error("the colours are CMYK")]
    Cmyk,
    /// The file lacks its end.
    #[error("the file lacks its end")]
    Truncated,
    /// The file is damaged, has a rare form, or asks for too much memory or time.
    #[error("the picture cannot be read")]
    CannotBeRead,
}

impl Refusal {
    /// The stable code, for programs and as the key of the texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooSmall { .. } => "too_small",
            Self::WrongFormat { kind } => kind.as_str(),
            Self::Animated => "animated",
            Self::Cmyk => "cmyk",
            Self::Truncated => "truncated",
            Self::CannotBeRead => "cannot_be_read",
        }
    }

    /// What is wrong.
    pub fn text(self, lang: Lang) -> String {
        self.render(lang, |texts| &texts.text)
    }

    /// What the person can do.
    pub fn remedy(self, lang: Lang) -> String {
        self.render(lang, |texts| &texts.remedy)
    }

    fn render(self, lang: Lang, part: impl Fn(&crate::texts::RefusalTexts) -> &BilingualTemplate) -> String {
        let texts = PictureTexts::built_in();
        let mut values = limit_values().to_vec();
        if let Self::TooManyPixels { width, height } | Self::TooSmall { width, height } = self {
            values.extend([("width", width.to_string()), ("height", height.to_string())]);
        }
        texts
            .refusal(self.code())
            .map_or_else(String::new, |refusal| texts.render(part(refusal), &values, lang))
    }
}
