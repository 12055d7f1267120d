//! Apply mode: what guests read from the stores of an installation and write there.

use crate::support::{code, executor, limits, pack};
use provision_core::wizard::{
    Call, Grants, HostVerdict, Outcome, ProvisionInputs, ProvisionMode, SecretBytes, StepAnswer,
    StepCode, StepExecutor, StepRequest, StoreView, StoreWrite, Task, TenantContext, WizardRun,
    drive, wizards,
};
use provision_core::{Limits, Pack, Source};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A guest that makes the calls that `program` names; the source says which.
fn guest(program: &str) -> String {
    let source = include_str!("../../../../packs/sources/wat/stores.wat");
    source.replace("PROGRAM ", program)
}

fn run(wat: &str, stores: Option<StoreView>) -> StepAnswer {
    let mut request = StepRequest::new(
        "step.wat",
        Call::Step {
            input: b"{}".into(),
        },
    );
    request.grants = Arc::new(Grants {
        stores,
        ..Grants::default()
    });
    executor(&limits()).execute(&pack("step.wat", wat.as_bytes()), &request)
}

fn applied(program: &str) -> StepAnswer {
    run(&guest(program), Some(StoreView::default()))
}

fn verdicts(answer: &StepAnswer) -> Vec<HostVerdict> {
    let calls = answer.attempts.calls.iter();
    calls.map(|call| call.verdict).collect()
}

fn token() -> StoreWrite {
    StoreWrite::SetSecret {
        key: "TOKEN".into(),
        value: SecretBytes::new(b"s3cret-v".to_vec()),
    }
}

fn cursor() -> StoreWrite {
    StoreWrite::SetState {
        key: "cursor".into(),
        value: b"42".to_vec(),
    }
}

#[test]
fn dry_run_withholds_what_apply_mode_records() {
    let dry = run(&guest("SWDUO"), None);
    assert_eq!(code(&dry), None);
    assert_eq!(dry.writes, []);
    let withheld = [HostVerdict::Withheld; 4];
    assert_eq!(verdicts(&dry)[..4], withheld);
    assert_eq!(verdicts(&dry)[4..], [HostVerdict::Denied], "OAuth");
    let applied = applied("SWDUO");
    assert_eq!(code(&applied), None);
    assert_eq!(verdicts(&applied), [HostVerdict::Recorded; 5]);
    let writes = [
        token(),
        cursor(),
        StoreWrite::DeleteState {
            key: "cursor".into(),
        },
        StoreWrite::Subscriptions {
            wanted: "{}".into(),
        },
        StoreWrite::OAuth {
            provider: "chat".into(),
        },
    ];
    assert_eq!(applied.writes, writes);
}

#[test]
fn step_reads_the_stores_and_its_own_writes() {
    let own = applied("NSGMWRDM");
    assert_eq!(code(&own), None, "{:?}", own.result);
    let dry = run(&guest("SG"), None);
    assert_eq!(
        code(&dry),
        Some(StepCode::Trap),
        "a dry run has no such secret"
    );
    let stores = StoreView {
        config: BTreeMap::from([("room".into(), json!("blue"))]),
        secrets: BTreeMap::from([("TOKEN".into(), SecretBytes::new(b"s3cret-v".to_vec()))]),
        state: BTreeMap::from([("cursor".into(), b"42".to_vec())]),
        writes_left: None,
    };
    let stored = run(&guest("GRB"), Some(stores));
    assert_eq!(code(&stored), None, "{:?}", stored.result);
    assert_eq!(stored.writes, []);
}

#[test]
fn http_and_foreign_keys_are_refused_in_apply_mode() {
    let refused = applied("H");
    assert_eq!(code(&refused), None, "{:?}", refused.result);
    assert_eq!(verdicts(&refused), [HostVerdict::Denied]);
    assert_eq!(refused.writes, []);
    // `put` has no result, so that the guest would go on without the secret.
    let foreign = applied("F");
    assert_eq!(code(&foreign), Some(StepCode::StoreRefused));
    assert_eq!(foreign.writes, []);
    let dry = run(&guest("F"), None);
    assert_eq!(code(&dry), None, "{:?}", dry.result);
    assert_eq!(verdicts(&dry), [HostVerdict::Denied]);
}

#[test]
fn guest_of_a_failing_store_gets_an_error_or_ends() {
    let failing = |program, accepted| {
        let stores = StoreView {
            writes_left: Some(accepted),
            ..StoreView::default()
        };
        run(&guest(program), Some(stores))
    };
    let answer = failing("WO", 1);
    assert_eq!(code(&answer), None, "{:?}", answer.result);
    let expected = [HostVerdict::Recorded, HostVerdict::Denied];
    assert_eq!(verdicts(&answer), expected);
    assert_eq!(answer.writes, [cursor()]);
    for program in ["WU", "WW", "WD"] {
        let answer = failing(program, 1);
        assert_eq!(code(&answer), Some(StepCode::Trap), "it demands success");
    }
    assert_eq!(code(&failing("S", 0)), Some(StepCode::StoreRefused));
    assert_eq!(code(&failing("S", 1)), None);
}

#[test]
fn trap_or_violated_bound_loses_all_writes() {
    for (program, expected) in [("SWT", StepCode::Trap), ("SLLLLL", StepCode::StoreBytes)] {
        let answer = applied(program);
        assert_eq!(code(&answer), Some(expected), "{:?}", answer.result);
        assert_eq!(answer.writes, [], "{program}");
    }
    let most = StoreView {
        state: BTreeMap::from([("a".into(), vec![0; 5 << 20])]),
        ..StoreView::default()
    };
    let answer = run(&guest("N"), Some(most));
    assert_eq!(code(&answer), Some(StepCode::StoreBytes));
}

#[test]
fn digest_of_a_call_in_apply_mode_does_not_depend_on_the_secret() {
    let other = guest("S").replace("s3cret-v", "s3cret-w");
    let stores = || Some(StoreView::default());
    let calls = |wat: &str, stores| run(wat, stores).attempts.calls;
    assert_eq!(calls(&guest("S"), stores()), calls(&other, stores()));
    assert_ne!(calls(&guest("S"), None), calls(&other, None), "canaries");
}

/// Runs a wizard whose steps make the calls of these programs.
fn wizard(programs: [&str; 4], stores: Option<&StoreView>) -> WizardRun {
    let manifest = json!({
        "id": "stores", "version": "1.0.0",
        "meta": {"entry_flows": {"setup": "setup_default"}},
    });
    let steps = ["collect", "validate", "apply", "summary"];
    let steps = steps.iter().zip(programs).map(|(step, program)| {
        let file = format!("components/setup_default__{step}.wat");
        (file, guest(program).into_bytes())
    });
    let manifest = ("pack.json".to_owned(), manifest.to_string().into_bytes());
    let source = Source::Folder {
        files: steps.chain([manifest]).collect(),
        manifest: None,
    };
    let limits = Limits::default();
    let pack = Pack::open(source, &limits).expect("opens");
    let found = wizards(&pack);
    let inputs = ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: "p".into(),
        install_id: "i".into(),
        public_base_url: None,
        answers: json!({"config": {"room": "blue"}, "secrets": {"OTHER": "hunter22"}}),
        existing_state: None,
    };
    let task = Task {
        wizard: found.first().expect("a wizard"),
        inputs: &inputs,
        mode: ProvisionMode::Install,
        answers: None,
        stores,
    };
    drive(&executor(&limits.step), &pack, &task, &limits)
}

#[test]
fn next_step_sees_what_the_steps_before_it_wrote() {
    let programs = ["NB", "SW", "GRD", "GM"];
    let run = wizard(programs, Some(&StoreView::default()));
    assert_eq!(run.outcome, Outcome::Completed, "{:?}", run.steps);
    let deleted = StoreWrite::DeleteState {
        key: "cursor".into(),
    };
    assert_eq!(run.writes, [token(), cursor(), deleted]);
    let other = SecretBytes::new(b"hunter22".to_vec());
    assert_eq!(
        run.secret_answers,
        BTreeMap::from([("OTHER".into(), other)])
    );
    let dry = wizard(["N", "SW", "M", "N"], None);
    assert_eq!(dry.outcome, Outcome::Completed, "{:?}", dry.steps);
    assert_eq!((dry.writes.len(), dry.secret_answers.len()), (0, 0));
}

#[test]
fn run_that_fails_late_writes_nothing_and_its_steps_quote_no_secret() {
    let run = wizard(["SW", "G", "G", "GT"], Some(&StoreView::default()));
    assert_eq!(run.outcome, Outcome::Failed);
    assert_eq!((run.writes.len(), run.secret_answers.len()), (0, 0));
    let shown = format!("{run:?}");
    let numbers = "104, 117, 110, 116";
    assert!(
        !shown.contains("hunter22") && !shown.contains(numbers),
        "{shown}"
    );
    assert!(!shown.contains("s3cret-v"), "{shown}");
}
