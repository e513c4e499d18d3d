//! The CloudEvents attributes of a record. In binary mode each is a header `ce_<name>` and the value is the data. In
//! structured mode, with the content type `application/cloudevents+json`, the value is an object with both.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::{Fault, code};
use super::raw_record::RawRecord;

const JSON: &str = "application/json";
const STRUCTURED: &str = "application/cloudevents+json";

pub(crate) struct Attributes<'m, 'a> {
    message: &'m RawRecord<'a>,
    structured: Option<Structured<'a>>,
}

/// The object of structured mode.
#[derive(Deserialize)]
struct Structured<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(flatten)]
    attributes: HashMap<String, serde_json::Value>,
}

impl<'m, 'a> Attributes<'m, 'a> {
    pub fn of(message: &'m RawRecord<'a>) -> Result<Self, Fault> {
        let content_type = header(message, "content-type");
        let structured = match content_type.map(media_type) {
            None => None,
            Some(media_type) if media_type.eq_ignore_ascii_case(JSON) => None,
            Some(media_type) if media_type.eq_ignore_ascii_case(STRUCTURED) => {
                Some(Structured::read(message.value)?)
            }
            Some(_) => return Err(wrong_content_type("content-type", content_type)),
        };
        Ok(Self { message, structured })
    }

    /// The attribute of this name; none if it is absent or not text. A number counts as its text, because an extension
    /// such as `fileline` may be an integer.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        match &self.structured {
            Some(event) => event.get(name).map(Cow::Owned),
            None => self.named("ce_", name).map(Cow::Borrowed),
        }
    }

    /// A header of Kafka wins over the attribute: a bridge may continue the trace.
    pub fn traceparent(&self) -> Option<Cow<'a, str>> {
        if let Some(header) = self.named("", "traceparent") {
            return Some(Cow::Borrowed(header));
        }
        self.structured.as_ref()?.get("traceparent").map(Cow::Owned)
    }

    /// The data as JSON.
    pub fn data(&self) -> Option<&'a [u8]> {
        match &self.structured {
            Some(event) => event.data.map(|data| data.get().as_bytes()),
            None => self.message.value,
        }
    }

    fn named(&self, prefix: &str, name: &str) -> Option<&'a str> {
        first(self.message, |header| {
            header.len() == prefix.len() + name.len()
                && header.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                && header.get(prefix.len()..).is_some_and(|end| end.eq_ignore_ascii_case(name))
        })
    }
}

impl<'a> Structured<'a> {
    fn read(value: Option<&'a [u8]>) -> Result<Self, Fault> {
        let value = value.ok_or_else(Fault::no_value)?;
        let event: Self = serde_json::from_slice(value).map_err(|_| {
            Fault::new(code::NOT_JSON, "the value is no JSON object, wanted a CloudEvent in structured mode")
        })?;
        if event.attributes.contains_key("data_base64") {
            return Err(Fault::new(code::NOT_JSON, "data_base64: got binary data, wanted data as JSON"));
        }
        let content_type = event.get("datacontenttype");
        if content_type.as_deref().is_some_and(|text| !media_type(text).eq_ignore_ascii_case(JSON)) {
            return Err(wrong_content_type("datacontenttype", content_type.as_deref()));
        }
        Ok(event)
    }

    fn get(&self, name: &str) -> Option<String> {
        match self.attributes.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

fn wrong_content_type(name: &str, value: Option<&str>) -> Fault {
    let wanted = if name == "content-type" { format!("{JSON} or {STRUCTURED}") } else { JSON.to_owned() };
    Fault::header(code::CONTENT_TYPE, name, value, &wanted)
}

/// A content type without its parameters, such as `charset=utf-8`.
fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// The value of the header with this name, in any case.
pub(crate) fn header<'a>(message: &RawRecord<'a>, name: &str) -> Option<&'a str> {
    first(message, |header| header.eq_ignore_ascii_case(name))
}

/// Of several headers with the same name, the first counts. A value that is not UTF-8 counts as missing.
fn first<'a>(message: &RawRecord<'a>, matches: impl Fn(&str) -> bool) -> Option<&'a str> {
    let found = message.headers.iter().find(|(name, _)| matches(name))?;
    std::str::from_utf8(found.1).ok()
}
