//! `peyvand demo`: runs a whole month from files to summary, on an empty database.

mod files;
pub mod generate;
mod sign_ins;
mod stages;
mod summary;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::app::AppContext;
use crate::config::Role;
use crate::retry::ShutdownSignal;
use crate::service::{Environment, Error, Result, export, supervisor};
use crate::store::summary as stored;
use crate::terminal::say;

/// The default business date of `demo` and `generate`. The tables of the law end with 1404.
pub const DEMO_DAY: &str = "1404-08-01";

/// Options of the demo.
#[derive(clap::Args, Debug)]
pub struct DemoOptions {
    /// Directory of your own files, instead of a generated month; the files that exist are used.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Directory for the records of the output topics.
    #[arg(long, default_value = "demo-out")]
    pub out: PathBuf,
    #[arg(long, default_value_t = 5000)]
    pub marriages: u32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Also prepare a trial of the portal, and write who can sign in to this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "dir")]
    pub sign_ins: Option<PathBuf>,
}

/// Runs the service in this process, publishes the files, closes the month before today, and shows a summary.
///
/// # Errors
/// Returns an error if the database is not empty, a step fails or times out, or a signal stops the demo.
pub async fn run(mut env: Environment, options: DemoOptions, json: bool) -> Result<()> {
    let ctx = env.open_context().await?;
    if stored::has_claims(&ctx.pool).await? {
        return Err(Error::Failed(
            "this database contains claims; the demo needs an empty one (`make demo` starts its own)"
                .to_owned(),
        ));
    }
    let began = ctx.clock.instant();
    let dir = files::prepare(&options, &ctx, json)?;
    // Without the role month-end, no month is closed automatically. The demo closes its month once.
    env.settings.roles = [Role::Intake, Role::Relay].into();
    let (stopper, stop) = tokio::sync::watch::channel(false);
    // The summary shows what a demo does, so it needs no HTTP, and two demos share no port.
    env.settings.http_listen = None;
    let mut roles = tokio::task::JoinSet::new();
    supervisor::spawn(&mut roles, &env.settings, &env.broker, &ctx, &stop);
    let outcome = {
        let work = run_month(&env, &ctx, &dir, &options, json);
        tokio::pin!(work);
        tokio::select! {
            outcome = &mut work => outcome,
            () = interrupted(env.shutdown.clone()) => Err(Error::Interrupted),
            Some(ended) = roles.join_next() => Err(Error::Failed(match supervisor::role_end(ended) {
                Ok(()) => "the service ended unexpectedly".to_owned(),
                Err(error) => format!("the service ended: {error}"),
            })),
        }
    };
    let _ = stopper.send(true);
    let timeout = Duration::from_secs(env.settings.stop_timeout_s);
    let ended = supervisor::until_they_end(&mut roles, &stop, timeout).await;
    let run = outcome?;
    ended?;
    if json {
        return summary::show_json(&ctx, &run, &options, began.elapsed()).await;
    }
    summary::show(&ctx, &run, &options, began.elapsed()).await
}

/// The result of the demo.
pub struct DemoRun {
    /// Rows of marriages that were read.
    pub marriages: u64,
    pub month: crate::law::SolarMonth,
    /// Exported records by output topic.
    pub records: BTreeMap<crate::wire::Topic, u64>,
}

async fn run_month(
    env: &Environment,
    ctx: &AppContext,
    dir: &std::path::Path,
    options: &DemoOptions,
    json: bool,
) -> Result<DemoRun> {
    let stages = stages::Stages { env, ctx, dir, quiet: json };
    let marriages = stages.publish_inputs().await?;
    let month = ctx.clock.today().month().previous();
    stages.close(month).await?;
    stages.publish_answers().await?;
    stages.wait_until_drained().await?;
    if let Some(sign_ins) = &options.sign_ins {
        sign_ins::prepare(&stages, sign_ins).await?;
        sign_ins::write_files(ctx, sign_ins).await?;
    }
    if !json {
        say!("Writing the output topics into {} …", options.out.display());
    }
    let records = export::run(env.broker.clone(), options.out.clone()).await?;
    Ok(DemoRun { marriages, month, records })
}

async fn interrupted(mut stop: ShutdownSignal) {
    crate::retry::shutdown_requested(&mut stop).await;
}
