//! Inputs and answers against the steps of conforming packs, one ABI each: no
//! input makes a valid guest trap, hit a bound, or leak a secret.

use crate::fixtures::{FIXTURES, How};
use crate::sandbox::{SECRET, Sandbox, keeps_the_secret};
use arbitrary::Unstructured;
use provision_core::wizard::{Call, Grants, StepAnswer, StepCode, StepOutcome, StepRequest};
use provision_core::{cbor, json};
use provision_fuzz_bytes::{Attacker, Target};
use provision_oracle::generators::outputs::loose;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::sync::Arc;

pub(crate) const TARGET: Target = Target {
    name: "step_input",
    attacker: Attacker::Answers,
    boundary: "each ABI's way of answers into a guest, and back out",
    oracle: "as for step_core; valid guests neither trap nor hit a bound; what they answer is strict JSON or CBOR; no secret leaks",
    max_len: 4096,
    choices: None,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: Some(mutator),
};

/// Levels of an input; the harness refuses deeper ones before.
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
    });
    let sandbox = Sandbox::shared();
    let answer = sandbox.step(&fixture.pack, &request, data);
    // What a guest answers most of the time was judged before.
    if !fixture.said_before(&answer) {
        judge(&answer);
        fixture.judged(&answer);
    }
    // A fresh engine compiles again, which costs a thousand such steps.
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
        Ok(StepOutcome::NotRun) => panic!("nothing ran"),
        Err(failure) => assert!(
            matches!(
                failure.code,
                StepCode::Step | StepCode::Abi | StepCode::Input
            ),
            "a valid guest breaks: {failure}"
        ),
    }
}

/// The call, and what the config says. Most steps are given what is written
/// without a look at more than its syntax: looking costs more than many a step.
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
            // A few bytes choose long texts; searching them takes the little
            // fuel that there is, and a valid guest does search.
            (input.len() <= TARGET.max_len).then_some((Call::Step { input }, value))
        }
        How::Call(call) => {
            let value = value(rest)?;
            Some((call(which, &value), value))
        }
    }
}

/// JSON as it stands, or JSON that the bytes choose.
fn value(bytes: &[u8]) -> Option<Value> {
    match json::parse(bytes, DEPTH) {
        Ok(value) => Some(value),
        Err(_) => loose(&mut Unstructured::new(bytes), 5).ok(),
    }
}

/// Changes the JSON behind the two bytes that choose.
fn mutator(data: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    let (head, rest) = data.split_at_checked(2)?;
    let rest = provision_fuzz_bytes::mutators::json(rest, most.checked_sub(2)?, seed)?;
    Some([head, &rest].concat())
}
