//! One step that does nothing: its rate is the cost of a store, an instance and a
//! call.

use crate::fixtures::FIXTURES;
use crate::sandbox::Sandbox;
use provision_core::wizard::{Call, StepRequest};
use provision_fuzz_bytes::{Attacker, Seeds, Target};

pub(crate) const TARGET: Target = Target {
    name: "baseline_call",
    attacker: Attacker::Answers,
    boundary: "none",
    oracle: "none",
    max_len: 1024,
    seeds: Seeds::Files,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: None,
};

fn body(data: &[u8]) {
    let fixture = &FIXTURES[0];
    let input = data.to_vec();
    let request = StepRequest::new(fixture.file, Call::Step { input });
    Sandbox::shared().call(&fixture.pack, &request);
}
