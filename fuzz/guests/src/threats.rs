//! The threat model as a table, out of what the targets say of themselves.

use crate::all;
use provision_fuzz_bytes::Attacker;
use std::fmt::Write;

/// `fuzz/THREATS.md`.
#[must_use]
pub fn document() -> String {
    let mut out = String::from(HEAD);
    out.push_str("| bytes | who controls them | code under test | target | oracle |\n|---|---|---|---|---|\n");
    for attacker in Attacker::ALL {
        let (bytes, who) = attacker.words();
        for target in all().filter(|t| t.attacker == attacker) {
            let (name, boundary, oracle) = (target.name, target.boundary, target.oracle);
            let _ = writeln!(
                out,
                "| {bytes} | {who} | {boundary} | `{name}` | {oracle} |"
            );
        }
    }
    out.push_str(TAIL);
    out
}

const HEAD: &str = "# Threat model of the fuzz suite

<!-- Generated from fuzz/bytes and fuzz/guests: ci/bless.sh -->

A pack comes from a stranger. Its publisher writes its archive, its manifests and its components; the operator who sets up a provider writes
the answers; a guest that runs writes its output and the arguments of its calls to the host. None of them may make the harness crash, hang, use
more than its bounds, read or change the machine, or report *pass* although no step was executed.

";

const TAIL: &str = "
Beyond the oracles above, each input of every target has to end without a panic, within libFuzzer's bounds on memory and time, and without
a finding of AddressSanitizer.

What is not attacker-controlled, and has no target: the command line, trusted keys, the environment of the process. The clock is never
judged. Wasmtime's own code is not instrumented unless `FUZZ_INSTRUMENT_ALL=1` asks for it; its own project fuzzes it.
";
