//! The command `doctor`.

use super::output::print;
use crate::doctor::self_test;
use crate::executors::program;
use crate::exit::{Error, Exit};
use provision_core::Limits;
use provision_core::text::inert;
use provision_exec::WasmtimeExecutor;
use provision_worker::{attack, locks};
use std::fmt::Write;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Plant defects (a trap, a nondeterminism, an archive that leaves its
    /// folder, a leaked secret, a torn report) and check that the harness
    /// catches each.
    #[arg(long, alias = "planted")]
    self_test: bool,
    /// Attack this machine from inside a worker: open files, connect, start
    /// programs, signal the supervisor and more. Each attempt must fail.
    #[arg(long, alias = "escape")]
    sandbox_test: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let executor = WasmtimeExecutor::new(&Limits::default().step)?;
    let folder = tempfile::tempdir();
    let folder = folder.map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    print("executor: this machine can compile and run steps\n")?;
    workers()?;
    let mut exit = Exit::Conforms;
    if args.self_test {
        for plant in self_test(&executor, folder.path())? {
            let verdict = if plant.caught { "caught" } else { "MISSED" };
            if !plant.caught {
                // A harness that misses a planted defect cannot judge packs.
                exit = Exit::Harness;
            }
            print(&format!("{verdict}  {}: {}\n", plant.what, plant.said))?;
        }
    }
    if args.sandbox_test {
        exit = exit.max_with(escape()?);
    }
    Ok(exit)
}

/// Prints which restrictions workers have on this machine, and which are
/// missing.
fn workers() -> Result<(), Error> {
    let locks = locks(program()?)?;
    let mut text = String::from("workers: this machine can run steps in worker processes\n");
    for lock in &locks {
        let _ = match &lock.missing {
            None => writeln!(text, "  locked   {}, against {}", lock.name, lock.against),
            Some(why) => writeln!(
                text,
                "  MISSING  {}, against {}: {}",
                lock.name,
                lock.against,
                inert(why, 200)
            ),
        };
    }
    if locks.iter().any(|lock| lock.missing.is_some()) {
        text += "  `--isolation require` refuses to run without the missing restrictions\n";
    }
    if cfg!(target_os = "macos") {
        text += "  on macOS, workers have resource limits and no other restrictions\n";
    }
    print(&text)
}

/// Lets a worker try to escape, and prints the result of each attempt.
fn escape() -> Result<Exit, Error> {
    if cfg!(not(target_os = "linux")) {
        anstream::eprintln!("error: --sandbox-test: only Linux has the restrictions that it tests");
        return Ok(Exit::Nothing);
    }
    let attempts = attack(program()?)?;
    let mut exit = if attempts.is_empty() {
        Exit::Nothing
    } else {
        Exit::Conforms
    };
    for attempt in &attempts {
        let line = match &attempt.refused {
            Some(why) => format!("refused  {}: {}\n", attempt.what, inert(why, 200)),
            None => {
                exit = Exit::Violation;
                format!("ESCAPED  {}\n", attempt.what)
            }
        };
        print(&line)?;
    }
    Ok(exit)
}
