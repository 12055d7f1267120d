//! Bytes as a core module: whatever they are, the outcome is a code, the
//! bounds hold, and a clean step after it answers as before.

use crate::sandbox::every_call;
use provision_fuzz_bytes::{Attacker, Target};

pub(crate) const TARGET: Target = Target {
    name: "step_core",
    attacker: Attacker::Component,
    boundary: "the pre-scan, the compiler and the executor, for core modules",
    oracle: "the outcome is a code that does not blame the harness; bounds hold; a fresh engine gives the same; nothing of the host shows; a clean step after it answers",
    max_len: 16_384,
    choices: None,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: Some(crate::mutators::wasm),
};

fn body(data: &[u8]) {
    every_call("s.wasm", data);
}
