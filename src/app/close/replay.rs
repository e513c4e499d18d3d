//! A past close again, in another database: the same persons, page by page, where the inputs stood for each.

use super::page::{Reach, close_page};
use super::{House, begin, finish};
use crate::retry::Stop;
use crate::store::batches::{Batch, CloseLock};
use crate::store::close_pages::Past;
use crate::store::{Error, Result};

/// A close that is under way again.
pub struct Again {
    lock: CloseLock,
    batch: Batch,
    cursor: i64,
}

impl Again {
    /// Opens the batch on the day on which it was opened then.
    pub async fn begin(house: &House, past: &Past, stop: &Stop) -> Result<Self> {
        let mut lock = CloseLock::acquire(&house.pool, stop).await?.ok_or(Error::Stopped)?;
        let batch = begin(&house.on(past.business_date), &mut lock, past.month, &past.input_offsets).await?;
        Ok(Self { lock, cursor: batch.cursor, batch })
    }

    /// Closes the page that ended at `upto`; the inputs stand where they stood for it. `house` has the tables of then.
    pub async fn page(&mut self, house: &House, upto: i64) -> Result<()> {
        let house = house.on(self.batch.business_date);
        let done = close_page(&house, &mut self.lock, &self.batch, self.cursor, Reach::Code(upto)).await?;
        self.cursor = done.map_or(self.cursor, |done| done.cursor);
        Ok(())
    }

    pub async fn finish(mut self, house: &House) -> Result<Batch> {
        let batch = finish::finish(house, &mut self.lock, self.batch).await?;
        self.lock.release().await?;
        Ok(batch)
    }
}
