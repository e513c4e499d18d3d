//! Settings: defaults that work, a file, the environment, flags - in that order, every fault reported at once.
//!
//! One list (`keys.rs`) says everything about a setting; the struct, the layers, `peyvand config` and the page of
//! settings in the docs all follow from it.

mod describe;
mod error;
mod keys;
mod layers;
mod names;
mod parse;
mod secret;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use describe::{SettingRow, settings_markdown};
pub use error::{ConfigError, Origin};
pub use keys::{SettingKey, Settings, keys};
pub use parse::{LogFormat, Role};
pub use secret::Secret;

/// The settings in force, and where each came from. Its `Debug` shows nothing: the texts hold secrets.
#[derive(Clone)]
pub struct LoadedSettings {
    /// What the program runs with.
    pub settings: Settings,
    /// Key (also `kafka.<property>`) to the layer that gave its value.
    pub origins: BTreeMap<String, Origin>,
    /// The text that each value was read from; shown by `describe`, masked there.
    texts: BTreeMap<String, String>,
}

impl std::fmt::Debug for LoadedSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Loaded(..)")
    }
}

impl Settings {
    /// Reads all layers of this process: the file is `file` (from `--config`), else what `PEYVAND_CONFIG` names, else
    /// `./peyvand.toml` where it lies there. `flags` maps keys to values; librdkafka's own are `kafka.<property>`.
    ///
    /// # Errors
    /// Every fault of every layer, each naming key, layer, value (masked for secrets) and what is expected.
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

    /// The same without touching the process: the file as (path, text), the environment as pairs.
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
        let layers::Layers { values, kafka, mut errors } = layers;

        let settings = Settings::build(&values, &kafka, &mut errors);
        let both = || values.iter().chain(kafka.iter());
        match settings {
            Some(settings) if errors.is_empty() => Ok(LoadedSettings {
                settings,
                origins: both().map(|(key, given)| (key.clone(), given.origin.clone())).collect(),
                texts: both().map(|(key, given)| (key.clone(), given.text.clone())).collect(),
            }),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests;
