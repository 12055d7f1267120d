//! The threat model as a table, generated from the descriptions of the targets.

use crate::all;
use provision_fuzz_bytes::Attacker;
use std::fmt::Write;

/// The text of `fuzz/THREATS.md`.
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

The harness reads bytes that strangers control. The publisher of a pack writes the archive, the manifests and the components; the operator who
sets up a provider writes the answers; a running guest writes its output and the arguments of its calls to the host. None of them may make the
harness crash, hang, exceed its bounds, read or change the machine, or report *pass* although no step ran.

";

const TAIL: &str = "
In addition to its oracle, each target must process every input without a panic, within libFuzzer's bounds on memory and time, and without
a finding of AddressSanitizer.

No attacker controls the command line, the trusted keys and the environment of the process, so they have no target. No oracle depends on the
clock. `FUZZ_INSTRUMENT_ALL=1` also instruments Wasmtime; without it, the suite leaves the fuzzing of Wasmtime to the Wasmtime project.
";
