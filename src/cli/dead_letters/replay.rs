//! `peyvand dead-letters replay`: sends messages again, each only once.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::json;

use super::{input_topic, own_letter, place_of, place_text, registered};
use crate::app::{AppContext, dead_letters};
use crate::cli::arguments::Replay;
use crate::cli::{Error, Result};
use crate::kafka::Broker;
use crate::kafka::producer::{ReplayTarget, Sender};
use crate::kafka::reader::read_to_end;
use crate::service;
use crate::store::dead_letters::{LetterFilter, LetterPlace, LetterState};
use crate::terminal::{os_account, say};

use crate::wire::{RecordKey, Topic};

/// The action for each selected letter. A letter stands for all later letters of its message.
#[derive(Default)]
struct Plan {
    send: Vec<LetterPlace>,
    /// Not sent again, because of its state.
    skipped: Vec<(LetterPlace, LetterState)>,
    /// The value did not fit into a dead letter.
    too_long: Vec<LetterPlace>,
    /// No longer in the topic of dead letters.
    missing: Vec<LetterPlace>,
}

pub async fn run(ctx: &AppContext, broker: &Broker, options: Replay, json: bool) -> Result<()> {
    let selected = select(ctx, broker, &options).await?;
    let mut plan = Plan::default();
    let reader = broker.clone();
    let key = ctx.record_key.clone();
    let scanning = tokio::task::spawn_blocking(move || scan(&reader, &key));
    let messages = scanning.await.map_err(|_| service::Error::Interrupted)??;
    let mut misrouted = HashSet::new();
    for (place, state) in selected {
        match messages.get(&place) {
            _ if !options.force && !state.may_be_replayed() => plan.skipped.push((place, state)),
            None => plan.missing.push(place),
            Some(message) if !message.is_whole => plan.too_long.push(place),
            Some(message) => {
                plan.send.push(place);
                if message.was_misrouted {
                    misrouted.insert(place);
                }
            }
        }
    }
    if !options.dry_run {
        let marked = dead_letters::mark_replayed(ctx, &plan.send, &os_account(), options.force).await?;
        // Another command was faster with the others.
        let lost = plan.send.iter().filter(|place| !marked.contains(place));
        plan.skipped.extend(lost.map(|place| (*place, LetterState::Replayed)));
        plan.send.clone_from(&marked);
        let broker = broker.clone();
        let key = ctx.record_key.clone();
        let wanted = marked.into_iter().collect();
        let sending = tokio::task::spawn_blocking(move || send(&broker, &key, wanted, &misrouted));
        sending.await.map_err(|_| service::Error::Interrupted)?.map_err(|error| {
            Error::failed(format!(
                "{error}; it is unknown which of the {} messages were sent. Those that stay `replayed` although no input lags were not: send them with --force",
                plan.send.len()
            ))
        })?;
    }
    show(broker, &plan, options.dry_run, json);
    if plan.missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<_> = plan.missing.iter().map(|place| place_text(broker, *place)).collect();
    Err(Error::failed(format!(
        "the topic of dead letters no longer contains {}: ask their senders, then discard them",
        missing.join(", ")
    )))
}

/// The selected first letters with their states.
async fn select(
    ctx: &AppContext,
    broker: &Broker,
    options: &Replay,
) -> Result<BTreeMap<LetterPlace, LetterState>> {
    let topic = options.topic.as_deref().map(|name| input_topic(broker, name)).transpose()?;
    let filter = LetterFilter { reason: options.reason.clone(), topic, open: options.all };
    let letters = dead_letters::list(ctx, &filter).await?;
    let chosen =
        if options.all { letters.iter().collect() } else { registered(broker, &letters, &options.places)? };
    Ok(chosen.into_iter().map(|letter| (letter.first_place(), letter.state)).collect())
}

/// What the topic of dead letters contains of a message.
#[derive(Default)]
struct MessageInTopic {
    /// At least one of its dead letters contains the whole message.
    is_whole: bool,
    /// At least one of its dead letters is misrouted. A message may be a dead letter for another reason first, and
    /// misrouted after a replay.
    was_misrouted: bool,
}

/// Every message in the topic of dead letters, by its first place.
fn scan(broker: &Broker, key: &RecordKey) -> Result<HashMap<LetterPlace, MessageInTopic>> {
    let mut messages: HashMap<_, MessageInTopic> = HashMap::new();
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        if let Some(letter) = own_letter(key, &record)
            && let Ok(place) = place_of(broker, letter.original_position())
        {
            let message = messages.entry(place).or_default();
            message.is_whole |= letter.is_whole;
            message.was_misrouted |= letter.is_misrouted();
        }
        Ok(true)
    })?;
    Ok(messages)
}

/// Sends each of the `wanted` messages once. The misrouted ones go to the partition of their key.
fn send(
    broker: &Broker,
    key: &RecordKey,
    mut wanted: HashSet<LetterPlace>,
    misrouted: &HashSet<LetterPlace>,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let inputs: Vec<_> = Topic::inputs().collect();
    let mut sender = Sender::plain(broker, &inputs)?;
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        if let Some(letter) = own_letter(key, &record).filter(|letter| letter.is_whole)
            && let Ok(place) = place_of(broker, letter.original_position())
            && wanted.remove(&place)
        {
            let to = if misrouted.contains(&place) { ReplayTarget::OfKey } else { ReplayTarget::Original };
            sender.send_again(&letter, place.partition.topic, to, key)?;
        }
        Ok(!wanted.is_empty())
    })?;
    Ok(sender.wait()?)
}

fn show(broker: &Broker, plan: &Plan, is_dry_run: bool, json: bool) {
    let skipped: Vec<_> = plan
        .skipped
        .iter()
        .map(|(place, state)| json!({"place": place_text(broker, *place), "state": state.as_str()}))
        .collect();
    let sent: Vec<_> = plan.send.iter().map(|place| place_text(broker, *place)).collect();
    if json {
        let name = if is_dry_run { "would_replay" } else { "replayed" };
        say!(
            "{}",
            json!({name: sent.len(), "places": sent, "too_long": plan.too_long.len(), "skipped": skipped,
                "missing": plan.missing.len()})
        );
        return;
    }
    let verb = if is_dry_run { "would be sent again" } else { "were sent again" };
    say!("{} messages {verb}; what still cannot be read becomes a dead letter again", sent.len());
    for place in sent.iter().filter(|_| is_dry_run) {
        say!("  {place}");
    }
    for (place, state) in &plan.skipped {
        say!("not sent: {} is {}; --force sends it", place_text(broker, *place), state.as_str());
    }
    for place in &plan.too_long {
        say!(
            "not sent: {} is too long for a dead letter; its sender must shorten it",
            place_text(broker, *place)
        );
    }
}
