//! The command `apply`: sets an installation up, changes it or takes it back, completely
//! or not at all.

use super::flags::{StoreFlags, TenantFlags, WizardFlags};
use super::phase::{Held, committing};
use super::proposal::{Proposal, Proposer, identity, interrupted, with_proposer};
use super::{resume, shown};
use crate::cli::cache::CacheFlags;
use crate::cli::isolation::IsolationFlags;
use crate::cli::output::{print, print_json};
use crate::cli::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::place::Place;
use crate::read_file;
use provision_apply::{
    Applied, Applier, ApplyError, EmbeddedStore, InstallKey, SavedPlan, Store, Transaction,
};
use provision_core::text::counted;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(long, value_parser = registry::place())]
    pack: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// The id of the provider.
    #[arg(long, required_unless_present = "plan")]
    provider_id: Option<String>,
    /// The id of the installation.
    #[arg(long, required_unless_present = "plan")]
    install_id: Option<String>,
    #[command(flatten)]
    tenant: TenantFlags,
    #[command(flatten)]
    wizard: WizardFlags,
    #[command(flatten)]
    store: StoreFlags,
    /// Apply exactly what this file of `plan --out` shows; refuse if the pack or the
    /// store has changed since. Secrets are given again with --answers.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "provider_id", "install_id", "environment", "tenant", "team", "user", "mode",
            "public_base_url", "yes",
        ]
    )]
    plan: Option<PathBuf>,
    /// Apply without asking. Needed where standard input is no terminal.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    cache: CacheFlags,
    #[command(flatten)]
    isolation: IsolationFlags,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Exit, Error> {
    if args.plan.is_none() && !args.yes && !std::io::stdin().is_terminal() {
        let message = "apply asks before it changes anything, and standard input is no terminal; \
                       add --yes, or apply a plan that `plan --out FILE` saved with --plan FILE";
        return Err(Error::Usage(message.into()));
    }
    with_proposer(
        &args.pack,
        &args.registries,
        &args.cache,
        &args.isolation,
        |proposer| match &args.plan {
            Some(file) => planned(args, proposer, file),
            None => fresh(args, proposer),
        },
    )
}

/// Drives the wizard, shows what would change, and applies it if the user agrees.
fn fresh(args: &Args, proposer: &Proposer<'_>) -> Result<Exit, Error> {
    let id = |id: &Option<String>| id.clone().unwrap_or_default();
    let ids = (id(&args.provider_id), id(&args.install_id));
    let install = args.tenant.install(&ids.0, &ids.1);
    let mut store = args.store.open()?;
    let proposed = proposed(&store, proposer, &install, args)?;
    let (proposal, saved) = match proposed {
        Ok(proposed) => proposed,
        Err(exit) => return Ok(exit),
    };
    if !args.yes && !saved.diff.is_empty() {
        // NB: nobody else can use the store while it is open, and a user may take long.
        drop(store);
        anstream::eprint!("{}", shown(&install, &saved.diff));
        if !agreed()? {
            anstream::eprintln!("nothing was changed");
            return Ok(Exit::Nothing);
        }
        store = args.store.open()?;
    }
    let mut tx = store.begin()?;
    let now = tx.revision()?;
    if now != proposal.seen {
        let (expected, actual) = (proposal.seen.number.to_string(), now.number.to_string());
        let what = "the revision of the store";
        return Err(ApplyError::Stale {
            what,
            expected,
            actual,
        }
        .into());
    }
    let applied = Applier::apply(&mut *tx, &proposal.request)?;
    commit(args, tx, &install, &applied)
}

/// The proposal, and the same as a saved plan, which shows no secret.
fn proposed(
    store: &EmbeddedStore,
    proposer: &Proposer<'_>,
    install: &InstallKey,
    args: &Args,
) -> Result<Result<(Proposal, SavedPlan), Exit>, Error> {
    let snapshot = store.read()?;
    let proposal = match proposer.propose(&*snapshot, install, &args.wizard)? {
        Ok(proposal) => proposal,
        Err(exit) => return Ok(Err(exit)),
    };
    let saved = SavedPlan::new(&*snapshot, &proposal.request, &proposal.inputs)?;
    Ok(Ok((proposal, saved)))
}

/// Applies a saved plan.
fn planned(args: &Args, proposer: &Proposer<'_>, file: &Path) -> Result<Exit, Error> {
    let bytes = read_file::read(file, read_file::ANSWERS)?;
    let saved = SavedPlan::from_json(&bytes).map_err(|error| in_file(error, file))?;
    let store = args.store.open()?;
    let secrets = match resume::secrets(&saved, &*store.read()?, proposer, &args.wizard)? {
        Ok(secrets) => secrets,
        Err(exit) => return Ok(exit),
    };
    let mut tx = store.begin()?;
    let applied = saved.apply(&mut *tx, &identity(proposer.pack), &secrets)?;
    commit(args, tx, &saved.install, &applied)
}

/// Names the file of a saved plan that cannot be read.
fn in_file(error: ApplyError, file: &Path) -> ApplyError {
    match error {
        ApplyError::PlanUnreadable { reason } => {
            let reason = format!("{}: {reason}", show(file));
            ApplyError::PlanUnreadable { reason }
        }
        error => error,
    }
}

fn commit(
    args: &Args,
    tx: Box<dyn Transaction + '_>,
    install: &InstallKey,
    applied: &Applied,
) -> Result<Exit, Error> {
    let revision = match committing(|| tx.commit()) {
        Ok(revision) => revision,
        Err(Held::Interrupted(signal)) => return Ok(interrupted(signal)),
        Err(Held::Failed(error)) => return Err(error.into()),
    };
    if args.json {
        print_json(applied)?;
        return Ok(Exit::Conforms);
    }
    let done = if applied.changed {
        format!("applied as revision {}", revision.number)
    } else {
        "nothing to change".to_owned()
    };
    let queued = applied.operations.len();
    let waits = match queued {
        0 => String::new(),
        _ => {
            let wait = counted(queued, "operation waits", "operations wait");
            format!("; {wait} in the outbox for a host")
        }
    };
    print(&format!("{}{done}{waits}\n", shown(install, &applied.diff)))?;
    Ok(Exit::Conforms)
}

/// Whether the user types `yes`, or `y` for short.
fn agreed() -> Result<bool, Error> {
    let failed = |e| Error::io("use", Path::new("the terminal"), e);
    let mut out = anstream::stderr();
    let shown = out.write_all(b"Apply these changes? [yes/no] ");
    shown.and_then(|()| out.flush()).map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(failed)?;
    Ok(matches!(line.trim(), "yes" | "y"))
}
