//! A record of an input topic: an event, or a dead letter.

use jiff::Timestamp;

use crate::config::MisroutedPolicy;
use crate::store::dead_letters::LetterPlace;
use crate::store::offsets::TopicPartition;
use crate::wire::outgoing::traceparent_of_position;
use crate::wire::{
    self, Event, Fault, FileRef, Input, Outgoing, PartitionCounts, RawRecord, RecordKey, SourcePosition,
    dead_letters_v1,
};

/// A record that was read from its partition.
pub struct ConsumedRecord {
    pub partition: TopicPartition,
    pub offset: i64,
    pub content: Result<Event, Box<DeadLetter>>,
    /// The original position of a replayed dead letter. It is proved by a MAC.
    pub replay_of: Option<SourcePosition>,
    /// The dead letter that the record becomes if its document or message is unknown. Only the database can decide
    /// this.
    pub if_unknown_document: Option<Box<Outgoing>>,
    /// True if the record is not in the partition of its key.
    pub is_misrouted: bool,
    /// For a record that the database has refused before: the dead letter that it becomes if the database refuses it
    /// again.
    pub if_refused: Option<Box<DeadLetter>>,
}

/// A message that cannot be read or written, with its complete content and the reason.
pub struct DeadLetter {
    pub reason: &'static str,
    pub outgoing: Outgoing,
    /// From the headers of the message, if they can be read.
    pub file: Option<FileRef>,
}

impl ConsumedRecord {
    /// Reads a message. `source` is the name of its topic on the broker. `is_suspect` is true if the database has
    /// refused the message before. `key` proves a replay.
    pub fn read(
        message: &RawRecord<'_>,
        source: &str,
        key: &RecordKey,
        at: Timestamp,
        is_suspect: bool,
    ) -> Self {
        let partition = TopicPartition { topic: message.topic, partition: message.partition };
        let replay_of = key.replay_of(message);
        let dead_letter =
            |fault: &Fault| dead_letters_v1::dead_letter(message, source, replay_of.as_ref(), fault, at);
        let content = wire::read(message).map_err(|fault| {
            let file = wire::headers::file_of(message);
            Box::new(DeadLetter { reason: fault.code, outgoing: dead_letter(&fault), file })
        });
        // Every output has a trace, even if the sender of the input set none.
        let content = content.map(|mut event| {
            event
                .traceparent
                .get_or_insert_with(|| traceparent_of_position(source, message.partition, message.offset));
            event
        });
        let names_document =
            matches!(&content, Ok(Event { input: Input::Outcome(..) | Input::Delivery(..), .. }));
        let unknown = Fault::new(
            wire::fault::code::UNKNOWN_DOCUMENT,
            "document_id or sms_id: wanted the id of a document or an SMS that was issued",
        );
        let if_unknown = names_document.then(|| Box::new(dead_letter(&unknown)));
        let if_refused = is_suspect.then(|| {
            let fault = Fault::new(
                wire::fault::code::REFUSED_BY_DATABASE,
                "the database refuses to store a value of the message, wanted values that it accepts",
            );
            let file = wire::headers::file_of(message);
            Box::new(DeadLetter { reason: fault.code, outgoing: dead_letter(&fault), file })
        });
        Self {
            partition,
            offset: message.offset,
            content,
            replay_of,
            if_unknown_document: if_unknown,
            is_misrouted: false,
            if_refused,
        }
    }

    /// Compares the partition of the record with that of its key. With [`MisroutedPolicy::DeadLetter`] a record in another
    /// partition becomes a dead letter. A record that cannot be read keeps its own reason.
    pub fn check_partition(
        &mut self,
        message: &RawRecord<'_>,
        source: &str,
        at: Timestamp,
        counts: PartitionCounts,
        policy: MisroutedPolicy,
    ) {
        let Some(wanted) = wire::right_partition(message, counts) else { return };
        self.is_misrouted = true;
        if policy == MisroutedPolicy::Accept {
            return;
        }
        let Ok(event) = &self.content else { return };
        let (found, count) = (message.partition, counts.of(message.topic));
        let detail = format!(
            "it is in partition {found}, and its key belongs in partition {wanted} of {count}: the sender must use the Java client's partitioner, murmur2_random in librdkafka"
        );
        let fault = Fault::new(wire::fault::code::MISROUTED, detail);
        let outgoing = dead_letters_v1::dead_letter(message, source, self.replay_of.as_ref(), &fault, at);
        let file = event.file.clone();
        self.content = Err(Box::new(DeadLetter { reason: fault.code, outgoing, file }));
    }

    /// Turns the record into the dead letter that it became when it was first ingested.
    pub fn make_first_dead_letter(&mut self) {
        let Ok(event) = &self.content else { return };
        let file = event.file.clone();
        match self.if_unknown_document.take() {
            Some(outgoing) => {
                let reason = wire::fault::code::UNKNOWN_DOCUMENT;
                self.content = Err(Box::new(DeadLetter { reason, outgoing: *outgoing, file }));
            }
            None => {
                self.make_dead_letter();
            }
        }
    }

    /// Turns the record into the dead letter in `if_refused`. False if there is none.
    pub fn make_dead_letter(&mut self) -> bool {
        self.if_refused.take().map(|dead_letter| self.content = Err(dead_letter)).is_some()
    }

    pub fn event(&self) -> Option<&Event> {
        self.content.as_ref().ok()
    }

    /// The offset that decides which of two records is newer. For a replayed record it is the original offset, unless
    /// that is an offset of another partition.
    pub fn effective_offset(&self) -> i64 {
        self.replay_of
            .as_ref()
            .filter(|position| position.partition == self.partition.partition)
            .map_or(self.offset, |position| position.offset)
    }

    /// For a misrouted dead letter that was replayed to the partition of its key: its original partition and offset.
    pub fn moved_from(&self) -> Option<LetterPlace> {
        let position = self.replay_of.as_ref()?;
        let partition = TopicPartition { partition: position.partition, ..self.partition };
        (partition != self.partition).then_some(LetterPlace { partition, offset: position.offset })
    }

    pub fn is_replay(&self) -> bool {
        self.replay_of.is_some()
    }
}
