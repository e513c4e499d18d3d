//! Asks the broker at intervals whether it still answers. An idle client does not notice a broker that is frozen: its
//! connection stays open.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};

use super::client::Broker;
use super::client_logging::LoggingContext;
use super::{Error, Result};
use crate::failpoint::failpoint;

/// A client of its own, whose requests do not queue behind those of the roles.
#[derive(Clone)]
pub struct BrokerCheck {
    broker: Broker,
    consumer: Arc<BaseConsumer<LoggingContext>>,
}

impl BrokerCheck {
    pub fn new(broker: &Broker) -> Result<Self> {
        let consumer = broker.consumer_config().create_with_context(LoggingContext)?;
        Ok(Self { broker: broker.clone(), consumer: Arc::new(consumer) })
    }

    /// Asks for the metadata, which no client answers from memory.
    ///
    /// # Errors
    /// If no broker answers within this time.
    pub async fn ask(&self, within: Duration) -> Result<()> {
        let check = self.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let answer = failpoint!("check.metadata", check.consumer.fetch_metadata(None, within));
            // The error events of librdkafka are in the queue of the consumer; polling logs them.
            while failpoint!("check.told", check.consumer.poll(Duration::ZERO)).is_some() {}
            answer.map(drop).map_err(|error| check.broker.unreachable(error))
        });
        asked.await.map_err(|_| Error::Stopped)?
    }
}
