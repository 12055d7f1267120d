//! The command `plan`: drives a wizard on the stores of an installation, shows what
//! would change, and saves it.

use super::flags::{StoreFlags, TenantFlags, WizardFlags};
use super::proposal::{Proposer, with_proposer};
use super::shown;
use crate::cli::cache::CacheFlags;
use crate::cli::isolation::IsolationFlags;
use crate::cli::output::{print, print_json};
use crate::cli::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::place::Place;
use provision_apply::{SavedPlan, Store};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// A .gtpack file, a pack folder, a manifest beside its components, oci://HOST/REPOSITORY:TAG
    /// (or @sha256:DIGEST), or oci-layout:FOLDER[:TAG].
    #[arg(long, value_parser = registry::place())]
    pack: Place,
    #[command(flatten)]
    registries: RegistryFlags,
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
    with_proposer(
        &args.pack,
        &args.registries,
        &args.cache,
        &args.isolation,
        |proposer| planned(args, proposer),
    )
}

/// Drives the wizard, shows what would change, and saves it.
fn planned(args: &Args, proposer: &Proposer<'_>) -> Result<Exit, Error> {
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
        print_json(&saved)?;
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
