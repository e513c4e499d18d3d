//! The stages of the demo, each shown while it runs.

use std::path::Path;
use std::time::Duration;

use crate::cli::publish::{Publication, Source, await_receipt, show};
use crate::cli::start::Started;
use crate::cli::{Error, Result, close, paper, status};
use crate::law::SolarMonth;
use crate::wire::files::FileKind;
use crate::work::House;

/// How long a stage may take before the demo gives up.
const PATIENCE: Duration = Duration::from_secs(1800);

pub struct Stages<'a> {
    pub started: &'a Started,
    pub house: &'a House,
    pub dir: &'a Path,
    /// Only the summary is told: as JSON, at the end.
    pub quiet: bool,
}

impl Stages<'_> {
    /// Histories first, then marriages and self-registrations. Gives the rows of marriages that were read.
    pub async fn publish_inputs(&self) -> Result<u64> {
        self.tell(|| format!("Publishing to {} …", self.started.broker.brokers()));
        for kind in [FileKind::Persons, FileKind::Employments, FileKind::Wages, FileKind::EarlierPayments] {
            self.publish(kind).await?;
        }
        let marriages = self.publish(FileKind::Marriages).await?;
        self.publish(FileKind::SelfRegistrations).await?;
        Ok(marriages)
    }

    pub async fn publish_answers(&self) -> Result<()> {
        self.publish(FileKind::PaymentOutcomes).await?;
        self.publish(FileKind::DeliveryReports).await?;
        Ok(())
    }

    fn tell(&self, line: impl FnOnce() -> String) {
        if !self.quiet {
            say!("{}", line());
        }
    }

    /// Publishes a kind of file if it is there, and shows its receipt; gives its rows.
    async fn publish(&self, kind: FileKind) -> Result<u64> {
        let path = self.dir.join(kind.file_name());
        if !path.exists() {
            return Ok(0);
        }
        let (broker, stop, quiet) = (self.started.broker.clone(), self.started.stop.clone(), self.quiet);
        let at = self.house.clock.now();
        let work = move || {
            let source = Source::open(&path)?;
            let publication = Publication { broker: &broker, kind, source: &source, at, stop: &stop, quiet };
            let sent = publication.send(None)?;
            match await_receipt(&broker, source.file_id(), PATIENCE, &stop)? {
                Some(_) if quiet => {}
                Some(receipt) => show(&receipt, false),
                None => return Err(Error::Failed(format!("no receipt came for {kind}"))),
            }
            Ok(sent.declared)
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Interrupted)?
    }

    pub async fn close(&self, month: SolarMonth) -> Result<()> {
        self.tell(|| format!("Closing {month} (the business date is {}) …", self.house.clock.today()));
        let closed = close::close(
            self.house,
            &self.started.broker,
            month,
            false,
            PATIENCE,
            &self.started.stop,
            self.quiet,
        )
        .await?;
        let (documents, total) = (closed.batch.documents, closed.batch.total.unsigned_abs());
        self.tell(|| format!("  {documents} documents, {}", paper::money(total)));
        self.drained().await
    }

    /// Everything is delivered, SMS included.
    pub async fn drained(&self) -> Result<()> {
        let drained = status::wait(self.house, &self.started.broker, PATIENCE).await?;
        if drained { Ok(()) } else { Err(Error::Failed("the outbox was not drained".to_owned())) }
    }
}
