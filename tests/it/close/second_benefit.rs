//! "A second benefit is a new file under `law/`": the sample grant of test builds goes through decision, document,
//! voucher and batch, although no module that stores, publishes or shows claims knows it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peyvand::claim::Benefit;
use serde_json::Value;

use crate::fixtures::population::{FLOOR, finance, marriage, marriages, married, person, profile, sheba};
use crate::harness::TestApp;
use crate::meta::structure::source::Source;

const GRANT: u64 = 1_000_000;

fn of_benefit<'a>(events: &'a [Value], benefit: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["batch_id"].as_str().unwrap().starts_with(benefit)).collect()
}

fn amounts(documents: &[&Value]) -> Vec<u64> {
    documents.iter().map(|document| document["amount_rial"].as_u64().unwrap()).collect()
}

#[test]
fn two_benefits_are_decided_and_paid_side_by_side() {
    let mut app = TestApp::without_service("1404-08-01");
    app.inject("benefit.second=return");
    let mut app = app.serving();
    let people = married(&mut app, 1..4);
    let closed = app.close("1404-07");

    // One batch for each benefit, and one document for each person in each batch.
    let ids: Vec<_> = closed["batches"].as_array().unwrap().iter().map(|batch| &batch["batch_id"]).collect();
    assert_eq!(ids, ["marriage_allowance-1404-07", "sample_grant-1404-07"]);
    let issued = app.documents();
    assert_eq!(amounts(&of_benefit(&issued, "marriage_allowance")), [FLOOR; 3]);
    assert_eq!(amounts(&of_benefit(&issued, "sample_grant")), [GRANT; 3]);
    let accounts: BTreeSet<_> = app
        .events("finance.voucher.issued")
        .iter()
        .map(|voucher| voucher["lines"][0]["account"].as_str().unwrap().to_owned())
        .collect();
    let expected = [Benefit::MarriageAllowance, Benefit::SampleGrant].map(Benefit::expense_account);
    assert_eq!(accounts, BTreeSet::from(expected.map(str::to_owned)));

    // A return of one benefit leaves the other alone. Another account gives a second attempt of the returned one.
    let grants = of_benefit(&issued, "sample_grant");
    let returned = grants.iter().find(|document| document["national_code"] == people[0].code()).unwrap();
    finance(&mut app, &[(returned["document_id"].as_str().unwrap(), "returned", "AC04", "10:00:00")]);
    let outcomes = "SELECT benefit, outcome FROM claims WHERE person = ".to_owned() + &people[0].code();
    assert_eq!(
        app.query(&(outcomes + " ORDER BY benefit")),
        [["marriage_allowance", "APPROVED"], ["sample_grant", "WAITING"]]
    );
    profile(&mut app, &people[0].with(|person| person.sheba = sheba(77)));
    // A second marriage gives no second payment of either benefit.
    let again = marriage("R-again", "1404-06-10", &people[1], &person(900));
    marriages(&mut app, &[&again]);
    app.set_today("1404-09-01");
    let closed = app.close("1404-08");
    assert_eq!(closed["documents"], 1);
    let second: Vec<_> = app.documents().into_iter().filter(|document| document["attempt"] == 2).collect();
    assert_eq!(amounts(&of_benefit(&second, "sample_grant")), [GRANT]);
    let paid_twice =
        "SELECT count(*) FROM claims WHERE deed_date = '1404-06-10' AND 'ALREADY_PAID' = ANY(reasons)";
    assert_eq!(app.value(paid_twice), "2");

    // Its decisions can be computed again.
    let decision = returned["decision_id"].as_str().unwrap();
    assert_eq!(app.json(&["recompute", decision])["equal"], true);
    app.finish();
}

/// A new benefit changes the rules alone.
#[test]
fn no_module_below_the_rules_names_a_benefit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let modules = ["store", "app", "kafka", "http", "views", "service"];
    for source in Source::all(&root) {
        if !modules.contains(&source.module().as_str()) {
            continue;
        }
        let text = fs::read_to_string(root.join(&source.path)).unwrap();
        // The examples of the API name one.
        let code =
            text.split("#[cfg(test)]").next().unwrap().replace("\"benefit\": \"marriage_allowance\",", "");
        for name in ["MarriageAllowance", "SampleGrant", "\"marriage_allowance\"", "\"sample_grant\""] {
            assert!(!code.contains(name), "{} names {name}", source.path.display());
        }
    }
}
