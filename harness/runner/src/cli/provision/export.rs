//! The command `installs export`: writes installations for another host.

use super::flags::{StoreFlags, TenantFlags};
use super::proposal::identity;
use crate::cli::open::open;
use crate::cli::output::{print, print_json};
use crate::cli::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::place::Place;
use clap::ValueEnum;
use provision_apply::export::{ExportedFile, Provenance, greentic_setup};
use provision_apply::{InstallRecord, Store};
use provision_core::Limits;
use provision_core::text::inert;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The layout of the files.
    #[arg(long, value_enum)]
    layout: Layout,
    /// The packs of the installations: the layout states which bytes a config is for.
    #[arg(long, required = true, num_args = 1.., value_parser = registry::place())]
    pack: Vec<Place>,
    #[command(flatten)]
    registries: RegistryFlags,
    /// The folder to write into. A file that exists is not replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    tenant: TenantFlags,
    #[command(flatten)]
    store: StoreFlags,
    /// Print the names of the files as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// What greentic-setup reads from a bundle.
    GreenticSetup,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let Layout::GreenticSetup = args.layout;
    let mut packs = BTreeMap::new();
    let references = args
        .pack
        .iter()
        .filter_map(|place| place.reference.as_ref());
    let registries = args.registries.open(references)?;
    for place in &args.pack {
        let path = &place.path;
        let pack = match open(place, &registries, &Limits::default())? {
            Ok(pack) => pack,
            Err(exit) => return Ok(exit),
        };
        let Some(archive) = pack.archive() else {
            let path = show(path);
            let message = format!(
                "{path} is no archive; the host starts archives alone: name the .gtpack file"
            );
            return Err(Error::Usage(message));
        };
        if pack.has("manifest.cbor") {
            let path = show(path);
            anstream::eprintln!(
                "warning: {path} has a manifest.cbor, whose hashes the harness does not make; \
                 the host reports drift until it has written the config once"
            );
        }
        packs.insert(identity(&pack).digest, archive.bytes().to_vec());
    }
    let store = args.store.read()?;
    let snapshot = store.read()?;
    let tenant = args.tenant.tenant();
    known(&packs, &*snapshot, &tenant)?;
    let provenance = |record: &InstallRecord| {
        let bytes = packs.get(&record.pack.digest);
        let bytes = bytes.map_or(&[][..], |bytes| bytes.as_slice());
        Provenance::without_manifest(&record.provider_id, bytes)
    };
    let files = greentic_setup(&*snapshot, &tenant, &provenance)?;
    for file in &files {
        write(&args.out, file)?;
    }
    report(args, &files)
}

/// Refuses an installation whose pack was not given.
fn known(
    packs: &BTreeMap<String, Vec<u8>>,
    tx: &dyn provision_apply::Transaction,
    tenant: &provision_core::wizard::TenantContext,
) -> Result<(), Error> {
    let mut unknown = None;
    tx.list_installs(Some(tenant), &mut |record| {
        if !packs.contains_key(&record.pack.digest) {
            unknown = unknown.take().or(Some(record));
        }
        Ok(())
    })?;
    let Some(record) = unknown else {
        return Ok(());
    };
    let (name, digest) = (inert(&record.pack.name, 80), inert(&record.pack.digest, 80));
    let install = record.key();
    let message = format!("{install} is of the pack {name} ({digest}); add it with --pack");
    Err(Error::Usage(message))
}

/// Writes a file that nobody else can read.
fn write(folder: &Path, file: &ExportedFile) -> Result<(), Error> {
    let path = folder.join(&file.path);
    let error = |e| Error::io("write", &path, e);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(error)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&path).map_err(error)?;
    out.write_all(file.content.reveal()).map_err(error)
}

fn report(args: &Args, files: &[ExportedFile]) -> Result<Exit, Error> {
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    if args.json {
        print_json(&json!({ "folder": show(&args.out).to_string(), "files": paths }))?;
    } else if paths.is_empty() {
        print("the tenant has no installations; nothing was written\n")?;
    } else {
        let lines: Vec<String> = paths.iter().map(|path| format!("wrote {path}\n")).collect();
        print(&lines.concat())?;
    }
    Ok(Exit::Conforms)
}
