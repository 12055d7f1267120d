//! Inputs and answers for the guests of conforming packs, each with another ABI: no
//! input makes a valid guest trap, reach a bound, or leak a secret.

use crate::fixtures::{FIXTURES, How};
use crate::sandbox::{SECRET, Sandbox, keeps_the_secret};
use arbitrary::Unstructured;
use provision_core::wizard::{Call, Grants, StepAnswer, StepCode, StepOutcome, StepRequest};
use provision_core::{cbor, json};
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::generators::outputs::loose;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::sync::Arc;

pub(crate) const TARGET: Target = Target {
    name: "step_input",
    attacker: Attacker::Answers,
    boundary: "how each ABI passes inputs to a guest and reads its output",
    oracle: "as for step_core; valid guests neither trap nor reach a bound; their output is strict JSON or CBOR; no granted secret leaks",
    max_len: 4096,
    seeds: Seeds::Files,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: Some(mutator),
};

/// Levels of an input; the harness refuses deeper inputs before it calls a guest.
const DEPTH: usize = 64;

fn body(data: &[u8]) {
    let [fixture, which, rest @ ..] = data else {
        return;
    };
    let fixture = &FIXTURES[usize::from(*fixture) % FIXTURES.len()];
    let Some((call, room)) = call(fixture.call, *which, rest) else {
        return;
    };
    let mut request = StepRequest::new(fixture.file, call);
    request.grants = Arc::new(Grants {
        config: [("room".to_owned(), room)].into(),
        secrets: [("TOKEN".to_owned(), SECRET.to_owned())].into(),
        ..Grants::default()
    });
    let sandbox = Sandbox::shared();
    let answer = sandbox.step(&fixture.pack, &request, data);
    // Most answers repeat the last one, which the target has judged already.
    if !fixture.said_before(&answer) {
        judge(&answer);
        fixture.judged(&answer);
    }
    // A fresh engine compiles again, which costs as much as a thousand such steps.
    if data.len().is_multiple_of(64) {
        Sandbox::repeats(&fixture.pack, &request, answer, data);
        sandbox.is_clean();
    }
}

fn judge(answer: &StepAnswer) {
    keeps_the_secret(answer);
    match &answer.result {
        Ok(StepOutcome::Json(bytes)) => drop(json::parse(bytes, 2 * DEPTH).expect("strict JSON")),
        Ok(StepOutcome::Cbor(bytes)) => drop(cbor::parse(bytes, 2 * DEPTH).expect("strict CBOR")),
        Ok(StepOutcome::NotRun) => panic!("no guest ran"),
        Err(failure) => assert!(
            matches!(
                failure.code,
                StepCode::Step | StepCode::Abi | StepCode::Input
            ),
            "a valid guest fails: {failure}"
        ),
    }
}

/// The call, and a value for the config. If `which` is even, a step gets valid JSON
/// unparsed, because parsing it into a value costs more than many a step.
fn call(how: How, which: u8, rest: &[u8]) -> Option<(Call, Value)> {
    let plain = which.is_multiple_of(2) && serde_json::from_slice::<IgnoredAny>(rest).is_ok();
    match how {
        How::Step if plain => {
            let input = rest.to_vec();
            Some((Call::Step { input }, Value::Null))
        }
        How::Step => {
            let value = value(rest)?;
            let input = value.to_string().into_bytes();
            // The generator may make long texts of a few bytes. A valid guest that
            // searches them runs out of the small fuel bound.
            (input.len() <= TARGET.max_len).then_some((Call::Step { input }, value))
        }
        How::Call(call) => {
            let value = value(rest)?;
            Some((call(which, &value), value))
        }
    }
}

/// The bytes as JSON, or else the JSON that a generator makes of them.
fn value(bytes: &[u8]) -> Option<Value> {
    match json::parse(bytes, DEPTH) {
        Ok(value) => Some(value),
        Err(_) => loose(&mut Unstructured::new(bytes), 5).ok(),
    }
}

/// Changes the JSON after the two bytes that select the fixture and the call.
fn mutator(data: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    let (head, rest) = data.split_at_checked(2)?;
    let rest = provision_fuzz_bytes::mutators::json(rest, most.checked_sub(2)?, seed)?;
    Some([head, &rest].concat())
}
