//! What may stand on the command line.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Arg, ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config;
use crate::demo::DemoOptions;
use crate::law::SolarMonth;
use crate::wire::files::FileKind;

/// Pays the marriage allowance (Article 85) to everyone entitled to it, once, at each month's end.
#[derive(Parser, Debug)]
#[command(name = "peyvand", version, propagate_version = true, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// A settings file (TOML); without it PEYVAND_CONFIG, then ./peyvand.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Settings")]
    config: Option<PathBuf>,
    /// A property of librdkafka's own, e.g. security.protocol=SASL_SSL; may be repeated.
    #[arg(long, global = true, value_name = "NAME=VALUE", help_heading = "Settings", hide_short_help = true)]
    kafka_property: Vec<String>,
    /// Machine-readable output wherever a person would read a table.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Send a file of an outside system as events, and show its receipt.
    Publish(Publish),
    /// Run the service, in all roles or some (--roles intake,relay,month-end,api).
    Serve,
    /// Close a Solar month: decide anew, issue documents, vouchers and the closing event.
    CloseMonth(CloseMonth),
    /// Lag, outbox, months, unanswered documents, open cases.
    Status {
        /// Return once the input that lay there at the start is disposed of and the outbox is drained.
        #[arg(long)]
        wait: bool,
        /// Seconds to wait at most.
        #[arg(long, default_value_t = 300)]
        timeout: u64,
        /// Show only the digest of the state, which two databases of the same inputs agree in.
        #[arg(long)]
        digest: bool,
    },
    /// Everything about a person: facts, every ground, the sum by hand, decisions, payments, cases, messages.
    Explain { national_code: String },
    /// A decision again, from its stored inputs and the tables of its time.
    Recompute { decision_id: uuid::Uuid },
    /// Take back from the output topics what a database restored from an older backup does not know.
    Recover {
        /// Show what would be taken back, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Go on though this output topic, recreated or cut, no longer holds what was sent: what it lost stays lost.
        #[arg(long, value_name = "TOPIC")]
        confirm_lost: Vec<String>,
    },
    /// Everything again from the inputs, with the closes where they stood, into an empty database; then compare the states.
    Replay {
        /// The empty database: postgres://user@host:port/database.
        #[arg(long, value_name = "URL")]
        into: String,
    },
    /// Figures of a month per province and branch.
    Report {
        #[arg(long)]
        month: SolarMonth,
    },
    /// Write the output topics into DIR, one JSON line a record.
    Export { dir: PathBuf },
    /// Write an invented, realistic month of input files.
    Generate(Generate),
    /// The whole job from files to summary, on an empty database.
    Demo(DemoOptions),
    /// Messages that could not be read.
    DeadLetters {
        #[command(subcommand)]
        act: DeadLetters,
    },
    /// The settings in force and where each comes from; secrets are hidden.
    Config,
}

#[derive(clap::Args, Debug, Clone)]
pub struct Publish {
    /// marriages, persons, employments, wages, earlier-payments, self-registrations, payment-outcomes, delivery-reports
    pub kind: FileKind,
    /// A CSV file; `-` is standard input.
    pub file: PathBuf,
    /// Write rejected rows there as CSV: line,field,value,reason.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Seconds to wait for the receipt; exit status 3 where it has not come.
    #[arg(long, default_value_t = 30)]
    pub timeout: u64,
    /// Exit status 1 where rows were rejected.
    #[arg(long)]
    pub strict: bool,
}

#[derive(clap::Args, Debug)]
pub struct CloseMonth {
    /// The Solar month, YYYY-MM.
    pub month: SolarMonth,
    /// Show what would be issued, and issue nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Close also where the brake holds the month.
    #[arg(long)]
    pub confirm: bool,
    /// Seconds to wait for the input that lies in the topics [default: setting close_timeout_s]
    #[arg(long)]
    pub timeout: Option<u64>,
}

#[derive(clap::Args, Debug)]
pub struct Generate {
    pub dir: PathBuf,
    #[arg(long, default_value_t = 5000)]
    pub marriages: u32,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Subcommand, Debug, Clone, Copy)]
pub enum DeadLetters {
    /// Place, reason and time of each.
    List,
    /// Send them again; what newer facts of the same key have overtaken changes nothing.
    Replay,
}

/// The command line, read.
pub struct Arguments {
    pub command: Command,
    pub json: bool,
    pub config: Option<PathBuf>,
    /// Settings given as flags.
    pub flags: BTreeMap<String, String>,
}

impl Arguments {
    /// Ends the process with a clear message where the line is wrong.
    pub fn parse() -> Self {
        let mut command = Cli::command();
        for key in config::keys() {
            let long = key.name.replace('_', "-");
            command = command.arg(
                Arg::new(key.name)
                    .long(long)
                    .global(true)
                    .action(ArgAction::Set)
                    .value_name("VALUE")
                    .help(key.doc)
                    .help_heading("Settings")
                    .hide_short_help(key.name != "today"),
            );
        }
        let matches = command.clone().get_matches();
        let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
        let given = |name: &str| matches.get_one::<String>(name).cloned();
        let mut flags: BTreeMap<String, String> =
            config::keys().iter().filter_map(|key| Some((key.name.to_owned(), given(key.name)?))).collect();
        for property in &cli.kafka_property {
            let (name, value) = property.split_once('=').unwrap_or((property, ""));
            flags.insert(format!("kafka.{name}"), value.to_owned());
        }
        Self { command: cli.command, json: cli.json, config: cli.config, flags }
    }
}
