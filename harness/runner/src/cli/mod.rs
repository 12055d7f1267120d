//! The command line. Other people's scripts call `pack inspect`, `dry-run
//! setup` and `conformance`: their flags and their JSON stay.

mod cache;
mod catalogue;
mod conformance;
mod doctor;
mod dry_run;
mod expect;
mod fuzz;
mod inspect;
mod isolation;
mod output;
mod repack;
mod report;
mod repro;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(
    name = "greentic-provision",
    version,
    about = "Conformance harness for Greentic packs"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look into a pack.
    Pack {
        #[command(subcommand)]
        command: PackCommand,
    },
    /// Drive a wizard without changing anything.
    DryRun {
        #[command(subcommand)]
        command: DryRunCommand,
    },
    /// Hold packs against the check catalogue.
    Conformance(conformance::Args),
    /// Reports of runs that are over, from their events.
    Report {
        #[command(subcommand)]
        command: ReportCommand,
    },
    /// Look whether this machine can judge packs; with --self-test, whether the
    /// harness catches what it has to.
    Doctor(doctor::Args),
    /// Files of expected failures.
    Expect {
        #[command(subcommand)]
        command: ExpectCommand,
    },
    /// Try a pack's own wizards with other answers, inputs and states, guided by
    /// which code of its guests runs.
    Fuzz(fuzz::Args),
    /// Show a recorded failure again, offline; exit 1 if it still fails.
    Repro(repro::Args),
    /// Compiled components that are kept between runs.
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
    },
    /// Run steps for another process, as workers do; not for people.
    #[command(hide = true)]
    Worker,
    /// Say what a check requires, why, and how to meet it.
    Explain(catalogue::Explain),
    /// The check catalogue.
    Checks {
        #[command(subcommand)]
        command: ChecksCommand,
    },
}

#[derive(Debug, Subcommand)]
enum PackCommand {
    /// Show identity, wizards and files of a pack, or what others would see in
    /// one that is refused; nothing is run.
    Inspect(inspect::Args),
    /// Write the canonical form of an archive.
    Repack(repack::Args),
}

#[derive(Debug, Subcommand)]
enum DryRunCommand {
    /// Drive a setup wizard and print its plan.
    Setup(dry_run::Args),
}

#[derive(Debug, Subcommand)]
enum ExpectCommand {
    /// Add the failures of a run, each with a reason, an owner and an end.
    Add(expect::Add),
    /// Remove what a run has shown to be stale.
    Prune(expect::Prune),
}

#[derive(Debug, Subcommand)]
enum ReportCommand {
    /// Write reports from the events of a run, also of one that was cut off.
    Render(report::Render),
    /// Put the shards of a run together, all of them and no others.
    Merge(report::Merge),
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Show where it is, and what is in it.
    Show(cache::CacheFolder),
    /// Remove all of it.
    Clean(cache::CacheFolder),
}

#[derive(Debug, Subcommand)]
enum ChecksCommand {
    /// List every check with its level and requirement.
    List,
    /// Print the whole catalogue as Markdown.
    Markdown,
}

/// Parses the command line, does what it says, and tells how it went.
#[must_use]
pub fn main() -> ExitCode {
    // NB: clap itself exits with 2 on bad usage, which is `Exit::Usage`.
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Worker => return provision_worker::serve(),
        Command::Pack {
            command: PackCommand::Inspect(args),
        } => inspect::run(&args),
        Command::Pack {
            command: PackCommand::Repack(args),
        } => repack::run(&args),
        Command::DryRun {
            command: DryRunCommand::Setup(args),
        } => dry_run::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Report {
            command: ReportCommand::Render(args),
        } => report::render(&args),
        Command::Report {
            command: ReportCommand::Merge(args),
        } => report::merge(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Expect {
            command: ExpectCommand::Add(args),
        } => expect::add(&args),
        Command::Expect {
            command: ExpectCommand::Prune(args),
        } => expect::prune(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Repro(args) => repro::run(&args),
        Command::Cache {
            command: CacheCommand::Show(args),
        } => cache::show_usage(&args),
        Command::Cache {
            command: CacheCommand::Clean(args),
        } => cache::clean(&args),
        Command::Explain(args) => catalogue::explain(&args),
        Command::Checks {
            command: ChecksCommand::List,
        } => catalogue::list(),
        Command::Checks {
            command: ChecksCommand::Markdown,
        } => catalogue::markdown(),
    };
    let exit = done.unwrap_or_else(|error| {
        anstream::eprintln!("error: {error}");
        error.exit()
    });
    exit.into()
}
