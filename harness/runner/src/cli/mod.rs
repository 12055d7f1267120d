//! The command line. NB: external scripts call `pack inspect`, `dry-run setup`
//! and `conformance`; the flags and the JSON of these commands must not change.

mod attest;
mod cache;
mod canaries;
mod catalogue;
mod color;
mod compare;
mod config;
mod conformance;
mod doctor;
mod dry_run;
mod ending;
mod expect;
mod fix;
mod fuzz;
mod history;
mod init;
mod inspect;
mod isolation;
mod jobs;
mod manual;
mod merge;
mod open;
mod output;
mod parsed;
mod play;
mod profile;
mod provision;
mod refused;
mod registry;
mod repack;
mod report;
mod repro;
mod scenario;
mod trace;
mod usage;
mod watch;

use crate::exit::{Error, Exit};
use crate::reports::invalidate_named;
use clap::{CommandFactory, Parser, Subcommand};
use provision_core::text::inert_lines_within;
use std::ffi::OsString;
use std::process::ExitCode;

/// Characters of a line of an error message, at most: parsers quote lines of any length.
const LINE: usize = 2_000;
/// Lines of an error message, at most.
const LINES: usize = 200;

#[derive(Debug, Parser)]
#[command(
    name = "greentic-provision",
    version,
    about = "Conformance harness for Greentic packs"
)]
struct Cli {
    /// Colour output on a terminal (auto; NO_COLOR and CLICOLOR_FORCE are respected),
    /// always or never.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: color::Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Inspect a pack, rewrite its archive, or mend it.
    Pack {
        #[command(subcommand)]
        command: PackCommand,
    },
    /// Drive a wizard without changing anything.
    DryRun {
        #[command(subcommand)]
        command: DryRunCommand,
    },
    /// Use a wizard as its users do.
    Wizard {
        #[command(subcommand)]
        command: WizardCommand,
    },
    /// Look into the scenarios that a pack records.
    Scenario {
        #[command(subcommand)]
        command: ScenarioCommand,
    },
    /// Drive a wizard on the stores of an installation, and show what it would change.
    Plan(provision::PlanArgs),
    /// Set an installation up, change it or take it back: completely or not at all.
    Apply(provision::ApplyArgs),
    /// Look into a store of installations.
    Installs {
        #[command(subcommand)]
        command: provision::InstallsCommand,
    },
    /// Prepare a repository of packs: write conformance.toml, its schema, a pipeline, and
    /// expectations for what fails today. Changes no file; exits as a run with these files.
    Init(init::Args),
    /// Judge packs against the check catalogue.
    Conformance(Box<conformance::Args>),
    /// Judge packs, and again what changes: show the causes that appear and go away.
    Watch(Box<watch::Args>),
    /// Compare a pack with an older one: which differences break the users of the older
    /// pack, and whether the version announces them.
    Compare(compare::Args),
    /// Write reports from the events of earlier runs, or merge shards.
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Check that this machine can judge packs; with --self-test, that the
    /// harness catches planted defects.
    Doctor(doctor::Args),
    /// Add entries to a file of expected failures, or remove them.
    Expect {
        #[command(subcommand)]
        command: ExpectCommand,
    },
    /// Fuzz a pack's own wizards with other answers, inputs and states, guided by
    /// the code coverage of its guests.
    Fuzz(fuzz::Args),
    /// Judge what runners recorded.
    Trace {
        #[command(subcommand)]
        command: TraceCommand,
    },
    /// Attach signed verdicts to packs in registries, and decide by them.
    Attest {
        #[command(subcommand)]
        command: AttestCommand,
    },
    /// Replay a recorded failure offline; exit 1 if it still fails.
    Repro(repro::Args),
    /// Show or remove the compile cache.
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
    },
    /// Print a script with which a shell completes commands and flags.
    Completions(manual::Completions),
    /// Write the manual pages of all commands into a new folder.
    Man(manual::Man),
    /// Run steps for a supervisor process; internal.
    #[command(hide = true)]
    Worker,
    /// Explain a check (what it requires, why, how to meet it) or a finding code.
    Explain(catalogue::Explain),
    /// Print the check catalogue.
    Checks {
        #[command(subcommand)]
        command: ChecksCommand,
    },
}

#[derive(Debug, Subcommand)]
enum PackCommand {
    /// Show a pack's identity, wizards and files without running it; for a
    /// refused archive, show what other ZIP readers would extract.
    Inspect(inspect::Args),
    /// Write the canonical form of an archive.
    Repack(repack::Args),
    /// Mend what a machine can mend in an archive, show each change under the check that
    /// it mends, and say what is left.
    Fix(fix::Args),
}

#[derive(Debug, Subcommand)]
enum DryRunCommand {
    /// Drive a setup wizard and print its plan.
    Setup(dry_run::Args),
}

#[derive(Debug, Subcommand)]
enum WizardCommand {
    /// Answer the questions of a wizard on the terminal, and see its plan.
    Play(play::Args),
}

#[derive(Debug, Subcommand)]
enum ScenarioCommand {
    /// Print the transcripts that follow from the steps; exit 5 if the pack has no
    /// scenarios.
    Render(scenario::Args),
}

#[derive(Debug, Subcommand)]
enum ExpectCommand {
    /// Add the failures of a run, each with a reason, an owner and an end date.
    Add(expect::Add),
    /// Remove the expectations that are expired or that a run reported as stale.
    Prune(expect::Prune),
}

#[derive(Debug, Subcommand)]
enum AttestCommand {
    /// Attach a signed statement to a pack in a registry.
    Push(attest::Push),
    /// Decide whether a pack may be deployed: exit 0 only if a trusted key signed a passing
    /// verdict over these bytes, by this profile or a stricter one.
    Verify(attest::Verify),
}

#[derive(Debug, Subcommand)]
enum TraceCommand {
    /// Judge recorded traces and spans against the check catalogue.
    Check(trace::Args),
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Write reports from the events of a run, even if the run was cut off.
    Render(report::Render),
    /// Merge all shards of a run; refuse if one is missing or of another run.
    Merge(merge::Merge),
    /// Write a page on many runs: verdicts, causes and steps from night to night.
    History(history::History),
    /// Compare two runs; exit 1 if the second one is worse.
    Diff(history::Diff),
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Show the cache's folder and size.
    Show(cache::CacheFolder),
    /// Remove the compile cache.
    Clean(cache::CacheFolder),
}

#[derive(Debug, Subcommand)]
enum ChecksCommand {
    /// List every check with its level and requirement.
    List,
    /// Print the whole catalogue as Markdown.
    Markdown,
}

/// Parses the command line. If it is unusable, the reports that it names are invalidated.
fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        if error.use_stderr() {
            let args: Vec<OsString> = std::env::args_os().collect();
            invalidate_named(&args, &"the command line is not usable");
        }
        if !error.use_stderr() {
            // NB: clap does not say that nobody got the help text.
            let printed = output::print(&error.render().ansi().to_string());
            let exit = printed.map_or_else(fail, |()| Exit::Conforms);
            std::process::exit(exit as i32);
        }
        // NB: clap exits with 2 on bad usage, which is `Exit::Usage`.
        usage::with_inert_arguments(error).exit()
    })
}

/// Parses the command line, runs the command, and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { color, command } = parse();
    color.choose();
    let done = match command {
        Command::Worker => return provision_worker::serve(),
        Command::Pack { command } => match command {
            PackCommand::Inspect(args) => inspect::run(&args),
            PackCommand::Repack(args) => repack::run(&args),
            PackCommand::Fix(args) => fix::run(&args),
        },
        Command::DryRun {
            command: DryRunCommand::Setup(args),
        } => dry_run::run(&args),
        Command::Wizard {
            command: WizardCommand::Play(args),
        } => play::run(&args),
        Command::Scenario {
            command: ScenarioCommand::Render(args),
        } => scenario::run(&args),
        Command::Plan(args) => provision::plan(&args),
        Command::Apply(args) => provision::apply(&args),
        Command::Installs { command } => provision::installs(&command),
        Command::Init(args) => init::run(&args),
        Command::Conformance(args) => conformance::run(*args),
        Command::Watch(args) => watch::run(*args),
        Command::Compare(args) => compare::run(&args),
        Command::Report { command } => of_reports(&command),
        Command::Doctor(args) => doctor::run(&args),
        Command::Expect { command } => match command {
            ExpectCommand::Add(args) => expect::add(&args),
            ExpectCommand::Prune(args) => expect::prune(&args),
        },
        Command::Trace {
            command: TraceCommand::Check(args),
        } => trace::run(&args),
        Command::Attest { command } => match command {
            AttestCommand::Push(args) => attest::push(&args),
            AttestCommand::Verify(args) => attest::verify(&args),
        },
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Repro(args) => repro::run(&args),
        Command::Cache { command } => match command {
            CacheCommand::Show(args) => cache::show_usage(&args),
            CacheCommand::Clean(args) => cache::clean(&args),
        },
        Command::Completions(args) => manual::completions(Cli::command(), &args),
        Command::Man(args) => manual::man(Cli::command(), &args),
        Command::Explain(args) => catalogue::explain(&args),
        Command::Checks { command } => match command {
            ChecksCommand::List => catalogue::list(),
            ChecksCommand::Markdown => catalogue::markdown(),
        },
    };
    done.unwrap_or_else(fail).into()
}

/// Prints an error. Returns its exit code.
fn fail(error: Error) -> Exit {
    let said = inert_lines_within(&error.to_string(), LINE, LINES);
    anstream::eprintln!("error: {said}");
    error.exit()
}

fn of_reports(command: &ReportCommand) -> Result<Exit, Error> {
    match command {
        ReportCommand::Render(args) => report::render(args),
        ReportCommand::Merge(args) => merge::merge(args),
        ReportCommand::History(args) => history::history(args),
        ReportCommand::Diff(args) => history::diff(args),
    }
}
