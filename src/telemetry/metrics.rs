//! Counts of this process. The hot path touches atomics only; exporters read them when they please.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::gauges::GaugeValues;

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Adds `n`.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Relaxed);
    }

    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Upper bounds of the buckets of durations, in seconds: those that the messaging conventions advise.
pub(super) const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Durations in buckets; the last bucket has no bound.
#[derive(Debug)]
pub struct Durations {
    buckets: [Counter; BOUNDS.len() + 1],
    micros: Counter,
    /// Set where metrics are exported: OTLP has no histogram that is read from outside.
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

    /// Records one.
    pub fn record(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].add(1);
        self.micros.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if let Some(histogram) = self.exported.get() {
            histogram.record(seconds, super::attributes::of_process());
        }
    }

    /// How many lie in each bucket, not added up.
    pub(super) fn counts(&self) -> [u64; BOUNDS.len() + 1] {
        std::array::from_fn(|bucket| self.buckets[bucket].get())
    }

    /// Their sum in seconds.
    pub(super) fn sum(&self) -> f64 {
        Duration::from_micros(self.micros.get()).as_secs_f64()
    }
}

/// How a counter is called in each of its places.
pub(super) struct CounterDescription {
    pub prometheus: &'static str,
    pub otel: &'static str,
    pub unit: &'static str,
    pub doc: &'static str,
    pub counter: fn(&Metrics) -> &Counter,
}

macro_rules! counters {
    ($( #[doc = $doc:literal] $name:ident: $prometheus:literal, $otel:literal, $unit:literal; )*) => {
        /// The counts of a process.
        #[derive(Debug)]
        pub struct Metrics {
            $( #[doc = $doc] pub $name: Counter, )*
            /// How long batches took, from the first message in hand to the commit.
            pub batch_seconds: Durations,
            gauges: RwLock<Option<GaugeValues>>,
        }

        impl Metrics {
            /// All at zero.
            pub const fn new() -> Self {
                Self { $( $name: Counter::new(), )* batch_seconds: Durations::new(), gauges: RwLock::new(None) }
            }
        }

        pub(super) const COUNTERS: &[CounterDescription] = &[$( CounterDescription {
            prometheus: $prometheus, otel: $otel, unit: $unit, doc: $doc, counter: |metrics| &metrics.$name,
        } ),*];
    };
}

counters! {
    #[doc = "Input messages that were disposed of"]
    consumed: "peyvand_consumed_messages_total", "messaging.client.consumed.messages", "{message}";
    #[doc = "Batches that were committed"]
    batches: "peyvand_batches_total", "peyvand.intake.batches", "{batch}";
    #[doc = "Decisions that were published"]
    decisions: "peyvand_decisions_total", "peyvand.decisions", "{decision}";
    #[doc = "Input messages that could not be read"]
    dead_letters: "peyvand_dead_letters_total", "peyvand.dead_letters", "{message}";
    #[doc = "Records that were delivered to output topics"]
    relay_records: "peyvand_relay_records_total", "messaging.client.sent.messages", "{message}";
    #[doc = "Transactions of the relay"]
    relay_commits: "peyvand_relay_commits_total", "peyvand.relay.commits", "{transaction}";
    #[doc = "Months that were closed"]
    closes: "peyvand_closes_total", "peyvand.closes", "{close}";
    #[doc = "Payment documents that were issued"]
    documents: "peyvand_documents_total", "peyvand.documents", "{document}";
    #[doc = "Gaps between input offsets in which a second reader found no record"]
    offset_gaps: "peyvand_offset_gaps_total", "peyvand.intake.offset_gaps", "{gap}";
    #[doc = "Times that the intake began anew from where the database stands"]
    intake_restarts: "peyvand_intake_restarts_total", "peyvand.intake.restarts", "{restart}";
    #[doc = "Errors that led to another attempt or to a stop"]
    errors: "peyvand_errors_total", "peyvand.errors", "{error}";
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Those of this process.
    pub fn global() -> &'static Self {
        static METRICS: Metrics = Metrics::new();
        &METRICS
    }

    /// Keeps what database and broker said last, for the exporter.
    pub fn set_gauges(&self, gauges: GaugeValues) {
        *self.gauges.write().unwrap_or_else(PoisonError::into_inner) = Some(gauges);
    }

    /// What they said last; none before they were first asked.
    pub fn gauges(&self) -> Option<GaugeValues> {
        self.gauges.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
