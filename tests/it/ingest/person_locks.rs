//! Transactions that lock known and new persons do not deadlock.

use peyvand::ident::NationalCode;
use peyvand::store::{Error, PgPool, persons};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::fixtures::couples::national_code;
use crate::harness::{TestApp, ctx};

const PERSONS: u32 = 40;
const TRANSACTIONS: u64 = 60;
const AT_ONCE: u64 = 4;

fn codes() -> Vec<NationalCode> {
    (500_000_000..500_000_000 + PERSONS).map(|nine| national_code(nine).parse().unwrap()).collect()
}

/// Locks half of the persons again and again. Every second of them is new each time, because nothing is committed.
async fn lock_some(pool: PgPool, seed: u64) -> Result<(), Error> {
    let mut random = StdRng::seed_from_u64(seed);
    for _ in 0..TRANSACTIONS {
        let all = codes();
        let mut some: Vec<NationalCode> = all.sample(&mut random, all.len() / 2).copied().collect();
        some.sort_unstable();
        let mut tx = pool.begin().await?;
        let locked = persons::lock(&mut tx, &some).await?;
        assert_eq!(locked.len(), some.len());
        tokio::time::sleep(std::time::Duration::from_millis(random.random_range(0..3))).await;
        tx.rollback().await?;
    }
    Ok(())
}

#[test]
fn known_and_new_persons_are_locked_in_one_order() {
    let app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let pool = ctx(&app, &runtime).pool;
    runtime.block_on(async {
        let known: Vec<NationalCode> = codes().into_iter().step_by(2).collect();
        let mut tx = pool.begin().await.unwrap();
        persons::lock(&mut tx, &known).await.unwrap();
        tx.commit().await.unwrap();
        let tasks: Vec<_> = (0..AT_ONCE).map(|seed| tokio::spawn(lock_some(pool.clone(), seed))).collect();
        for task in tasks {
            task.await.unwrap().expect("a transaction deadlocked");
        }
        pool.close().await;
    });
    app.execute("DELETE FROM persons").unwrap();
    app.finish();
}

async fn locking(
    pool: PgPool,
    codes: Vec<NationalCode>,
) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, Error> {
    let mut tx = pool.begin().await?;
    persons::lock(&mut tx, &codes).await?;
    Ok(tx)
}

/// A transaction waits for the new rows of two others. The first one commits, and a later transaction locks its row and
/// a known person. If the waiting one already held the known person, the two would wait for each other.
#[test]
fn a_transaction_that_waits_for_new_persons_holds_no_known_one() {
    let app = TestApp::without_service("1404-08-01");
    app.json(&["status"]);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // A transaction that is dropped by a failure of this test needs the runtime.
    let _context = runtime.enter();
    let pool = ctx(&app, &runtime).pool;
    let all = codes();
    let (first, second, known) = (all[0], all[1], all[2]);
    let inserted = runtime.block_on(locking(pool.clone(), vec![known])).unwrap();
    runtime.block_on(inserted.commit()).unwrap();

    let one = runtime.block_on(locking(pool.clone(), vec![first])).unwrap();
    let other = runtime.block_on(locking(pool.clone(), vec![second])).unwrap();
    let waiting = runtime.spawn(locking(pool.clone(), vec![first, second, known]));
    app.until(
        "a transaction waits",
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    runtime.block_on(one.commit()).unwrap();
    let later = async {
        let soon = std::time::Duration::from_secs(20);
        tokio::time::timeout(soon, locking(pool.clone(), vec![first, known])).await
    };
    let later = runtime.block_on(later).expect("the waiting transaction holds the known person").unwrap();
    runtime.block_on(later.rollback()).unwrap();
    runtime.block_on(other.commit()).unwrap();
    let waited = runtime.block_on(waiting).unwrap().unwrap();
    runtime.block_on(waited.rollback()).unwrap();
    runtime.block_on(pool.close());
    app.execute("DELETE FROM persons").unwrap();
    app.finish();
}
