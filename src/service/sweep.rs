//! Deletes old drafts of objections, and pictures that no row names.

use std::time::Duration;

use super::Result;
use crate::app::AppContext;
use crate::app::portal::objections::PictureStore;
use crate::app::portal::objections::sweep::sweep;
use crate::retry::{ShutdownSignal, shutdown_requested};
use crate::telemetry::Metrics;

/// A sweep lists every picture, which costs requests of an S3 server.
const INTERVAL: Duration = Duration::from_secs(6 * 3600);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(60);

/// Sweeps at the start and then now and again, until shutdown is requested.
pub async fn run(
    ctx: AppContext,
    store: PictureStore,
    draft_days: u16,
    mut stop: ShutdownSignal,
) -> Result<()> {
    while !*stop.borrow() {
        let pause = match sweep(&ctx, &store, draft_days).await {
            Ok(swept) => {
                if !swept.is_nothing() {
                    tracing::info!(?swept, "old drafts of objections and pictures without a row are deleted");
                }
                INTERVAL
            }
            Err(error) => {
                Metrics::global().errors.add(1);
                tracing::warn!(%error, "old drafts and pictures are not deleted yet; trying again");
                PAUSE
            }
        };
        tokio::select! {
            biased;
            () = shutdown_requested(&mut stop) => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}
