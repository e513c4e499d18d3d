//! What an installation for production must not do.

use std::collections::BTreeMap;

use super::error::{ConfigError, Origin};
use super::parse::Deployment;
use super::raw_setting::RawSetting;
use super::{Settings, keys};

const BECAUSE: &str = "because deployment is production";

/// Everything that production refuses, each with its setting.
pub(super) fn refusals(settings: &Settings, values: &BTreeMap<String, RawSetting>) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    if settings.deployment != Deployment::Production {
        return errors;
    }
    let protocol = values.get("kafka.security.protocol").map_or("plaintext", |raw| raw.text.trim());
    if !["ssl", "sasl_ssl"].contains(&protocol.to_ascii_lowercase().as_str()) {
        let value = Some(protocol.to_owned());
        errors.push(refusal(values, "kafka.security.protocol", value, "ssl or sasl_ssl"));
    }
    if !verifies_server(settings.database_url.expose()) {
        let shown = keys::find("database_url").map(|key| key.shown(settings.database_url.expose()));
        let expected = "sslmode=verify-full in the URL, or a Unix socket";
        errors.push(refusal(values, "database_url", shown, expected));
    }
    if let Some(endpoint) = settings.blobs_endpoint.as_ref().filter(|url| !url.starts_with("https://")) {
        errors.push(refusal(values, "blobs_endpoint", Some(endpoint.clone()), "https://"));
    }
    if let Some(today) = settings.today {
        errors.push(refusal(values, "today", Some(today.to_string()), "no fixed date"));
    }
    errors
}

fn refusal(
    values: &BTreeMap<String, RawSetting>,
    key: &str,
    value: Option<String>,
    expected: &str,
) -> ConfigError {
    let origin = values.get(key).map_or(Origin::Default, |raw| raw.origin.clone());
    ConfigError { key: key.to_owned(), origin, value, expected: format!("{expected}, {BECAUSE}") }
}

/// Whether the URL makes the client verify certificate and name of the server. A Unix socket does not leave the machine.
fn verifies_server(url: &str) -> bool {
    let (front, query) = url.split_once('?').unwrap_or((url, ""));
    let parameters: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let authority = front.split_once("://").map_or(front, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let last_host = parameters.iter().rfind(|(name, _)| *name == "host" || *name == "hostaddr");
    let host = last_host.map_or(host, |(_, host)| host);
    if host.starts_with('/') || host.to_ascii_lowercase().starts_with("%2f") {
        return true;
    }
    let mut modes =
        parameters.iter().filter(|(name, _)| *name == "sslmode" || *name == "ssl-mode").peekable();
    modes.peek().is_some() && modes.all(|(_, mode)| mode.eq_ignore_ascii_case("verify-full"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MisroutedPolicy;

    fn errors(more: &[(&str, &str)]) -> String {
        let good = [
            ("deployment", "production"),
            ("kafka.security.protocol", "SASL_SSL"),
            ("database_url", "postgres://me:hush@db/p?sslmode=verify-full"),
        ];
        let flags: BTreeMap<String, String> =
            good.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let loaded = Settings::load_from(&flags, None, []);
        loaded.map_or_else(|errors| errors.iter().map(|e| format!("{e}\n")).collect(), |_| String::new())
    }

    fn misrouted_policy(more: &[(&str, &str)]) -> MisroutedPolicy {
        let good =
            [("kafka.security.protocol", "SSL"), ("database_url", "postgres://me@db/p?sslmode=verify-full")];
        let flags = good.iter().chain(more).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Settings::load_from(&flags, None, []).unwrap().settings.misrouted
    }

    /// Messages in another partition than that of their key may be applied in the wrong order.
    #[test]
    fn production_makes_misrouted_messages_dead_letters_by_default() {
        assert_eq!(misrouted_policy(&[]), MisroutedPolicy::Accept);
        assert_eq!(misrouted_policy(&[("deployment", "production")]), MisroutedPolicy::DeadLetter);
        let explicit = [("deployment", "production"), ("misrouted", "accept")];
        assert_eq!(misrouted_policy(&explicit), MisroutedPolicy::Accept);
    }

    #[test]
    fn production_refuses_by_name_what_is_for_trials() {
        assert_eq!(errors(&[]), "");
        for (key, value, named) in [
            ("kafka.security.protocol", "SASL_PLAINTEXT", "`kafka.security.protocol`"),
            ("database_url", "postgres://me:hush@db/p", "`database_url`"),
            ("database_url", "postgres://me:hush@db/p?sslmode=require", "`database_url`"),
            ("database_url", "postgres://me:hush@db/p?sslmode=verify-full&sslmode=prefer", "`database_url`"),
            ("blobs_endpoint", "http://s3.example:9000", "`blobs_endpoint`"),
            ("today", "1404-08-01", "`today`"),
        ] {
            let text = errors(&[(key, value)]);
            assert!(
                text.contains(named) && text.contains("deployment is production"),
                "{key}={value}: {text}"
            );
            assert!(text.lines().count() == 1 && !text.contains("hush"), "{text}");
            assert_eq!(errors(&[(key, value), ("deployment", "development")]), "");
        }
        let defaults = BTreeMap::from([("deployment".to_owned(), "production".to_owned())]);
        assert_eq!(Settings::load_from(&defaults, None, []).unwrap_err().len(), 2, "Kafka and the database");
        for socket in ["postgres://me@localhost/p?host=/run/postgresql", "postgres://me@%2Frun%2Fpg/p"] {
            assert_eq!(errors(&[("database_url", socket)]), "", "{socket}");
        }
    }
}
