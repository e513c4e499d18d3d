//! An installation knows the topics and the cluster that it belongs to.

use peyvand::store::installation::{Home, home, move_home};
use peyvand::wire::Topic;

use crate::fixtures::couples::Couple;
use crate::harness::{TestApp, ctx};

const RECORDS: &str = "insured.records.v1";

fn with_one_couple() -> TestApp {
    let mut app = TestApp::start("1404-08-01");
    Couple::publish(&[Couple::nth(1)], &mut app);
    app.settle();
    app.stop();
    app
}

/// What `status` prints where it must end with status 1.
#[track_caller]
fn red_status(app: &TestApp) -> String {
    let output = app.run(&["status"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn other_topics_are_refused_by_name_until_they_are_adopted() {
    let mut app = with_one_couple();
    let own = app.prefix.clone();
    let other = format!("x{own}");
    app.set("topic_prefix", &other);
    let commands: [&[&str]; 4] =
        [&["status"], &["serve"], &["close-month", "1404-07"], &["report", "--month", "1404-07"]];
    for command in commands {
        let refusal = app.refused(command);
        for part in [&format!("\"{other}\""), &format!("\"{own}\""), "topic_prefix", "adopt-installation"] {
            assert!(refusal.contains(part), "{command:?}: no {part} in {refusal}");
        }
    }
    // The refusal has created no topic with the other prefix: all of them are missing after the adoption.
    let moved = app.json(&["config", "adopt-installation"]);
    assert_eq!(moved["before"]["topic_prefix"], own);
    assert_eq!(moved["now"]["topic_prefix"], other);
    let status = red_status(&app);
    for topic in Topic::ALL {
        assert!(status.contains(&format!("{} does not exist", topic.full_name(&other))), "{status}");
    }
    let refusal = app.refused(&["serve"]);
    assert!(refusal.contains("does not exist, although this installation has read from it"), "{refusal}");

    app.set("topic_prefix", &own);
    assert!(app.refused(&["status"]).contains(&format!("\"{own}\"")));
    app.text(&["config", "adopt-installation"]);
    app.text(&["status"]);
    app.finish();
}

#[test]
fn another_cluster_is_refused_by_name_until_it_is_adopted() {
    let app = with_one_couple();
    let own = app.value("SELECT value FROM installation WHERE name = 'kafka_cluster'");
    app.execute("UPDATE installation SET value = 'another-cluster' WHERE name = 'kafka_cluster'").unwrap();
    for command in ["status", "serve"] {
        let refusal = app.refused(&[command]);
        assert!(refusal.contains("another-cluster") && refusal.contains(&own), "{refusal}");
        assert!(refusal.contains("kafka_brokers") && refusal.contains("adopt-installation"), "{refusal}");
    }
    app.text(&["config", "adopt-installation"]);
    app.finish();
}

/// A cluster whose id is not known at the adoption is stored later, and is not taken for another one.
#[test]
fn an_adoption_without_a_known_cluster_forgets_the_old_one() {
    let app = with_one_couple();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ctx = ctx(&app, &runtime);
    let to = Home { topic_prefix: app.prefix.clone(), cluster: None };
    runtime.block_on(move_home(&ctx.pool, &to)).unwrap();
    assert_eq!(runtime.block_on(home(&ctx.pool)).unwrap(), Some(to));
    app.text(&["status"]);
    app.finish();
}

#[test]
fn a_position_beyond_the_end_is_red_and_refused() {
    let mut app = with_one_couple();
    let move_by = |n: i32| {
        format!(
            "UPDATE input_offsets SET next_offset = next_offset + {n} WHERE topic = '{RECORDS}' AND partition = 0"
        )
    };
    app.execute(&move_by(1000)).unwrap();
    let partition = format!("{}{RECORDS}/0", app.prefix);
    let status = red_status(&app);
    assert!(status.contains(&partition) && status.contains("was recreated, or lost records"), "{status}");
    assert!(!app.run(&["status", "--wait"]).status.success(), "a wait for input that is not there succeeds");
    for roles in ["intake", "relay", "api"] {
        let refusal = app.refused(&["serve", "--roles", roles]);
        assert!(refusal.contains(&partition) && refusal.contains("nothing is started"), "{refusal}");
    }
    app.execute(&move_by(-1000)).unwrap();
    app.serve(&[]);
    app.finish();
}

#[test]
fn a_missing_topic_and_a_wrong_number_of_partitions_are_red_and_refused() {
    let app = with_one_couple();
    let name = format!("{}{RECORDS}", app.prefix);
    app.delete_topic(RECORDS);
    let missing = format!("{name} does not exist, although this installation has read from it");
    app.wait("the topic is gone", || !app.run(&["status"]).status.success());
    for _ in 0..2 {
        // Neither command creates it again.
        assert!(red_status(&app).contains(&missing));
        let refusal = app.refused(&["serve"]);
        assert!(refusal.contains(&missing), "{refusal}");
    }
    app.make_topic(RECORDS, 5);
    let count = format!("{name}: it has 5 partitions and must have 3");
    app.wait("the topic is there again", || red_status(&app).contains(&count));
    assert!(app.refused(&["serve"]).contains(&count));
    app.end_unchecked();
}

/// A frozen relay or ingest leaves its transaction open. The next process must start nevertheless.
#[test]
fn a_start_does_not_wait_for_a_frozen_transaction() {
    let mut app = with_one_couple();
    let relay = app.in_open_transaction("UPDATE relay_groups SET delivered = delivered");
    let ingest = app.in_open_transaction("UPDATE outbox_heads SET next_position = next_position");
    app.serve(&["--roles", "intake"]);
    app.wait("the service starts", || app.logs().contains("peyvand serves"));
    drop((relay, ingest));
    app.finish();
}
