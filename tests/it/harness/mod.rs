//! A complete Peyvand for one test: its own topics and database, on the broker and server that the environment names.
//! The test runs the real binary. At the end `finish` checks every promise (see `checks`).

mod broker;
mod checks;
mod completeness;
mod database;
mod inside;
mod kafka_proxy;
mod portal;
mod records;
mod service;
mod waiting;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;

use peyvand::clock::Clock;
use peyvand::wire::files::FileKind;
use peyvand::wire::{PartitionCounts, Topic};
use serde_json::Value;
use tempfile::TempDir;

pub use broker::{CE_TIME, IdleMember, Raw, StoredRecord};
pub use inside::ctx;
pub use kafka_proxy::{KafkaProxy, Refusal};
#[cfg(feature = "failpoints")]
pub use portal::NO_ANSWER;
pub use portal::{Answer, Browser, FormFile, Program, TestProvider, free_address, multipart, people, person};
pub use records::{Answers, EndState, Record, Topics, reasons};
pub use service::{Service, now, until_interruptible};
pub use waiting::{CEILING_S, Watch};

/// The key of all derived ids. It is fixed so that two runs can be compared.
pub const SECRET: &str = "a secret for tests alone, never for a payment";

/// Fewer than in production, because one broker serves the topics of many tests at the same time.
const PARTITIONS: &str = "3";

pub struct TestApp {
    /// The prefix of all names on the broker. The database has the same name, without the dot.
    pub prefix: String,
    pub database_url: String,
    pub brokers: String,
    pub dir: TempDir,
    today: String,
    settings: BTreeMap<String, String>,
    /// The binary that every later process runs.
    pub program: PathBuf,
    services: Vec<Service>,
    /// URLs of further databases, dropped at the end.
    beside: Vec<String>,
    runtime: tokio::runtime::Runtime,
    files: u32,
    finished: bool,
    /// Records that were sent without `publish` and must be in their topics at the end.
    sent: Mutex<Vec<SentRecord>>,
}

/// A record that the broker has acknowledged.
struct SentRecord {
    topic: String,
    partition: i32,
    offset: i64,
    ce_id: String,
}

impl TestApp {
    /// Starts an installation with one service that ingests and delivers (roles intake and relay).
    pub fn start(today: &str) -> Self {
        Self::without_service(today).serving()
    }

    pub fn without_service(today: &str) -> Self {
        let (brokers, server) = (variable("PEYVAND_KAFKA_BROKERS"), variable("PEYVAND_DATABASE_URL"));
        let name = format!("t{:08x}", rand::random::<u32>());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let database_url = runtime.block_on(database::create(&server, &name));
        let mut app = Self {
            prefix: format!("{name}."),
            database_url,
            brokers,
            dir: tempfile::tempdir().unwrap(),
            today: today.to_owned(),
            settings: BTreeMap::new(),
            program: env!("CARGO_BIN_EXE_peyvand").into(),
            services: Vec::new(),
            beside: Vec::new(),
            runtime,
            files: 0,
            finished: false,
            sent: Mutex::default(),
        };
        app.set("batch_wait_ms", "10");
        app.set("topic_partitions", PARTITIONS);
        // An aborted stop is a failure, and on a busy machine a normal stop takes long.
        app.set("stop_timeout_s", "120");
        app.set("log", "info");
        // Many processes run at the same time. A test that asks one names its address.
        app.set("http_listen", "none");
        app
    }

    /// Changes a setting for every later process.
    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.insert(format!("PEYVAND_{}", key.to_ascii_uppercase()), value.to_owned());
    }

    /// Enables failpoints (`src/failpoint.rs`) for every later process.
    #[cfg(feature = "failpoints")]
    pub fn inject(&mut self, faults: &str) {
        self.settings.insert("FAILPOINTS".to_owned(), faults.to_owned());
    }

    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    /// The partition counts in this test's settings.
    pub fn partitions(&self) -> PartitionCounts {
        PartitionCounts::new(self.settings["PEYVAND_TOPIC_PARTITIONS"].parse().unwrap())
    }

    /// Starts a service (roles intake and relay).
    pub fn serving(mut self) -> Self {
        self.serve(&[]);
        self
    }

    /// Starts another `serve` process with these flags. Returns its index among the services.
    pub fn serve(&mut self, flags: &[&str]) -> usize {
        let place = self.services.len();
        self.files += 1;
        let log = self.dir.path().join(format!("serve-{}.log", self.files));
        let mut command = self.command(&["serve"]);
        if !flags.contains(&"--roles") {
            command.args(["--roles", "intake,relay"]);
        }
        command.args(flags);
        self.services.push(Service::start(command, log));
        place
    }

    pub fn service(&mut self, place: usize) -> &mut Service {
        &mut self.services[place]
    }

    /// Everything that a service has written so far.
    #[cfg(feature = "failpoints")]
    pub fn service_log(&self, place: usize) -> String {
        self.services[place].log()
    }

    /// Removes a service that the test itself has ended.
    pub fn forget(&mut self, place: usize) {
        self.services.remove(place);
    }

    /// Stops all services gracefully; each must end with status 0.
    pub fn stop(&mut self) {
        for service in self.services.drain(..) {
            service.stop();
        }
    }

    /// The business date in the Gregorian calendar.
    pub fn gregorian_today(&self) -> jiff::civil::Date {
        let clock = Clock::new(Some(self.today.parse().unwrap())).unwrap();
        clock.now().to_zoned(jiff::tz::TimeZone::get("Asia/Tehran").unwrap()).date()
    }

    /// Changes the business date. If services run, they are stopped, and one is started with that date.
    pub fn set_today(&mut self, today: &str) {
        today.clone_into(&mut self.today);
        if !self.services.is_empty() {
            self.stop();
            self.serve(&[]);
        }
    }

    /// The real binary with this test's settings. `PEYVAND_*` variables of the environment are removed.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PEYVAND_") {
                command.env_remove(name);
            }
        }
        command
            .env("PEYVAND_KAFKA_BROKERS", &self.brokers)
            .env("PEYVAND_DATABASE_URL", &self.database_url)
            .env("PEYVAND_TOPIC_PREFIX", &self.prefix)
            .env("PEYVAND_TODAY", &self.today)
            .env("PEYVAND_INSTALLATION_SECRET", SECRET)
            .envs(&self.settings)
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .args(arguments);
        command
    }

    /// Runs a command to its end, with any exit status.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed. Returns its output.
    #[track_caller]
    pub fn text(&self, arguments: &[&str]) -> String {
        self.succeeded(arguments, self.run(arguments))
    }

    /// Like `text`, for a command that waits for the installation. Fails if there is no progress.
    #[track_caller]
    pub fn waiting_text(&self, arguments: &[&str]) -> String {
        self.succeeded(arguments, self.run_waiting(arguments))
    }

    #[track_caller]
    fn succeeded(&self, arguments: &[&str], output: Output) -> String {
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "peyvand {arguments:?} ended with {}: {error}\n{}",
            output.status,
            self.logs()
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command with `--json` that must succeed. Returns its last line.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        last_line(&self.text(&[arguments, &["--json"]].concat()))
    }

    /// Like `json`, for a command that waits for the installation. Fails if there is no progress.
    #[track_caller]
    pub fn waiting_json(&self, arguments: &[&str]) -> Value {
        last_line(&self.waiting_text(&[arguments, &["--json"]].concat()))
    }

    /// Runs a command that must fail with status 1. Returns its stderr.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "peyvand {arguments:?}: {errors}");
        errors
    }

    /// Publishes rows under the header of their kind, waits for the receipt and returns it.
    #[track_caller]
    pub fn publish_rows<S: AsRef<str>>(&mut self, kind: FileKind, rows: &[S]) -> Value {
        let lines =
            std::iter::once(kind.columns().join(",")).chain(rows.iter().map(|row| row.as_ref().to_owned()));
        let text = lines.map(|line| line + "\n").collect::<String>();
        self.publish(kind, &text)
    }

    /// Publishes a file with this text, waits for the receipt and returns it.
    #[track_caller]
    pub fn publish(&mut self, kind: FileKind, text: &str) -> Value {
        let path = self.write(kind, text);
        self.publish_file(kind, &path)
    }

    #[track_caller]
    pub fn publish_file(&self, kind: FileKind, path: &Path) -> Value {
        let receipt = self.waiting_json(&["publish", kind.as_str(), path.to_str().unwrap()]);
        assert!(receipt.get("receipt").is_none(), "no receipt came: {receipt}\n{}", self.logs());
        receipt
    }

    /// Publishes a file without waiting for its receipt. Returns the output.
    #[track_caller]
    pub fn publish_without_waiting(&self, kind: FileKind, path: &Path) -> String {
        let output = self.run(&["publish", kind.as_str(), path.to_str().unwrap(), "--timeout", "0"]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 3)),
            "publish ended with {}: {errors}",
            output.status
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Publishes every file that the folder has, histories first.
    #[track_caller]
    pub fn publish_folder(&self, folder: &Path) -> BTreeMap<FileKind, Value> {
        use FileKind as K;
        let order =
            [K::Persons, K::Employments, K::Wages, K::EarlierPayments, K::Marriages, K::SelfRegistrations];
        let there = order
            .into_iter()
            .map(|kind| (kind, folder.join(kind.file_name())))
            .filter(|(_, path)| path.exists());
        there.map(|(kind, path)| (kind, self.publish_file(kind, &path))).collect()
    }

    /// Writes a file that can be published. Returns its path.
    pub fn write(&mut self, kind: FileKind, text: &str) -> PathBuf {
        self.files += 1;
        let path = self.dir.path().join(format!("{}-{}", self.files, kind.file_name()));
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Waits until all input is ingested and all output is delivered. Returns the status.
    #[track_caller]
    pub fn settle(&self) -> Value {
        self.waiting_json(&["status", "--wait"])
    }

    /// Closes a month and waits until its output is delivered. Returns the output of `close-month --json`.
    #[track_caller]
    pub fn close(&self, month: &str) -> Value {
        let closed = self.waiting_json(&["close-month", month]);
        self.settle();
        closed
    }

    /// All records that are now in the output topics.
    #[track_caller]
    pub fn export(&self) -> Topics {
        let dir = tempfile::tempdir_in(self.dir.path()).unwrap();
        self.text(&["export", dir.path().to_str().unwrap()]);
        Topics::read(dir.path())
    }

    #[track_caller]
    pub fn end_state(&self) -> EndState {
        self.settle();
        self.export().end_state()
    }

    /// The data of each claim's highest revision, from the topic.
    #[track_caller]
    pub fn decisions(&self) -> Answers {
        self.settle();
        self.export().answers()
    }

    /// The data of all events of a type, from its topic. Each partition is in order.
    #[track_caller]
    pub fn events(&self, ce_type: &str) -> Vec<Value> {
        self.settle();
        self.export().data(ce_type)
    }

    /// All payment documents, from the topic.
    #[track_caller]
    pub fn documents(&self) -> Vec<Value> {
        self.events("finance.payment-document.issued")
    }

    /// All SMS requests, from the topic.
    #[track_caller]
    pub fn sms(&self) -> Vec<Value> {
        self.events("notifications.sms.requested")
    }

    /// All cases, from the topic.
    #[track_caller]
    pub fn cases(&self) -> Vec<Value> {
        self.events("eligibility.case.opened")
    }

    /// Adds a member to the intake's consumer group that ingests nothing.
    pub fn idle_member(&self) -> IdleMember {
        IdleMember::join(self)
    }

    /// Sends records directly, without `publish`.
    pub fn raw(&self) -> Raw<'_> {
        // The first command creates the topics, and a test may send before it runs any other.
        self.text(&["dead-letters", "list"]);
        self.raw_alone()
    }

    /// Like `raw`, if the topics already exist.
    pub fn raw_alone(&self) -> Raw<'_> {
        Raw::new(self)
    }

    /// Commits the end offsets of a topic for the intake's consumer group, while no service runs.
    pub fn commit_end_offsets(&self, topic: &str) {
        broker::commit_end_offsets(self, topic);
    }

    /// Fences the producer with this transactional id until it initializes again.
    pub fn fence(&self, name: &str) {
        broker::fence(self, name);
    }

    /// Creates a topic before the program does, as another tool might.
    pub fn make_topic(&self, topic: &str, partitions: i32) {
        broker::make_topics(self, &[(topic, partitions)]);
    }

    pub fn make_topics(&self, topics: impl Iterator<Item = Topic>) {
        let topics: Vec<_> = topics.map(|topic| (topic.name(), self.partitions().of(topic))).collect();
        broker::make_topics(self, &topics);
    }

    /// Deletes the first records of a partition, as retention does.
    pub fn delete_records(&self, topic: &str, partition: i32, before: i64) {
        let is_gone =
            |sent: &SentRecord| sent.topic == topic && sent.partition == partition && sent.offset < before;
        self.sent.lock().unwrap().retain(|sent| !is_gone(sent));
        broker::delete_records(self, topic, partition, before);
    }

    pub fn delete_topic(&self, topic: &str) {
        self.sent.lock().unwrap().retain(|sent| sent.topic != topic);
        broker::delete_topic(self, topic);
    }

    /// All records in a topic, byte for byte.
    pub fn stored_records(&self, topic: &str) -> Vec<StoredRecord> {
        broker::stored_records(self, topic)
    }

    /// Generates a month of fictitious data with `peyvand generate`. Returns its folder.
    #[track_caller]
    pub fn generate(&self, marriages: u32, seed: u32) -> PathBuf {
        let folder = self.dir.path().join(format!("month-{marriages}-{seed}"));
        let [marriages, seed] = [marriages, seed].map(|n| n.to_string());
        self.text(&["generate", folder.to_str().unwrap(), "--marriages", &marriages, "--seed", &seed]);
        folder
    }

    /// The rows of a query, each value as text.
    #[track_caller]
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        self.runtime.block_on(database::query(&self.database_url, sql))
    }

    /// The single value of a query.
    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        let rows = self.query(sql);
        assert!(rows.len() == 1 && rows[0].len() == 1, "{sql}: {rows:?}");
        rows[0][0].clone()
    }

    /// Runs a statement directly in the database. The error is the server's message.
    pub fn execute(&self, sql: &str) -> Result<u64, String> {
        self.runtime.block_on(database::execute(&self.database_url, sql))
    }

    /// Runs a statement in a transaction that stays open until the connection is dropped, as that of a frozen process.
    pub fn in_open_transaction(&self, sql: &str) -> sqlx::PgConnection {
        self.runtime.block_on(database::in_open_transaction(&self.database_url, sql))
    }

    /// Creates another, empty database. Returns its URL.
    pub fn empty_database(&mut self, name: &str) -> String {
        let (server, name) = (variable("PEYVAND_DATABASE_URL"), self.beside_name(name));
        let url = self.runtime.block_on(database::create(&server, &name));
        self.beside.push(url.clone());
        url
    }

    /// Copies the database while no service runs. Returns the URL of the backup.
    pub fn backup(&mut self, name: &str) -> String {
        let (server, name) = (variable("PEYVAND_DATABASE_URL"), self.beside_name(name));
        let url = self.runtime.block_on(database::copy(&server, &self.database_url, &name));
        self.beside.push(url.clone());
        url
    }

    /// Restores the database from a backup while no service runs. The topics do not change.
    pub fn restore(&self, backup: &str) {
        let server = variable("PEYVAND_DATABASE_URL");
        self.runtime.block_on(database::restore(&server, &self.database_url, backup));
    }

    fn beside_name(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix.trim_end_matches('.'))
    }

    /// The last lines of the services' logs, for a failing test.
    pub fn logs(&self) -> String {
        self.services.iter().map(Service::tail).collect::<Vec<_>>().join("\n")
    }

    /// Ends a test whose installation was never created: there is nothing to check.
    pub fn end_without_installation(mut self) {
        self.finished = true;
    }

    /// Ends a test that has destroyed data that the checks read. The test has made its own checks.
    pub fn end_unchecked(mut self) {
        self.stop();
        self.finished = true;
    }

    /// Settles, checks every promise and stops the services. Every test ends with it.
    #[track_caller]
    pub fn finish(mut self) {
        if self.services.is_empty() {
            self.serve(&[]);
        }
        self.settle();
        checks::all(&self, &self.export());
        self.stop();
        self.finished = true;
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let failing = std::thread::panicking();
        if failing {
            eprintln!("{}", self.logs());
        }
        self.services.clear();
        if std::env::var_os("PEYVAND_TEST_KEEP").is_some() {
            eprintln!("kept: topics {}*, database {}", self.prefix, self.database_url);
        } else {
            self.runtime.block_on(async {
                broker::delete_topics(&self.brokers, &self.prefix).await;
                database::drop(&self.database_url).await;
                for url in &self.beside {
                    database::drop(url).await;
                }
            });
        }
        assert!(self.finished || failing, "a test must end with TestApp::finish, which checks every promise");
    }
}

/// The JSON on the last line of a command's output.
#[track_caller]
pub fn last_line(output: &str) -> Value {
    let line = output.lines().last().expect("the command printed nothing");
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests want a broker and a database; run `make test`, or `deploy/local/stack run cargo test`")
    })
}
