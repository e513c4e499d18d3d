//! Settings from four layers: defaults, a file, environment variables, and flags. A later layer overrides an earlier
//! one, and all errors are reported at once.
//!
//! `keys.rs` contains the only list of settings. The struct, the layers, `peyvand config` and the table of settings in
//! the documents are generated from it.

mod blobs_url;
mod describe;
mod error;
mod keys;
mod layers;
mod names;
mod parse;
mod production;
mod properties;
mod quiet_hours;
mod raw_setting;
mod secret;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use blobs_url::BlobsUrl;
pub use describe::{SettingRow, settings_markdown};
pub use error::{ConfigError, Origin};
pub use keys::{SettingKey, Settings, keys};
pub use parse::{Deployment, LogFormat, MisroutedPolicy, Role};
pub use properties::allowed_properties;
pub use quiet_hours::QuietHours;
pub use secret::Secret;

/// The settings in force and the layer of each. `Debug` shows no values, because they contain secrets.
#[derive(Clone)]
pub struct LoadedSettings {
    /// The parsed settings.
    pub settings: Settings,
    /// The layer of each value, by key. librdkafka properties have the key `kafka.<property>`.
    pub origins: BTreeMap<String, Origin>,
    /// The text of each value. `describe` shows it with secrets masked.
    texts: BTreeMap<String, String>,
}

impl std::fmt::Debug for LoadedSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loaded(..)")
    }
}

impl Settings {
    /// Reads all layers of this process. The file is `file` (from `--config`), else the file of `PEYVAND_CONFIG`. `flags` maps keys to values; librdkafka properties have the key
    /// `kafka.<property>`.
    ///
    /// # Errors
    /// Returns every error of every layer, each with key, layer, value (masked for secrets) and expected value.
    pub fn load(
        flags: &BTreeMap<String, String>,
        file: Option<&Path>,
    ) -> Result<LoadedSettings, Vec<ConfigError>> {
        let env: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
            })
            .collect();
        let (document, mut errors) = match layers::find_file(file, &env) {
            None => (None, Vec::new()),
            Some(path) => match std::fs::read_to_string(&path) {
                Ok(text) => (Some((path, text)), Vec::new()),
                Err(error) => (None, vec![ConfigError::unreadable_file(path, &error.to_string())]),
            },
        };
        let loaded = Self::load_from(flags, document, env);
        match loaded {
            Ok(loaded) if errors.is_empty() => Ok(loaded),
            Ok(_) => Err(errors),
            Err(more) => {
                errors.extend(more);
                Err(errors)
            }
        }
    }

    /// Like [`Settings::load`], but with explicit inputs: the file as (path, text), the environment as pairs.
    ///
    /// # Errors
    /// As for [`Settings::load`].
    pub fn load_from(
        flags: &BTreeMap<String, String>,
        file: Option<(PathBuf, String)>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<LoadedSettings, Vec<ConfigError>> {
        let mut layers = layers::Layers::with_defaults();
        if let Some((path, text)) = file {
            layers.add_file(&path, &text);
        }
        layers.add_env(env);
        layers.add_flags(flags);
        layers.use_production_defaults();
        let layers::Layers { values, kafka, mut errors } = layers;

        let settings = Settings::build(&values, &kafka, &mut errors);
        let mut entries = values;
        entries.extend(kafka);
        if let Some(settings) = &settings {
            errors.extend(production::refusals(settings, &entries));
        }
        match settings {
            Some(settings) if errors.is_empty() => Ok(LoadedSettings {
                settings,
                origins: entries.iter().map(|(key, raw)| (key.clone(), raw.origin.clone())).collect(),
                texts: entries.into_iter().map(|(key, raw)| (key, raw.text)).collect(),
            }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests;
