//! `pack inspect`.

use super::{exit_of, print, print_json};
use crate::exit::{Error, Exit, show};
use crate::source;
use provision_core::text::inert;
use provision_core::wizard::{Wizard, WizardKind, wizards};
use provision_core::{Limits, OpenError, Pack};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A .gtpack file, a pack folder, or a manifest beside its components.
    #[arg(long)]
    pack: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    if !args.pack.exists() {
        let message = format!("no such file or folder: {}", show(&args.pack));
        return Err(Error::Usage(message));
    }
    let limits = Limits::default();
    let opened =
        source::load(&args.pack, &limits.archive).and_then(|source| Pack::open(source, &limits));
    match opened {
        Err(error) => refused(args, &error),
        Ok(pack) => {
            let wizards = wizards(&pack);
            match args.json {
                true => print_json(&descriptor(&pack, &wizards))?,
                false => print(&text(&pack, &wizards))?,
            }
            Ok(Exit::Conforms)
        }
    }
}

fn refused(args: &Args, error: &OpenError) -> Result<Exit, Error> {
    let message = error.to_string();
    anstream::eprintln!("error: {}: {message}", show(&args.pack));
    if args.json {
        print_json(&json!({ "error": { "code": error.code(), "message": message } }))?;
    }
    Ok(exit_of(error))
}

fn flow_of(wizards: &[Wizard], kind: WizardKind) -> Option<&str> {
    let of_kind = || wizards.iter().filter(|w| w.kind == kind);
    let wizard = of_kind().find(|w| w.primary).or_else(|| of_kind().next());
    wizard.map(|w| w.name.as_str())
}

/// The first seven fields are what scripts have read since before this harness.
fn descriptor(pack: &Pack, wizards: &[Wizard]) -> Value {
    let manifest = pack.manifest();
    let files: Vec<Value> = pack
        .files()
        .map(|name| json!({ "path": name, "size": pack.size(name) }))
        .collect();
    json!({
        "pack_id": manifest.id,
        "pack_version": manifest.version,
        "setup_entry_flow": flow_of(wizards, WizardKind::Setup),
        "requirements_flow": flow_of(wizards, WizardKind::Requirements),
        "subscriptions_flow": flow_of(wizards, WizardKind::Subscriptions),
        "requires_public_base_url": manifest.requires_public_base_url,
        "outputs": manifest.capabilities,
        "digest": pack.digest(),
        "manifest": { "file": pack.manifest_file(), "format": manifest.format },
        "wizards": wizards,
        "files": files,
    })
}

fn text(pack: &Pack, wizards: &[Wizard]) -> String {
    let manifest = pack.manifest();
    let or_none = |v: &Option<String>| inert(v.as_deref().unwrap_or("(none)"), 200);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "pack      {} {}",
        or_none(&manifest.id),
        or_none(&manifest.version)
    );
    let _ = writeln!(out, "sha256    {}", pack.digest());
    let _ = writeln!(
        out,
        "manifest  {} ({:?})",
        pack.manifest_file(),
        manifest.format
    );
    if !manifest.capabilities.is_empty() {
        let list: Vec<String> = manifest.capabilities.iter().map(|c| inert(c, 80)).collect();
        let _ = writeln!(out, "declares  {}", list.join(", "));
    }
    if wizards.is_empty() {
        let _ = writeln!(out, "wizards   none");
    }
    for wizard in wizards {
        let mark = if wizard.primary {
            " (the setup entry)"
        } else {
            ""
        };
        let (kind, driver) = (wizard.kind.entry(), wizard.driver.name());
        let _ = writeln!(out, "wizard    {}: {kind}, by {driver}{mark}", wizard.name);
    }
    for name in pack.files() {
        let _ = writeln!(out, "file      {:>9}  {name}", pack.size(name).unwrap_or(0));
    }
    out
}
