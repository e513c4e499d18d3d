//! The list of settings: name, type, default, parser, expected values, and purpose. Everything else about settings is
//! generated from this list.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::blobs_url::BlobsUrl;
use super::error::ConfigError;
use super::parse::{self, Deployment, LogFormat, MisroutedPolicy, Role};
use super::quiet_hours::QuietHours;
use super::raw_setting::RawSetting;
use super::secret::{HIDDEN, Secret, masked_url};
use crate::law::SolarDate;

/// The description of one setting.
#[derive(Clone, Copy, Debug)]
pub struct SettingKey {
    /// The name in the file. As a flag it has hyphens; as a variable it has capitals and the prefix `PEYVAND_`.
    pub name: &'static str,
    /// The default as text; empty if there is none.
    pub default: &'static str,
    /// The expected values, for messages.
    pub expected: &'static str,
    /// The purpose, in one or two sentences.
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
    /// `text` in a form that may be shown.
    pub(super) fn shown(&self, text: &str) -> String {
        match self.mask {
            Mask::Shown => text.to_owned(),
            Mask::Url => masked_url(text),
            Mask::Hidden if text.is_empty() => String::new(),
            Mask::Hidden => HIDDEN.to_owned(),
        }
    }

    /// Whether the value is, or contains, a secret.
    pub fn is_secret(&self) -> bool {
        !matches!(self.mask, Mask::Shown)
    }

    /// The name of the environment variable.
    pub fn variable(&self) -> String {
        format!("PEYVAND_{}", self.name.to_ascii_uppercase())
    }
}

macro_rules! settings {
    ($( $(#[doc = $doc:literal])+ $name:ident: $type:ty = $default:literal, $parse:expr, $expected:literal, $mask:ident; )*) => {
        /// All settings. `Debug` shows no values; `LoadedSettings::describe` shows them with secrets hidden.
        #[derive(Clone)]
        pub struct Settings {
            $( $(#[doc = $doc])+ pub $name: $type, )*
            /// librdkafka properties, which are passed to every Kafka client.
            pub kafka_properties: BTreeMap<String, Secret>,
        }

        const KEYS: &[SettingKey] = &[$( SettingKey {
            name: stringify!($name), default: $default, expected: $expected, doc: concat!($($doc),+), mask: Mask::$mask,
        } ),*];

        impl Settings {
            /// Returns None exactly if an error was added to `errors`.
            pub(super) fn build(
                values: &BTreeMap<String, RawSetting>, kafka: &BTreeMap<String, RawSetting>, errors: &mut Vec<ConfigError>,
            ) -> Option<Self> {
                $( let $name = field(stringify!($name), values, $parse, errors); )*
                let kafka_properties = kafka.iter()
                    .filter_map(|(key, raw)| Some((key.strip_prefix("kafka.")?.to_owned(), Secret::new(&raw.text))))
                    .collect();
                Some(Self { $( $name: $name?, )* kafka_properties })
            }
        }
    };
}

settings! {
    /// What this installation is for. `production` refuses Kafka without TLS, a database connection whose certificate is
    /// not verified, an S3 server, a portal or an OpenID provider without TLS, and a fixed business date.
    deployment: Deployment = "development", parse::deployment, "development or production", Shown;
    /// Kafka's bootstrap servers.
    kafka_brokers: String = "127.0.0.1:9092", parse::brokers, "host:port, several with commas", Shown;
    /// Prefix of the names of all topics, groups and transactional ids, so that many installations can share a broker.
    topic_prefix: String = "", parse::topic_prefix, "at most 100 letters, digits, dots, underscores and hyphens", Shown;
    /// Partitions of every topic that has more than one. Fixed at the first start.
    topic_partitions: u16 = "8", |v| parse::number(v, 1..=128), "a whole number from 1 to 128", Shown;
    /// Name of this process. With a name, a restarted process gets its partitions back at once (static membership).
    instance: Option<String> = "", |v| parse::optional(v, parse::text), "a name that no other process has, or nothing", Shown;
    /// PostgreSQL's URL. `?sslmode=verify-full&sslrootcert=…` enables TLS; `?host=/path` selects a Unix socket.
    database_url: Secret = "postgres://peyvand@127.0.0.1:5432/peyvand", parse::database_url, "postgres://user:password@host:port/database", Url;
    /// Maximum number of connections from one process to PostgreSQL.
    database_connections: u32 = "8", |v| parse::number(v, 2..=200), "a whole number from 2 to 200", Shown;
    /// Query timeout in seconds: maximum time of one database operation, such as a whole record batch or a page of a
    /// close. The process ends after it, because a connection whose other end vanished never reports an error.
    database_silence_s: u64 = "60", |v| parse::number(v, 1..=86_400), "seconds from 1 to 86400", Shown;
    /// Address of the HTTP server, which every `serve` process opens for health and metrics: processes on one machine
    /// need an address each. `none` opens no server.
    http_listen: Option<SocketAddr> = "127.0.0.1:8080", parse::address, "an address and a port such as 127.0.0.1:8080, or none", Shown;
    /// Roles of this process.
    roles: BTreeSet<Role> = "intake,relay,month-end,api", parse::roles, "some of intake, relay, month-end, api, portal, with commas", Shown;
    /// Fixed business date. Without it, the business date is today in Tehran.
    today: Option<SolarDate> = "", |v| parse::optional(v, parse::parsed), "a Solar Hijri date such as 1404-08-01, or nothing", Shown;
    /// Marriages before this date make no claim; they still count as earlier marriages.
    deeds_from: Option<SolarDate> = "", |v| parse::optional(v, parse::parsed), "a Solar Hijri date such as 1404-01-01, or nothing", Shown;
    /// File with tables of the law that replaces the built-in tables.
    tables_file: Option<PathBuf> = "", |v| parse::optional(v, parse::path), "a path, or nothing", Shown;
    /// Secret key of the claim ids. Generated at the first start if it is not set; it can never change afterwards.
    installation_secret: Option<Secret> = "", |v| parse::optional(v, parse::installation_secret), "at least 16 characters, or nothing", Hidden;
    /// Maximum number of messages in one ingest batch.
    batch_events: usize = "1000", |v| parse::number(v, 1..=100_000), "a whole number from 1 to 100000", Shown;
    /// Maximum bytes of messages in one ingest batch.
    batch_bytes: usize = "8 MiB", |v| parse::bytes(v, 65_536..=268_435_456), "bytes from 64 KiB to 256 MiB", Shown;
    /// What happens to a message that is not in the partition of its key, so that the order of the key is not known: it
    /// is applied, or becomes a dead letter. Where `deployment` is `production`, the default is `dead_letter`.
    misrouted: MisroutedPolicy = "accept", parse::misrouted, "accept or dead_letter", Shown;
    /// Time for which a batch waits for more messages, in milliseconds.
    batch_wait_ms: u64 = "50", |v| parse::number(v, 0..=10_000), "milliseconds from 0 to 10000", Shown;
    /// Number of relay shards. Each shard has one writer, which owns a group of output partitions. Fixed at the first
    /// start.
    outbox_groups: u16 = "4", |v| parse::number(v, 1..=64), "a whole number from 1 to 64", Shown;
    /// Maximum packed bytes that the relay reads from the outbox for one relay shard at a time (about a tenth of the
    /// sent bytes).
    relay_page_bytes: usize = "512 KiB", |v| parse::bytes(v, 65_536..=268_435_456), "bytes from 64 KiB to 256 MiB", Shown;
    /// Persons decided in one transaction of the month's close.
    close_page_persons: u32 = "2000", |v| parse::number(v, 1..=100_000), "a whole number from 1 to 100000", Shown;
    /// Time in seconds for which the close waits for the input that was in the topics at its start.
    close_timeout_s: u64 = "600", |v| parse::number(v, 1..=86_400), "seconds from 1 to 86400", Shown;
    /// The automatic close holds if count or total differs from last month's by more than this percentage.
    brake_percent: u32 = "50", |v| parse::number(v, 1..=10_000), "a percentage from 1 to 10000", Shown;
    /// A document without an answer from finance after this number of days is listed as unanswered.
    unanswered_days: u16 = "10", |v| parse::number(v, 1..=365), "days from 1 to 365", Shown;
    /// An objection that is open after this number of days is listed as overdue.
    objection_days: u16 = "30", |v| parse::number(v, 1..=365), "days from 1 to 365", Shown;
    /// Hours of the day in Tehran in which no SMS is sent. An SMS that is requested in them names their end.
    sms_quiet_hours: Option<QuietHours> = "21-8", |v| parse::optional(v, QuietHours::parse), "two hours such as 21-8, or nothing", Shown;
    /// Whether the first command that needs topics and tables creates them.
    provision: bool = "true", parse::yes_no, "true or false", Shown;
    /// Replication factor of the topics that are created.
    replication_factor: u16 = "1", |v| parse::number(v, 1..=10), "a whole number from 1 to 10", Shown;
    /// Where the pictures of objections are stored: a folder, or a bucket of an S3 server. All processes need the same one.
    blobs_url: BlobsUrl = "file:data/pictures", parse::blobs_url, "file:FOLDER or s3://BUCKET/PREFIX", Shown;
    /// Address of the S3 server. Without it, it is Amazon's of the region. Where `deployment` is `production`, https only.
    blobs_endpoint: Option<String> = "", |v| parse::optional(v, parse::origin), "https://host:port, or nothing", Shown;
    /// Region of the S3 server.
    blobs_region: String = "us-east-1", parse::text, "a region", Shown;
    /// Access key id for the S3 server.
    blobs_access_key_id: Option<Secret> = "", |v| parse::optional(v, parse::secret), "a key id, or nothing", Hidden;
    /// Secret access key for the S3 server.
    blobs_secret_access_key: Option<Secret> = "", |v| parse::optional(v, parse::secret), "a key, or nothing", Hidden;
    /// Address of the portal's pages (role portal). A proxy with TLS stands before it.
    portal_listen: SocketAddr = "127.0.0.1:8081", parse::parsed, "an address such as 127.0.0.1:8081", Shown;
    /// Public origin of the portal, as browsers see it.
    portal_url: String = "http://127.0.0.1:8081", parse::origin, "http://host or https://host, with a port if needed", Shown;
    /// Addresses of the proxies before the portal. The client's address is then the last one of `X-Forwarded-For`.
    portal_proxies: Vec<IpAddr> = "", parse::addresses, "addresses with commas, or nothing", Shown;
    /// A session of the portal ends after this time without a request, in minutes.
    portal_idle_min: u64 = "15", |v| parse::number(v, 1..=1440), "minutes from 1 to 1440", Shown;
    /// A session of the portal ends this time after sign-in, even if it is in use, in minutes.
    portal_session_min: u64 = "480", |v| parse::number(v, 1..=1440), "minutes from 1 to 1440", Shown;
    /// Requests that one person may make in a minute. One address may make ten times as many, for those who share it.
    portal_requests_per_min: u32 = "120", |v| parse::number(v, 10..=100_000), "a whole number from 10 to 100000", Shown;
    /// Drafts of objections on which nobody has worked for this number of days are deleted, with their pictures.
    portal_draft_days: u16 = "30", |v| parse::number(v, 1..=365), "days from 1 to 365", Shown;
    /// OpenID provider (issuer). Without it the portal has no personal route. With it, `portal` is a default role.
    oidc_issuer: Option<String> = "", |v| parse::optional(v, parse::web_url), "http://… or https://…, or nothing", Shown;
    /// Id of the portal at the OpenID provider.
    oidc_client_id: String = "peyvand", parse::text, "a text", Shown;
    /// Secret of the portal at the OpenID provider.
    oidc_client_secret: Option<Secret> = "", |v| parse::optional(v, parse::secret), "a text, or nothing", Hidden;
    /// Scopes that the portal asks for besides `openid`, so that the provider gives the claims below.
    oidc_scopes: String = "profile", parse::scopes, "names with spaces", Shown;
    /// Claim with the national code.
    oidc_national_code_claim: String = "national_code", parse::text, "the name of a claim", Shown;
    /// Claim of officers: the code of their branch.
    oidc_officer_claim: String = "peyvand_officer", parse::text, "the name of a claim", Shown;
    /// Claim of supervisors: the code of their province.
    oidc_supervisor_claim: String = "peyvand_supervisor", parse::text, "the name of a claim", Shown;
    /// Claim of finance: `true`.
    oidc_finance_claim: String = "peyvand_finance", parse::text, "the name of a claim", Shown;
    /// Claim of operators: `true`.
    oidc_operator_claim: String = "peyvand_operator", parse::text, "the name of a claim", Shown;
    /// Claim of auditors: `true`.
    oidc_auditor_claim: String = "peyvand_auditor", parse::text, "the name of a claim", Shown;
    /// Audience of the access tokens with which programs use the API. Without it there is no API.
    api_audience: Option<String> = "", |v| parse::optional(v, parse::text), "a text such as https://peyvand.example.org/api, or nothing", Shown;
    /// OTLP endpoint (HTTP) for traces, metrics and logs. Without it, none are exported.
    otlp_endpoint: Option<String> = "", |v| parse::optional(v, parse::otlp_endpoint), "http://host:4318, or nothing", Shown;
    /// Log filter.
    log: String = "info", parse::log_filter, "a level, or directives such as info,peyvand=debug", Shown;
    /// Format of log lines.
    log_format: LogFormat = "text", parse::log_format, "text or json", Shown;
    /// Time limit of a graceful shutdown, in seconds.
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
    let key = find(name)?;
    let raw = values.get(name)?;
    let value = parse(&raw.text);
    if value.is_none() {
        errors.push(ConfigError {
            key: raw.written_as(name),
            origin: raw.origin.clone(),
            value: Some(key.shown(&raw.text)),
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
