//! The command line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config;
use crate::demo::DemoOptions;
use crate::law::SolarMonth;
use crate::wire::SourcePosition;
use crate::wire::files::FileKind;
use crate::wire::form::is_sha256_hex;

/// Pays the marriage allowance (Article 85) at each month's end, once to every entitled person.
#[derive(Parser, Debug)]
#[command(name = "peyvand", version, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    task: Task,
    /// A settings file (TOML) [default: the file of PEYVAND_CONFIG]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings")]
    config: Option<PathBuf>,
    /// A librdkafka property, e.g. security.protocol=SASL_SSL; may be repeated.
    ///
    /// [no default] [variable: PEYVAND_KAFKA_PROPERTY_SECURITY_PROTOCOL and so on] [form: NAME=VALUE, with one of the
    /// properties that docs/OPERATIONS.md lists]
    #[arg(long, global = true, value_name = "NAME=VALUE", help_heading = "Settings", hide_short_help = true)]
    kafka_property: Vec<String>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Task {
    #[command(flatten)]
    Run(Command),
    #[command(flatten)]
    Print(Printout),
    /// Read a picture from standard input. The service starts it for each picture.
    #[command(hide = true)]
    CleanPicture,
}

/// What is printed from the definition of the command line alone, without settings.
#[derive(Subcommand, Debug)]
pub enum Printout {
    /// Print the completions of a shell: bash, zsh, fish, elvish or powershell.
    Completions { shell: clap_complete::Shell },
    /// Print a man page: without COMMAND that of peyvand with all settings, otherwise that of the command.
    Man {
        /// A command, e.g. `dead-letters replay`.
        command: Vec<String>,
    },
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Publish a file of an outside system as events, and show its receipt.
    Publish(Publish),
    /// Run the service in all roles, or in some (--roles intake,relay,month-end,api).
    Serve,
    /// Close a Solar month: decide again, and issue documents, vouchers and the closing event.
    CloseMonth(CloseMonth),
    /// Show lag, outbox, months, unanswered documents and open cases.
    Status {
        /// Wait until all input that is in the topics at the start has a disposition and the outbox is empty.
        #[arg(long)]
        wait: bool,
        /// Maximum time to wait, in seconds.
        #[arg(long, default_value_t = 300)]
        timeout: u64,
        /// Show only the digest of the state. Two databases with the same inputs have the same digest.
        #[arg(long)]
        digest: bool,
    },
    /// Show everything about a person: facts, all reasons, the calculation, decisions, payments, cases, messages.
    Explain { national_code: String },
    /// Compute a decision again from its stored inputs and the tables of its time.
    Recompute { decision_id: uuid::Uuid },
    /// Recover what a database restored from an older backup lacks, from the output topics.
    Recover {
        /// Show what would be recovered, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Continue although this output topic was recreated or truncated: its lost records stay lost.
        #[arg(long, value_name = "TOPIC")]
        confirm_lost: Vec<String>,
    },
    /// Replay all inputs and closes into an empty database, and compare the states.
    Replay {
        /// URL of the empty database: postgres://user@host:port/database.
        #[arg(long, value_name = "URL")]
        into: String,
    },
    /// Show the figures of a month by province and branch.
    Report {
        #[arg(long)]
        month: SolarMonth,
    },
    /// Write the output topics into DIR, with one JSON line for each record.
    Export { dir: PathBuf },
    /// Generate the input files of a realistic month.
    Generate(Generate),
    /// Run a whole month from files to summary, on an empty database.
    Demo(DemoOptions),
    /// List, show, send again or discard messages that could not be read.
    DeadLetters {
        #[command(subcommand)]
        act: DeadLetters,
    },
    /// List published files, or end one that never becomes complete.
    Files {
        #[command(subcommand)]
        act: Files,
    },
    /// List objections of insured persons, or show one.
    Objections {
        #[command(subcommand)]
        act: Objections,
    },
    /// List findings of officers, or show one.
    Findings {
        #[command(subcommand)]
        act: Findings,
    },
    /// List cases that a person must judge, or show one.
    Cases {
        #[command(subcommand)]
        act: Cases,
    },
    /// Show the settings in force and the origin of each; secrets are hidden.
    Config {
        #[command(subcommand)]
        act: Option<ConfigAct>,
    },
}

#[derive(clap::Args, Debug, Clone)]
pub struct Publish {
    /// marriages, persons, employments, wages, earlier-payments, self-registrations, payment-outcomes, delivery-reports
    pub kind: FileKind,
    /// A CSV file, or `-` for standard input.
    pub file: PathBuf,
    /// Write rejected rows to this file as CSV: line,field,value,reason.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Time to wait for the receipt, in seconds. Exit status 3 if it does not arrive.
    #[arg(long, default_value_t = 30)]
    pub timeout: u64,
    /// Exit status 1 if rows were rejected or conflict with earlier ones; refuse a file that may be cut off.
    #[arg(long)]
    pub strict: bool,
    /// Only read and judge the file; needs no broker and no database.
    #[arg(long)]
    pub check: bool,
}

#[derive(clap::Args, Debug)]
pub struct CloseMonth {
    /// The Solar month, YYYY-MM.
    pub month: SolarMonth,
    /// Show what would be issued, with the digest of this plan, and issue nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Close the month even if the variance check holds it. With the DIGEST of a dry run, exactly that plan is issued, or nothing.
    #[arg(long, num_args = 0..=1, value_name = "DIGEST", value_parser = plan_digest, conflicts_with = "dry_run")]
    pub confirm: Option<Option<String>>,
    /// Time to wait for the input that is in the topics, in seconds [default: setting close_timeout_s]
    #[arg(long)]
    pub timeout: Option<u64>,
}

fn plan_digest(text: &str) -> Result<String, &'static str> {
    if is_sha256_hex(text) {
        Ok(text.to_owned())
    } else {
        Err("a digest has 64 characters of lower-case hex; write the month before --confirm")
    }
}

#[derive(clap::Args, Debug)]
pub struct Generate {
    pub dir: PathBuf,
    #[arg(long, default_value_t = 5000)]
    pub marriages: u32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Subcommand, Debug, Clone)]
pub enum DeadLetters {
    /// List source position, reason, time and state of each.
    List {
        /// Only those with this reason, e.g. unknown_document.
        #[arg(long)]
        reason: Option<String>,
        /// Only those of this input topic.
        #[arg(long)]
        topic: Option<String>,
        /// Only those that are not applied or discarded yet.
        #[arg(long)]
        open: bool,
    },
    /// Show one with its headers and value. National codes, Shebas and mobile numbers are masked.
    Show {
        /// topic/partition/offset, as `list` shows it.
        place: SourcePosition,
    },
    /// Send messages again to their input topic. A message that is older than a newer fact of the same key changes nothing.
    Replay(Replay),
    /// Record that nothing is to be done about messages.
    Discard {
        /// topic/partition/offset, as `list` shows it.
        #[arg(required = true, value_name = "PLACE")]
        places: Vec<SourcePosition>,
        /// Why nothing is to be done. Write no personal data.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
}

#[derive(Subcommand, Debug, Clone)]
pub enum Files {
    /// List id, kind, state and rows of each.
    List {
        /// Only those without a receipt that were not ended.
        #[arg(long)]
        open: bool,
    },
    /// End a file: it gets no receipt, and no automatic close waits for it.
    End {
        file_id: String,
        /// Why it is ended. Write no personal data.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
}

#[derive(Subcommand, Debug, Clone, Copy)]
pub enum Objections {
    /// List id, state, instant, disputed ground and claim of each. Names no person.
    List {
        /// Only those that are neither withdrawn nor answered.
        #[arg(long)]
        open: bool,
    },
    /// Show one with its person, its pictures and its closings.
    Show { objection_id: uuid::Uuid },
}

#[derive(Subcommand, Debug, Clone, Copy)]
pub enum Findings {
    /// List id, state, instant, ground, verdict and claim of each. Names no person.
    List {
        /// Only those that no second officer has decided.
        #[arg(long)]
        open: bool,
    },
    /// Show one with its person, its officers and their reasons.
    Show { finding_id: uuid::Uuid },
}

#[derive(Subcommand, Debug, Clone, Copy)]
pub enum Cases {
    /// List id, kind, opening, state, new amount, grounds and document of each. Names no person.
    List {
        /// Only those that wait for a person: their cause stands, and no officers have ended them.
        #[arg(long)]
        open: bool,
    },
    /// Show one with its person, its cause, and what officers said about its end.
    Show { case_id: uuid::Uuid },
}

#[derive(clap::Args, Debug, Clone)]
pub struct Replay {
    /// topic/partition/offset, as `list` shows it.
    #[arg(value_name = "PLACE", required_unless_present = "all", conflicts_with = "all")]
    pub places: Vec<SourcePosition>,
    /// All that are open or failed again.
    #[arg(long)]
    pub all: bool,
    /// With --all: only those with this reason.
    #[arg(long, requires = "all")]
    pub reason: Option<String>,
    /// With --all: only those of this input topic.
    #[arg(long, requires = "all")]
    pub topic: Option<String>,
    /// Show what would be sent, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Send also messages that already wait in their topic, were applied, or were discarded.
    #[arg(long, conflicts_with = "all")]
    pub force: bool,
}

#[derive(Subcommand, Debug, Clone, Copy)]
pub enum ConfigAct {
    /// Make the topics and the Kafka cluster of the settings those of the database, after a deliberate move.
    AdoptInstallation,
}

/// The definition of the command line: commands, and one flag for each setting.
pub fn definition() -> clap::Command {
    let mut command = Cli::command();
    for key in config::keys() {
        let long = key.name.replace('_', "-");
        command = command.arg(
            Arg::new(key.name)
                .long(long)
                .global(true)
                .action(ArgAction::Set)
                .value_name("VALUE")
                .help(key.doc.trim())
                .long_help(key.long_help())
                .help_heading("Settings")
                .hide_short_help(key.name != "today"),
        );
    }
    command
}

/// The parsed command line.
pub enum CommandLine {
    Run(Arguments),
    Print(Printout),
    /// The child of `picture_worker`.
    CleanPicture,
}

/// A command with its settings.
pub struct Arguments {
    pub command: Command,
    pub json: bool,
    pub config: Option<PathBuf>,
    /// Settings from flags.
    pub flags: BTreeMap<String, String>,
}

impl CommandLine {
    /// Parses the command line. Ends the process with an error message if it is invalid.
    pub fn parse() -> Self {
        let mut command = definition();
        let matches = command.clone().get_matches();
        let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
        let command = match cli.task {
            Task::Run(command) => command,
            Task::Print(printout) => return Self::Print(printout),
            Task::CleanPicture => return Self::CleanPicture,
        };
        let mut flags = BTreeMap::new();
        for key in config::keys() {
            if let Some(value) = matches.get_one::<String>(key.name) {
                flags.insert(key.name.to_owned(), value.clone());
            }
        }
        for property in &cli.kafka_property {
            let (name, value) = property.split_once('=').unwrap_or((property, ""));
            flags.insert(format!("kafka.{name}"), value.to_owned());
        }
        Self::Run(Arguments { command, json: cli.json, config: cli.config, flags })
    }
}
