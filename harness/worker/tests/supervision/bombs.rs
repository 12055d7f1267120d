//! Modules that cost the compiler more time or memory than it may take.

use super::{ECHO, pack, program, setup, step};
use libtest_mimic::Failed;
use provision_core::wizard::{StepCode, StepFailure, StepOutcome};
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
fn bombed(bounds: impl FnOnce(&mut Setup)) -> Result<StepFailure, Failed> {
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
    Ok(first)
}

pub(super) fn slow() -> Result<(), Failed> {
    let failure = bombed(|setup| {
        // Far more than a valid step needs, and far less than the bomb needs.
        let (base, mib) = (Duration::from_millis(500), Duration::ZERO);
        setup.compiling = CompileTimeout { base, mib };
    })?;
    assert_eq!(failure.code, StepCode::CompileLimit);
    assert_eq!(
        failure.message,
        "while compiling: the worker used up 0.5 s of processor time, and was killed, and so was \
         a second worker that compiled nothing else. Ship a smaller or simpler component"
    );
    Ok(())
}

pub(super) fn large() -> Result<(), Failed> {
    let failure = bombed(|setup| setup.memory = 12 * 1024 * 1024)?;
    // Any pack could make the run end with an error of the harness if this were one.
    assert_eq!(failure.code, StepCode::CompileLimit, "{failure}");
    assert!(!failure.code.is_error());
    assert!(
        failure.message.contains("so did a second worker"),
        "{failure}"
    );
    Ok(())
}

/// Runs a step in workers that do not compile in the way of `mode`, under a bound of
/// so many milliseconds of processor time. Returns the result and the warnings.
fn compiled_by(
    mode: &str,
    millis: u64,
) -> Result<(Result<StepOutcome, StepFailure>, Vec<String>), Failed> {
    let (folder, messages) = (tempfile::tempdir()?, Arc::default());
    let mut setup = setup(program(folder.path(), mode), &messages);
    let (base, mib) = (Duration::from_millis(millis), Duration::ZERO);
    setup.compiling = CompileTimeout { base, mib };
    let answer = step(&Isolated::new(setup)?, &pack(&[("s.wat", ECHO)]), "s.wat");
    let messages = messages.lock().expect("no panic").clone();
    Ok((answer.result, messages))
}

/// Warnings that say that a component is compiled once more.
fn retries(messages: &[String]) -> usize {
    let is_retry = |m: &&String| m.contains("processor time") && m.contains("once more");
    messages.iter().filter(is_retry).count()
}

pub(super) fn confirmed() -> Result<(), Failed> {
    let (result, messages) = compiled_by("compiles-for-ever", 500)?;
    let failure = result.err().ok_or("it answered")?;
    assert_eq!(failure.code, StepCode::CompileLimit, "{failure}");
    assert!(!failure.code.is_error() && failure.code.is_bound());
    assert_eq!(retries(&messages), 1, "{messages:?}");
    Ok(())
}

pub(super) fn unconfirmed() -> Result<(), Failed> {
    let (result, messages) = compiled_by("compiles-for-ever-once", 500)?;
    assert_eq!(result, Ok(StepOutcome::Json(br#"{"a":1}"#.to_vec())));
    assert_eq!(retries(&messages), 1, "{messages:?}");
    Ok(())
}

/// A worker that waits takes no processor time, and the machine may be at fault.
pub(super) fn idle() -> Result<(), Failed> {
    let (result, messages) = compiled_by("compiles-never", 50)?;
    let failure = result.err().ok_or("it answered")?;
    assert_eq!(failure.code, StepCode::CompileTimeout, "{failure}");
    assert!(failure.code.is_error());
    assert_eq!(retries(&messages), 0, "{messages:?}");
    Ok(())
}
