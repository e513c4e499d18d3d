//! The pictures of an objection: those that are asked for, with those that are stored.

use serde::Serialize;
use uuid::Uuid;

use super::{ground_title, wanted};
use crate::app::portal::objections::{Draft, MAX_PICTURES, MyObjection, UploadError};
use crate::claim::codes::PictureKind;
use crate::claim::objection::Disputed;
use crate::pictures;
use crate::store::portal_pictures::PictureRow;
use crate::texts::{Lang, PageTexts};
use crate::views::my::register::FieldError;
use crate::views::my::words::digits;

/// A picture that is stored.
#[derive(Clone, Debug, Serialize)]
pub struct PictureView {
    pub picture_id: Uuid,
    /// What it shows, with its number among those of its kind.
    pub title: String,
    pub size: String,
    pub width: u32,
    pub height: u32,
    /// What was sent cannot be removed.
    pub sent: bool,
}

/// A kind of picture with its stored pictures. Without one it says so: nothing stands in for a picture.
#[derive(Clone, Debug, Serialize)]
pub struct PictureSlot {
    pub kind: &'static str,
    pub title: String,
    pub hint: String,
    pub none: String,
    pub pictures: Vec<PictureView>,
    /// The keys of the two inputs. An upload that is repeated with its key is one picture.
    pub camera_key: String,
    pub gallery_key: String,
}

/// The part of both pages that takes pictures.
#[derive(Clone, Debug, Serialize)]
pub struct Uploads {
    /// The path to which pictures are sent.
    pub action: String,
    pub slots: Vec<PictureSlot>,
    /// Formats and sizes.
    pub limits: String,
    pub max_pictures: String,
    pub errors: Vec<FieldError>,
    /// Whether the objection has all pictures that it may have.
    pub is_full: bool,
}

impl Uploads {
    fn new(action: String, disputed: Disputed, rows: &[PictureRow], errors: Vec<FieldError>) -> Self {
        let texts = PageTexts::built_in();
        let mut kinds = wanted(disputed).to_vec();
        kinds.extend(PictureKind::ALL.iter().filter(|kind| {
            // What was sent under another ground stays visible.
            let is_there = rows.iter().any(|row| row.kind == **kind)
                || errors.iter().any(|error| error.field == kind.as_str());
            is_there && !wanted(disputed).contains(kind)
        }));
        let mut slots = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let text = |part: &str| texts.get("picture", &format!("{kind}{part}")).unwrap_or("-").to_owned();
            slots.push(PictureSlot {
                kind: kind.as_str(),
                title: text(""),
                hint: text("_hint"),
                none: text("_none"),
                pictures: views(rows.iter().filter(|row| row.kind == kind)),
                camera_key: Uuid::new_v4().to_string(),
                gallery_key: Uuid::new_v4().to_string(),
            });
        }
        Self {
            action,
            slots,
            limits: pictures::hint(Lang::Fa),
            max_pictures: digits(&MAX_PICTURES.to_string()),
            errors,
            is_full: rows.len() >= MAX_PICTURES,
        }
    }

    /// The error of a kind of picture.
    pub fn error(&self, kind: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == kind).map(|error| error.text.as_str())
    }
}

fn views<'a>(rows: impl Iterator<Item = &'a PictureRow>) -> Vec<PictureView> {
    let mut views = Vec::new();
    for (index, row) in rows.enumerate() {
        let title = PageTexts::built_in().get("picture", row.kind.as_str()).unwrap_or("-");
        let kilobytes = row.bytes.div_ceil(1024).to_string();
        views.push(PictureView {
            picture_id: row.picture_id,
            title: format!("{title} ({})", digits(&(index + 1).to_string())),
            size: PageTexts::built_in().say("picture", "size", &[("count", kilobytes)]),
            width: row.width,
            height: row.height,
            sent: row.sent,
        });
    }
    views
}

/// All pictures, numbered within their kinds.
pub(super) fn all_views(rows: &[PictureRow]) -> Vec<PictureView> {
    let of_kind = |kind: &PictureKind| views(rows.iter().filter(|row| row.kind == *kind));
    PictureKind::ALL.iter().flat_map(of_kind).collect()
}

/// What to tell a person whose picture was not stored. `kind` is the field of the picture. `None` for failures that are
/// not about the picture.
pub fn upload_error(error: &UploadError, kind: Option<PictureKind>) -> Option<FieldError> {
    let field = kind.unwrap_or(PictureKind::Other).as_str();
    let max = [("max", MAX_PICTURES.to_string())];
    match error {
        UploadError::Refused(pictures::Refusal::Empty) => {
            Some(FieldError::new(field, "picture_missing", &[]))
        }
        UploadError::Refused(refusal) => {
            let text = format!("{} {}", refusal.text(Lang::Fa), refusal.remedy(Lang::Fa));
            Some(FieldError { field, reason: "picture_refused", text })
        }
        UploadError::TooMany => Some(FieldError::new(field, "pictures_full", &max)),
        UploadError::Busy => Some(FieldError::new(field, "pictures_busy", &[])),
        UploadError::NoSuchObjection
        | UploadError::Closed
        | UploadError::KeyUsed
        | UploadError::NoWorker(_)
        | UploadError::Failed(_) => None,
    }
}

/// A picture of which it is not known what it shows.
pub fn kind_missing() -> FieldError {
    FieldError::new(PictureKind::Other.as_str(), "picture_kind_missing", &[])
}

/// Pictures that the store has lost.
pub fn pictures_lost(lost: &[PictureRow]) -> Vec<FieldError> {
    let Some(first) = lost.first() else { return Vec::new() };
    let count = [("count", lost.len().to_string())];
    vec![FieldError::new(first.kind.as_str(), "pictures_lost", &count)]
}

/// `/my/claims/{id}/objections/pictures`, and `/my/objections/{no}/pictures` for an objection that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionPictures {
    pub uploads: Uploads,
    pub ground: String,
    /// The path of the page before.
    pub back: String,
    /// Of a draft: the path of the check.
    pub check: Option<String>,
    /// Of a sent objection: how many pictures wait to be added, in words. `None` if there are none.
    pub unsent: Option<String>,
}

impl ObjectionPictures {
    /// Of a draft whose ground is chosen.
    pub fn of_draft(draft: &Draft, disputed: Disputed, errors: Vec<FieldError>) -> Self {
        let base = format!("/my/claims/{}/objections", draft.row.claim_id);
        Self {
            uploads: Uploads::new(format!("{base}/pictures"), disputed, &draft.pictures, errors),
            ground: ground_title(disputed),
            back: format!("{base}/new"),
            check: Some(format!("{base}/check")),
            unsent: None,
        }
    }

    /// Of an objection that was sent.
    pub fn of_sent(objection: &MyObjection, errors: Vec<FieldError>) -> Self {
        let base = format!("/my/objections/{}", objection.sent.tracking);
        let unsent = objection.pictures.iter().filter(|row| !row.sent).count();
        let disputed = objection.sent.disputed;
        Self {
            uploads: Uploads::new(format!("{base}/pictures"), disputed, &objection.pictures, errors),
            ground: ground_title(disputed),
            back: base,
            check: None,
            unsent: (unsent > 0).then(|| digits(&unsent.to_string())),
        }
    }
}

/// `/my/claims/{id}/objections/check`: what will be sent.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectionCheck {
    pub claim_id: Uuid,
    pub ground: String,
    pub text: String,
    pub pictures: Vec<PictureView>,
    /// What is asked for and not there.
    pub missing: Vec<String>,
    /// The key of the sending: the same draft, sent again, is one objection.
    pub objection_id: Uuid,
}

impl ObjectionCheck {
    pub fn new(draft: &Draft, disputed: Disputed) -> Self {
        let is_missing = |kind: &&PictureKind| {
            **kind != PictureKind::Other && !draft.pictures.iter().any(|row| row.kind == **kind)
        };
        let missing = wanted(disputed).iter().filter(is_missing);
        let title = |kind: &PictureKind| {
            PageTexts::built_in().get("picture", kind.as_str()).unwrap_or("-").to_owned()
        };
        Self {
            claim_id: draft.row.claim_id,
            ground: ground_title(disputed),
            text: draft.row.body.clone(),
            pictures: all_views(&draft.pictures),
            missing: missing.map(title).collect(),
            objection_id: draft.row.objection_id,
        }
    }
}
