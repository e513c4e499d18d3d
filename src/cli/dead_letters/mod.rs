//! `peyvand dead-letters`.

mod replay;
mod show;

use serde_json::json;

use super::arguments::DeadLetters;
use super::start::CommandContext;
use super::{Error, Result};
use crate::app::{AppContext, dead_letters};
use crate::kafka::Broker;
use crate::kafka::reader::TopicRecord;
use crate::store::dead_letters::{LetterFilter, LetterPlace, RegisteredLetter};
use crate::store::offsets::TopicPartition;
use crate::terminal::{os_account, say};
use crate::wire::dead_letters_v1::{self, DeadLetterEvent};
use crate::wire::proof::Origin;
use crate::wire::{RecordKey, SourcePosition, Topic};

pub async fn run(started: &CommandContext, act: DeadLetters, json: bool) -> Result<()> {
    let ctx = started.env.open_context().await?;
    let broker = &started.env.broker;
    match act {
        DeadLetters::List { reason, topic, open } => {
            let topic = topic.map(|name| input_topic(broker, &name)).transpose()?;
            let filter = LetterFilter { reason, topic, open };
            list(&ctx, broker, &filter, json).await
        }
        DeadLetters::Show { place } => show::run(&ctx, broker, &place, json).await,
        DeadLetters::Replay(options) => replay::run(&ctx, broker, options, json).await,
        DeadLetters::Discard { places, why } => discard(&ctx, broker, &places, &why, json).await,
    }
}

/// The input topic with this name, with or without the prefix.
fn input_topic(broker: &Broker, name: &str) -> Result<Topic> {
    let topic = broker.topic(name).or_else(|| Topic::from_name(name));
    let topic = topic.filter(|topic| Topic::inputs().any(|input| input == *topic));
    topic.ok_or_else(|| Error::WrongUse(format!("{name} is not an input topic")))
}

fn place_of(broker: &Broker, position: &SourcePosition) -> Result<LetterPlace> {
    let topic = input_topic(broker, &position.topic)?;
    let partition = TopicPartition { topic, partition: position.partition };
    Ok(LetterPlace { partition, offset: position.offset })
}

pub(super) fn position_of(broker: &Broker, place: LetterPlace) -> SourcePosition {
    let TopicPartition { topic, partition } = place.partition;
    SourcePosition { topic: broker.name(topic), partition, offset: place.offset }
}

fn place_text(broker: &Broker, place: LetterPlace) -> String {
    position_of(broker, place).to_string()
}

/// The registered letters at these positions.
///
/// # Errors
/// Fails if a position has none.
fn registered<'a>(
    broker: &Broker,
    letters: &'a [RegisteredLetter],
    positions: &[SourcePosition],
) -> Result<Vec<&'a RegisteredLetter>> {
    positions.iter().map(|position| letter_at(broker, letters, position)).collect()
}

fn letter_at<'a>(
    broker: &Broker,
    letters: &'a [RegisteredLetter],
    position: &SourcePosition,
) -> Result<&'a RegisteredLetter> {
    let place = place_of(broker, position)?;
    letters.iter().find(|letter| letter.place == place).ok_or_else(|| {
        Error::failed(format!(
            "{position} is no dead letter of this installation; `peyvand dead-letters list` shows them all"
        ))
    })
}

/// Never shows keys or values, which may be personal data.
async fn list(ctx: &AppContext, broker: &Broker, filter: &LetterFilter, json: bool) -> Result<()> {
    let letters = dead_letters::list(ctx, filter).await?;
    for letter in &letters {
        if json {
            say!("{}", summary(broker, letter));
        } else {
            let first = letter.first.map(|first| format!("  again, first {}", place_text(broker, first)));
            let why = letter.why.as_deref().map(|why| format!("  ({why})"));
            say!(
                "{}  {}  {}  {}{}{}",
                place_text(broker, letter.place),
                letter.at,
                letter.reason,
                letter.state.as_str(),
                why.unwrap_or_default(),
                first.unwrap_or_default()
            );
        }
    }
    if !json {
        say!("{} dead letters", letters.len());
    }
    Ok(())
}

fn summary(broker: &Broker, letter: &RegisteredLetter) -> serde_json::Value {
    json!({"place": place_text(broker, letter.place), "reason": letter.reason, "at": letter.at.to_string(),
        "state": letter.state.as_str(), "state_at": letter.state_at.map(|at| at.to_string()),
        "changed_by": letter.changed_by, "why": letter.why,
        "first": letter.first.map(|first| place_text(broker, first))})
}

async fn discard(
    ctx: &AppContext,
    broker: &Broker,
    positions: &[SourcePosition],
    why: &str,
    json: bool,
) -> Result<()> {
    if why.trim().is_empty() {
        return Err(Error::WrongUse("--why is empty: state why nothing is to be done".to_owned()));
    }
    let letters = dead_letters::list(ctx, &LetterFilter::default()).await?;
    let mut firsts: Vec<_> =
        registered(broker, &letters, positions)?.iter().map(|letter| letter.first_place()).collect();
    firsts.sort_unstable();
    firsts.dedup();
    let discarded = dead_letters::discard(ctx, &firsts, &os_account(), why).await?;
    let settled: Vec<_> = firsts.iter().filter(|place| !discarded.contains(place)).collect();
    let settled: Vec<_> = settled.into_iter().map(|place| place_text(broker, *place)).collect();
    if json {
        say!("{}", json!({"discarded": discarded.len(), "settled_before": settled}));
    } else {
        say!("{} dead letters are discarded", discarded.len());
    }
    if settled.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("already applied or discarded: {}", settled.join(", "))))
}

/// A dead letter that this installation has written. Foreign records in the topic are passed over.
fn own_letter<'a>(key: &RecordKey, record: &'a TopicRecord<'a>) -> Option<DeadLetterEvent<'a>> {
    match key.origin(&record.content()) {
        Origin::Own { headers, .. } => dead_letters_v1::parse(headers, record.value),
        Origin::NoMac | Origin::WrongMac => None,
    }
}
