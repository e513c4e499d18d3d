//! Settings for people to read: what is in force, and the page of all there is.

use std::fmt::Write as _;

use super::LoadedSettings;
use super::error::Origin;
use super::keys::{find, keys};
use super::secret::{HIDDEN, property_is_secret};

/// One setting in force, fit for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    /// Its name; librdkafka's own as `kafka.<property>`.
    pub key: String,
    /// Its value; secrets hidden, empty where there is none.
    pub value: String,
    /// The layer that gave it.
    pub origin: String,
    /// What it is for.
    pub doc: &'static str,
}

impl LoadedSettings {
    /// All settings in the order of the documents, then librdkafka's own.
    pub fn describe(&self) -> Vec<SettingRow> {
        let own = keys().iter().map(|key| self.row(key.name));
        let passed = self.texts.keys().filter(|key| key.starts_with("kafka.")).map(|key| self.row(key));
        own.chain(passed).collect()
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
            doc: find(name).map_or("librdkafka's own, passed through", |key| key.doc.trim()),
        }
    }
}

/// The table of settings for the documents; a test there holds it to this text.
pub fn settings_markdown() -> String {
    let mut page =
        String::from("| setting | variable | default | expected | what for |\n|---|---|---|---|---|\n");
    for key in keys() {
        let default = if key.default.is_empty() { "-".to_owned() } else { format!("`{}`", key.default) };
        let (name, variable, expected, doc) = (key.name, key.variable(), key.expected, key.doc.trim());
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| `{name}` | `{variable}` | {default} | {expected} | {doc} |");
    }
    page.push_str(
        "| `[kafka]` | `PEYVAND_KAFKA_PROPERTY_…` | - | any property of librdkafka's (`SASL_USERNAME` is `sasl.username`) \
         | Passed through to every Kafka client, for SASL and TLS. |\n",
    );
    page
}
