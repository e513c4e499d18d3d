//! How the text of a setting becomes its value. None means: not what is expected.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use super::secret::Secret;

/// What a process of the service does; many processes may share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Takes the input topics in and decides.
    Intake,
    /// Delivers the outbox to the output topics.
    Relay,
    /// Closes a month that is due.
    MonthEnd,
    /// HTTP.
    Api,
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 4] = [Role::Intake, Role::Relay, Role::MonthEnd, Role::Api];

    /// As it is written in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Relay => "relay",
            Self::MonthEnd => "month-end",
            Self::Api => "api",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) fn optional<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { parse(text).map(Some) }
}

pub(super) fn text(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

pub(super) fn number<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Option<T> {
    text.trim().replace('_', "").parse().ok().filter(|n| range.contains(n))
}

/// A count of bytes, plain or in KiB, MiB, GiB.
pub(super) fn bytes(text: &str, range: RangeInclusive<usize>) -> Option<usize> {
    let text = text.trim();
    let (digits, unit) = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or((text, 1usize));
    let n = digits.trim().replace('_', "").parse::<usize>().ok()?.checked_mul(unit)?;
    range.contains(&n).then_some(n)
}

pub(super) fn yes_no(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

pub(super) fn address(text: &str) -> Option<SocketAddr> {
    parsed(text)
}

pub(super) fn path(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text))
}

pub(super) fn brokers(text: &str) -> Option<String> {
    let each = |place: &str| {
        place
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    let places: Vec<&str> = text.split(',').map(str::trim).collect();
    places.iter().all(|place| each(place)).then(|| places.join(","))
}

/// Kafka allows these in names of topics, groups and transactional ids alike.
pub(super) fn topic_prefix(text: &str) -> Option<String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (text.len() <= 100 && text.chars().all(good)).then(|| text.to_owned())
}

pub(super) fn database_url(text: &str) -> Option<Secret> {
    let text = text.trim();
    let scheme = ["postgres://", "postgresql://"].into_iter().any(|scheme| text.starts_with(scheme));
    scheme.then(|| Secret::new(text))
}

pub(super) fn installation_secret(text: &str) -> Option<Secret> {
    (text.chars().count() >= 16).then(|| Secret::new(text))
}

/// The exporter is built without TLS: a collector stands beside the service and speaks to the world for it.
pub(super) fn otlp_endpoint(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    text.strip_prefix("http://").filter(|place| !place.is_empty()).map(|_| text.to_owned())
}

pub(super) fn log_filter(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && tracing_subscriber::EnvFilter::try_new(text).is_ok()).then(|| text.to_owned())
}

pub(super) fn log_format(text: &str) -> Option<LogFormat> {
    match text.trim() {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

pub(super) fn roles(text: &str) -> Option<BTreeSet<Role>> {
    text.split(',').map(|word| Role::ALL.into_iter().find(|role| role.as_str() == word.trim())).collect()
}
