//! The whole protocol (ingest, decide, close, relay) runs on a simulated log and a simulated database, one step at a
//! time. One seed determines every step and every fault, so a run with the same seed is identical.

mod casework;
mod checks;
mod close_end;
mod closer;
mod connection;
mod consumer;
mod facts;
mod faults;
mod ingest;
mod io;
mod log;
mod outside;
mod population;
mod postgres;
mod postgres_ingest;
mod postgres_relay;
mod relay;
mod rows;
mod scheduler;
mod store;
mod tables;
mod tail;
mod world;
mod writer;
mod writing;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use peyvand::clock::Clock;
use population::Population;
use scheduler::{Plan, run};
use world::{Defect, World};
use writing::end_state;

/// Seeds in a run of the tests; `make simulate SEEDS=100000` runs more.
const SEEDS: u64 = 1000;

struct Violation {
    seed: u64,
    what: String,
    trace: String,
}

/// Runs a seed without faults, then with faults, and compares the end states.
fn simulate(seed: u64, defect: Option<Defect>) -> Result<Rc<RefCell<World>>, Violation> {
    let population = Rc::new(Population::of(seed));
    let does_wait = !seed.is_multiple_of(4);
    let calm = Plan { seed, faults_until: 0, does_wait, defect: None };
    let (calm, ended) = run(&calm, &population);
    let violation = |world: &World, what: String| Violation { seed, what, trace: trace(world) };
    ended
        .and_then(|()| checks::all(&calm.borrow()))
        .map_err(|what| violation(&calm.borrow(), format!("calm: {what}")))?;
    let steps = calm.borrow().now;
    let faults_until = steps / 2 + steps * (seed % 16) / 8;
    let (world, ended) = run(&Plan { seed, faults_until, does_wait, defect }, &population);
    let checked = ended
        .and_then(|()| checks::all(&world.borrow()))
        .and_then(|()| if does_wait { same_end(&calm.borrow(), &world.borrow()) } else { Ok(()) });
    checked.map_err(|what| violation(&world.borrow(), what))?;
    Ok(world)
}

/// Asserts that the faults did not change the end state. This holds when the population waited for the close.
fn same_end(calm: &World, world: &World) -> Result<(), String> {
    let calm = end_state(&calm.store.tables.rows);
    let faulty = end_state(&world.store.tables.rows);
    let names = calm.keys().chain(faulty.keys());
    let other = names
        .filter(|name| calm.get(*name) != faulty.get(*name))
        .map(|name| format!("{name}: calm {:?}, with faults {:?}", calm.get(name), faulty.get(name)));
    other.into_iter().next().map_or(Ok(()), Err)
}

fn trace(world: &World) -> String {
    let mut text = String::new();
    for (now, life, what) in &world.steps {
        writeln!(text, "{now:>6}  life {life:<3} {what}").unwrap();
    }
    text
}

fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("SIMULATION_SEED") {
        return seed..seed + 1;
    }
    0..number("SIMULATION_SEEDS").unwrap_or(SEEDS)
}

#[test]
fn no_seed_breaks_a_promise() {
    let (clock, mut steps) = (Clock::new(None).unwrap(), 0);
    let began = clock.instant();
    for seed in seeds() {
        match simulate(seed, None) {
            Ok(world) => steps += world.borrow().now,
            Err(Violation { seed, what, trace }) => {
                panic!("{trace}seed {seed}: {what}\nrepeat it: make simulate SEED={seed}")
            }
        }
    }
    eprintln!("{} seeds, {steps} steps, {:.1} s", seeds().count(), began.elapsed().as_secs_f64());
}

#[test]
fn a_seed_repeats_bit_by_bit() {
    for seed in 0..20 {
        let [one, two] = [0; 2].map(|_| simulate(seed, None).map_err(|violation| violation.what).unwrap());
        let (one, two) = (one.borrow(), two.borrow());
        assert_eq!(one.steps, two.steps);
        assert_eq!(end_state(&one.store.tables.rows), end_state(&two.store.tables.rows));
        let said = |world: &World| world.store.tables.said.iter().map(|e| (**e).clone()).collect::<Vec<_>>();
        assert_eq!(said(&one), said(&two));
    }
}

/// The number of seeds within which the simulation must detect each planted defect.
const WITHIN: u64 = 300;

#[test]
fn the_simulation_sees_each_planted_defect() {
    for defect in Defect::ALL {
        let found = (0..WITHIN).find_map(|seed| simulate(seed, Some(defect)).err());
        let Violation { seed, what, .. } = found.unwrap_or_else(|| panic!("{defect:?} was not detected"));
        eprintln!("{defect:?}: seed {seed}: {what}");
    }
}
