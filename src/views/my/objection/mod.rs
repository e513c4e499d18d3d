//! Objections with pictures: the form, the pictures, the check, and what became of an objection.

mod card;
mod form;
mod pictures;
mod sent;
mod wanted;

pub use card::{ClaimObjection, object_path, of_claim};
pub use form::{GroundChoice, ObjectionForm, ObjectionInput};
pub use pictures::{
    ObjectionCheck, ObjectionPictures, PictureSlot, PictureView, Uploads, kind_missing, pictures_lost,
    upload_error,
};
pub use sent::{ObjectionLine, ObjectionPage};
pub use wanted::wanted;

use crate::claim::objection::Disputed;
use crate::texts::PageTexts;

/// What is disputed, in words.
pub(super) fn ground_title(disputed: Disputed) -> String {
    PageTexts::built_in().get("ground", disputed.as_str()).unwrap_or("-").to_owned()
}
