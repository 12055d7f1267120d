//! The commands `installs list`, `installs show`, `installs verify` and `installs
//! export`: what a store has.

use super::export;
use super::flags::{StoreFlags, TenantFlags};
use crate::cli::output::{print, print_json};
use crate::exit::{Error, Exit};
use clap::Subcommand;
use provision_apply::{
    ApplyError, Contents, InstallRecord, OperationState, Store, StoreError, verify,
};
use provision_core::text::inert;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufWriter, ErrorKind, Write};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum InstallsCommand {
    /// List the installations of a store.
    List(ListArgs),
    /// Show one installation: its config, and the keys of its secrets and state.
    Show(ShowArgs),
    /// Check a store against its records; exit 1 if something is wrong.
    Verify(ListArgs),
    /// Write the installations of a tenant for another host, secrets included.
    Export(export::Args),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    store: StoreFlags,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ShowArgs {
    /// The id of the provider.
    #[arg(long)]
    provider_id: String,
    /// The id of the installation.
    #[arg(long)]
    install_id: String,
    #[command(flatten)]
    tenant: TenantFlags,
    #[command(flatten)]
    store: StoreFlags,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(command: &InstallsCommand) -> Result<Exit, Error> {
    super::hold_secrets()?;
    match command {
        InstallsCommand::List(args) => list(args),
        InstallsCommand::Show(args) => show(args),
        InstallsCommand::Verify(args) => verified(args),
        InstallsCommand::Export(args) => export::run(args),
    }
}

/// Prints the records one by one, because there may be many.
fn list(args: &ListArgs) -> Result<Exit, Error> {
    let store = args.store.read()?;
    let mut out = BufWriter::new(anstream::stdout().lock());
    let (mut first, mut closed) = (true, false);
    let listed = store.read()?.list_installs(None, &mut |record| {
        let text = if args.json {
            let item = serde_json::to_string(&record).unwrap_or_default();
            format!("{}{item}", if first { "[\n" } else { ",\n" })
        } else {
            line(&record)
        };
        first = false;
        out.write_all(text.as_bytes()).map_err(|e| {
            closed = e.kind() == ErrorKind::BrokenPipe;
            StoreError::Io {
                action: "write",
                path: "standard output".into(),
                source: e,
            }
        })
    });
    // NB: a closed pipe is no error, because its reader may have read enough.
    if closed {
        return Ok(Exit::Conforms);
    }
    listed?;
    let end = match (args.json, first) {
        (true, true) => "[]\n",
        (true, false) => "\n]\n",
        (false, true) => "the store has no installations\n",
        (false, false) => "",
    };
    let ended = out.write_all(end.as_bytes()).and_then(|()| out.flush());
    match ended {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(Exit::Conforms),
        Err(e) => Err(Error::io("write", "standard output".as_ref(), e)),
        Ok(()) => Ok(Exit::Conforms),
    }
}

fn line(record: &InstallRecord) -> String {
    let pack = &record.pack;
    let (name, version) = (inert(&pack.name, 80), inert(&pack.version, 40));
    let revision = record.revision;
    format!("{}: {name} {version}, revision {revision}\n", record.key())
}

fn show(args: &ShowArgs) -> Result<Exit, Error> {
    let install = args.tenant.install(&args.provider_id, &args.install_id);
    let store = args.store.read()?;
    let contents = Contents::read(&*store.read()?, &install)?;
    let Some(record) = &contents.record else {
        let install = Box::new(install);
        return Err(ApplyError::NotInstalled { install }.into());
    };
    if args.json {
        let state: Vec<&String> = contents.state.keys().collect();
        let whole = json!({
            "record": record,
            "config": contents.installed.config,
            "secrets": contents.installed.secrets,
            "state": state,
            "operations": contents.operations,
        });
        print_json(&whole)?;
        return Ok(Exit::Conforms);
    }
    print(&(line(record) + &described(&contents)))?;
    Ok(Exit::Conforms)
}

fn described(contents: &Contents) -> String {
    let mut out = String::new();
    for (key, value) in &contents.installed.config {
        let _ = writeln!(out, "config {} = {}", inert(key, 120), text(value));
    }
    for key in &contents.installed.secrets {
        let _ = writeln!(out, "secret {}", inert(key, 120));
    }
    for key in contents.state.keys() {
        let _ = writeln!(out, "state {}", inert(key, 120));
    }
    for operation in &contents.operations {
        let state = match &operation.state {
            OperationState::Pending => "waits for a host".to_owned(),
            OperationState::Taken => "a host carries it out".to_owned(),
            OperationState::Done => "done".to_owned(),
            OperationState::Failed { reason } => format!("failed: {}", inert(reason, 200)),
        };
        let (kind, verb) = (operation.kind.name(), inert(&operation.action.verb, 40));
        let target = inert(&operation.target, 120);
        let _ = writeln!(out, "{kind} {target}: {verb}, {state}");
    }
    out
}

fn text(value: &Value) -> String {
    inert(&value.to_string(), 200)
}

fn verified(args: &ListArgs) -> Result<Exit, Error> {
    let store = args.store.read()?;
    let problems = verify(&*store.read()?)?;
    if args.json {
        print_json(&problems)?;
    } else if problems.is_empty() {
        print("the store agrees with its records\n")?;
    } else {
        let lines: Vec<String> = problems.iter().map(|p| format!("{p}\n")).collect();
        print(&lines.concat())?;
    }
    Ok(if problems.is_empty() {
        Exit::Conforms
    } else {
        Exit::Fails
    })
}
