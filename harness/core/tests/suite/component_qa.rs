//! Tests of the questions and answers of a component, with an executor whose answer
//! depends on the call.

use provision_core::wizard::{
    Call, Outcome, ProvisionInputs, ProvisionMode, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepOutcome, StepRequest, StoreView, Task, TenantContext, WizardRun, drive, wizards,
};
use provision_core::{Limits, Pack, Source, cbor};
use serde_json::{Value, json};

/// Answers `qa-spec` with `spec`, and `apply-answers` with `applied`.
struct Component {
    spec: Vec<u8>,
    applied: Vec<u8>,
}

impl StepExecutor for Component {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let result = match &request.call {
            Call::QaSpec { .. } => Ok(StepOutcome::Cbor(self.spec.clone())),
            Call::ApplyAnswers { .. } => Ok(StepOutcome::Cbor(self.applied.clone())),
            other => Err(StepFailure::new(StepCode::Abi, other.function())),
        };
        StepAnswer::of(result)
    }
}

/// The setup run of a pack with this component, as a dry run without answers.
fn setup(component: &Component) -> WizardRun {
    setup_on(component, &json!({}), None)
}

/// The setup run with these answers, on these stores.
fn setup_on(component: &Component, answers: &Value, stores: Option<&StoreView>) -> WizardRun {
    let text = r#"(component (component $c) (instance $i (instantiate $c))
        (export "greentic:component/component-qa@0.6.0" (instance $i)))"#;
    let files = [
        ("pack.json", br#"{"id": "p", "version": "1.0.0"}"#.to_vec()),
        ("components/ask.wasm", wat::parse_str(text).expect("Wasm")),
    ];
    let files = files.map(|(name, bytes)| (name.to_owned(), bytes)).into();
    let manifest = None;
    let limits = Limits::default();
    let pack = Pack::open(Source::Folder { files, manifest }, &limits).expect("opens");
    let wizards = wizards(&pack);
    let wizard = wizards.iter().find(|w| w.name == "ask.qa.setup");
    let inputs = ProvisionInputs {
        tenant: TenantContext::default(),
        provider_id: "demo".into(),
        install_id: "demo-1".into(),
        public_base_url: Some("https://base.invalid".into()),
        answers: answers.clone(),
        existing_state: None,
    };
    let task = Task {
        wizard: wizard.expect("the component has questions"),
        inputs: &inputs,
        mode: ProvisionMode::DryRun,
        answers: None,
        stores,
    };
    drive(component, &pack, &task, &limits)
}

fn codes(run: &WizardRun) -> Vec<StepCode> {
    let failures = run.steps.iter().filter_map(|step| step.failure());
    failures.map(|failure| failure.code).collect()
}

#[test]
fn questions_may_be_json_but_applied_config_must_be_cbor() {
    let (spec, config) = (json!({ "questions": [] }), json!({ "config": {} }));
    let binary = |value| cbor::from_json(value).expect("encodes");
    let text = |value: &serde_json::Value| value.to_string().into_bytes();
    for spec in [binary(&spec), text(&spec)] {
        let applied = binary(&config);
        let run = setup(&Component { spec, applied });
        assert_eq!(codes(&run), []);
        assert_eq!(run.outcome, Outcome::Completed);
    }
    let run = setup(&Component {
        spec: binary(&spec),
        applied: text(&config),
    });
    assert_eq!(codes(&run), [StepCode::OutputCbor]);
    let run = setup(&Component {
        spec: br#"{"questions": [], "questions": []}"#.to_vec(),
        applied: binary(&config),
    });
    assert_eq!(codes(&run), [StepCode::OutputJson]);
}

#[test]
fn run_with_stores_makes_no_answer_up_and_keeps_secret_answers() {
    let binary = |value| cbor::from_json(value).expect("encodes");
    let spec = json!({ "questions": [
        {"id": "room", "kind": "text", "required": true, "default": "general"},
        {"id": "token", "kind": "text", "required": true, "secret": true},
    ]});
    let component = Component {
        spec: binary(&spec),
        applied: binary(&json!({ "config": {"room": "general"} })),
    };
    let dry = setup(&component);
    assert_eq!(dry.outcome, Outcome::Completed);
    assert!(dry.secret_answers.is_empty());
    let none = StoreView::default();
    let placeholder = json!({"secrets": {"token": "<redacted>"}});
    let lacking = setup_on(&component, &placeholder, Some(&none));
    assert_eq!(codes(&lacking), [StepCode::Step]);
    let failures: Vec<String> = lacking
        .steps
        .iter()
        .filter_map(|step| Some(step.failure()?.message.clone()))
        .collect();
    assert!(
        failures[0].contains("`token` has no answer; add one below `secrets`"),
        "{failures:?}"
    );
    let given = json!({"secrets": {"token": "hunter22"}});
    let run = setup_on(&component, &given, Some(&none));
    assert_eq!(run.outcome, Outcome::Completed);
    let set: Vec<&String> = run.plan.secrets_patch.set.keys().collect();
    assert_eq!(set, ["token"]);
    assert_eq!(run.secret_answers["token"].reveal(), b"hunter22");
    assert!(
        run.steps
            .iter()
            .all(|step| step.input.is_empty() && step.raw.is_none())
    );
}
