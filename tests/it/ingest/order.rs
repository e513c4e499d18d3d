//! The end state depends neither on the order of arrival between topics or between keys, nor on the batching of
//! messages.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use peyvand::wire::files::FileKind;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::harness::{EndState, TestApp};

use FileKind as K;

const TODAY: &str = "1404-08-01";
const ORDERS: [[FileKind; 6]; 4] = [
    [K::Persons, K::Employments, K::Wages, K::EarlierPayments, K::Marriages, K::SelfRegistrations],
    [K::SelfRegistrations, K::Marriages, K::EarlierPayments, K::Wages, K::Employments, K::Persons],
    [K::Marriages, K::Persons, K::SelfRegistrations, K::Wages, K::Employments, K::EarlierPayments],
    [K::Wages, K::SelfRegistrations, K::Persons, K::EarlierPayments, K::Marriages, K::Employments],
];

fn closed(app: TestApp, publish: impl FnOnce(&TestApp, &Path)) -> EndState {
    let folder = app.generate(60, 11);
    publish(&app, &folder);
    app.close("1404-07");
    let state = app.end_state();
    assert!(state.documents.len() > 10, "only {} documents: too few for this test", state.documents.len());
    app.finish();
    state
}

fn in_order(kinds: [FileKind; 6]) -> EndState {
    closed(TestApp::start(TODAY), |app, folder| {
        for kind in kinds {
            app.publish_file(kind, &folder.join(kind.file_name()));
        }
    })
}

#[test]
fn files_in_any_order_end_in_the_same_state() {
    let first = in_order(ORDERS[0]);
    for kinds in &ORDERS[1..] {
        first.assert_same(&in_order(*kinds), &format!("{kinds:?}"));
    }
}

#[test]
fn rows_in_any_order_that_keeps_each_keys_end_in_the_same_state() {
    let first = in_order(ORDERS[0]);
    let tiny =
        TestApp::without_service(TODAY).with("batch_events", "23").with("batch_wait_ms", "1").serving();
    let shuffled = closed(tiny, |app, folder| {
        let mut dice = ChaCha8Rng::seed_from_u64(7);
        for kind in ORDERS[1] {
            let path = folder.join(kind.file_name());
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, shuffle(&text, &mut dice)).unwrap();
            app.publish_file(kind, &path);
        }
    });
    first.assert_same(&shuffled, "shuffled rows in tiny batches");
}

/// Shuffles rows of different keys; rows of one key keep their order. The key is the applicant's code, or else the
/// first column.
fn shuffle(text: &str, dice: &mut ChaCha8Rng) -> String {
    let (header, rows) = text.split_once('\n').unwrap();
    let names: Vec<_> = header.trim().trim_start_matches('\u{feff}').split(',').collect();
    let column = names.iter().position(|name| *name == "applicant_national_code").unwrap_or(0);
    // No field of a generated file contains a comma or a newline.
    let key = |row: &str| row.split(',').nth(column).unwrap().trim_start_matches('0').to_owned();
    let rows: Vec<_> = rows.lines().filter(|row| !row.trim().is_empty()).collect();
    let mut of_key: BTreeMap<String, VecDeque<&str>> = BTreeMap::new();
    for row in &rows {
        of_key.entry(key(row)).or_default().push_back(row);
    }
    let mut places: Vec<String> = rows.iter().map(|row| key(row)).collect();
    places.shuffle(dice);
    let next = |key: &String| of_key.get_mut(key).unwrap().pop_front().unwrap().to_owned() + "\n";
    format!("{header}\n{}", places.iter().map(next).collect::<String>())
}

#[test]
fn a_shuffle_keeps_each_keys_order() {
    let text = "national_code,n\n1,a\n2,a\n1,b\n3,a\n2,b\n1,c\n";
    let mixed = shuffle(text, &mut ChaCha8Rng::seed_from_u64(1));
    assert_ne!(mixed, text);
    for key in ["1", "2", "3"] {
        let of = |text: &str| {
            text.lines()
                .filter(|row| row.starts_with(&format!("{key},")))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(&mixed), of(text));
    }
}
