//! `peyvand replay`: everything again from the inputs, into an empty database, with the closes where the inputs stood for
//! each; then both states are compared. Nothing is sent: an auditor's proof that the state follows from the inputs.

use std::collections::BTreeSet;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::start::CommandContext;
use super::{Error, Result};
use crate::app::AppContext;
use crate::app::close::replay::CloseReplay;
use crate::app::ingest::{RecordBatch, apply_batch};
use crate::app::recompute::tables_of;
use crate::kafka;
use crate::kafka::consumer::BatchLimits;
use crate::store::close_pages::{self, PastClose};
use crate::store::offsets::{self, TopicPartition};
use crate::store::outbox::RelayShards;
use crate::store::{self, PgConnection, installation, state_digest, summary};
use crate::terminal::say;
use crate::views::format::grouped;

/// The state's digest: SHA-256 over its lines.
pub struct StateDigest {
    pub lines: Vec<String>,
    pub digest: String,
}

impl StateDigest {
    pub async fn read(connection: &mut PgConnection) -> Result<Self> {
        let lines = state_digest::lines(connection).await?;
        let mut hash = Sha256::new();
        lines.iter().for_each(|line| hash.update(format!("{line}\n")));
        Ok(Self { digest: hex::encode(hash.finalize()), lines })
    }
}

/// What the live database said at one moment.
struct Live {
    state: StateDigest,
    closes: Vec<PastClose>,
    stood: Vec<(TopicPartition, i64)>,
}

/// Most differences that are shown.
const SHOWN: usize = 20;

pub async fn run(started: &CommandContext, into: &str, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    let live = look(&ctx).await?;
    let copy = open_empty(&ctx, into).await?;
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(
        ProgressStyle::with_template("  {spinner} {human_pos} messages  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let replay = Replay { started, copy, bar };
    for past in &live.closes {
        replay.close(&ctx, past).await?;
    }
    replay.ingest_page(&replay.copy, &live.stood).await?;
    replay.bar.finish_and_clear();
    let mut connection = replay.copy.pool.acquire().await.map_err(store::Error::from)?;
    let state = StateDigest::read(&mut connection).await?;
    drop(connection);
    show(&live, &state, replay.bar.position(), json)
}

/// State, closes and places of one snapshot, so that the live service may go on meanwhile.
async fn look(ctx: &AppContext) -> Result<Live> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let (state, closes, stood) = (
        StateDigest::read(&mut tx).await?,
        close_pages::past_closes(&mut tx).await?,
        offsets::all(&mut *tx).await?,
    );
    let batches = store::batches::all(&mut tx).await?;
    if batches.iter().any(|batch| !batch.closed) {
        return Err(Error::failed("a month is being closed; replay when that is done".to_owned()));
    }
    if let Some(lost) = batches.iter().find(|batch| closes.iter().all(|past| past.month != batch.month)) {
        let lost = lost.month;
        return Err(Error::failed(format!(
            "the close of {lost} was read back from its topic: what its pages saw is lost, and it cannot be replayed"
        )));
    }
    Ok(Live { state, closes, stood })
}

/// The same installation in another, empty database: ids are derived from its secret.
async fn open_empty(ctx: &AppContext, url: &str) -> Result<AppContext> {
    let pool = store::connect(url, 4)?;
    store::migrate(&pool).await?;
    if summary::has_claims(&pool).await? || !offsets::all(&pool).await?.is_empty() {
        return Err(Error::failed("the database to replay into is not empty".to_owned()));
    }
    let secret = installation::secret(&ctx.pool, None).await?;
    let secret = String::from_utf8(secret).map_err(|_| store::Error::Unreadable("secret"))?;
    installation::secret(&pool, Some(&secret)).await?;
    let count = installation::outbox_groups(&pool, ctx.groups.count.unsigned_abs()).await?;
    let groups = RelayShards { count, ..ctx.groups };
    Ok(AppContext { pool, groups, ..ctx.clone() })
}

struct Replay<'a> {
    started: &'a CommandContext,
    copy: AppContext,
    bar: ProgressBar,
}

impl Replay<'_> {
    /// The inputs that each page saw, then the page; its tables of the law are those of then.
    async fn close(&self, live: &AppContext, past: &PastClose) -> Result<()> {
        self.bar.set_message(format!("closing {}", past.month));
        let mut under_way: Option<CloseReplay> = None;
        for page in &past.pages {
            let mut connection = live.pool.acquire().await.map_err(store::Error::from)?;
            let tables = Arc::new(tables_of(&mut connection, &page.tables_version).await?);
            drop(connection);
            let ctx = AppContext { tables, ..self.copy.clone() };
            self.ingest_page(&ctx.with_business_date(past.business_date), &page.inputs).await?;
            let mut again = match under_way.take() {
                Some(again) => again,
                None => CloseReplay::begin(&ctx, past, &self.started.env.shutdown).await?,
            };
            again.page(&ctx, page.upto).await?;
            under_way = Some(again);
        }
        if let Some(again) = under_way {
            again.finish(&self.copy).await?;
        }
        Ok(())
    }

    async fn ingest_page(&self, ctx: &AppContext, upto: &[(TopicPartition, i64)]) -> Result<()> {
        let settings = &self.started.env.settings;
        let wait = std::time::Duration::from_secs(1);
        let bounds = BatchLimits { events: settings.batch_events, bytes: settings.batch_bytes, wait };
        let take = async |batch: RecordBatch| {
            self.bar.inc(u64::try_from(batch.records.len()).unwrap_or(0));
            apply_batch(ctx, &batch).await.map(drop)
        };
        // No letter is told in advance: the replay finds by itself what cannot be read.
        Ok(kafka::consumer::bounded::ingest_up_to(
            ctx,
            &self.started.env.broker,
            upto,
            bounds,
            Arc::default(),
            take,
        )
        .await?)
    }
}

fn show(live: &Live, again: &StateDigest, messages: u64, json: bool) -> Result<()> {
    let lines = |state: &StateDigest| state.lines.iter().cloned().collect::<BTreeSet<_>>();
    let (then, now) = (lines(&live.state), lines(again));
    let differences: Vec<String> = then
        .difference(&now)
        .map(|line| format!("only in the live database: {line}"))
        .chain(now.difference(&then).map(|line| format!("only in the replay: {line}")))
        .collect();
    let equal = live.state.digest == again.digest;
    if json {
        say!(
            "{}",
            json!({"equal": equal, "digest": live.state.digest, "replayed_digest": again.digest, "messages": messages,
                "closes": live.closes.len(), "lines": live.state.lines.len(), "differences": differences})
        );
    } else {
        let messages = grouped(i128::from(messages));
        say!(
            "{messages} messages and {} closes were replayed; the state has {} lines.",
            live.closes.len(),
            then.len()
        );
        say!("live     {}\nreplayed {}", live.state.digest, again.digest);
        differences.iter().take(SHOWN).for_each(|line| say!("{line}"));
        say!("{}", if equal { "equal" } else { "NOT EQUAL" });
    }
    if equal { Ok(()) } else { Err(Error::AlreadyReported) }
}
