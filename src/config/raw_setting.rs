//! The text of a setting, and where it comes from.

use super::error::Origin;

/// The text of a setting and its layer.
#[derive(Clone)]
pub(super) struct RawSetting {
    pub text: String,
    pub origin: Origin,
}

impl RawSetting {
    /// The key in the notation of its layer, so that an error message shows what to change.
    pub fn written_as(&self, name: &str) -> String {
        match &self.origin {
            Origin::Flag => format!("--{}", name.replace('_', "-")),
            _ => name.to_owned(),
        }
    }
}
