//! Parsers of settings. They return None for an invalid text.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use super::blobs_url::BlobsUrl;
use super::secret::Secret;

/// A role of a service process. Several processes can share a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Ingests the input topics and decides.
    Intake,
    /// Delivers the outbox to the output topics.
    Relay,
    /// Closes months that are due.
    MonthEnd,
    /// Only answers: HTTP, which every other role serves, too.
    Api,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] = [Role::Intake, Role::Relay, Role::MonthEnd, Role::Api];

    /// The name in settings.
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

/// The purpose of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployment {
    Development,
    /// Real persons and real money. Settings for trials are refused.
    Production,
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Plain text, for people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// What happens to an input message that is not in the partition of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MisroutedPolicy {
    /// It is counted and applied.
    Accept,
    /// It is counted and becomes a dead letter.
    DeadLetter,
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

/// A number of bytes, without a unit or in KiB, MiB or GiB.
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

/// An address, or `none`.
pub(super) fn address(text: &str) -> Option<Option<SocketAddr>> {
    if text.trim() == "none" { Some(None) } else { parsed(text).map(Some) }
}

pub(super) fn path(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text))
}

pub(super) fn brokers(text: &str) -> Option<String> {
    let brokers: Vec<&str> = text.split(',').map(str::trim).collect();
    brokers.iter().all(|broker| is_host_and_port(broker)).then(|| brokers.join(","))
}

fn is_host_and_port(broker: &str) -> bool {
    let parts = broker.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// Kafka allows these characters in the names of topics, groups and transactional ids.
pub(super) fn topic_prefix(text: &str) -> Option<String> {
    let is_allowed =
        text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    is_allowed.then(|| text.to_owned())
}

pub(super) fn database_url(text: &str) -> Option<Secret> {
    let text = text.trim();
    let has_scheme = ["postgres://", "postgresql://"].into_iter().any(|scheme| text.starts_with(scheme));
    has_scheme.then(|| Secret::new(text))
}

pub(super) fn installation_secret(text: &str) -> Option<Secret> {
    (text.chars().count() >= 16).then(|| Secret::new(text))
}

pub(super) fn secret(text: &str) -> Option<Secret> {
    (!text.trim().is_empty()).then(|| Secret::new(text.trim()))
}

pub(super) fn blobs_url(text: &str) -> Option<BlobsUrl> {
    BlobsUrl::parse(text.trim())
}

/// An address without a path. A name and password in it would be shown, so they are refused.
pub(super) fn blobs_endpoint(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
    is_host.then(|| text.to_owned())
}

/// Accepts only `http://`, because the exporter is built without TLS. A local collector forwards the data with TLS.
pub(super) fn otlp_endpoint(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/');
    text.strip_prefix("http://").filter(|host| !host.is_empty()).map(|_| text.to_owned())
}

pub(super) fn log_filter(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && tracing_subscriber::EnvFilter::try_new(text).is_ok()).then(|| text.to_owned())
}

pub(super) fn misrouted(text: &str) -> Option<MisroutedPolicy> {
    match text.trim() {
        "accept" => Some(MisroutedPolicy::Accept),
        "dead_letter" => Some(MisroutedPolicy::DeadLetter),
        _ => None,
    }
}

pub(super) fn deployment(text: &str) -> Option<Deployment> {
    match text.trim() {
        "development" => Some(Deployment::Development),
        "production" => Some(Deployment::Production),
        _ => None,
    }
}

pub(super) fn log_format(text: &str) -> Option<LogFormat> {
    match text.trim() {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

pub(super) fn roles(text: &str) -> Option<BTreeSet<Role>> {
    text.split(',').map(|name| Role::ALL.into_iter().find(|role| role.as_str() == name.trim())).collect()
}
