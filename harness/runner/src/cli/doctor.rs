//! `doctor`.

use super::print;
use crate::doctor::planted;
use crate::exit::{Error, Exit};
use provision_core::Limits;
use provision_exec::WasmtimeExecutor;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Plant a trap, a nondeterminism, an archive that leaves its folder, a
    /// leaking secret and a torn report, and prove that each is caught.
    #[arg(long)]
    planted: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let executor = WasmtimeExecutor::new(&Limits::default().step)?;
    let folder = tempfile::tempdir();
    let folder = folder.map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    print("executor: steps can be compiled and run on this machine\n")?;
    if !args.planted {
        return Ok(Exit::Conforms);
    }
    let mut missed = false;
    for plant in planted(&executor, folder.path())? {
        let verdict = if plant.caught { "caught" } else { "MISSED" };
        missed |= !plant.caught;
        print(&format!("{verdict}  {}: {}\n", plant.what, plant.said))?;
    }
    Ok(match missed {
        // A harness that misses this is no harness.
        true => Exit::Harness,
        false => Exit::Conforms,
    })
}
