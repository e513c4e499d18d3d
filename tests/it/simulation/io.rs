//! The I/O of a simulated process, and the points at which it may be interrupted.
//!
//! A process is an ordinary `async` function. Before each access to the log or the store it awaits [`Io::step`]. Only
//! there the scheduler may run other tasks first, suspend the process for long, or drop it.

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
    /// The database connection is lost: an open transaction is rolled back, and the result of a commit is unknown.
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
    /// The number of one life of a process, from its start to its crash.
    pub life: usize,
    /// A service keeps its number over its lives, as the setting `instance` keeps a name.
    pub service: usize,
}

impl Io {
    pub fn new(world: Rc<RefCell<World>>, life: usize, service: usize) -> Self {
        Self { world, life, service }
    }

    /// The borrow must not be held over a step.
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

    /// Sleeps for up to `most` steps.
    pub async fn idle(&self, most: u64) {
        {
            let mut world = self.world();
            world.asleep = 1 + world.dice.below(most);
        }
        Turn(false).await;
    }

    /// Starts a task of the same life.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.world().spawned.push((self.life, Box::pin(task)));
    }
}

pub type Task = Pin<Box<dyn Future<Output = ()>>>;

/// A future that is ready at its second poll.
struct Turn(bool);

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
