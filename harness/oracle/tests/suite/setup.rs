//! Setup as the operator does it, with an executor that answers operations from a script.

use crate::project;

use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use project::{Files, files_of};
use provision_core::wizard::questions::canary;
use provision_core::wizard::{
    Call, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status};
use provision_oracle::{CheckResult, Conditions, Level, Subject, judge, observe};
use serde_json::{Value, json};
use std::sync::{Mutex, PoisonError};

/// Answers the operations of a provider, and keeps what it was asked.
pub(crate) struct Provider {
    spec: Value,
    keys: Value,
    config: Value,
    seen: Mutex<Vec<(String, String, Value)>>,
}

impl Provider {
    pub(crate) fn new(questions: Value, config: Value) -> Self {
        Self {
            spec: json!({ "title": { "key": "title" }, "questions": questions }),
            keys: json!(["title"]),
            config,
            seen: Mutex::default(),
        }
    }

    /// The inputs of `operation`, and the files that were asked.
    fn seen(&self, operation: &str) -> Vec<(String, Value)> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let of = seen.iter().filter(|(_, name, _)| name == operation);
        of.map(|(file, _, input)| (file.clone(), input.clone()))
            .collect()
    }
}

impl StepExecutor for Provider {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let result = match &request.call {
            Call::ProviderOperation { operation, input } => {
                let asked = (request.component.clone(), operation.clone(), input.clone());
                let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(asked);
                let answer = match operation.as_str() {
                    "qa-spec" => self.spec.clone(),
                    "i18n-keys" => self.keys.clone(),
                    _ => json!({ "ok": true, "config": self.config }),
                };
                Ok(StepOutcome::Json(answer.to_string().into()))
            }
            Call::QaSpec { .. } => Ok(StepOutcome::Json(self.spec.to_string().into())),
            Call::ApplyAnswers { answers, .. } => {
                let answer = json!({ "ok": true, "config": answers });
                Ok(StepOutcome::Json(answer.to_string().into()))
            }
            other => Err(StepFailure::new(StepCode::Abi, other.function())),
        };
        StepAnswer::of(result)
    }
}

/// A component with questions of its own.
const ASKS: &str = r#"(component (component $c) (instance $i (instantiate $c))
    (export "greentic:component/component-qa@0.6.0" (instance $i)))"#;

/// The results of the conforming provider of this project after a change.
fn judged(
    executor: &dyn StepExecutor,
    change: impl Fn(&mut PackManifest, &mut Files),
) -> Vec<CheckResult> {
    judge(&observed(executor, change))
}

/// What is observed of the same provider.
fn observed(
    executor: &dyn StepExecutor,
    change: impl Fn(&mut PackManifest, &mut Files),
) -> Subject {
    let mut files = files_of("conforming/operator-provider");
    let mut manifest = decode_pack_manifest(&files["manifest.cbor"]).expect("decodes");
    // The questions of these tests have other answers than the pack's own schema.
    manifest.components[0].config_schema = None;
    change(&mut manifest, &mut files);
    let manifest = encode_pack_manifest(&manifest).expect("encodes");
    files.insert("manifest.cbor".into(), manifest);
    let source = Source::Folder {
        files,
        manifest: None,
    };
    observe(Ok(source), executor, &Conditions::default())
}

fn result<'r>(results: &'r [CheckResult], check: &str, scope: &str) -> &'r CheckResult {
    let is = |r: &&CheckResult| r.check == check && r.scope.to_string() == scope;
    results.iter().find(is).expect("a result")
}

/// The status of a check of the whole pack, and the codes and places of its findings.
fn of_pack(results: &[CheckResult], check: &str) -> (Status, Vec<String>) {
    let result = result(results, check, "pack");
    let found = result.findings.iter();
    let found = found.map(|f| format!("{} {}", f.code, f.at));
    (result.status, found.collect())
}

pub(crate) fn question(id: &str) -> Value {
    json!({ "id": id, "kind": "text", "required": true })
}

#[test]
fn text_that_the_component_does_not_list_stops_the_setup() {
    let mut provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let (status, found) = of_pack(&judged(&provider, |_, _| {}), "setup.operator");
    assert_eq!((status, found), (Status::Passed, vec![]));
    provider.keys = json!(["another"]);
    let (status, found) = of_pack(&judged(&provider, |_, _| {}), "setup.operator");
    assert_eq!(status, Status::Failed);
    assert_eq!(found, ["E_QUESTIONS operator.default, invoke i18n-keys"]);
}

/// Answers like the provider, and traps for each other token than the usual one.
struct OneToken(Provider);

impl StepExecutor for OneToken {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let usual = |answers: &Value| answers["bot_token"] == canary("bot_token");
        match &request.call {
            Call::ProviderOperation { operation, input }
                if operation == "apply-answers"
                    && input["mode"] != "remove"
                    && !usual(&input["answers"]) =>
            {
                let trap = StepFailure::new(StepCode::Trap, "unreachable");
                StepAnswer::of(Err(trap))
            }
            _ => self.0.execute(pack, request),
        }
    }
}

/// `setup.operator` judges the first run alone.
#[test]
fn setup_that_traps_for_another_token_does_not_complete() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let results = judged(&OneToken(provider), |_, _| {});
    let completes = result(&results, "wizard.completes", "operator.default");
    assert_eq!(completes.status, Status::Failed);
    let at: Vec<&str> = completes.findings.iter().map(|f| f.at.as_str()).collect();
    assert!(at[0].contains(", in another installation"), "{at:?}");
}

#[test]
fn config_schema_that_multiplies_stops_the_setup() {
    let twice = |i: usize| {
        let next = json!({ "$ref": format!("#/$defs/d{}", i + 1) });
        (format!("d{i}"), json!({ "allOf": [next.clone(), next] }))
    };
    let definitions = (0..40).map(twice).chain([("d40".into(), json!({}))]);
    let definitions: serde_json::Map<String, Value> = definitions.collect();
    let schema = json!({ "$ref": "#/$defs/d0", "$defs": definitions });
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let results = judged(&provider, |manifest, _| {
        manifest.components[0].config_schema = Some(schema.clone());
    });
    let (status, found) = of_pack(&results, "setup.operator");
    assert_eq!(status, Status::Failed);
    let expected = "E_SCHEMA_LIMIT operator.default, config";
    assert_eq!(found.first().map(String::as_str), Some(expected));
}

#[test]
fn setup_gets_the_answers_of_the_form_and_removal_gets_none() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    judged(&provider, |_, _| {});
    let applied = provider.seen("apply-answers");
    let of_mode = |mode: &str| -> Vec<Value> {
        let inputs = applied.iter().map(|(_, input)| input);
        let inputs = inputs.filter(|input| input["mode"] == mode);
        inputs.map(|input| input["answers"].clone()).collect()
    };
    let first = of_mode("default").first().cloned().expect("a setup");
    assert_eq!(first["room"], "example");
    let token = first["bot_token"].as_str();
    assert_eq!(token, Some(canary("bot_token").as_str()));
    let removals = of_mode("remove");
    assert!(!removals.is_empty());
    assert_eq!(removals[0], json!({}));
}

#[test]
fn base_url_and_an_unstated_default_need_no_question() {
    let asked = json!([
        question("public_base_url"),
        question("enabled"),
        question("room")
    ]);
    let provider = Provider::new(asked.clone(), json!({ "room": "blue", "enabled": true }));
    let results = judged(&provider, |_, _| {});
    let agree = of_pack(&results, "setup.questions-agree");
    assert_eq!(agree, (Status::Passed, vec![]));
    let without = Provider::new(asked, json!({ "room": "blue" }));
    let results = judged(&without, |_, _| {});
    let agree = of_pack(&results, "setup.questions-agree");
    let expected = vec!["E_QUESTIONS_DISAGREE `enabled`".to_owned()];
    assert_eq!(agree, (Status::Failed, expected));
}

#[test]
fn setup_that_received_no_declared_secret_does_not_pass() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let contained = |form: &str| {
        let results = judged(&provider, |_, files| {
            files.insert("assets/setup.yaml".into(), form.as_bytes().to_vec());
        });
        result(&results, "secrets.contained", "operator.default").status
    };
    let room = "questions:\n- {name: room, kind: string, required: true}\n";
    assert_eq!(contained(room), Status::NotApplicable);
    let optional = format!("{room}- {{name: pin, kind: string, secret: true}}\n");
    assert_eq!(contained(&optional), Status::Blocked);
    let required = optional.replace("secret: true", "secret: true, required: true");
    assert_eq!(contained(&required), Status::Passed);
}

#[test]
fn operator_refuses_a_provider_without_the_flow_that_it_lists() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let (status, _) = of_pack(&judged(&provider, |_, _| {}), "wizard.present");
    assert_eq!(status, Status::Passed);
    let results = judged(&provider, |manifest, _| manifest.flows.clear());
    let (status, found) = of_pack(&results, "wizard.present");
    assert_eq!(
        (status, found),
        (Status::Failed, vec!["E_NO_WIZARD manifest.cbor".into()])
    );
}

#[test]
fn operator_asks_the_first_provider_if_any_declares_the_operations() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    judged(&provider, |manifest, files| {
        let mut value = serde_json::to_value(&*manifest).expect("JSON");
        let list = "/extensions/greentic.provider-extension.v1/inline/providers";
        let providers = value.pointer_mut(list).and_then(Value::as_array_mut);
        let providers = providers.expect("providers");
        let mut first = providers[0].clone();
        first["provider_type"] = json!("messaging.first");
        first["ops"] = json!(["send"]);
        first["runtime"]["component_ref"] = json!("first-provider");
        providers.insert(0, first);
        let mut component = value["components"][0].clone();
        component["id"] = json!("first-provider");
        let components = value["components"].as_array_mut().expect("components");
        components.push(component);
        *manifest = serde_json::from_value(value).expect("a manifest");
        let component = files["components/chat-provider.wasm"].clone();
        files.insert("components/first-provider.wasm".into(), component);
    });
    let asked = provider.seen("qa-spec");
    assert_eq!(asked[0].0, "components/first-provider.wasm");
}

#[test]
fn mark_of_any_file_makes_an_answer_a_secret() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let schema = json!({ "type": "object", "properties": { "room": { "type": "string", "x-redact": true } } });
    let results = judged(&provider, |_, files| {
        files.insert(
            "schemas/config.schema.json".into(),
            schema.to_string().into(),
        );
        let form = b"questions:\n- {name: room, kind: string, required: true}\n".to_vec();
        files.insert("assets/setup.yaml".into(), form);
    });
    // The answer is made up as a secret, which the plan sets apart from the config.
    let declared = result(&results, "secrets.contained", "operator.default");
    assert_eq!(declared.status, Status::Passed, "{declared:?}");
}

#[test]
fn secret_in_the_config_is_good_practice_only_if_a_file_declares_it() {
    let pin = json!({ "id": "pin", "kind": "text", "required": true, "secret": true });
    let provider = Provider::new(json!([pin]), Value::Null);
    let codes = |form: Option<&str>| {
        let mut files: Files = [
            (
                "pack.json".to_owned(),
                br#"{"id": "p", "version": "1.0.0"}"#.to_vec(),
            ),
            (
                "components/ask.wasm".to_owned(),
                wat::parse_str(ASKS).expect("Wasm"),
            ),
        ]
        .into();
        files.extend(form.map(|form| ("setup.yaml".to_owned(), form.as_bytes().to_vec())));
        let source = Source::Folder {
            files,
            manifest: None,
        };
        let results = judge(&observe(Ok(source), &provider, &Conditions::default()));
        ["secrets.contained", "secrets.in-config"]
            .map(|check| result(&results, check, "ask.qa.setup").status)
    };
    assert_eq!(codes(None), [Status::Failed, Status::Passed]);
    let form = "questions:\n- {name: pin, kind: string, required: true, secret: true}\n";
    assert_eq!(codes(Some(form)), [Status::Passed, Status::Failed]);
}

/// A machine on which every step takes too long.
struct Slow;

impl StepExecutor for Slow {
    fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
        StepAnswer::of(Err(StepFailure::new(StepCode::Deadline, "slow")))
    }
}

#[test]
fn failure_of_the_machine_is_an_error_in_every_profile() {
    let results = judged(&Slow, |_, _| {});
    let is = |r: &&CheckResult| r.status == Status::Error && r.level == Level::Must;
    assert!(results.iter().any(|r| is(&r)));
    let failed = results.iter().filter(|r| r.status == Status::Failed);
    let failed: Vec<&str> = failed.map(|r| r.check).collect();
    assert!(
        !failed.iter().any(|check| check.starts_with("setup.")),
        "{failed:?}"
    );
}

#[test]
fn no_answers_are_fuzzed_into_the_questions_of_an_author() {
    let provider = Provider::new(json!([question("room")]), json!({ "room": "blue" }));
    let subject = observed(&provider, |_, files| {
        files.insert(
            "components/ask.wasm".into(),
            wat::parse_str(ASKS).expect("Wasm"),
        );
    });
    let is_probed = |name: &str| {
        let mut wizards = subject.wizards().iter();
        let observed = wizards.find(|o| o.wizard.name == name).expect("a wizard");
        let runs = observed.runs.as_ref().expect("runs");
        assert!(runs.first.completed(), "{name}");
        runs.probed.is_some()
    };
    assert!(is_probed("operator.default"));
    assert!(!is_probed("ask.qa.setup"));
}
