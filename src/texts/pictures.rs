//! The texts about pictures. They are read from `pictures.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{BilingualTemplate, Lang, Texts};

/// What is wrong with a picture, and what the person can do.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalTexts {
    pub text: BilingualTemplate,
    pub remedy: BilingualTemplate,
}

/// All texts about pictures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureTexts {
    hint: BilingualTemplate,
    refusal: BTreeMap<String, RefusalTexts>,
}

#[expect(clippy::expect_used, reason = "the file is compiled in, and a test parses it")]
static BUILT_IN: LazyLock<PictureTexts> =
    LazyLock::new(|| toml::from_str(include_str!("pictures.toml")).expect("the texts are valid"));

impl PictureTexts {
    /// The texts that are compiled into the program.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The texts of a refusal, by its code, e.g. `heic`.
    pub fn refusal(&self, code: &str) -> Option<&RefusalTexts> {
        self.refusal.get(code)
    }

    /// The codes that have texts.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.refusal.keys().map(String::as_str)
    }

    /// What to tell a person before a picture is chosen.
    pub fn hint(&self, values: &[(&str, String)], lang: Lang) -> String {
        self.render(&self.hint, values, lang)
    }

    /// Renders a template with `values` for its placeholders.
    pub fn render(&self, template: &BilingualTemplate, values: &[(&str, String)], lang: Lang) -> String {
        Texts::built_in().render(template.in_lang(lang), values, lang)
    }
}
