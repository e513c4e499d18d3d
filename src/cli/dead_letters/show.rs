//! `peyvand dead-letters show`: one dead letter, without personal data.

use serde_json::json;

use super::{letter_at, own_letter, place_text, position_of, summary};
use crate::app::{AppContext, dead_letters};
use crate::cli::{Error, Result};
use crate::ident::mask::mask_identifiers;
use crate::kafka::Broker;
use crate::kafka::reader::read_to_end;
use crate::service;
use crate::store::dead_letters::{LetterFilter, RegisteredLetter};
use crate::terminal::say;
use crate::wire::{RecordKey, SourcePosition, Topic};

/// The message of a dead letter, masked.
struct ShownMessage {
    reason: String,
    key: Option<String>,
    headers: Vec<(String, String)>,
    value: Option<String>,
    is_whole: bool,
}

pub async fn run(ctx: &AppContext, broker: &Broker, position: &SourcePosition, json: bool) -> Result<()> {
    let letters = dead_letters::list(ctx, &LetterFilter::default()).await?;
    let letter = letter_at(broker, &letters, position)?;
    let chain: Vec<_> = letters.iter().filter(|other| other.first_place() == letter.first_place()).collect();
    let reader = broker.clone();
    let key = ctx.record_key.clone();
    let place = position_of(broker, letter.place);
    let reading = tokio::task::spawn_blocking(move || read_message(&reader, &key, &place));
    let message = reading.await.map_err(|_| service::Error::Interrupted)??;
    let message = message.ok_or_else(|| {
        Error::failed(format!(
            "the topic of dead letters no longer contains {position}: its retention is over"
        ))
    })?;
    print(broker, letter, &chain, &message, json);
    Ok(())
}

/// The message of the dead letter at `place`, if the topic still contains it.
fn read_message(
    broker: &Broker,
    key: &RecordKey,
    place: &SourcePosition,
) -> crate::kafka::Result<Option<ShownMessage>> {
    let mut message = None;
    read_to_end(broker, Topic::DeadLetters, &mut |record| {
        let event = own_letter(key, &record).filter(|event| event.place == *place);
        message = event.map(|event| ShownMessage {
            reason: event.reason.clone(),
            key: event.key.map(masked),
            headers: event
                .headers
                .iter()
                .map(|(name, value)| (masked(name.as_bytes()), masked(value)))
                .collect(),
            value: event.value.map(masked),
            is_whole: event.is_whole,
        });
        Ok(message.is_none())
    })?;
    Ok(message)
}

fn print(
    broker: &Broker,
    letter: &RegisteredLetter,
    chain: &[&RegisteredLetter],
    message: &ShownMessage,
    json: bool,
) {
    if json {
        let headers: serde_json::Map<_, _> =
            message.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let chain: Vec<_> = chain.iter().map(|letter| summary(broker, letter)).collect();
        say!(
            "{}",
            json!({"letter": summary(broker, letter), "fault": message.reason, "key": message.key, "headers": headers,
                "value": message.value, "whole": message.is_whole, "chain": chain})
        );
        return;
    }
    say!("{}: {}, {}", place_text(broker, letter.place), letter.state.as_str(), message.reason);
    if let Some(by) = &letter.changed_by {
        let at = letter.state_at.map(|at| at.to_string()).unwrap_or_default();
        say!("{} by {by} at {at} {}", letter.state.as_str(), letter.why.as_deref().unwrap_or_default());
    }
    for each in chain {
        say!("  {}  {}  {}", place_text(broker, each.place), each.at, each.reason);
    }
    say!("key: {}", message.key.as_deref().unwrap_or("none"));
    for (name, value) in &message.headers {
        say!("{name}: {value}");
    }
    match &message.value {
        Some(value) => say!("{value}"),
        None if message.is_whole => say!("no value"),
        None => say!("the value is too long for a dead letter; it is at its position in the input topic"),
    }
}

/// The bytes as text without identifiers. An escape of JSON may hide a digit, so it is resolved first.
fn masked(bytes: &[u8]) -> String {
    let text = match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => format!("{value:#}"),
        _ => without_escapes(&String::from_utf8_lossy(bytes)),
    };
    mask_identifiers(&text)
}

/// Resolves `\\uXXXX` in text that is no JSON. Control characters stay escaped, so that they do not reach a terminal.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let code = escape.get(2..6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32) {
            Some(char) => {
                plain.push(char);
                rest = escape.get(6..).unwrap_or_default();
            }
            None => {
                plain.push_str("\\u");
                rest = escape.get(2..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    plain.chars().map(|char| if char.is_control() && char != '\n' { '\u{fffd}' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_of_a_value_shows_an_identifier() {
        for bytes in [
            br#"{"national_code":"0012345679"}"#.as_slice(),
            br#"{"national_code":"\u0030012345679","x":12345679}"#,
            br#"{"national_code":"\u06f0\u06f01\u0032345679""#,
            b"{\"national_code\":\"0012\xff345679",
            b"0\x000\x001\x002\x003\x004\x005\x006\x007\x009\x00",
            b"0012345679",
        ] {
            let shown = masked(bytes);
            assert!(!shown.contains(|char: char| char.is_numeric() && char != '0'), "{shown}");
        }
        assert!(masked(br#"{"deed_date":"1404-05-20"}"#).contains("1404-05-20"));
        assert_eq!(masked(b"\x1b[2Jno JSON"), "\u{fffd}[2Jno JSON");
    }
}
