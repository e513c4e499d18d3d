//! The stages of the demo. Each is shown while it runs.

use std::path::Path;
use std::time::Duration;

use crate::app::AppContext;
use crate::app::close::Confirmation;
use crate::law::SolarMonth;
use crate::service::publish::{FileCheck, Publication, SourceFile, await_receipt, show};
use crate::service::{Environment, Error, Result, close, drain};
use crate::terminal::say;
use crate::views::format;
use crate::wire::files::{FileKind, RowLimits};

/// Maximum time of one stage.
const STAGE_TIMEOUT: Duration = Duration::from_secs(1800);

pub struct Stages<'a> {
    pub env: &'a Environment,
    pub ctx: &'a AppContext,
    pub dir: &'a Path,
    /// Shows only the summary at the end, as JSON.
    pub quiet: bool,
}

impl Stages<'_> {
    /// Publishes the insured records first, so that most claims are decided once, then marriages and self-registrations. Returns the number of marriage rows
    /// read.
    pub async fn publish_inputs(&self) -> Result<u64> {
        self.announce(|| format!("Publishing to {} …", self.env.broker.brokers()));
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

    fn announce(&self, line: impl FnOnce() -> String) {
        if !self.quiet {
            say!("{}", line());
        }
    }

    /// Publishes a kind of file if the file exists, and shows its receipt. Returns the number of its rows.
    async fn publish(&self, kind: FileKind) -> Result<u64> {
        let path = self.dir.join(kind.file_name());
        if !path.exists() {
            return Ok(0);
        }
        let broker = self.env.broker.clone();
        let stop = self.env.shutdown.clone();
        let quiet = self.quiet;
        let limits = RowLimits { today: self.ctx.clock.today(), now: self.ctx.clock.now() };
        let publishing = tokio::task::spawn_blocking(move || {
            let source = SourceFile::open(&path)?;
            let check =
                FileCheck { kind, source: &source, limits, rejects: None, strict: false, quiet, stop: &stop };
            let declared = check.run()?.declared;
            Publication { broker: &broker, kind, source: &source, limits, stop: &stop, quiet }.send()?;
            match await_receipt(&broker, source.file_id(), STAGE_TIMEOUT, &stop)? {
                Some(_) if quiet => {}
                Some(receipt) => show(&receipt, false),
                None => return Err(Error::Failed(format!("no receipt arrived for {kind}"))),
            }
            Ok(declared)
        });
        publishing.await.map_err(|_| Error::Interrupted)?
    }

    /// Closes the month, and waits until everything is delivered.
    pub async fn close(&self, month: SolarMonth) -> Result<()> {
        self.announce(|| format!("Closing {month} (the business date is {}) …", self.ctx.clock.today()));
        let env = self.env;
        let closed = close::close_month(
            self.ctx,
            &env.broker,
            month,
            &Confirmation::Nothing,
            STAGE_TIMEOUT,
            &env.shutdown,
            &|_, _| {},
        )
        .await?;
        let documents = closed.close.documents();
        let total = closed.close.total_rial().unsigned_abs();
        self.announce(|| format!("  {documents} documents, {}", format::money(total)));
        self.wait_until_drained().await
    }

    /// Waits until everything is delivered, including SMS.
    pub async fn wait_until_drained(&self) -> Result<()> {
        let drained = drain::wait(self.ctx, &self.env.broker, STAGE_TIMEOUT).await?;
        if drained {
            Ok(())
        } else {
            Err(Error::Failed("input or outbox was not drained in time".to_owned()))
        }
    }
}
