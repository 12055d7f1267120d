//! Tests of judging, with executors that misbehave in ways that no guest can.

use provision_core::wizard::{
    HostActivity, Meters, NoopExecutor, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepOutcome, StepRequest,
};
use provision_core::{Limits, OpenError, Pack, Source, Status, Verdict};
use provision_oracle::{CheckResult, Conditions, Level, Subject, checks, judge, observe, verdict};
use std::sync::atomic::{AtomicU64, Ordering};

/// An executor that computes its answer from the number of the call and the request.
struct Fake<F>(AtomicU64, F);

fn fake<F: Fn(u64, &StepRequest) -> StepAnswer + Send + Sync>(answer: F) -> Fake<F> {
    Fake(AtomicU64::new(0), answer)
}

impl<F: Fn(u64, &StepRequest) -> StepAnswer + Send + Sync> StepExecutor for Fake<F> {
    fn execute(&self, _pack: &Pack, request: &StepRequest) -> StepAnswer {
        (self.1)(self.0.fetch_add(1, Ordering::Relaxed), request)
    }
}

fn ran(text: &str, fuel: u64) -> StepAnswer {
    let meters = Meters {
        fuel,
        ..Meters::default()
    };
    StepAnswer {
        result: Ok(StepOutcome::Json(text.into())),
        meters,
        attempts: HostActivity::default(),
        writes: Vec::new(),
    }
}

fn failed(code: StepCode) -> StepAnswer {
    StepAnswer::of(Err(StepFailure::new(code, "why")))
}

const MANIFEST: &str =
    r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;

/// A pack with one module for all steps, and `files` added.
fn pack(files: &[(&str, &str)]) -> Source {
    // With answers of its own, a pack is not run for its questions first.
    let own = ("fixtures/setup.input.json", "{}");
    let all = [("pack.json", MANIFEST), ("s.wat", "(module)"), own];
    let all = all.iter().chain(files);
    let files = all.map(|(n, c)| ((*n).to_owned(), c.as_bytes().into()));
    let files = files.collect();
    Source::Folder {
        files,
        manifest: None,
    }
}

fn judged(source: Source, executor: &dyn StepExecutor) -> (Subject, Vec<CheckResult>, Verdict) {
    let subject = observe(Ok(source), executor, &Conditions::default());
    let results = judge(&subject);
    let verdict = verdict(&subject, &results);
    (subject, results, verdict)
}

fn of<'r>(results: &'r [CheckResult], check: &str) -> &'r CheckResult {
    results
        .iter()
        .find(|r| r.check == check)
        .expect("every check has a result")
}

fn codes(result: &CheckResult) -> Vec<&str> {
    result.findings.iter().map(|f| f.code.as_str()).collect()
}

#[test]
fn run_without_any_executed_step_is_an_error() {
    let (_, results, verdict) = judged(pack(&[]), &NoopExecutor);
    assert_eq!(verdict, Verdict::Error);
    assert_eq!(codes(of(&results, "wizard.completes")), ["E_NOTHING_RAN"]);
    let mut errors = results.iter().filter(|r| r.status == Status::Error);
    assert!(errors.all(|r| r.check == "wizard.completes"));
    let judged_steps = [
        "wizard.output",
        "determinism.repeat",
        "sandbox.within-limits",
        "plan.shape",
    ];
    for check in judged_steps {
        assert_eq!(of(&results, check).status, Status::Blocked, "{check}");
    }
}

#[test]
fn answer_that_changes_between_runs_is_named_by_pointer() {
    // Four steps a run: calls 0..4 are the first run, 4..8 the isolated run, and
    // 8..12 the second run, because the isolated one differs.
    let executor = fake(|call, _| ran(&format!(r#"{{"summary":{{"a":[{}]}}}}"#, call / 4), 1));
    let (_, results, verdict) = judged(pack(&[]), &executor);
    let result = of(&results, "determinism.repeat");
    assert_eq!(
        (verdict, codes(result)),
        (Verdict::Fail, vec!["E_OUTPUT_DIFFERS"; 4])
    );
    assert_eq!(result.findings[0].at, "step collect /summary/a/0");
    assert_eq!(result.findings[0].actual, "first 0, then 2");
}

#[test]
fn different_bytes_fuel_and_outcomes_are_found() {
    let spaces = fake(|call, _| ran(if call < 4 { "{}" } else { "{ }" }, 1));
    let fuel = fake(|call, _| ran("{}", call / 4));
    let outcome = fake(|call, _| match call {
        ..7 => ran("{}", 1),
        _ => failed(StepCode::Trap),
    });
    let other_trap = fake(|call, _| match call {
        ..4 => failed(StepCode::Trap),
        _ => failed(StepCode::Stack),
    });
    let once = fake(|call, _| match call {
        7 => failed(StepCode::Trap),
        _ => ran("{}", 1),
    });
    let judged_by = |executor: &dyn StepExecutor, check: &str| {
        let (_, results, _) = judged(pack(&[]), executor);
        let result = of(&results, check);
        let code = codes(result).first().map(|c| (*c).to_owned());
        (result.status, code)
    };
    let repeat = |executor: &dyn StepExecutor| judged_by(executor, "determinism.repeat");
    let failing = |code: &str| (Status::Failed, Some(code.to_owned()));
    assert_eq!(repeat(&spaces), failing("E_OUTPUT_DIFFERS"));
    assert_eq!(repeat(&fuel), failing("E_FUEL_DIFFERS"));
    assert_eq!(repeat(&outcome), failing("E_OUTCOME_DIFFERS"));
    assert_eq!(repeat(&other_trap), failing("E_OUTCOME_DIFFERS"));
    let once = judged_by(&once, "determinism.isolated");
    assert_eq!(once, failing("E_OUTCOME_DIFFERS"));
    assert_eq!(repeat(&fake(|_, _| ran("{}", 1))), (Status::Passed, None));
    assert_eq!(
        repeat(&fake(|_, _| failed(StepCode::Trap))).0,
        Status::Blocked
    );
}

#[test]
fn worker_crash_in_any_later_run_is_an_error_at_level_must() {
    // Each call before number `after` is answered, and each later call fails.
    for after in 1..12 {
        let executor = fake(move |call, _| {
            if call < after {
                ran("{}", 1)
            } else {
                failed(StepCode::WorkerCrash)
            }
        });
        let (_, results, verdict) = judged(pack(&[]), &executor);
        assert_eq!(verdict, Verdict::Error, "after {after}");
        let says = |r: &&CheckResult| {
            r.findings
                .iter()
                .any(|f| f.code.as_str() == "E_WORKER_CRASH")
        };
        let mut must = results.iter().filter(|r| r.level == Level::Must);
        assert!(
            must.any(|r| says(&r) && r.status == Status::Error),
            "after {after}"
        );
        let failed = results
            .iter()
            .filter(says)
            .any(|r| r.status == Status::Failed);
        assert!(!failed, "after {after}: the pack is blamed");
    }
}

#[test]
fn deadline_and_worker_codes_are_errors_not_failures() {
    for code in [
        StepCode::Deadline,
        StepCode::CompileTimeout,
        StepCode::WorkerCrash,
        StepCode::WorkerMemory,
        StepCode::WorkerProtocol,
        StepCode::Harness,
    ] {
        let executor = fake(move |_, r| {
            let input = r.call.clone().into_input();
            if input.windows(7).any(|w| w == b"\"apply\"") {
                failed(code)
            } else {
                ran("{}", 1)
            }
        });
        let (_, results, verdict) = judged(pack(&[]), &executor);
        assert_eq!(verdict, Verdict::Error, "{code:?}");
        assert_eq!(
            of(&results, "wizard.completes").status,
            Status::Error,
            "{code:?}"
        );
    }
}

#[test]
fn violation_in_the_plan_of_a_failed_wizard_is_found() {
    let plan = r#"{"plan":{"secrets_patch":{"set":{"k":"hunter2..."}}}}"#;
    let executor = fake(move |call, _| match call % 4 {
        2 => ran(plan, 1),
        3 => failed(StepCode::Trap),
        _ => ran("{}", 1),
    });
    let (_, results, _) = judged(pack(&[]), &executor);
    let redacted = of(&results, "secrets.redacted");
    assert_eq!(codes(redacted), ["E_SECRET_PLAIN"]);
    assert!(
        !format!("{results:?}").contains("hunter2"),
        "no result shows the secret"
    );
    assert!(redacted.findings[0].actual.contains("10 bytes"));
}

#[test]
fn refused_answers_end_the_wizard_before_apply() {
    let refusal = r#"{"diagnostics":[{"severity":"error","code":"C","message":"no"}]}"#;
    let executor = fake(move |call, _| ran(if call % 2 == 1 { refusal } else { "{}" }, 1));
    let (subject, results, _) = judged(pack(&[]), &executor);
    assert_eq!(codes(of(&results, "wizard.completes")), ["E_REFUSED"]);
    let run = subject.wizards()[0].run().expect("driven");
    assert_eq!(run.steps.len(), 2);
    assert!(run.result().plan.is_none(), "a refused run has no plan");
}

#[test]
fn plan_is_compared_with_the_expected_plan_of_the_pack() {
    let plan = r#"{"plan":{"config_patch":{"url":"https://conformance.invalid/x"},"notes":["n"]}}"#;
    let executor = fake(move |call, _| ran(if call % 4 == 2 { plan } else { "{}" }, 1));
    let golden = |expected: &str| {
        let source = pack(&[("fixtures/setup.expected.plan.json", expected)]);
        let (_, results, _) = judged(source, &executor);
        let result = of(&results, "plan.golden");
        (
            result.status,
            codes(result).first().map(|c| (*c).to_owned()),
        )
    };
    let failing = |code: &str| (Status::Failed, Some(code.to_owned()));
    let passed = (Status::Passed, None);
    assert_eq!(
        golden(r#"{"config_patch":{"url":"<public_base_url>/x"}}"#),
        passed
    );
    assert_eq!(
        golden(r#"{"config_patch":{"url":"<value>"},"notes":["n"]}"#),
        passed
    );
    assert_eq!(
        golden(r#"{"config_patch":{"url":"<value>"},"notes":[]}"#),
        failing("E_PLAN_DIFFERS")
    );
    assert_eq!(golden("{}"), failing("E_PLAN_DIFFERS"));
    assert_eq!(golden(r#"{"config_pach":{}}"#), failing("E_FIXTURE"));
    assert_eq!(golden("[]"), failing("E_FIXTURE"));
    assert_eq!(golden("{"), failing("E_FIXTURE"));
}

#[test]
fn expected_subscriptions_are_compared_with_the_plan() {
    let plan = r#"{"plan":{"subscription_ops":[{"op":"sync","resource":"messages"}]}}"#;
    let executor = fake(move |call, _| ran(if call % 4 == 2 { plan } else { "{}" }, 1));
    let status = |expected: &str| {
        let source = pack(&[("assets/fixtures/subscriptions.expected.ops.json", expected)]);
        of(&judged(source, &executor).1, "plan.golden").status
    };
    assert_eq!(
        status(r#"{"ops":[{"op":"sync","resource":"messages"}]}"#),
        Status::Passed
    );
    assert_eq!(
        status(r#"[{"op":"sync","resource":"messages"}]"#),
        Status::Passed
    );
    assert_eq!(
        status(r#"{"ops":[{"op":"sync","resource":"calls"}]}"#),
        Status::Failed
    );
    assert_eq!(status(r#"{"ops":[]}"#), Status::Failed);
    assert_eq!(status(r#"{"opps":[]}"#), Status::Failed);
}

#[test]
fn wizard_without_a_driver_is_an_error() {
    let manifest = r#"{"id": "p", "version": "1.0.0",
        "flows": [{"id": "s", "entry": "setup", "nodes": {"n": {"component": "c"}}}]}"#;
    let source = pack(&[("pack.json", manifest)]);
    let (_, results, verdict) = judged(source, &fake(|_, _| ran("{}", 1)));
    assert_eq!(verdict, Verdict::Error);
    assert_eq!(codes(of(&results, "wizard.completes")), ["E_UNSUPPORTED"]);
}

#[test]
fn unopened_pack_has_a_result_for_every_check() {
    let unread = Err(OpenError::Unread("no such file".into()));
    let sources = [
        unread,
        Ok(Source::Archive(b"junk".to_vec().into())),
        Ok(pack(&[("pack.json", "{")])),
    ];
    let expected = [
        ("archive.readable", "E_IO", Verdict::Error),
        ("archive.readable", "E_ZIP_NOT_ZIP", Verdict::Fail),
        ("manifest.decodes", "E_MANIFEST_JSON", Verdict::Fail),
    ];
    for (source, (check, code, wanted)) in sources.into_iter().zip(expected) {
        let subject = observe(source, &NoopExecutor, &Conditions::default());
        let results = judge(&subject);
        assert_eq!(results.len(), checks::all().count());
        assert_eq!(codes(of(&results, check)), [code]);
        assert_eq!(verdict(&subject, &results), wanted);
        let others = results
            .iter()
            .filter(|r| r.check != check && r.status >= Status::Failed);
        assert_eq!(others.count(), 0, "only one check fails");
    }
}

#[test]
fn violated_bound_is_reported_by_a_check_of_bounds() {
    let limits = Limits::default();
    let bytes = vec![0; usize::try_from(limits.archive.archive_bytes).expect("fits") + 1];
    let (_, results, _) = judged(Source::Archive(bytes.into()), &NoopExecutor);
    assert_eq!(codes(of(&results, "archive.bounded")), ["E_SIZE"]);
    assert_eq!(of(&results, "archive.readable").status, Status::Blocked);
    for code in StepCode::ALL.iter().filter(|c| c.is_bound()) {
        let (_, results, _) = judged(pack(&[]), &fake(|_, _| failed(*code)));
        assert_eq!(
            of(&results, "sandbox.within-limits").status,
            Status::Failed,
            "{code:?}"
        );
    }
}

#[test]
fn malformed_answers_fixture_is_a_failure_of_the_pack() {
    let source = pack(&[("fixtures/setup.input.json", "{,}")]);
    let (_, results, verdict) = judged(source, &fake(|_, _| ran("{}", 1)));
    assert_eq!(
        (verdict, codes(of(&results, "wizard.completes"))),
        (Verdict::Fail, vec!["E_FIXTURE"])
    );
}

#[test]
fn violation_of_a_core_rule_has_the_code_of_greentic_types() {
    let pack_v1 = |dependencies: serde_json::Value| {
        let manifest = serde_json::json!({
            "schema_version": "pack-v1", "pack_id": "demo.pack", "version": "1.0.0",
            "kind": "provider", "publisher": "nobody", "dependencies": dependencies,
        });
        let manifest = serde_json::from_value(manifest).expect("a manifest");
        let bytes = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
        let files = [("manifest.cbor".to_owned(), bytes)].into();
        let source = Source::Folder {
            files,
            manifest: None,
        };
        let (_, results, _) = judged(source, &NoopExecutor);
        let result = of(&results, "manifest.core-rules");
        (
            result.status,
            codes(result).first().map(|c| (*c).to_owned()),
        )
    };
    assert_eq!(pack_v1(serde_json::json!([])), (Status::Passed, None));
    let nameless =
        serde_json::json!([{"alias": " ", "pack_id": "other.pack", "version_req": "^1"}]);
    let code = Some("PACK_DEPENDENCY_ALIAS_MISSING".to_owned());
    assert_eq!(pack_v1(nameless), (Status::Failed, code));
    let (_, results, _) = judged(pack(&[]), &NoopExecutor);
    let result = of(&results, "manifest.core-rules");
    assert_eq!(result.status, Status::NotApplicable);
}

#[test]
fn consumption_of_all_steps_of_a_pack_is_bounded() {
    let executor = fake(|_, _| ran("{}", 4_000_000_000));
    let (subject, results, verdict) = judged(pack(&[]), &executor);
    assert_eq!(verdict, Verdict::Fail);
    assert_eq!(codes(of(&results, "wizard.completes")), ["E_PACK_BUDGET"]);
    let run = subject.wizards()[0].run().expect("a run");
    let ran = run.steps.iter().filter(|s| s.failure().is_none()).count();
    assert_eq!(ran, 3, "the fourth step exceeds the budget");
    // A run that exceeded the budget is not repeated.
    assert_eq!(executor.0.load(Ordering::Relaxed), 3);
}
