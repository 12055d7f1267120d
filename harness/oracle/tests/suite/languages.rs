//! A wizard whose components are given the user's language runs in another one as well.

use provision_core::wizard::{
    Call, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use provision_oracle::{Conditions, Level, judge, observe};
use serde_json::{Value, json};

/// Answers each operation by the language of the call and by the base URL.
struct Speaking(fn(&str, &str) -> Result<Value, StepFailure>);

impl StepExecutor for Speaking {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let answer = match &request.call {
            Call::Invoke { context, input, .. } => {
                let base = input["base"].as_str().unwrap_or_default();
                (self.0)(context.locale_or_english(), base)
            }
            other => Err(StepFailure::new(StepCode::Abi, other.function())),
        };
        StepAnswer::of(answer.map(|value| StepOutcome::Json(value.to_string().into())))
    }
}

/// A pack with a setup flow of one node.
fn pack() -> Source {
    let node = json!({
        "id": "s__apply", "component": { "id": "demo.ops", "operation": "apply" },
        "input": { "mapping": { "base": "{{ state.input.public_base_url }}" } }, "output": { "mapping": {} }, "routing": "end",
    });
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.flows", "version": "1.0.0",
        "kind": "application", "publisher": "demo",
        "components": [{
            "id": "demo.ops", "version": "1.0.0", "supports": ["messaging"], "world": "a:b/c",
            "profiles": { "default": "d", "supported": ["d"] },
            "capabilities": { "wasi": {}, "host": {} },
        }],
        "flows": [{
            "id": "s", "kind": "job", "entrypoints": ["setup"],
            "flow": {
                "schema_version": "flow-v1", "id": "s", "kind": "job",
                "entrypoints": { "default": "s__apply" }, "nodes": { "s__apply": node },
            },
        }],
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let files = [
        ("manifest.cbor", manifest),
        ("components/demo.ops.wasm", Vec::new()),
    ];
    Source::Folder {
        files: files.map(|(name, bytes)| (name.to_owned(), bytes)).into(),
        manifest: None,
    }
}

/// The findings of a check at must on the setup flow.
fn found(check: &str, speaks: fn(&str, &str) -> Result<Value, StepFailure>) -> Vec<String> {
    let subject = observe(Ok(pack()), &Speaking(speaks), &Conditions::default());
    let results = judge(&subject).into_iter();
    let of_check = results.filter(|r| r.check == check && r.level == Level::Must);
    let findings = of_check.flat_map(|r| r.findings);
    findings.map(|f| format!("{} {}", f.code, f.at)).collect()
}

#[test]
fn component_that_traps_in_another_language_fails() {
    let plain = |_: &str, _: &str| Ok(json!({ "plan": { "notes": ["done"] } }));
    assert_eq!(found("wizard.completes", plain), [""; 0]);
    let traps = |locale: &str, _: &str| {
        if locale.starts_with("en") {
            Ok(json!({}))
        } else {
            Err(StepFailure::new(StepCode::Trap, "unreachable"))
        }
    };
    let place = "E_TRAP step apply, node s__apply (components/demo.ops.wasm), in another language";
    assert_eq!(found("wizard.completes", traps), [place]);
}

#[test]
fn webhook_that_is_elsewhere_in_another_language_fails() {
    let elsewhere = |locale: &str, base: &str| {
        let base = if locale.starts_with("en") {
            base
        } else {
            "https://elsewhere.example"
        };
        let url = format!("{base}/hook");
        let webhook = json!({ "op": "register", "id": "hook", "url": url });
        Ok(json!({ "plan": { "webhook_ops": [webhook] } }))
    };
    let place = "E_WEBHOOK_BASE /webhook_ops/0/url, in another language";
    assert_eq!(found("plan.webhooks", elsewhere), [place]);
}

/// A component of which the bundle of texts in other languages than English traps.
struct EnglishOnly(WasmtimeExecutor);

impl StepExecutor for EnglishOnly {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        match &request.call {
            Call::I18nBundle { locale } if locale != "en" => {
                StepAnswer::of(Err(StepFailure::new(StepCode::Trap, "unreachable")))
            }
            _ => self.0.execute(pack, request),
        }
    }
}

#[test]
fn texts_that_trap_in_another_language_are_a_finding_that_says_so() {
    let archive = include_bytes!("../../../../packs/conforming/rust-provider.gtpack");
    let executor = WasmtimeExecutor::new(&Limits::default().step).expect("an executor");
    let english = EnglishOnly(executor);
    let of_check = |executor: &dyn StepExecutor| {
        let source = Source::Archive(archive.to_vec().into());
        let subject = observe(Ok(source), executor, &Conditions::default());
        let results = judge(&subject).into_iter();
        let of_check = results.filter(|r| r.check == "wizard.labels-translated");
        let findings = of_check.flat_map(|r| r.findings);
        let mut places: Vec<String> = findings.map(|f| format!("{} {}", f.code, f.at)).collect();
        places.dedup();
        places
    };
    assert_eq!(of_check(&english.0), [""; 0]);
    let found = of_check(&english);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("E_TRAP ") && found[0].ends_with(", in another language"));
}
