//! `kill -9` at random moments: nothing is lost, and nothing is done twice.

use std::process::{Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use peyvand::wire::files::FileKind;

use crate::harness::{CEILING_S, TestApp};

const MARRIAGES: u32 = 300;
const SEED: u32 = 5;
/// Minimum number of kills while files are published, and number of kills while the month is closed.
const KILLS: (u32, u32) = (13, 8);

#[test]
fn a_service_killed_twenty_times_ends_where_an_undisturbed_one_does() {
    let calm = TestApp::start("1404-08-01");
    calm.publish_folder(&calm.generate(MARRIAGES, SEED));
    calm.close("1404-07");
    let expected = calm.end_state();
    calm.finish();

    // With small steps a kill is likely to interrupt unfinished work. With a fixed instance name a restarted service
    // gets its partitions back without a rebalance.
    let small = [
        ("batch_events", "60"),
        ("close_page_persons", "5"),
        ("relay_page_bytes", "65536"),
        ("instance", "one"),
    ];
    let mut app = small
        .into_iter()
        .fold(TestApp::without_service("1404-08-01"), |app, (key, value)| app.with(key, value));
    let publishing = publish_meanwhile(&app);
    let mut kills = 0;
    while kills < KILLS.0 || !publishing.is_finished() {
        assert!(kills < 150, "the files are not received after {kills} kills");
        // On a busy machine a service may need a second to start. Later runs are longer, so that all files are
        // received.
        run_and_kill(&mut app, 150..1000 + 40 * u64::from(kills));
        kills += 1;
    }
    eprintln!("{kills} kills while publishing");
    for output in publishing.join().unwrap() {
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && stdout.contains("\"accepted\""),
            "{stdout} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for _ in 0..KILLS.1 {
        let mut close =
            app.command(&["close-month", "1404-07", "--json"]).stdout(Stdio::null()).spawn().unwrap();
        run_and_kill(&mut app, 200..800);
        let _ = close.kill();
        close.wait().unwrap();
    }
    app.serve(&[]);
    app.close("1404-07");
    expected.assert_same(&app.end_state(), &format!("after {} kills", kills + KILLS.1));
    app.finish();
}

/// Starts a service, lets it run for a random time within the range (ms), and kills it.
fn run_and_kill(app: &mut TestApp, range: std::ops::Range<u64>) {
    let place = app.serve(&[]);
    thread::sleep(Duration::from_millis(rand::random_range(range)));
    assert!(app.service(place).is_running(), "the service ended by itself: {}", app.logs());
    app.service(place).kill();
    app.forget(place);
}

/// Publishes the files of a generated month one after the other; each command waits for its receipt.
fn publish_meanwhile(app: &TestApp) -> JoinHandle<Vec<Output>> {
    use FileKind as K;
    let folder = app.generate(MARRIAGES, SEED);
    let kinds =
        [K::Persons, K::Employments, K::Marriages, K::Wages, K::EarlierPayments, K::SelfRegistrations];
    let commands: Vec<_> = kinds
        .into_iter()
        .map(|kind| {
            let path = folder.join(kind.file_name());
            app.command(&["publish", kind.as_str(), path.to_str().unwrap(), "--timeout", CEILING_S, "--json"])
        })
        .collect();
    thread::spawn(move || commands.into_iter().map(|mut command| command.output().unwrap()).collect())
}
