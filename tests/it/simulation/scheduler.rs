//! Who goes next, and what goes wrong: all drawn from the seed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};

use super::io::{Io, Task};
use super::town::Town;
use super::world::{Defect, SERVICES, World};
use super::{closer, intake, outside, relay};

/// After the last fault everything is said within so many steps, or never.
const PATIENCE: u64 = 40_000;
/// Lives that never end.
const DIRECTOR: usize = 0;

pub struct Plan {
    pub seed: u64,
    /// Until when things go wrong.
    pub faults_until: u64,
    /// Does the town wait for the first close before it says more?
    pub does_wait: bool,
    pub defect: Option<Defect>,
}

#[derive(Default)]
struct Life {
    /// Stands still until then.
    still: u64,
    /// Another life of its service has begun; this one ends then.
    dies: Option<u64>,
}

struct Running {
    world: Rc<RefCell<World>>,
    lives: Vec<Life>,
    tasks: Vec<(usize, u64, Task)>,
    /// The life of each service, and of finance after them.
    current: Vec<usize>,
    /// A fault every so many steps.
    rate: u64,
    /// Which tasks may go on now.
    ready: Vec<usize>,
}

/// Runs to the end; an error is what must never be.
pub fn run(plan: &Plan, town: &Rc<Town>) -> (Rc<RefCell<World>>, Result<(), String>) {
    let world = World::new(plan.seed, plan.faults_until > 0, plan.defect, outside::day(0));
    let world = Rc::new(RefCell::new(world));
    let rate = 8 << world.borrow_mut().dice.below(4);
    let mut running = Running::new(world.clone(), rate);
    let ended = Rc::new(Cell::new(false));
    let director = running.begin(usize::MAX);
    director.spawn(outside::direct(director.clone(), town.clone(), plan.does_wait, ended.clone()));
    for service in 0..=SERVICES {
        running.current.push(0);
        running.start(service);
    }
    let last = plan.faults_until + PATIENCE;
    while !ended.get() {
        running.step(plan.faults_until);
        if let Some(broken) = world.borrow_mut().broken.take() {
            return (world.clone(), Err(broken));
        }
        if world.borrow().now > last {
            return (world.clone(), Err(format!("not all is said {PATIENCE} steps after the last fault")));
        }
    }
    (world, Ok(()))
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
    fn start(&mut self, service: usize) {
        let io = self.begin(service);
        self.current[service] = io.life;
        if service == SERVICES {
            return io.spawn(outside::finance(io.clone()));
        }
        io.spawn(intake::run(io.clone()));
        io.spawn(relay::run(io.clone()));
        io.spawn(closer::month_end(io.clone()));
    }

    fn kill(&mut self, life: usize) {
        self.world.borrow_mut().crashing = true;
        self.tasks.retain(|(of, ..)| *of != life);
        let spawned = std::mem::take(&mut self.world.borrow_mut().spawned);
        let others = spawned.into_iter().filter(|(of, _)| *of != life).collect();
        self.world.borrow_mut().spawned = others;
        self.world.borrow_mut().crashing = false;
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

    fn fault(&mut self) {
        let (kind, service, long, now) = {
            let mut world = self.world.borrow_mut();
            let (kind, service) = (world.dice.below(12), world.dice.pick(SERVICES));
            (kind, service, 1 + world.dice.below(250), world.now)
        };
        let life = self.current[service];
        self.world.borrow_mut().note(life, FAULTS[usize::try_from(kind).unwrap()]);
        match kind {
            0 | 1 => {
                self.kill(life);
                self.start(service);
            }
            2 | 3 => self.lives[life].still = now + long,
            4 => {
                // The old life goes on beside the new one for a while.
                self.lives[life].still = now + long;
                self.lives[life].dies = Some(now + 2 * long);
                self.start(service);
            }
            5 => {
                self.kill(self.current[SERVICES]);
                self.start(SERVICES);
            }
            _ => self.world.borrow_mut().fault(kind),
        }
    }

    /// Everything comes up, and nothing goes wrong any more.
    fn heal(&mut self) {
        self.world.borrow_mut().note(DIRECTOR, "from here on nothing goes wrong");
        for life in 0..self.lives.len() {
            self.lives[life].still = 0;
            let is_old = life != DIRECTOR && !self.current.contains(&life);
            if is_old {
                self.kill(life);
            }
        }
        let mut world = self.world.borrow_mut();
        world.faults = false;
        world.log.time_out();
        while world.settle_one() || world.deliver_one() {}
        world.rebalance();
    }
}

/// What goes wrong, as the trace tells it.
const FAULTS: [&str; 12] = [
    "KILLED",
    "KILLED",
    "STANDS STILL",
    "STANDS STILL",
    "STANDS STILL, AND A NEW LIFE BEGINS",
    "FINANCE IS KILLED",
    "a connection to the database is cut",
    "the database restarts",
    "the group is rebalanced",
    "the database comes to a forsaken session",
    "an end of a transaction reaches the broker, or is lost",
    "the broker ends transactions that take too long",
];

impl World {
    fn fault(&mut self, kind: u64) {
        match kind {
            6 => {
                let open = self.store.cuttable();
                if !open.is_empty() {
                    let session = open[self.dice.pick(open.len())];
                    self.store.abort(session);
                }
            }
            7 => self.store.cuttable().into_iter().for_each(|session| self.store.abort(session)),
            8 => self.rebalance(),
            9 => drop(self.settle_one()),
            10 => drop(self.deliver_one()),
            _ => self.log.time_out(),
        }
    }

    /// The broker's group shares the input partitions out anew.
    fn rebalance(&mut self) {
        for partition in self.assigned.keys().copied().collect::<Vec<_>>() {
            let service = self.dice.pick(SERVICES);
            self.assigned.insert(partition, service);
        }
    }

    fn settle_one(&mut self) -> bool {
        let forsaken = self.store.forsaken();
        if forsaken.is_empty() {
            return false;
        }
        let session = forsaken[self.dice.pick(forsaken.len())];
        let is_reached = self.dice.one_in(2);
        self.store.settle(session, is_reached);
        true
    }

    fn deliver_one(&mut self) -> bool {
        if self.log.on_the_way.is_empty() {
            return false;
        }
        let place = self.dice.pick(self.log.on_the_way.len());
        let (id, epoch) = self.log.on_the_way.remove(place);
        if self.dice.one_in(2) {
            // One of an older epoch is refused, and nobody hears it.
            let _ = self.log.commit(&id, epoch);
        }
        true
    }
}
