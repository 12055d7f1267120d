//! Properties of everything that the generators of the fuzz targets make.

use crate::bridge;
use crate::folder;

use bridge::generated;
use folder::folder;
use proptest::prelude::*;
use provision_core::rng::Rng;
use provision_core::wizard::{Call, StepExecutor, StepOutput, StepRequest};
use provision_core::{Limits, Pack, Source, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::executor_invariants::{timeless, violations};
use provision_oracle::generators::defects::{defects, harmless};
use provision_oracle::generators::guests::Guest;
use provision_oracle::generators::host_calls::Calls;
use provision_oracle::generators::json::{Dictionary, change};
use provision_oracle::generators::outputs::Answer;
use provision_oracle::generators::wizard_cases::WizardCase;
use provision_oracle::{CheckResult, Conditions, judge, observe};
use std::sync::LazyLock;

static EXECUTOR: LazyLock<WasmtimeExecutor> =
    LazyLock::new(|| WasmtimeExecutor::new(&Limits::FUZZ.step).expect("an executor"));

/// Runs a step twice: the executor keeps its invariants, and both answers are equal.
fn keeps_invariants(name: &str, bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let pack = folder(name, bytes);
    let call = Call::Step {
        input: b"{}".to_vec(),
    };
    let request = StepRequest::new(name, call);
    let answer = EXECUTOR.execute(&pack, &request);
    prop_assert_eq!(violations(&answer, &Limits::FUZZ.step), [""; 0]);
    let again = EXECUTOR.execute(&pack, &request);
    prop_assert_eq!(timeless(again), timeless(answer));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn executor_keeps_its_invariants_for_any_guest(guest in generated::<Guest>(400)) {
        keeps_invariants(guest.name, guest.bytes)?;
    }

    #[test]
    fn executor_keeps_its_invariants_for_any_host_calls(calls in generated::<Calls>(200)) {
        let text = calls.text();
        prop_assert!(wat::parse_str(&text).is_ok(), "{}", text);
        keeps_invariants("s.wat", text.into_bytes())?;
    }

    #[test]
    fn files_of_a_wizard_case_are_a_pack(case in generated::<WizardCase>(1_500)) {
        let (files, manifest) = (case.files, None);
        let opened = Pack::open(Source::Folder { files, manifest }, &Limits::FUZZ);
        prop_assert!(opened.is_ok(), "{:?}", opened.err());
    }

    #[test]
    fn changed_answer_is_decoded_or_refused_with_a_code(answer in generated::<Answer>(400), seed in any::<u64>()) {
        if let Ok(mut value) = serde_json::from_slice(&answer.0) {
            change(&mut value, &mut Rng::new(seed), &Dictionary::default(), 8);
            let bytes = serde_json::to_vec(&value).expect("JSON");
            if let Err(failure) = StepOutput::decode(&bytes, 64) {
                prop_assert!(failure.code.is_output(), "{}", failure);
            }
        }
    }
}

/// The results of all checks on the pack.
fn judged(source: Source) -> Vec<CheckResult> {
    static EXECUTOR: LazyLock<WasmtimeExecutor> =
        LazyLock::new(|| WasmtimeExecutor::new(&Limits::default().step).expect("an executor"));
    judge(&observe(Ok(source), &*EXECUTOR, &Conditions::default()))
}

proptest! {
    // Each case judges a whole pack.
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn any_defect_is_found_in_any_wizard(at in 0..defects().count(), seed in any::<u64>()) {
        let defect = defects().nth(at).expect("a row");
        let (check, code) = &defect.found;
        let results = judged(defect.planted(seed).source());
        let mut of_check = results.iter().filter(|r| r.check == *check);
        let is_found = of_check.any(|r| r.findings.iter().any(|f| f.code == *code));
        prop_assert!(is_found, "{} with seed {}", defect.id, seed);
    }

    #[test]
    fn no_harmless_peculiarity_of_any_wizard_fails(at in 0..harmless().count(), seed in any::<u64>()) {
        let row = harmless().nth(at).expect("a row");
        let results = judged(row.varied(seed).source());
        let failed = results.iter().filter(|r| r.status >= Status::Failed);
        let failed: Vec<&str> = failed.map(|r| r.check).collect();
        prop_assert_eq!(failed, [""; 0], "{} with seed {}", row.id, seed);
    }
}
