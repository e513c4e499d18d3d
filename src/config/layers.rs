//! The layers of settings. A later layer overrides an earlier one, and an unknown key is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin};
use super::keys::{find, keys};
use super::names::{is_unrelated, nearest};
use super::raw_setting::RawSetting;

const PROPERTY: &str = "PEYVAND_KAFKA_PROPERTY_";

/// Properties that correct payment depends on, or that have their own setting, and what to use instead.
const OWN_PROPERTIES: &[(&str, &str)] = &[
    ("bootstrap.servers", "the setting kafka_brokers"),
    ("metadata.broker.list", "the setting kafka_brokers"),
    ("group.instance.id", "the setting instance"),
    ("group.id", "nothing: it is derived from topic_prefix"),
    ("transactional.id", "nothing: it is derived from topic_prefix"),
    ("enable.idempotence", "nothing: producers are idempotent"),
    ("acks", "nothing: producers wait for all replicas"),
    ("request.required.acks", "nothing: producers wait for all replicas"),
    ("enable.auto.commit", "nothing: the database stores the offsets"),
    ("enable.auto.offset.store", "nothing: the database stores the offsets"),
    ("auto.offset.reset", "nothing: the database stores the offsets"),
    ("isolation.level", "nothing: readers read committed records"),
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
                toml::Value::Table(inner) if name == "kafka" => self.add_properties("", inner, &origin()),
                value => match scalar(&value) {
                    Some(text) => self.set(&name, text, origin(), str::to_owned),
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
        for (name, text) in env {
            let Some(rest) = name.strip_prefix("PEYVAND_") else {
                continue;
            };
            let origin = Origin::Environment(name.clone());
            if let Some(property) = name.strip_prefix(PROPERTY) {
                self.set_property(&property.to_ascii_lowercase().replace('_', "."), text, origin);
            } else if find(&rest.to_ascii_lowercase()).is_some() || !is_unrelated(&name, rest) {
                self.set(&rest.to_ascii_lowercase(), text, origin, |key| {
                    format!("PEYVAND_{}", key.to_ascii_uppercase())
                });
            }
        }
    }

    pub fn add_flags(&mut self, flags: &BTreeMap<String, String>) {
        for (name, text) in flags {
            match name.strip_prefix("kafka.") {
                Some(property) => self.set_property(property, text.clone(), Origin::Flag),
                None => {
                    let as_flag = |key: &str| format!("--{}", key.replace('_', "-"));
                    self.set(&name.replace('-', "_"), text.clone(), Origin::Flag, as_flag);
                }
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

/// The settings file: `given`, else the file of `PEYVAND_CONFIG`, else `./peyvand.toml` if it exists.
pub(super) fn find_file(given: Option<&Path>, env: &[(String, String)]) -> Option<PathBuf> {
    let from_env = || {
        env.iter()
            .find(|(name, value)| name == "PEYVAND_CONFIG" && !value.is_empty())
            .map(|(_, v)| PathBuf::from(v))
    };
    let in_working_directory = || Some(PathBuf::from("peyvand.toml")).filter(|path| path.is_file());
    given.map(Path::to_owned).or_else(from_env).or_else(in_working_directory)
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
