//! A message as the batch takes it: an event, or a letter for the dead.

use jiff::Timestamp;

use crate::store::offsets::TopicPartition;
use crate::wire::outgoing::traceparent_of_position;
use crate::wire::{self, Event, Fault, FileRef, Input, Outgoing, RawRecord, dead_letters_v1};

/// A message that was read from its partition.
pub struct ConsumedRecord {
    pub partition: TopicPartition,
    pub offset: i64,
    pub content: Result<Event, Box<DeadLetter>>,
    /// For what only the database can know (an outcome for an unknown document): the letter it would become.
    pub if_unknown_document: Option<Box<Outgoing>>,
    /// For a message that the database has refused before: the letter it becomes if it does so again.
    pub if_refused: Option<Box<DeadLetter>>,
}

/// A message that cannot be read, whole, and why.
pub struct DeadLetter {
    pub reason: &'static str,
    pub outgoing: Outgoing,
    /// Told by its headers, where they can be read.
    pub file: Option<FileRef>,
}

impl ConsumedRecord {
    /// Reads a message. `source` is its topic's name on the broker; `is_suspect` where the database has refused it.
    pub fn read(message: &RawRecord<'_>, source: &str, at: Timestamp, is_suspect: bool) -> Self {
        let partition = TopicPartition { topic: message.topic, partition: message.partition };
        let letter = |fault: &Fault| dead_letters_v1::dead_letter(message, source, fault, at);
        let content = wire::read(message).map_err(|fault| {
            let file = wire::headers::file_of(message);
            Box::new(DeadLetter { reason: fault.code, outgoing: letter(&fault), file })
        });
        // Every output has a trace, also where the input's sender knows of none.
        let content = content.map(|mut event| {
            event
                .traceparent
                .get_or_insert_with(|| traceparent_of_position(source, message.partition, message.offset));
            event
        });
        let asks = matches!(&content, Ok(Event { input: Input::Outcome(..) | Input::Delivery(..), .. }));
        let unknown =
            Fault::new(wire::fault::code::UNKNOWN_DOCUMENT, "no such document or message was issued");
        let if_unknown = asks.then(|| Box::new(letter(&unknown)));
        let if_refused = is_suspect.then(|| {
            let fault = Fault::new(wire::fault::code::REFUSED_BY_DATABASE, "it cannot be written as it is");
            let file = wire::headers::file_of(message);
            Box::new(DeadLetter { reason: fault.code, outgoing: letter(&fault), file })
        });
        Self { partition, offset: message.offset, content, if_unknown_document: if_unknown, if_refused }
    }

    /// Makes it the dead letter that it became when it was first taken in.
    pub fn make_first_dead_letter(&mut self) {
        let Ok(event) = &self.content else { return };
        let file = event.file.clone();
        match self.if_unknown_document.take() {
            Some(letter) => {
                let reason = wire::fault::code::UNKNOWN_DOCUMENT;
                self.content = Err(Box::new(DeadLetter { reason, outgoing: *letter, file }));
            }
            None => {
                self.make_dead_letter();
            }
        }
    }

    /// Makes it a dead letter, where its bytes were kept for one.
    pub fn make_dead_letter(&mut self) -> bool {
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
