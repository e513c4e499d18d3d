//! The layers of settings. A later layer overrides an earlier one, and an unknown key is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin};
use super::keys::{SettingKey, find, keys};
use super::names::{is_unrelated, nearest};
use super::properties::{may_be_in_file, refusal};
use super::raw_setting::RawSetting;

const PROPERTY: &str = "PEYVAND_KAFKA_PROPERTY_";

pub(super) struct Layers {
    pub values: BTreeMap<String, RawSetting>,
    /// With the prefix `kafka.`.
    pub kafka: BTreeMap<String, RawSetting>,
    pub errors: Vec<ConfigError>,
}

impl Layers {
    pub fn with_defaults() -> Self {
        let mut values = BTreeMap::new();
        for key in keys() {
            let default = RawSetting { text: key.default.to_owned(), origin: Origin::Default };
            values.insert(key.name.to_owned(), default);
        }
        Self { values, kafka: BTreeMap::new(), errors: Vec::new() }
    }

    /// Replaces defaults that are for trials, if the settings name a deployment for production.
    pub fn use_production_defaults(&mut self) {
        let is_production = self.values.get("deployment").is_some_and(|raw| raw.text.trim() == "production");
        if let Some(raw) = self.values.get_mut("misrouted").filter(|raw| raw.origin == Origin::Default)
            && is_production
        {
            raw.text = "dead_letter".to_owned();
        }
    }

    pub fn add_file(&mut self, path: &Path, text: &str) {
        let origin = Origin::File(path.to_owned());
        let table: toml::Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                // The error's `Display` contains the line, which may contain a secret, so only its message is used.
                let line = error
                    .span()
                    .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                let why = format!("line {line}: {}", error.message());
                self.errors.push(ConfigError::unreadable_file(path.to_owned(), &why));
                return;
            }
        };
        for (name, value) in table {
            match value {
                toml::Value::Table(inner) if name == "kafka" => self.add_properties("", inner, &origin),
                value => match scalar(&value) {
                    Some(text) => self.set(&name, text, origin.clone(), str::to_owned),
                    None => self.errors.push(ConfigError {
                        key: name,
                        origin: origin.clone(),
                        value: None,
                        expected: "one value, or a list of texts".to_owned(),
                    }),
                },
            }
        }
    }

    /// In TOML, `sasl.username = …` is a nested table and `"sasl.username" = …` is not. Both mean the same property.
    fn add_properties(&mut self, prefix: &str, table: toml::Table, origin: &Origin) {
        for (name, value) in table {
            let property = format!("{prefix}{name}");
            match value {
                toml::Value::Table(inner) => self.add_properties(&format!("{property}."), inner, origin),
                value => self.set_property(&property, scalar(&value).unwrap_or_default(), origin.clone()),
            }
        }
    }

    pub fn add_env(&mut self, env: impl IntoIterator<Item = (String, String)>) {
        let env: Vec<(String, String)> =
            env.into_iter().filter(|(name, _)| name.starts_with("PEYVAND_")).collect();
        for (name, text) in &env {
            let Some(secret) = secret_of_file(name) else {
                self.add_variable(name, text.clone(), Origin::Environment(name.clone()));
                continue;
            };
            if env.iter().any(|(other, _)| other == secret) {
                self.refuse_variable(name, format!("only one of {secret} and {name}"));
                continue;
            }
            match std::fs::read_to_string(text) {
                Ok(content) if !content.trim().is_empty() => {
                    let content = content.trim_end_matches(['\r', '\n']).to_owned();
                    self.add_variable(secret, content, Origin::Environment(name.clone()));
                }
                Ok(_) => self.refuse_variable(name, format!("a file with the secret; {text} is empty")),
                Err(error) => self.refuse_variable(name, format!("a readable file: {text}: {error}")),
            }
        }
    }

    fn refuse_variable(&mut self, name: &str, expected: String) {
        let origin = Origin::Environment(name.to_owned());
        self.errors.push(ConfigError { key: name.to_owned(), origin, value: None, expected });
    }

    fn add_variable(&mut self, name: &str, text: String, origin: Origin) {
        let rest = name.trim_start_matches("PEYVAND_");
        if let Some(property) = name.strip_prefix(PROPERTY) {
            self.set_property(&property_name(property), text, origin);
        } else if find(&rest.to_ascii_lowercase()).is_some() || !is_unrelated(name, rest) {
            self.set(&rest.to_ascii_lowercase(), text, origin, |key| {
                format!("PEYVAND_{}", key.to_ascii_uppercase())
            });
        }
    }

    pub fn add_flags(&mut self, flags: &BTreeMap<String, String>) {
        for (name, text) in flags {
            match name.strip_prefix("kafka.") {
                Some(property) => self.set_property(property, text.clone(), Origin::Flag),
                None => self.set(&name.replace('-', "_"), text.clone(), Origin::Flag, flag_name),
            }
        }
    }

    fn set(&mut self, name: &str, text: String, origin: Origin, form: impl Fn(&str) -> String) {
        if find(name).is_some() {
            self.values.insert(name.to_owned(), RawSetting { text, origin });
        } else {
            self.errors.push(ConfigError::unknown(name, origin, nearest(name).map(form)));
        }
    }

    fn set_property(&mut self, property: &str, text: String, origin: Origin) {
        let key = format!("kafka.{property}");
        match refusal(property) {
            Some(expected) => self.errors.push(ConfigError { key, origin, value: None, expected }),
            None => {
                self.kafka.insert(key, RawSetting { text, origin });
            }
        }
    }
}

/// The variable of the secret, if `name` is the variable of a file with a secret: `PEYVAND_DATABASE_URL_FILE`.
fn secret_of_file(name: &str) -> Option<&str> {
    let secret = name.strip_suffix("_FILE")?;
    let is_secret = match secret.strip_prefix(PROPERTY) {
        Some(property) => may_be_in_file(&property_name(property)),
        None => {
            find(&secret.strip_prefix("PEYVAND_")?.to_ascii_lowercase()).is_some_and(SettingKey::is_secret)
        }
    };
    is_secret.then_some(secret)
}

fn flag_name(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}

fn property_name(variable: &str) -> String {
    variable.to_ascii_lowercase().replace('_', ".")
}

/// The settings file: `given`, else the file of `PEYVAND_CONFIG`. No other file is read: a user who can
/// write to the working directory must not choose the settings.
pub(super) fn find_file(given: Option<&Path>, env: &[(String, String)]) -> Option<PathBuf> {
    if let Some(path) = given {
        return Some(path.to_owned());
    }
    let variable = env.iter().find(|(name, value)| name == "PEYVAND_CONFIG" && !value.is_empty());
    variable.map(|(_, path)| PathBuf::from(path))
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(n) => Some(n.to_string()),
        toml::Value::Float(n) => Some(n.to_string()),
        toml::Value::Boolean(b) => Some(b.to_string()),
        toml::Value::Datetime(moment) => Some(moment.to_string()),
        toml::Value::Array(items) => {
            items.iter().map(|item| item.as_str()).collect::<Option<Vec<_>>>().map(|items| items.join(","))
        }
        toml::Value::Table(_) => None,
    }
}
