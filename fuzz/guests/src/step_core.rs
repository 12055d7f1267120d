//! Bytes as a core module: for any bytes the executor answers or fails with a code, the
//! bounds hold, and a clean step afterwards answers as before.

use crate::sandbox::every_call;
use provision_fuzz_bytes::{Attacker, Seeds, Target};

pub(crate) const TARGET: Target = Target {
    name: "step_core",
    attacker: Attacker::Component,
    boundary: "the pre-scan, the compiler and the executor, for core modules",
    oracle: "the executor answers or fails with a code that is no harness error; bounds hold; a fresh engine gives the same; the answer reveals no path or environment variable of the host; a clean step afterwards answers as before",
    max_len: 16_384,
    seeds: Seeds::Files,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: Some(crate::mutators::wasm),
};

fn body(data: &[u8]) {
    every_call("s.wasm", data);
}
