//! The layers that give texts to keys; a later layer wins, and a key that nobody knows is a fault.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin};
use super::keys::{find, keys};
use super::names::{is_unrelated, nearest};

/// A text and the layer it came from.
#[derive(Clone, Debug)]
pub(super) struct RawSetting {
    pub text: String,
    pub origin: Origin,
}

impl RawSetting {
    /// The key as its layer writes it, so that a message can be followed.
    pub fn written_as(&self, name: &str) -> String {
        match &self.origin {
            Origin::Flag => format!("--{}", name.replace('_', "-")),
            _ => name.to_owned(),
        }
    }
}

const PROPERTY: &str = "PEYVAND_KAFKA_PROPERTY_";

/// Properties that payment rests on, or that have a setting of their own.
const OWN_PROPERTIES: &[(&str, &str)] = &[
    ("bootstrap.servers", "the setting kafka_brokers"),
    ("metadata.broker.list", "the setting kafka_brokers"),
    ("group.instance.id", "the setting instance"),
    ("group.id", "nothing: it follows from topic_prefix"),
    ("transactional.id", "nothing: it follows from topic_prefix"),
    ("enable.idempotence", "nothing: producers are idempotent"),
    ("acks", "nothing: producers wait for all"),
    ("request.required.acks", "nothing: producers wait for all"),
    ("enable.auto.commit", "nothing: the database holds the offsets"),
    ("enable.auto.offset.store", "nothing: the database holds the offsets"),
    ("auto.offset.reset", "nothing: the database holds the offsets"),
    ("isolation.level", "nothing: readers read what is committed"),
];

pub(super) struct Layers {
    pub values: BTreeMap<String, RawSetting>,
    /// With the prefix `kafka.`.
    pub kafka: BTreeMap<String, RawSetting>,
    pub errors: Vec<ConfigError>,
}

impl Layers {
    pub fn with_defaults() -> Self {
        let default = |key: &super::SettingKey| {
            (key.name.to_owned(), RawSetting { text: key.default.to_owned(), origin: Origin::Default })
        };
        Self { values: keys().iter().map(default).collect(), kafka: BTreeMap::new(), errors: Vec::new() }
    }

    pub fn add_file(&mut self, path: &Path, text: &str) {
        let origin = || Origin::File(path.to_owned());
        let table: toml::Table = match toml::from_str(text) {
            Ok(table) => table,
            Err(error) => {
                // Not the error's own text: it shows the line, which may hold a secret.
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
                toml::Value::Table(inner) if name == "kafka" => self.add_properties("", inner, &origin()),
                value => match scalar(&value) {
                    Some(text) => self.give(&name, text, origin(), str::to_owned),
                    None => self.errors.push(ConfigError {
                        key: name,
                        origin: origin(),
                        value: None,
                        expected: "one value, or a list of texts".to_owned(),
                    }),
                },
            }
        }
    }

    /// `sasl.username = …` is nested tables to TOML, `"sasl.username" = …` is not; both are meant the same.
    fn add_properties(&mut self, prefix: &str, table: toml::Table, origin: &Origin) {
        for (name, value) in table {
            let property = format!("{prefix}{name}");
            match value {
                toml::Value::Table(inner) => self.add_properties(&format!("{property}."), inner, origin),
                value => self.give_property(&property, scalar(&value).unwrap_or_default(), origin.clone()),
            }
        }
    }

    pub fn add_env(&mut self, env: impl IntoIterator<Item = (String, String)>) {
        for (name, text) in env {
            let Some(rest) = name.strip_prefix("PEYVAND_") else {
                continue;
            };
            let origin = Origin::Environment(name.clone());
            if let Some(property) = name.strip_prefix(PROPERTY) {
                self.give_property(&property.to_ascii_lowercase().replace('_', "."), text, origin);
            } else if find(&rest.to_ascii_lowercase()).is_some() || !is_unrelated(&name, rest) {
                self.give(&rest.to_ascii_lowercase(), text, origin, |key| {
                    format!("PEYVAND_{}", key.to_ascii_uppercase())
                });
            }
        }
    }

    pub fn add_flags(&mut self, flags: &BTreeMap<String, String>) {
        for (name, text) in flags {
            match name.strip_prefix("kafka.") {
                Some(property) => self.give_property(property, text.clone(), Origin::Flag),
                None => {
                    let as_flag = |key: &str| format!("--{}", key.replace('_', "-"));
                    self.give(&name.replace('-', "_"), text.clone(), Origin::Flag, as_flag);
                }
            }
        }
    }

    fn give(&mut self, name: &str, text: String, origin: Origin, form: impl Fn(&str) -> String) {
        if find(name).is_some() {
            self.values.insert(name.to_owned(), RawSetting { text, origin });
        } else {
            self.errors.push(ConfigError::unknown(name, origin, nearest(name).map(form)));
        }
    }

    fn give_property(&mut self, property: &str, text: String, origin: Origin) {
        let key = format!("kafka.{property}");
        match OWN_PROPERTIES.iter().find(|(own, _)| *own == property) {
            Some((_, instead)) => {
                self.errors.push(ConfigError { key, origin, value: None, expected: (*instead).to_owned() });
            }
            None => {
                self.kafka.insert(key, RawSetting { text, origin });
            }
        }
    }
}

/// Which file to read: what was asked for, or the one in the working directory where there is one.
pub(super) fn find_file(asked: Option<&Path>, env: &[(String, String)]) -> Option<PathBuf> {
    let named = || {
        env.iter()
            .find(|(name, value)| name == "PEYVAND_CONFIG" && !value.is_empty())
            .map(|(_, v)| PathBuf::from(v))
    };
    let here = || Some(PathBuf::from("peyvand.toml")).filter(|path| path.is_file());
    asked.map(Path::to_owned).or_else(named).or_else(here)
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
