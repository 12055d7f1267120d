//! Reachability of the generators: every outcome code, and every function of the
//! host.

use crate::folder;

use arbitrary::{Arbitrary, Unstructured};
use folder::folder;
use provision_core::rng::Rng;
use provision_core::wizard::capabilities::{CAPABILITIES, capability};
use provision_core::wizard::{
    Call, ProvisionMode, StepAnswer, StepCode, StepExecutor, StepRequest, Task, drive, wizards,
};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use provision_oracle::generators::guests::Guest;
use provision_oracle::generators::host_calls::{Calls, FUNCTIONS, HANDLES};
use provision_oracle::generators::wizard_cases::WizardCase;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

fn executor() -> WasmtimeExecutor {
    WasmtimeExecutor::new(&Limits::FUZZ.step).expect("an executor")
}

fn step() -> Call {
    Call::Step {
        input: b"{}".to_vec(),
    }
}

fn generated<T: for<'a> Arbitrary<'a>>(rng: &mut Rng, len: usize) -> T {
    let bytes = rng.bytes(len);
    T::arbitrary(&mut Unstructured::new(&bytes)).expect("any bytes make one")
}

/// Runs at most `times` generated guests, as a step and for their questions, and
/// removes the outcome codes from `wanted`.
fn guests(rng: &mut Rng, times: usize, wanted: &mut BTreeSet<StepCode>) {
    let executor = executor();
    for _ in 0..times {
        if wanted.is_empty() {
            break;
        }
        let guest: Guest = generated(rng, 400);
        let pack = folder(guest.name, guest.bytes);
        for call in [
            step(),
            Call::QaSpec {
                mode: "setup".into(),
            },
        ] {
            let answer = executor.execute(&pack, &StepRequest::new(guest.name, call));
            wanted.retain(|code| answer.result.as_ref().err().map(|f| f.code) != Some(*code));
        }
    }
}

/// Codes that only guests which call the host reach.
const OF_HOST_CALLS: [StepCode; 3] = [
    StepCode::HostCalls,
    StepCode::HostCallBytes,
    StepCode::Handles,
];

/// Does the same as `guests`, with guests that call the host.
fn host_calls(rng: &mut Rng, times: usize, wanted: &mut BTreeSet<StepCode>) {
    let executor = executor();
    for _ in 0..times {
        if OF_HOST_CALLS.iter().all(|code| !wanted.contains(code)) {
            break;
        }
        let calls: Calls = generated(rng, 200);
        let pack = folder("s.wat", calls.text().into_bytes());
        let answer = executor.execute(&pack, &StepRequest::new("s.wat", step()));
        wanted.retain(|code| answer.result.as_ref().err().map(|f| f.code) != Some(*code));
    }
}

/// Gives the answers of a case in order.
struct Scripted<'s>(&'s WizardCase, AtomicUsize);

impl StepExecutor for Scripted<'_> {
    fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
        let answers = &self.0.answers;
        let at = self.1.fetch_add(1, Ordering::Relaxed);
        StepAnswer::of(answers[at % answers.len()].clone())
    }
}

/// Does the same as `guests`, with wizards whose steps give generated answers.
fn wizard_cases(rng: &mut Rng, times: usize, wanted: &mut BTreeSet<StepCode>) {
    let limits = Limits::FUZZ;
    for _ in 0..times {
        if wanted.is_empty() {
            break;
        }
        let case: WizardCase = generated(rng, 1_500);
        let (files, manifest) = (case.files.clone(), None);
        let Ok(pack) = Pack::open(Source::Folder { files, manifest }, &limits) else {
            continue;
        };
        for wizard in wizards(&pack) {
            let task = Task {
                wizard: &wizard,
                inputs: &case.inputs,
                mode: ProvisionMode::DryRun,
                answers: None,
                stores: None,
            };
            let run = drive(&Scripted(&case, AtomicUsize::new(0)), &pack, &task, &limits);
            for failure in run.steps.iter().filter_map(|s| s.failure()) {
                wanted.remove(&failure.code);
            }
        }
    }
}

#[test]
fn every_outcome_code_is_reached() {
    let mut rng = Rng::new(8);
    // No generator may reach a failure of the harness itself.
    let mut wanted: BTreeSet<StepCode> = StepCode::ALL.iter().copied().collect();
    wanted.remove(&StepCode::Harness);
    // Only a run with stores has these codes, and generated runs are dry runs.
    for code in [StepCode::StoreBytes, StepCode::StoreRefused] {
        wanted.remove(&code);
    }
    // Only workers have these codes, and this test runs guests in process.
    for code in [
        StepCode::CompileTimeout,
        StepCode::WorkerCrash,
        StepCode::WorkerMemory,
        StepCode::WorkerProtocol,
    ] {
        wanted.remove(&code);
    }
    wizard_cases(&mut rng, 1_000, &mut wanted);
    host_calls(&mut rng, 600, &mut wanted);
    guests(&mut rng, 4_000, &mut wanted);
    assert_eq!(wanted, BTreeSet::new(), "no generator reaches these");
}

#[test]
fn every_function_of_the_host_is_reached() {
    let executor = executor();
    let mut wrong = Vec::new();
    for (at, function) in FUNCTIONS.iter().enumerate() {
        let pack = folder("s.wat", Calls::valid(at).text().into_bytes());
        let answer = executor.execute(&pack, &StepRequest::new("s.wat", step()));
        let call = answer.attempts.calls.first();
        let call = call.map(|c| (c.interface.split('@').next(), c.function.as_str()));
        let named = (function.interface.split('@').next(), function.name);
        if call != Some(named) {
            wrong.push(format!("{named:?} {call:?} {:?}", answer.result));
        }
    }
    assert_eq!(wrong, [""; 0]);
    for (at, function) in HANDLES.iter().enumerate() {
        let calls = Calls::valid_handle(at);
        let pack = folder("s.wat", calls.text().into_bytes());
        let answer = executor.execute(&pack, &StepRequest::new("s.wat", step()));
        let count: u64 = answer.attempts.calls.iter().map(|c| c.count).sum();
        if answer.result.is_err() || count != calls.recorded() {
            wrong.push(format!("{function:?} {:?} {count}", answer.result));
        }
    }
    assert_eq!(wrong, [""; 0]);
    for interface in provision_exec::granted() {
        let reached = FUNCTIONS
            .iter()
            .any(|f| f.interface.starts_with(&format!("{interface}@")));
        assert!(reached, "no generator calls {interface}");
        let row = capability(interface);
        assert!(row.is_some(), "the capability table lacks {interface}");
    }
    for function in FUNCTIONS {
        let row = capability(function.interface);
        assert!(
            row.is_some(),
            "the capability table lacks {}",
            function.interface
        );
    }
}

/// Other hosts offer this interface; the harness refuses it as an unknown import.
const NOT_OFFERED: &str = "greentic:secrets/";

#[test]
fn every_capability_is_in_the_host() {
    let offered: Vec<&str> = provision_exec::granted().collect();
    let greentic = CAPABILITIES.iter().map(|row| row.interface);
    let greentic = greentic.filter(|i| i.starts_with("greentic:") && *i != NOT_OFFERED);
    for interface in greentic {
        assert!(
            offered.iter().any(|o| o.starts_with(interface)),
            "no host capability answers {interface}"
        );
    }
}
