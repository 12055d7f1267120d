//! One guest, compiled in three ways, has the same outcome, output, calls and fuel.

use crate::sandbox::folder;
use arbitrary::{Arbitrary, Unstructured};
use provision_core::Limits;
use provision_core::wizard::{Call, StepAnswer, StepCode, StepExecutor, StepRequest};
use provision_exec::WasmtimeExecutor;
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::executor_invariants::timeless;
use provision_oracle::generators::guests::Guest;
use std::sync::LazyLock;

pub(crate) const TARGET: Target = Target {
    name: "compilers",
    attacker: Attacker::Component,
    boundary: "the engine: optimised, unoptimised and interpreted code",
    oracle: "a guest has the same outcome, output, calls and fuel in all three",
    max_len: 4096,
    seeds: Seeds::Random(300),
    body,
    show: shown,
    mutator: None,
};

static ALL: LazyLock<WasmtimeExecutor> =
    LazyLock::new(|| WasmtimeExecutor::with_all_compilers(&Limits::FUZZ.step).expect("executors"));

fn body(data: &[u8]) {
    let Ok(guest) = Guest::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let Some(pack) = folder([(guest.name, guest.bytes)]) else {
        return;
    };
    let executor = &*ALL;
    for call in [
        Call::Step {
            input: b"{}".to_vec(),
        },
        Call::QaSpec {
            mode: "setup".into(),
        },
    ] {
        let request = StepRequest::new(guest.name, call);
        let first = comparable(executor.execute(&pack, &request));
        assert_eq!(executor.others().len(), 2);
        for (name, other) in executor.others() {
            let other = comparable(other.execute(&pack, &request));
            assert_eq!(other, first, "{name} differs");
        }
    }
}

/// The answer without what may differ between compilers: times, and, if the guest
/// exhausts its stack, how deep its recursion got and what it used until then.
fn comparable(answer: StepAnswer) -> StepAnswer {
    let mut answer = timeless(answer);
    if let Err(failure) = &mut answer.result
        && failure.code == StepCode::Stack
    {
        answer.meters = Default::default();
    }
    answer
}

/// The guest that the generator makes of `data`, as text if it is text.
fn shown(data: &[u8]) -> String {
    match Guest::arbitrary(&mut Unstructured::new(data)) {
        Ok(guest) => provision_fuzz_bytes::as_text(&guest.bytes),
        Err(why) => format!("nothing is made of it: {why}"),
    }
}
