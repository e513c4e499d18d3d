//! Objections with pictures on the portal: drafts, uploads, sending, adding pictures, withdrawal, and what became of them.
//!
//! Invariants:
//! - A receipt exists only after text and pictures are durable: [`send()`] asks the store for each picture, and text,
//!   submission and the marks of the pictures are one transaction.
//! - The bytes of a picture are durable before its row exists.
//! - Changes to one objection happen one after the other: each locks the row of its draft or of the sent objection.

mod draft;
mod limits;
mod pictures;
mod read;
mod send;
pub mod sweep;
mod target;

pub use draft::{Draft, SaveDraft, draft, drafts, find_draft, save_draft};
pub use limits::{MAX_PICTURES, MAX_TEXT_CHARS, TextFault, check_text, kept_text};
pub use pictures::{
    PictureStore, RemovePicture, Upload, UploadError, add_picture, read_picture, remove_picture,
};
pub use read::{
    Answer, MyObjection, ObjectionState, by_tracking, find_sent, open_objections, own_objections,
};
pub use send::{AddPictures, Send, Withdraw, send, send_pictures, withdraw};
pub use target::Failure;
