//! When a worker is replaced although it works.

use super::{ECHO, pack, program, setup, step};
use libtest_mimic::Failed;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The bound on a worker's memory.
const MEMORY: u64 = 512 * 1024 * 1024;

/// A worker that works; if it is `large`, it holds half of its memory. Adds a byte to the file
/// `starts`.
pub(super) fn serve(mode: &str, starts: &Path) -> ExitCode {
    let file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(starts);
    file.expect("opens").write_all(b".").expect("writes");
    let bytes = if mode == "large" { MEMORY / 2 } else { 0 };
    let held = vec![1_u8; usize::try_from(bytes).expect("a size")];
    let code = provision_worker::serve();
    drop(std::hint::black_box(held));
    code
}

pub(super) fn large() -> Result<(), Failed> {
    let starts = |mode: &str| -> Result<usize, Failed> {
        let folder = tempfile::tempdir()?;
        let program = program(folder.path(), mode);
        let mut setup = setup(program.clone(), &Arc::default());
        setup.memory = MEMORY;
        let executor = provision_worker::Isolated::new(setup)?;
        for n in 0..20 {
            let pack = pack(&[("s.wat", &format!("{ECHO} ;; {n}"))]);
            assert!(step(&executor, &pack, "s.wat").result.is_ok(), "{n}");
        }
        let starts = PathBuf::from(format!("{}.broke", program.display()));
        Ok(fs::read(starts)?.len())
    };
    let (small, large) = (starts("small")?, starts("large")?);
    assert!(small < large, "{small} small ones, {large} large ones");
    Ok(())
}
