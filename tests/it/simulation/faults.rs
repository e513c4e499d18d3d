//! Faults of processes, of database sessions, and of the broker.

use super::scheduler::{DIRECTOR, Running};
use super::world::{SERVICES, World};

impl Running {
    pub fn fault(&mut self) {
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
                // The old life is suspended, then continues while the new one runs.
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

    /// Ends all faults: suspended lives resume, old lives end, and no more faults happen.
    pub fn heal(&mut self) {
        self.world.borrow_mut().note(DIRECTOR, "no more faults from here on");
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

/// The faults, as the trace names them.
const FAULTS: [&str; 12] = [
    "KILLED",
    "KILLED",
    "SUSPENDED",
    "SUSPENDED",
    "SUSPENDED, AND A NEW LIFE STARTS",
    "FINANCE IS KILLED",
    "a connection to the database is cut",
    "the database restarts",
    "the group is rebalanced",
    "the database ends a session without a client",
    "a commit request reaches the broker, or is lost",
    "the broker aborts transactions that take too long",
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

    /// The consumer group assigns the input partitions again.
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
            // A commit of an older epoch is refused, and no client receives the answer.
            let _ = self.log.commit(&id, epoch);
        }
        true
    }
}
