//! The metrics of this process. The hot path only updates atomics; exporters read them at any time.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::counter::{Counter, ProcessGauge, TopicCounter};
use super::gauges::GaugeValues;
use crate::claim::Outcome;
use crate::config::Role;

/// The upper bounds of the duration buckets, in seconds, as recommended by the messaging conventions.
pub(super) const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// A histogram of durations. The last bucket has no upper bound.
#[derive(Debug)]
pub struct Durations {
    buckets: [Counter; BOUNDS.len() + 1],
    micros: Counter,
    /// Set if metrics are exported: OpenTelemetry has no observable histogram, so each duration is recorded here, too.
    pub(super) exported: OnceLock<opentelemetry::metrics::Histogram<f64>>,
}

impl Durations {
    const fn new() -> Self {
        Self {
            buckets: [const { Counter::new() }; BOUNDS.len() + 1],
            micros: Counter::new(),
            exported: OnceLock::new(),
        }
    }

    /// Records one duration.
    pub fn record(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].add(1);
        self.micros.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if let Some(histogram) = self.exported.get() {
            histogram.record(seconds, super::attributes::of_process());
        }
    }

    /// The number of durations in each bucket, not cumulative.
    pub(super) fn counts(&self) -> [u64; BOUNDS.len() + 1] {
        std::array::from_fn(|bucket| self.buckets[bucket].get())
    }

    /// The sum of all durations, in seconds.
    pub(super) fn sum(&self) -> f64 {
        Duration::from_micros(self.micros.get()).as_secs_f64()
    }
}

/// A counter for each outcome.
#[derive(Debug)]
pub struct OutcomeCounters([Counter; Outcome::ALL.len()]);

impl OutcomeCounters {
    const fn new() -> Self {
        Self([const { Counter::new() }; Outcome::ALL.len()])
    }

    pub fn add(&self, outcome: Outcome, n: u64) {
        for (known, counter) in Outcome::ALL.iter().zip(&self.0) {
            if *known == outcome {
                counter.add(n);
            }
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::ALL.into_iter().zip(self.0.iter().map(Counter::get))
    }
}

/// The names and the unit of a counter in Prometheus and in OpenTelemetry.
pub(super) struct CounterDescription {
    /// The role that counts. A process without it does not export the counter. `None`: every role counts.
    pub role: Option<Role>,
    pub prometheus: &'static str,
    pub otel: &'static str,
    pub unit: &'static str,
    pub doc: &'static str,
    pub counter: fn(&Metrics) -> &Counter,
}

macro_rules! counters {
    ($( #[doc = $doc:literal] $name:ident: $role:expr, $prometheus:literal, $otel:literal, $unit:literal; )*) => {
        /// The metrics of a process.
        #[derive(Debug)]
        pub struct Metrics {
            $( #[doc = $doc] pub $name: Counter, )*
            /// The decisions that ingest published, by outcome.
            pub decisions: OutcomeCounters,
            /// The duration of each batch up to its commit.
            pub batch_seconds: Durations,
            /// Attempts to read a partition that failed.
            pub fetch_errors: TopicCounter,
            /// Input messages that are not in the partition of their key.
            pub misrouted: TopicCounter,
            /// Partitions of this process that cannot be read now.
            pub fetch_failing_partitions: ProcessGauge,
            broker_up: AtomicBool,
            /// The roles of this process; all until they are set.
            roles: OnceLock<BTreeSet<Role>>,
            gauges: RwLock<Option<GaugeValues>>,
        }

        impl Metrics {
            pub const fn new() -> Self {
                Self {
                    $( $name: Counter::new(), )*
                    fetch_errors: TopicCounter::new(),
                    misrouted: TopicCounter::new(),
                    fetch_failing_partitions: ProcessGauge::new(),
                    decisions: OutcomeCounters::new(),
                    batch_seconds: Durations::new(),
                    broker_up: AtomicBool::new(false),
                    roles: OnceLock::new(),
                    gauges: RwLock::new(None),
                }
            }
        }

        pub(super) const COUNTERS: &[CounterDescription] = &[$( CounterDescription {
            role: $role, prometheus: $prometheus, otel: $otel, unit: $unit, doc: $doc, counter: |metrics| &metrics.$name,
        } ),*];
    };
}

counters! {
    #[doc = "Input messages that have a disposition"]
    consumed: Some(Role::Intake), "peyvand_consumed_messages_total", "messaging.client.consumed.messages", "{message}";
    #[doc = "Committed batches"]
    batches: Some(Role::Intake), "peyvand_batches_total", "peyvand.intake.batches", "{batch}";
    #[doc = "Input messages that could not be read"]
    dead_letters: Some(Role::Intake), "peyvand_dead_letters_total", "peyvand.dead_letters", "{message}";
    #[doc = "Records delivered to output topics"]
    relay_records: Some(Role::Relay), "peyvand_relay_records_total", "messaging.client.sent.messages", "{message}";
    #[doc = "Transactions of the relay"]
    relay_commits: Some(Role::Relay), "peyvand_relay_commits_total", "peyvand.relay.commits", "{transaction}";
    #[doc = "Months that this process closed automatically"]
    closes: Some(Role::MonthEnd), "peyvand_closes_total", "peyvand.closes", "{close}";
    #[doc = "Payment documents issued by these closes"]
    documents: Some(Role::MonthEnd), "peyvand_documents_total", "peyvand.documents", "{document}";
    #[doc = "Gaps between source offsets in which a second reader found no record"]
    offset_gaps: Some(Role::Intake), "peyvand_offset_gaps_total", "peyvand.intake.offset_gaps", "{gap}";
    #[doc = "Restarts of ingest from the offsets in the database"]
    intake_restarts: Some(Role::Intake), "peyvand_intake_restarts_total", "peyvand.intake.restarts", "{restart}";
    #[doc = "Requests to the portal"]
    portal_requests: Some(Role::Portal), "peyvand_portal_requests_total", "peyvand.portal.requests", "{request}";
    #[doc = "Sign-ins to the portal"]
    portal_sign_ins: Some(Role::Portal), "peyvand_portal_sign_ins_total", "peyvand.portal.sign_ins", "{sign_in}";
    #[doc = "Sign-ins that failed at the OpenID provider or by its answer"]
    portal_sign_ins_failed: Some(Role::Portal), "peyvand_portal_sign_ins_failed_total", "peyvand.portal.sign_ins_failed", "{sign_in}";
    #[doc = "Submissions of the portal delivered to their input topics"]
    submissions_delivered: Some(Role::Portal), "peyvand_submissions_delivered_total", "peyvand.portal.submissions_delivered", "{submission}";
    #[doc = "Errors that led to another attempt or to a stop"]
    errors: None, "peyvand_errors_total", "peyvand.errors", "{error}";
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// The metrics of this process.
    pub fn global() -> &'static Self {
        static METRICS: Metrics = Metrics::new();
        &METRICS
    }

    /// Stores the values last read from the database and the broker, for the exporters.
    pub fn set_gauges(&self, gauges: GaugeValues) {
        *self.gauges.write().unwrap_or_else(PoisonError::into_inner) = Some(gauges);
    }

    /// Returns the stored values. `None` before the first read.
    pub fn gauges(&self) -> Option<GaugeValues> {
        self.gauges.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the roles of this process. Only the first call counts.
    pub fn serve_roles(&self, roles: &BTreeSet<Role>) {
        let _ = self.roles.set(roles.clone());
    }

    /// Whether this process exports what `role` counts. A counter that can only be zero here would hide, in an average
    /// over the processes, that those with the role stand still.
    pub(super) fn exports(&self, role: Option<Role>) -> bool {
        let Some(role) = role else {
            return true;
        };
        self.roles.get().is_none_or(|roles| roles.contains(&role))
    }

    /// Stores whether the broker answered the last request of the process.
    pub fn set_broker_up(&self, up: bool) {
        self.broker_up.store(up, Relaxed);
    }

    pub fn is_broker_up(&self) -> bool {
        self.broker_up.load(Relaxed)
    }
}
