//! The command `pack repack`.

use super::output::print;
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::place::Place;
use crate::source;
use provision_core::archive::{Archive, repack};
use provision_core::limits::ArchiveLimits;
use provision_core::pack::digest;
use provision_core::{Limits, OpenError, Source};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive to read: a .gtpack file, oci://HOST/REPOSITORY:TAG (or @sha256:DIGEST), or
    /// oci-layout:FOLDER[:TAG].
    #[arg(value_name = "IN", value_parser = registry::place())]
    from: Place,
    #[command(flatten)]
    registries: RegistryFlags,
    /// The file for the canonical form: entries sorted and uncompressed, dated
    /// 1980-01-01, mode 0644, no directories, extra fields or comments. Written
    /// whole or not at all; may be IN itself.
    #[arg(value_name = "OUT")]
    to: PathBuf,
}

/// The bytes of the archive, whatever the name of its file is.
fn archive(args: &Args, limits: &ArchiveLimits) -> Result<Result<Vec<u8>, OpenError>, Error> {
    if args.from.reference.is_none() {
        return Ok(source::archive(&args.from.path, limits));
    }
    let registries = args.registries.open(&args.from.reference)?;
    let read = args.from.read(&registries, limits);
    Ok(read.map(|read| match read.source {
        Source::Archive(bytes) => Arc::unwrap_or_clone(bytes),
        // A reference leads to an archive.
        Source::Folder { .. } => Vec::new(),
    }))
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let path = show(&args.from.path);
    if args.from.reference.is_none() && args.from.path.is_dir() {
        let message = format!("{path} is a folder; repack takes a .gtpack file");
        return Err(Error::Usage(message));
    }
    if args.from.is_missing() {
        return Err(Error::Usage(format!("no such file: {path}")));
    }
    let limits = Limits::default().archive;
    let canonical = archive(args, &limits)?
        .and_then(|bytes| Ok(Archive::open(bytes, &limits)?))
        .and_then(|archive| Ok(repack(&archive, &limits)?));
    let canonical = match canonical {
        Ok(canonical) => canonical,
        Err(error) => {
            anstream::eprintln!("error: {path}: {error}");
            if matches!(error, OpenError::Archive(_)) {
                anstream::eprintln!(
                    "repack wrote nothing; `pack inspect --pack {path}` shows more"
                );
            }
            return Ok(crate::exit::exit_of(&error));
        }
    };
    files::write(&args.to, &canonical)?;
    print(&format!(
        "sha256 {}  {}\n",
        digest(&canonical),
        show(&args.to)
    ))?;
    Ok(Exit::Conforms)
}
