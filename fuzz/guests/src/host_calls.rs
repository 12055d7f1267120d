//! Sequences of calls to the host, with arguments that are valid, hostile or too many.

use crate::sandbox::{SECRET, Sandbox, folder, keeps_the_secret};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::{Call, Grants, HostVerdict, StepRequest};
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::generators::host_calls::Calls;
use serde_json::json;
use std::sync::Arc;

pub(crate) const TARGET: Target = Target {
    name: "host_calls",
    attacker: Attacker::HostCall,
    boundary: "every capability of the host: lifting arguments, answering, recording and charging calls",
    oracle: "as for step_core; the host records every call and denies HTTP, sockets and files; no granted secret leaks",
    max_len: 512,
    seeds: Seeds::Random(120),
    body,
    show: provision_fuzz_bytes::as_made::<Calls>,
    mutator: None,
};

fn body(data: &[u8]) {
    let Ok(calls) = Calls::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let text = calls.text().into_bytes();
    let pack = folder([("s.wat", text.clone())]).expect("a pack");
    let mut request = StepRequest::new(
        "s.wat",
        Call::Step {
            input: b"{}".to_vec(),
        },
    );
    request.grants = Arc::new(Grants {
        config: [("{}".to_owned(), json!("room"))].into(),
        secrets: [("{}".to_owned(), SECRET.to_owned())].into(),
        ..Grants::default()
    });
    let sandbox = Sandbox::shared();
    let answer = sandbox.step(&pack, &request, &text);
    keeps_the_secret(&answer);
    for call in &answer.attempts.calls {
        let leaves = ["greentic:http/", "wasi:sockets/", "wasi:filesystem/"];
        let leaves = leaves.iter().any(|i| call.interface.starts_with(i));
        assert!(!leaves || call.verdict == HostVerdict::Denied, "{call:?}");
    }
    if answer.result.is_ok() {
        let made: u64 = answer.attempts.calls.iter().map(|c| c.count).sum();
        assert_eq!(made, calls.recorded(), "the host did not record each call");
    }
    Sandbox::repeats(&pack, &request, answer, data);
    sandbox.is_clean();
}
