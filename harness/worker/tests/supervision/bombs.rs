//! Modules that cost the compiler more time or memory than it may take.

use super::{ECHO, pack, program, setup, step};
use libtest_mimic::Failed;
use provision_core::wizard::{StepCode, StepOutcome};
use provision_worker::{CompileTimeout, Isolated, Setup};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// A module that takes seconds to compile and is within every bound on shape.
fn bomb() -> String {
    let mut text = String::from("(module (memory (export \"memory\") 1)\n");
    for _ in 0..700 {
        text += "(func (param i64 i64) (result i64) (local.get 0)\n";
        for n in 0..400 {
            let _ = write!(
                text,
                "(local.get 1) (i64.const {n}) i64.mul i64.xor i64.popcnt "
            );
        }
        text += ")\n";
    }
    text + r#"(func (export "run") (param i32 i32) (result i32 i32) (local.get 0) (local.get 1)))"#
}

/// Compiles the bomb under the bounds that `bounds` sets. Afterwards a step of
/// another pack must answer.
fn bombed(bounds: impl FnOnce(&mut Setup)) -> Result<StepCode, Failed> {
    let folder = tempfile::tempdir()?;
    let mut setup = setup(program(folder.path(), "healthy"), &Arc::default());
    bounds(&mut setup);
    let executor = Isolated::new(setup)?;
    let bomb = pack(&[("s.wat", &bomb())]);
    let first = step(&executor, &bomb, "s.wat").result.err();
    let first = first.ok_or("the bomb answered")?;
    // The second step gets the remembered failure; nothing is compiled again.
    assert_eq!(
        step(&executor, &bomb, "s.wat").result.err().as_ref(),
        Some(&first)
    );
    let valid = pack(&[("s.wat", ECHO)]);
    let answer = step(&executor, &valid, "s.wat").result;
    assert_eq!(answer, Ok(StepOutcome::Json(br#"{"a":1}"#.to_vec())));
    Ok(first.code)
}

pub(super) fn slow() -> Result<(), Failed> {
    let code = bombed(|setup| {
        // Far more than a valid step needs, and far less than the bomb needs.
        let (base, mib) = (Duration::from_millis(500), Duration::ZERO);
        setup.compiling = CompileTimeout { base, mib };
    })?;
    assert_eq!(code, StepCode::CompileTimeout);
    Ok(())
}

pub(super) fn large() -> Result<(), Failed> {
    let code = bombed(|setup| setup.memory = 12 * 1024 * 1024)?;
    assert_eq!(code, StepCode::WorkerMemory);
    Ok(())
}
