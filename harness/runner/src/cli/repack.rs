//! The command `pack repack`.

use super::open::{archive, refusal};
use super::output::print;
use super::registry::{self, RegistryFlags};
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::place::Place;
use provision_core::archive::{Archive, repack};
use provision_core::pack::digest;
use provision_core::{Limits, OpenError};
use std::path::PathBuf;

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

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let path = show(&args.from.path);
    let limits = Limits::default().archive;
    let canonical = archive("repack", &args.from, &args.registries, &limits)?
        .and_then(|bytes| Ok(Archive::open(bytes, &limits)?))
        .and_then(|archive| Ok(repack(&archive, &limits)?));
    let canonical = match canonical {
        Ok(canonical) => canonical,
        Err(error) => {
            refusal(&args.from.path, &error);
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
