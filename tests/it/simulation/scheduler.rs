//! The scheduler: the seed determines which task runs next, and which faults happen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use super::io::{Io, Task};
use super::world::{Defect, SERVICES, World};
use super::{casework, closer, outside, relay};
use crate::simulation::consumer;
use crate::simulation::population::Population;

/// Steps after the last fault within which everything must be delivered.
const STEP_LIMIT: u64 = 40_000;
/// The life that never ends: it directs the outside world.
pub const DIRECTOR: usize = 0;

pub struct Plan {
    pub seed: u64,
    /// The step at which faults end.
    pub faults_until: u64,
    /// Whether the population waits for the first close before it sends changes.
    pub does_wait: bool,
    pub defect: Option<Defect>,
}

#[derive(Default)]
pub struct Life {
    /// The life is suspended until this step.
    pub still: u64,
    /// The step at which this life ends, after another life of its service has started.
    pub dies: Option<u64>,
}

pub struct Running {
    pub world: Rc<RefCell<World>>,
    pub lives: Vec<Life>,
    tasks: Vec<(usize, u64, Task)>,
    /// The life of each service, and of finance and the officers after them.
    pub current: Vec<usize>,
    /// Average number of steps between faults.
    rate: u64,
    /// Tasks that may run now.
    ready: Vec<usize>,
}

/// Runs a plan to its end. The error is a violated invariant.
pub fn run(plan: &Plan, population: &Rc<Population>) -> (Rc<RefCell<World>>, Result<(), String>) {
    let world = World::new(plan.seed, plan.faults_until > 0, plan.defect, outside::day(0));
    let world = Rc::new(RefCell::new(world));
    let rate = 8 << world.borrow_mut().dice.below(4);
    let mut running = Running::new(world.clone(), rate);
    let ended = Rc::new(Cell::new(false));
    let director = running.begin(usize::MAX);
    director.spawn(outside::direct(director.clone(), population.clone(), plan.does_wait, ended.clone()));
    for service in 0..=SERVICES {
        running.current.push(0);
        running.start(service);
    }
    let last = plan.faults_until + STEP_LIMIT;
    let mut broken = None;
    while broken.is_none() && !ended.get() {
        running.step(plan.faults_until);
        broken = world.borrow_mut().broken.take();
        if world.borrow().now > last {
            broken = Some(format!("events are undelivered {STEP_LIMIT} steps after the last fault"));
        }
    }
    running.end();
    (world, broken.map_or(Ok(()), Err))
}

impl Running {
    fn new(world: Rc<RefCell<World>>, rate: u64) -> Self {
        let (lives, tasks, current, ready) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { world, lives, tasks, current, rate, ready }
    }

    fn begin(&mut self, service: usize) -> Io {
        self.lives.push(Life::default());
        Io::new(self.world.clone(), self.lives.len() - 1, service)
    }

    /// A new life of a service, or of finance.
    pub fn start(&mut self, service: usize) {
        let io = self.begin(service);
        self.current[service] = io.life;
        if service == SERVICES {
            io.spawn(outside::finance(io.clone()));
            return io.spawn(casework::officers(io.clone()));
        }
        io.spawn(consumer::run(io.clone()));
        io.spawn(relay::run(io.clone()));
        io.spawn(closer::month_end(io.clone()));
    }

    pub fn kill(&mut self, life: usize) {
        self.world.borrow_mut().crashing = true;
        self.tasks.retain(|(of, ..)| *of != life);
        let spawned = std::mem::take(&mut self.world.borrow_mut().spawned);
        let others = spawned.into_iter().filter(|(of, _)| *of != life).collect();
        self.world.borrow_mut().spawned = others;
        self.world.borrow_mut().crashing = false;
    }

    /// Breaks the reference cycle between the world and its tasks.
    fn end(mut self) {
        self.tasks.clear();
        let spawned = std::mem::take(&mut self.world.borrow_mut().spawned);
        drop(spawned);
    }

    fn step(&mut self, faults_until: u64) {
        let (now, is_fault) = {
            let mut world = self.world.borrow_mut();
            world.now += 1;
            world.log.now = world.now;
            let is_over = world.faults && world.now > faults_until;
            (world.now, (!is_over && world.happens(self.rate), is_over))
        };
        match is_fault {
            (_, true) => self.heal(),
            (true, _) => self.fault(),
            _ => {}
        }
        let dying = self.lives.iter().position(|life| life.dies.is_some_and(|at| at <= now));
        if let Some(life) = dying {
            self.lives[life].dies = None;
            self.kill(life);
        }
        let spawned = std::mem::take(&mut self.world.borrow_mut().spawned);
        self.tasks.extend(spawned.into_iter().map(|(life, task)| (life, now, task)));
        self.ready.clear();
        for (place, (life, wake, _)) in self.tasks.iter().enumerate() {
            if *wake <= now && self.lives[*life].still <= now {
                self.ready.push(place);
            }
        }
        if self.ready.is_empty() {
            return;
        }
        let place = self.ready[self.world.borrow_mut().dice.pick(self.ready.len())];
        let is_done = self.tasks[place].2.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        let asleep = std::mem::take(&mut self.world.borrow_mut().asleep);
        self.tasks[place].1 = now + asleep;
        if is_done {
            drop(self.tasks.remove(place));
        }
    }
}
