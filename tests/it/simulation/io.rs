//! What a simulated process may touch, and the points at which it may be interrupted.
//!
//! A process is an ordinary `async` function. Before each word to the log or the store it awaits [`Io::step`]: there, and
//! only there, the scheduler may let others go first, let it stand still for long, or drop it for ever.

use std::borrow::Cow;
use std::cell::{RefCell, RefMut};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::world::{Defect, World};

/// Why a step of the protocol did not succeed; named as in `peyvand::store::Error` and by the broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failed {
    LostPartition,
    LostGroup,
    /// A unique key refused a write.
    Key(&'static str),
    /// The database's connection is gone: what was open is rolled back, and whether a commit stands is not known.
    Connection,
    /// The broker refused an older writer, or its answer was lost.
    Broker,
    OlderThanTopics,
    /// Another process closes the month, or has closed it.
    Refused,
}

#[derive(Clone)]
pub struct Io {
    world: Rc<RefCell<World>>,
    /// One life of a process, from its start to its crash.
    pub life: usize,
    /// A service keeps its name over its lives, as `instance` makes it.
    pub service: usize,
}

impl Io {
    pub fn new(world: Rc<RefCell<World>>, life: usize, service: usize) -> Self {
        Self { world, life, service }
    }

    /// Not to be held over a step.
    pub fn world(&self) -> RefMut<'_, World> {
        self.world.borrow_mut()
    }

    pub fn has(&self, defect: Defect) -> bool {
        self.world().defect == Some(defect)
    }

    /// A point of interruption, before `what` is done.
    pub async fn step(&self, what: impl Into<Cow<'static, str>>) {
        Turn(false).await;
        self.world().note(self.life, what);
    }

    /// Nothing to do for a while.
    pub async fn idle(&self, most: u64) {
        {
            let mut world = self.world();
            world.asleep = 1 + world.dice.below(most);
        }
        Turn(false).await;
    }

    /// A task of the same life.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.world().spawned.push((self.life, Box::pin(task)));
    }
}

pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// Ready the second time it is asked.
struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
