//! `schemas/openapi.json` is written from the handlers. `OPENAPI=write` writes it.

use std::fs;

use peyvand::http::portal::api::openapi;
use serde_json::{Value, json};

use crate::contract::schemas::root;

fn document() -> Value {
    serde_json::from_str(openapi::text()).unwrap()
}

#[test]
fn the_document_is_that_of_the_handlers() {
    let path = root().join("openapi.json");
    if std::env::var("OPENAPI").is_ok_and(|word| word == "write") {
        fs::write(&path, openapi::text()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, openapi::text(), "{} is old: run this test with OPENAPI=write", path.display());
}

/// "every operation has id, summary, security, responses, examples"
#[test]
fn every_operation_is_described_whole() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let what = format!("{method} {path}");
            ids.push(
                operation["operationId"].as_str().unwrap_or_else(|| panic!("{what} has no id")).to_owned(),
            );
            for text in ["summary", "description"] {
                assert!(operation[text].as_str().is_some_and(|text| text.len() > 5), "{what}: {text}");
            }
            assert_eq!(operation["security"], json!([{"access_token": []}]), "{what}");
            let responses = operation["responses"].as_object().unwrap();
            for status in ["401", "404", "429", "503"] {
                assert!(responses.contains_key(status), "{what} lacks {status}");
            }
            for (status, response) in responses {
                let bodies = response["content"].as_object().unwrap();
                assert!(!bodies.is_empty(), "{what} {status} has no body");
                // The bytes of a picture need no example.
                let texts = bodies.iter().filter(|(media_type, _)| !media_type.starts_with("image/"));
                texts.for_each(|(_, body)| has_example(&document, body, &format!("{what} {status}")));
            }
            if method == "post" {
                let body = &operation["requestBody"]["content"]["application/json"];
                has_example(&document, body, &format!("the request of {what}"));
                assert!(responses.contains_key("415") && responses.contains_key("413"), "{what}");
            }
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert!(count >= 14 && ids.len() == count, "{ids:?}");
}

/// The body has an example that keeps its schema.
#[track_caller]
fn has_example(document: &Value, body: &Value, what: &str) {
    let example = body.get("example").unwrap_or_else(|| panic!("{what} has no example: {body}"));
    let mut schema = body["schema"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::draft202012::options().build(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(example).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{what}: {errors:?}");
}
