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
