//! The style sheet, the script and the font of the pages. They are compiled into the program.
//!
//! A path contains a digest of the content, so a browser may keep an asset for ever.

use std::borrow::Cow;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// What a browser may do with an asset.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// A file that pages refer to.
pub struct Asset {
    /// The path of its route: `/assets/page.0123456789ab.css`.
    pub path: String,
    pub content_type: &'static str,
    pub body: Cow<'static, [u8]>,
}

struct Assets {
    stylesheet: Asset,
    script: Asset,
    font: Asset,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let font = Asset::new("vazirmatn", "woff2", "font/woff2", include_bytes!("vazirmatn.woff2").as_slice());
    let font_name = font.path.trim_start_matches("/assets/");
    let stylesheet = include_str!("page.css").replace("{font}", font_name);
    Assets {
        stylesheet: Asset::new("page", "css", "text/css; charset=utf-8", stylesheet.into_bytes()),
        script: Asset::new(
            "page",
            "js",
            "text/javascript; charset=utf-8",
            include_bytes!("page.js").as_slice(),
        ),
        font,
    }
});

impl Asset {
    fn new(
        name: &str,
        extension: &str,
        content_type: &'static str,
        body: impl Into<Cow<'static, [u8]>>,
    ) -> Self {
        let body = body.into();
        let digest = hex::encode(Sha256::digest(&body));
        let short = digest.get(..12).unwrap_or(&digest);
        Self { path: format!("/assets/{name}.{short}.{extension}"), content_type, body }
    }
}

pub fn stylesheet() -> &'static Asset {
    &ASSETS.stylesheet
}

pub fn script() -> &'static Asset {
    &ASSETS.script
}

pub fn font() -> &'static Asset {
    &ASSETS.font
}

/// Every asset.
pub fn all() -> [&'static Asset; 3] {
    [stylesheet(), script(), font()]
}

/// The asset with this path.
pub fn find(path: &str) -> Option<&'static Asset> {
    all().into_iter().find(|asset| asset.path == path)
}
