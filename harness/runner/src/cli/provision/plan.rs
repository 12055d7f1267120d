//! The command `plan`: drives a wizard on the stores of an installation, shows what
//! would change, and saves it.

use super::flags::{StoreFlags, TenantFlags, WizardFlags};
use super::proposal::Proposer;
use super::shown;
use crate::cli::cache::CacheFlags;
use crate::cli::isolation::IsolationFlags;
use crate::cli::open::open;
use crate::cli::output::print;
use crate::exit::{Error, Exit, show};
use crate::{files, interrupt};
use provision_apply::{SavedPlan, Store};
use provision_core::Limits;
use provision_exec::Compilers;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A .gtpack file, a pack folder, or a manifest beside its components.
    #[arg(long)]
    pack: PathBuf,
    /// The id of the provider.
    #[arg(long)]
    provider_id: String,
    /// The id of the installation.
    #[arg(long)]
    install_id: String,
    #[command(flatten)]
    tenant: TenantFlags,
    #[command(flatten)]
    wizard: WizardFlags,
    #[command(flatten)]
    store: StoreFlags,
    /// Save the plan in this file, for `apply --plan`. It holds no secret.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cache: CacheFlags,
    #[command(flatten)]
    isolation: IsolationFlags,
    /// Print the plan as JSON.
    #[arg(long)]
    json: bool,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Exit, Error> {
    let limits = Limits::default();
    let pack = match open(&args.pack, &limits)? {
        Ok(pack) => pack,
        Err(exit) => return Ok(exit),
    };
    let _watch = watch()?;
    let cache = args.cache.open()?;
    let place = args.isolation.place()?;
    let executor = place.steps(&limits, Compilers::One, cache.as_ref(), 1)?;
    let proposer = Proposer {
        pack: &pack,
        limits: &limits,
        executor: &executor,
    };
    let install = args.tenant.install(&args.provider_id, &args.install_id);
    // NB: a saved plan names its store, so that `plan` makes the store that it names.
    let store = args.store.open()?;
    let snapshot = store.read()?;
    let proposal = match proposer.propose(&*snapshot, &install, &args.wizard)? {
        Ok(proposal) => proposal,
        Err(exit) => return Ok(exit),
    };
    let saved = SavedPlan::new(&*snapshot, &proposal.request, &proposal.inputs)?;
    if let Some(path) = &args.out {
        files::write(path, saved.to_json().as_bytes())?;
    }
    if args.json {
        print(&saved.to_json())?;
    } else {
        print(&shown(&install, &saved.diff))?;
        if let Some(path) = &args.out {
            let path = show(path);
            print(&format!(
                "saved in {path}; `apply --plan {path}` applies it\n"
            ))?;
        }
    }
    Ok(Exit::Conforms)
}

/// Listens for signals; the process ends soon after one, and the store is as it was.
pub(super) fn watch() -> Result<interrupt::Watch, Error> {
    let failed = |e| Error::io("listen for", Path::new("signals"), e);
    interrupt::watch(|_| true).map_err(failed)
}
