//! The whole protocol - take in, decide, close, relay - over a simulated log and a simulated database, one step at a time,
//! every step and every fault drawn from one seed. A seed repeats bit by bit.

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

/// Seeds of every run of the tests; `make simulate SEEDS=100000` runs more.
const SEEDS: u64 = 1000;

struct Violation {
    seed: u64,
    what: String,
    trace: String,
}

/// Runs a seed calmly, then with faults, and holds the end of one against the other.
fn simulate(seed: u64, defect: Option<Defect>) -> Result<Rc<RefCell<World>>, Violation> {
    let population = Rc::new(Population::of(seed));
    let does_wait = !seed.is_multiple_of(4);
    let calm = Plan { seed, faults_until: 0, does_wait, defect: None };
    let (calm, ended) = run(&calm, &population);
    let violation = |world: &World, what: String| Violation { seed, what, trace: trace(world) };
    ended
        .and_then(|()| checks::all(&calm.borrow()))
        .map_err(|what| violation(&calm.borrow(), format!("calm: {what}")))?;
    let long = calm.borrow().now;
    let faults_until = long / 2 + long * (seed % 16) / 8;
    let (world, ended) = run(&Plan { seed, faults_until, does_wait, defect }, &population);
    let checked = ended
        .and_then(|()| checks::all(&world.borrow()))
        .and_then(|()| if does_wait { same_end(&calm.borrow(), &world.borrow()) } else { Ok(()) });
    checked.map_err(|what| violation(&world.borrow(), what))?;
    Ok(world)
}

/// Where the population waited for the close, the faults changed nothing about the end.
fn same_end(calm: &World, world: &World) -> Result<(), String> {
    let (calm, told) = (end_state(&calm.store.tables.rows), end_state(&world.store.tables.rows));
    let names = calm.keys().chain(told.keys());
    let other = names
        .filter(|name| calm.get(*name) != told.get(*name))
        .map(|name| format!("{name}: calm {:?}, here {:?}", calm.get(name), told.get(name)));
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

/// A mistake that nobody sees within so many seeds would be one that the simulation does not see.
const WITHIN: u64 = 300;

#[test]
fn the_simulation_sees_each_planted_defect() {
    for defect in Defect::ALL {
        let found = (0..WITHIN).find_map(|seed| simulate(seed, Some(defect)).err());
        let Violation { seed, what, .. } = found.unwrap_or_else(|| panic!("{defect:?} was not seen"));
        eprintln!("{defect:?}: seed {seed}: {what}");
    }
}
