//! Settings for people to read: the settings in force, and the table of all settings for the documents.

use std::fmt::Write as _;

use super::LoadedSettings;
use super::error::Origin;
use super::keys::{SettingKey, find, keys};
use super::secret::{HIDDEN, property_is_secret};

/// One setting in force, with secrets hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    /// The name of the setting; `kafka.<property>` for a librdkafka property.
    pub key: String,
    /// The value. Secrets are hidden; empty if there is none.
    pub value: String,
    /// The layer of the value.
    pub origin: String,
    /// The purpose of the setting.
    pub doc: &'static str,
}

impl LoadedSettings {
    /// All settings in the order of the documents, then the librdkafka properties.
    pub fn describe(&self) -> Vec<SettingRow> {
        let settings = keys().iter().map(|key| self.row(key.name));
        let properties = self.texts.keys().filter(|key| key.starts_with("kafka.")).map(|key| self.row(key));
        settings.chain(properties).collect()
    }

    fn row(&self, name: &str) -> SettingRow {
        let text = self.texts.get(name).map_or("", String::as_str);
        let value = match find(name) {
            Some(key) => key.shown(text),
            None if property_is_secret(name.trim_start_matches("kafka.")) => HIDDEN.to_owned(),
            None => text.to_owned(),
        };
        SettingRow {
            key: name.to_owned(),
            value,
            origin: self.origins.get(name).unwrap_or(&Origin::Default).to_string(),
            doc: find(name).map_or("librdkafka property, passed to every Kafka client", |key| key.doc.trim()),
        }
    }
}

impl SettingKey {
    /// The text of the flag's `--help`: purpose, default, variable and form.
    pub fn long_help(&self) -> String {
        let default = if self.default.is_empty() {
            "no default".to_owned()
        } else {
            format!("default: {}", self.default)
        };
        format!("{}\n[{default}] [variable: {}] [form: {}]", self.doc.trim(), self.variable(), self.expected)
    }
}

/// The table of settings for `docs/OPERATIONS.md`. A test compares the document with this text.
pub fn settings_markdown() -> String {
    let mut page =
        String::from("| setting | variable | default | expected | purpose |\n|---|---|---|---|---|\n");
    for key in keys() {
        let default = if key.default.is_empty() { "-".to_owned() } else { format!("`{}`", key.default) };
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | `{}` | {default} | {} | {} |",
            key.name,
            key.variable(),
            key.expected,
            key.doc.trim()
        );
    }
    page.push_str(
        "| `[kafka]` | `PEYVAND_KAFKA_PROPERTY_…` | - | one of the librdkafka properties listed below (`SASL_USERNAME` is `sasl.username`) \
         | Passed to every Kafka client, for example for SASL and TLS. |\n",
    );
    page
}
