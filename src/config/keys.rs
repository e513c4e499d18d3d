//! The list of settings: name, type, default, parser, what is expected, and what it is for. All else follows from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::error::ConfigError;
use super::layers::RawSetting;
use super::parse::{self, LogFormat, Role};
use super::secret::{HIDDEN, Secret, masked_url};
use crate::law::SolarDate;

/// One setting, as layers and documents see it.
#[derive(Clone, Copy, Debug)]
pub struct SettingKey {
    /// As in the file and, with hyphens, as a flag; in the environment `PEYVAND_` and capitals.
    pub name: &'static str,
    /// The text of the default; empty where there is none.
    pub default: &'static str,
    /// What is expected, for messages.
    pub expected: &'static str,
    /// What it is for, one sentence.
    pub doc: &'static str,
    mask: Mask,
}

#[derive(Clone, Copy, Debug)]
enum Mask {
    Shown,
    Url,
    Hidden,
}

impl SettingKey {
    /// `text` as it may be shown.
    pub(super) fn shown(&self, text: &str) -> String {
        match self.mask {
            Mask::Shown => text.to_owned(),
            Mask::Url => masked_url(text),
            Mask::Hidden if text.is_empty() => String::new(),
            Mask::Hidden => HIDDEN.to_owned(),
        }
    }

    /// The name of its environment variable.
    pub fn variable(&self) -> String {
        format!("PEYVAND_{}", self.name.to_ascii_uppercase())
    }
}

macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal, $parse:expr, $expected:literal, $mask:ident; )*) => {
        /// Everything that can be set. Its `Debug` shows nothing: `Loaded::describe` is for showing.
        #[derive(Clone)]
        pub struct Settings {
            $( $(#[doc = $doc])+ pub $name: $type, )*
            /// librdkafka's own properties, passed through to every client.
            pub kafka_properties: BTreeMap<String, String>,
        }

        const KEYS: &[SettingKey] = &[$( SettingKey {
            name: stringify!($name), default: $default, expected: $expected, doc: concat!($($doc),+), mask: Mask::$mask,
        } ),*];

        impl Settings {
            /// None exactly where a fault was added to `errors`.
            pub(super) fn build(
                values: &BTreeMap<String, RawSetting>, kafka: &BTreeMap<String, RawSetting>, errors: &mut Vec<ConfigError>,
            ) -> Option<Self> {
                $( let $name = field(stringify!($name), values, $parse, errors); )*
                let kafka_properties = kafka.iter()
                    .filter_map(|(key, given)| Some((key.strip_prefix("kafka.")?.to_owned(), given.text.clone())))
                    .collect();
                Some(Self { $( $name: $name?, )* kafka_properties })
            }
        }
    };
}

settings! {
    /// Kafka's bootstrap servers.
    kafka_brokers: String = "127.0.0.1:9092", parse::brokers, "host:port, several with commas", Shown;
    /// Stands before the names of all topics, groups and transactional ids, so that many installations share a broker.
    topic_prefix: String = "", parse::topic_prefix, "at most 100 letters, digits, dots, underscores and hyphens", Shown;
    /// Partitions of every topic that has more than one. Fixed at the first start.
    topic_partitions: u16 = "8", |v| parse::number(v, 1..=128), "a whole number from 1 to 128", Shown;
    /// This process's name among its kind: with one, a restart finds its partitions again at once (static membership).
    instance: Option<String> = "", |v| parse::optional(v, parse::text), "a name that no other process has, or nothing", Shown;
    /// PostgreSQL; TLS by `?sslmode=verify-full&sslrootcert=…`, a socket by `?host=/path`.
    database_url: Secret = "postgres://peyvand@127.0.0.1:5432/peyvand", parse::database_url, "postgres://user:password@host:port/database", Url;
    /// The most connections that one process opens to PostgreSQL.
    database_connections: u32 = "8", |v| parse::number(v, 2..=200), "a whole number from 2 to 200", Shown;
    /// A process ends where the database leaves it without an answer for so long, in seconds: a connection whose other end vanished says nothing, ever.
    database_silence_s: u64 = "60", |v| parse::number(v, 1..=86_400), "seconds from 1 to 86400", Shown;
    /// Where HTTP is served.
    http_listen: SocketAddr = "127.0.0.1:8080", parse::address, "an address and a port such as 127.0.0.1:8080", Shown;
    /// What this process does.
    roles: BTreeSet<Role> = "intake,relay,month-end,api", parse::roles, "some of intake, relay, month-end, api, with commas", Shown;
    /// The business date, fixed for good; without it, today in Tehran.
    today: Option<SolarDate> = "", |v| parse::optional(v, parse::parsed), "a Solar Hijri date such as 1404-08-01, or nothing", Shown;
    /// Marriages before this date make no claim; they still count as earlier marriages.
    deeds_from: Option<SolarDate> = "", |v| parse::optional(v, parse::parsed), "a Solar Hijri date such as 1404-01-01, or nothing", Shown;
    /// Tables of the law instead of the ones built in.
    tables_file: Option<PathBuf> = "", |v| parse::optional(v, parse::path), "a path, or nothing", Shown;
    /// Keys the ids of claims; chosen at the first start unless given, and never changed after.
    installation_secret: Option<Secret> = "", |v| parse::optional(v, parse::installation_secret), "at least 16 characters, or nothing", Hidden;
    /// The most messages in one batch of the intake.
    batch_events: usize = "1000", |v| parse::number(v, 1..=100_000), "a whole number from 1 to 100000", Shown;
    /// The most bytes of messages in one batch.
    batch_bytes: usize = "8 MiB", |v| parse::bytes(v, 65_536..=268_435_456), "bytes from 64 KiB to 256 MiB", Shown;
    /// How long a batch waits for more messages, in milliseconds.
    batch_wait_ms: u64 = "50", |v| parse::number(v, 0..=10_000), "milliseconds from 0 to 10000", Shown;
    /// Writers of the relay; each owns the output partitions of one group. Fixed at the first start.
    outbox_groups: u16 = "4", |v| parse::number(v, 1..=64), "a whole number from 1 to 64", Shown;
    /// The most packed bytes of the outbox that the relay takes of one group at a time (about a tenth of what is sent).
    relay_page_bytes: usize = "512 KiB", |v| parse::bytes(v, 65_536..=268_435_456), "bytes from 64 KiB to 256 MiB", Shown;
    /// Persons decided in one transaction of the month's close.
    close_page_persons: u32 = "2000", |v| parse::number(v, 1..=100_000), "a whole number from 1 to 100000", Shown;
    /// How long the close waits for the input that lay in the topics at its start, in seconds.
    close_timeout_s: u64 = "600", |v| parse::number(v, 1..=86_400), "seconds from 1 to 86400", Shown;
    /// The automatic close holds where count or total differs from last month's by more than this percentage.
    brake_percent: u32 = "50", |v| parse::number(v, 1..=10_000), "a percentage from 1 to 10000", Shown;
    /// A document without an answer from finance after so many days is listed as unanswered.
    unanswered_days: u16 = "10", |v| parse::number(v, 1..=365), "days from 1 to 365", Shown;
    /// Whether the first command that needs them creates topics and tables.
    provision: bool = "true", parse::yes_no, "true or false", Shown;
    /// Copies of each topic that is created.
    replication_factor: u16 = "1", |v| parse::number(v, 1..=10), "a whole number from 1 to 10", Shown;
    /// Where traces and metrics go as OTLP over HTTP; nowhere without it.
    otlp_endpoint: Option<String> = "", |v| parse::optional(v, parse::otlp_endpoint), "http://host:4318, or nothing", Shown;
    /// What is logged.
    log: String = "info", parse::log_filter, "a level, or directives such as info,peyvand=debug", Shown;
    /// The form of log lines.
    log_format: LogFormat = "text", parse::log_format, "text or json", Shown;
    /// How long a graceful stop may take, in seconds.
    stop_timeout_s: u64 = "10", |v| parse::number(v, 1..=300), "seconds from 1 to 300", Shown;
}

/// All settings in the order of the documents.
pub fn keys() -> &'static [SettingKey] {
    KEYS
}

pub(super) fn find(name: &str) -> Option<&'static SettingKey> {
    KEYS.iter().find(|key| key.name == name)
}

fn field<T>(
    name: &str,
    values: &BTreeMap<String, RawSetting>,
    parse: impl Fn(&str) -> Option<T>,
    errors: &mut Vec<ConfigError>,
) -> Option<T> {
    let (key, given) = (find(name)?, values.get(name)?);
    let value = parse(&given.text);
    if value.is_none() {
        errors.push(ConfigError {
            key: given.written_as(name),
            origin: given.origin.clone(),
            value: Some(key.shown(&given.text)),
            expected: key.expected.to_owned(),
        });
    }
    value
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Settings(..)")
    }
}
