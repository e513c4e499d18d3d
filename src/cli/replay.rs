//! `peyvand replay`: replays all inputs into an empty database, with each close at the source offsets that it saw, and
//! compares both states. It sends nothing. An auditor uses it to verify that the state follows from the inputs.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::dead_letters::position_of;
use super::start::CommandContext;
use super::{Error, Result};
use crate::app::AppContext;
use crate::app::close::replay::CloseReplay;
use crate::app::ingest::{RecordBatch, apply_batch};
use crate::app::recompute::tables_of;
use crate::config::MisroutedPolicy;
use crate::kafka;
use crate::kafka::consumer::BatchLimits;
use crate::kafka::consumer::bounded::FirstIngest;
use crate::store::close_pages::{self, PastClose};
use crate::store::dead_letters::LetterPlace;
use crate::store::offsets::{self, PartitionOffset};
use crate::store::outbox::RelayShards;
use crate::store::{self, PgConnection, dead_letters, installation, state_digest, summary};
use crate::terminal::say;
use crate::views::format::grouped;

/// The digest of the state: SHA-256 over its lines.
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

/// The content of the live database in one snapshot.
struct Live {
    state: StateDigest,
    closes: Vec<PastClose>,
    offsets: Vec<PartitionOffset>,
    /// Misrouted messages that became dead letters. The setting may be another one now.
    misrouted: HashSet<LetterPlace>,
}

/// Maximum number of differences that are shown.
const SHOWN: usize = 20;

pub async fn run(started: &CommandContext, into: &str, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    let live = load_live(&ctx).await?;
    let copy = open_empty(&ctx, into).await?;
    let bar = if json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    bar.set_style(
        ProgressStyle::with_template("  {spinner} {human_pos} messages  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    let first = FirstIngest {
        // The replay determines all others from the inputs.
        dead_letters: HashSet::new(),
        misrouted: live.misrouted.iter().map(|place| position_of(&started.env.broker, *place)).collect(),
        other_misrouted: MisroutedPolicy::Accept,
    };
    let replay = Replay { started, copy, bar, first: Arc::new(first) };
    for past in &live.closes {
        replay.close(&ctx, past).await?;
    }
    replay.ingest_page(&replay.copy, &live.offsets).await?;
    replay.bar.finish_and_clear();
    let mut connection = replay.copy.pool.acquire().await.map_err(store::Error::from)?;
    let state = StateDigest::read(&mut connection).await?;
    drop(connection);
    show(&live, &state, replay.bar.position(), json)
}

/// Reads state, closes and source offsets in one snapshot, so that the live service can continue meanwhile.
async fn load_live(ctx: &AppContext) -> Result<Live> {
    let mut tx = store::snapshot(&ctx.pool).await?;
    let state = StateDigest::read(&mut tx).await?;
    let closes = close_pages::past_closes(&mut tx).await?;
    let offsets = offsets::all(&mut *tx).await?;
    let begun = store::closes::all(&mut tx).await?;
    if begun.iter().any(|close| !close.closed) {
        return Err(Error::failed("a month is being closed; run the replay after the close".to_owned()));
    }
    if let Some(lost) = begun.iter().find(|close| closes.iter().all(|past| past.month != close.month)) {
        let lost = lost.month;
        return Err(Error::failed(format!(
            "the close of {lost} was read back from its topic: the inputs of its pages are unknown, and it cannot be replayed"
        )));
    }
    let misrouted = dead_letters::misrouted(&mut tx).await?;
    Ok(Live { state, closes, offsets, misrouted })
}

/// The same installation in another, empty database. It gets the same secret, because ids are derived from it.
async fn open_empty(ctx: &AppContext, url: &str) -> Result<AppContext> {
    let pool = store::connect(url, 4)?;
    store::migrate(&pool).await?;
    if summary::has_claims(&pool).await? || !offsets::all(&pool).await?.is_empty() {
        return Err(Error::failed("the database to replay into is not empty".to_owned()));
    }
    let secret = installation::secret(&ctx.pool, None).await?;
    let secret = String::from_utf8(secret).map_err(|_| store::Error::Unreadable("secret"))?;
    installation::secret(&pool, Some(&secret)).await?;
    let count = installation::outbox_groups(&pool, ctx.shards.count.unsigned_abs()).await?;
    let shards = RelayShards { count, ..ctx.shards };
    Ok(AppContext { pool, shards, ..ctx.clone() })
}

struct Replay<'a> {
    started: &'a CommandContext,
    copy: AppContext,
    bar: ProgressBar,
    first: Arc<FirstIngest>,
}

impl Replay<'_> {
    /// Replays a close: for each page, the inputs that it saw, and then the page, with the tables of the law of that
    /// time.
    async fn close(&self, live: &AppContext, past: &PastClose) -> Result<()> {
        self.bar.set_message(format!("closing {}", past.month));
        let mut close: Option<CloseReplay> = None;
        for page in &past.pages {
            let mut connection = live.pool.acquire().await.map_err(store::Error::from)?;
            let tables = Arc::new(tables_of(&mut connection, &page.tables_version).await?);
            drop(connection);
            let ctx = AppContext { tables, ..self.copy.clone() };
            self.ingest_page(&ctx.with_business_date(past.business_date), &page.inputs).await?;
            let mut replay = match close.take() {
                Some(replay) => replay,
                None => CloseReplay::begin(&ctx, past, &self.started.env.shutdown).await?,
            };
            replay.page(&ctx, page.upto).await?;
            close = Some(replay);
        }
        if let Some(replay) = close {
            replay.finish(&self.copy).await?;
        }
        Ok(())
    }

    async fn ingest_page(&self, ctx: &AppContext, upto: &[PartitionOffset]) -> Result<()> {
        let settings = &self.started.env.settings;
        let wait = std::time::Duration::from_secs(1);
        let limits = BatchLimits { events: settings.batch_events, bytes: settings.batch_bytes, wait };
        let apply = async |batch: RecordBatch| {
            self.bar.inc(u64::try_from(batch.records.len()).unwrap_or(0));
            apply_batch(ctx, &batch).await.map(drop)
        };
        Ok(kafka::consumer::bounded::ingest_up_to(
            ctx,
            &self.started.env.broker,
            upto,
            limits,
            self.first.clone(),
            apply,
        )
        .await?)
    }
}

fn show(live: &Live, replayed: &StateDigest, messages: u64, json: bool) -> Result<()> {
    let live_lines: BTreeSet<&String> = live.state.lines.iter().collect();
    let replayed_lines: BTreeSet<&String> = replayed.lines.iter().collect();
    let differences: Vec<String> = live_lines
        .difference(&replayed_lines)
        .map(|line| format!("only in the live database: {line}"))
        .chain(replayed_lines.difference(&live_lines).map(|line| format!("only in the replay: {line}")))
        .collect();
    let equal = live.state.digest == replayed.digest;
    if json {
        say!(
            "{}",
            json!({"equal": equal, "digest": live.state.digest, "replayed_digest": replayed.digest, "messages": messages,
                "closes": live.closes.len(), "lines": live.state.lines.len(), "differences": differences})
        );
    } else {
        let messages = grouped(i128::from(messages));
        say!(
            "{messages} messages and {} closes were replayed; the state has {} lines.",
            live.closes.len(),
            live_lines.len()
        );
        say!("live     {}\nreplayed {}", live.state.digest, replayed.digest);
        differences.iter().take(SHOWN).for_each(|line| say!("{line}"));
        say!("{}", if equal { "equal" } else { "NOT EQUAL" });
    }
    if equal { Ok(()) } else { Err(Error::AlreadyReported) }
}
