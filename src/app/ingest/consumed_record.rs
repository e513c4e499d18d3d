//! A message as the batch takes it: an event, or a letter for the dead.

use jiff::Timestamp;

use crate::store::offsets::Partition;
use crate::wire::outgoing::traceparent_of_place;
use crate::wire::{self, Event, Fault, FileRef, Input, Message, Outgoing, dead_letters_v1};

/// A message that was read from its partition.
pub struct Taken {
    pub partition: Partition,
    pub offset: i64,
    pub content: Result<Event, Box<Letter>>,
    /// For what only the database can know (an outcome for an unknown document): the letter it would become.
    pub if_unknown: Option<Box<Outgoing>>,
    /// For a message that the database has refused before: the letter it becomes if it does so again.
    pub if_refused: Option<Box<Letter>>,
}

/// A message that cannot be read, whole, and why.
pub struct Letter {
    pub reason: &'static str,
    pub outgoing: Outgoing,
    /// Told by its headers, where they can be read.
    pub file: Option<FileRef>,
}

impl Taken {
    /// Reads a message. `source` is its topic's name on the broker; `is_suspect` where the database has refused it.
    pub fn read(message: &Message<'_>, source: &str, at: Timestamp, is_suspect: bool) -> Self {
        let partition = Partition { topic: message.topic, partition: message.partition };
        let letter = |fault: &Fault| dead_letters_v1::dead_letter(message, source, fault, at);
        let content = wire::read(message).map_err(|fault| {
            let file = wire::headers::file_of(message);
            Box::new(Letter { reason: fault.code, outgoing: letter(&fault), file })
        });
        // Every output has a trace, also where the input's sender knows of none.
        let content = content.map(|mut event| {
            event
                .traceparent
                .get_or_insert_with(|| traceparent_of_place(source, message.partition, message.offset));
            event
        });
        let asks = matches!(&content, Ok(Event { input: Input::Outcome(..) | Input::Delivery(..), .. }));
        let unknown =
            Fault::new(wire::fault::code::UNKNOWN_DOCUMENT, "no such document or message was issued");
        let if_unknown = asks.then(|| Box::new(letter(&unknown)));
        let if_refused = is_suspect.then(|| {
            let fault = Fault::new(wire::fault::code::REFUSED_BY_DATABASE, "it cannot be written as it is");
            let file = wire::headers::file_of(message);
            Box::new(Letter { reason: fault.code, outgoing: letter(&fault), file })
        });
        Self { partition, offset: message.offset, content, if_unknown, if_refused }
    }

    /// Makes it the dead letter that it became when it was first taken in.
    pub fn set_aside(&mut self) {
        let Ok(event) = &self.content else { return };
        let file = event.file.clone();
        match self.if_unknown.take() {
            Some(letter) => {
                let reason = wire::fault::code::UNKNOWN_DOCUMENT;
                self.content = Err(Box::new(Letter { reason, outgoing: *letter, file }));
            }
            None => {
                self.refuse();
            }
        }
    }

    /// Makes it a dead letter, where its bytes were kept for one.
    pub fn refuse(&mut self) -> bool {
        self.if_refused.take().map(|letter| self.content = Err(letter)).is_some()
    }

    pub fn event(&self) -> Option<&Event> {
        self.content.as_ref().ok()
    }

    /// The offset by which age is judged: that of the place where a replayed message first lay.
    pub fn effective_offset(&self) -> i64 {
        self.event().and_then(|event| event.replay_of.as_ref()).map_or(self.offset, |place| place.offset)
    }

    pub fn is_replay(&self) -> bool {
        self.event().is_some_and(|event| event.replay_of.is_some())
    }
}
