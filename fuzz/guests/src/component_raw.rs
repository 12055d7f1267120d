//! Bytes as a component: the same oracle as for `step_core`.

use crate::sandbox::every_call;
use provision_fuzz_bytes::{Attacker, Seeds, Target};

pub(crate) const TARGET: Target = Target {
    name: "component_raw",
    attacker: Attacker::Component,
    boundary: "the pre-scan, the compiler, the linker and the executor, for components",
    oracle: "as for step_core, for calls of steps, questions and descriptions",
    max_len: 65_536,
    seeds: Seeds::Files,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: Some(crate::mutators::wasm),
};

fn body(data: &[u8]) {
    every_call("s.wasm", data);
}
