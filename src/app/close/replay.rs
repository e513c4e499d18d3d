//! Replays a past close in another database: the same persons, page by page, each page with the inputs that it saw.

use super::page::{PageLimit, close_page};
use super::{AppContext, begin, finish};
use crate::retry::ShutdownSignal;
use crate::store::close_pages::PastClose;
use crate::store::closes::{CloseLock, MonthClose};
use crate::store::{Error, Result};

/// A replayed close that has begun and not ended.
pub struct CloseReplay {
    lock: CloseLock,
    close: MonthClose,
    cursor: i64,
}

impl CloseReplay {
    /// Opens the close on its original business date.
    pub async fn begin(ctx: &AppContext, past: &PastClose, stop: &ShutdownSignal) -> Result<Self> {
        let mut lock = CloseLock::acquire(&ctx.pool, stop).await?.ok_or(Error::Stopped)?;
        let close = begin(
            &ctx.with_business_date(past.business_date),
            &mut lock,
            past.month,
            &past.input_offsets,
            None,
        )
        .await?;
        Ok(Self { lock, cursor: close.cursor, close })
    }

    /// Closes the page that ended at `upto`. The caller has applied exactly the inputs that the original page saw, and
    /// `ctx` has the tables of that time.
    pub async fn page(&mut self, ctx: &AppContext, upto: i64) -> Result<()> {
        let ctx = ctx.with_business_date(self.close.business_date);
        let done = close_page(&ctx, &mut self.lock, &self.close, self.cursor, PageLimit::Code(upto)).await?;
        self.cursor = done.map_or(self.cursor, |done| done.cursor);
        Ok(())
    }

    pub async fn finish(mut self, ctx: &AppContext) -> Result<MonthClose> {
        let close = finish::finish(ctx, &mut self.lock, self.close).await?;
        self.lock.release().await?;
        Ok(close)
    }
}
