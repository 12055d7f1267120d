//! ABIs that no pack of the project uses, tested with real components.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::wizard::{Call, CallContext, StepCode, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Limits, Pack, Source, cbor};
use provision_exec::WasmtimeExecutor;
use serde_json::{Value, json};
use std::path::Path;

struct Guest {
    executor: WasmtimeExecutor,
    pack: Pack,
}

impl Guest {
    /// A pack with the guest `name` only, as built from `packs/sources`.
    fn built(name: &str) -> Self {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/sources/built");
        let bytes = std::fs::read(built.join(name)).expect("a built guest");
        Self::of("guest.wasm", &bytes)
    }

    fn of(file: &str, bytes: &[u8]) -> Self {
        let files = [("pack.json", &b"{}"[..]), (file, bytes)];
        let files = files.map(|(n, b)| (n.to_owned(), b.to_vec())).into();
        let manifest = None;
        let source = Source::Folder { files, manifest };
        let limits = Limits::default();
        Self {
            executor: WasmtimeExecutor::new(&limits.step).expect("an executor"),
            pack: Pack::open(source, &limits).expect("opens"),
        }
    }

    fn call(&self, call: Call) -> Result<Value, StepCode> {
        let file = self
            .pack
            .files()
            .find(|f| *f != "pack.json")
            .expect("a guest");
        let request = StepRequest::new(file, call);
        match self.executor.execute(&self.pack, &request).result {
            Ok(StepOutcome::Json(bytes)) => Ok(serde_json::from_slice(&bytes).expect("JSON")),
            Ok(StepOutcome::Cbor(bytes)) => {
                let tree = cbor::parse(&bytes, 16).expect("CBOR");
                Ok(cbor::to_json(&tree).expect("JSON"))
            }
            Ok(StepOutcome::NotRun) => Ok(Value::Null),
            Err(failure) => Err(failure.code),
        }
    }
}

/// A provider whose description has this type.
fn describes(result: &str) -> Guest {
    let text = format!(
        r#"(component
            (core module $m
                (memory (export "memory") 1)
                (data (i32.const 8) "\10\00\00\00\02\00\00\00{{}}")
                (func (export "describe") (result i32) (i32.const 8)))
            (core instance $i (instantiate $m))
            (func $describe (result {result})
                (canon lift (core func $i "describe") (memory $i "memory")))
            (instance $api (export "describe" (func $describe)))
            (export "greentic:provider-schema-core/schema-core-api@1.0.0" (instance $api)))"#
    );
    Guest::of("guest.wat", text.as_bytes())
}

#[test]
fn function_of_other_types_is_called_and_its_result_refused() {
    assert_eq!(describes("(list u8)").call(Call::Describe), Ok(json!({})));
    let guest = describes("string");
    let request = StepRequest::new("guest.wat", Call::Describe);
    let answer = guest.executor.execute(&guest.pack, &request);
    let failure = answer.result.expect_err("a string");
    assert_eq!(failure.code, StepCode::Abi);
    let why = "describe: the result is not list<u8>";
    assert!(failure.message.ends_with(why), "{}", failure.message);
}

fn invoke(operation: &str) -> Call {
    Call::Invoke {
        operation: operation.into(),
        context: Box::new(CallContext {
            environment: "test".into(),
            tenant: "acme".into(),
            flow: "setup".into(),
            node: "n1".into(),
            component: "abis".into(),
            ..CallContext::default()
        }),
        input: json!({ "a": [1, "x", null] }),
    }
}

#[test]
fn node_0_6_gets_an_envelope_and_precedes_older_versions() {
    let guest = Guest::built("rust-abis.wasm");
    let expected = json!({
        "op": "echo", "input": {"a": [1, "x", null]}, "flow": "setup", "step": "n1",
        "component": "abis", "tenant": "acme", "cancelled": false,
    });
    assert_eq!(guest.call(invoke("echo")), Ok(expected));
    assert_eq!(
        guest.call(invoke("fail")),
        Err(StepCode::Step),
        "an error of the node"
    );
    assert_eq!(
        guest.call(invoke("unwell")),
        Err(StepCode::Step),
        "ok: false"
    );
    let described = guest.call(Call::Describe).expect("a description");
    assert_eq!(described["name"], "abis");
}

#[test]
fn component_qa_gets_the_present_config() {
    let guest = Guest::built("rust-abis.wasm");
    let spec = guest
        .call(Call::QaSpec {
            mode: "update".into(),
        })
        .expect("a spec");
    assert_eq!(spec["mode"], "QaMode::Update");
    let apply = |mode: &str| {
        guest.call(Call::ApplyAnswers {
            mode: mode.into(),
            current: json!({ "color": "red", "size": 1 }),
            answers: json!({ "size": 3 }),
        })
    };
    assert_eq!(apply("update"), Ok(json!({ "color": "red", "size": 3 })));
    assert_eq!(apply("remove"), Ok(json!({})));
    assert_eq!(apply("destroy"), Err(StepCode::Abi), "no such mode");
    assert_eq!(guest.call(Call::I18nKeys), Ok(json!(["abis.size"])));
    let bundle = Call::I18nBundle {
        locale: "en".into(),
    };
    assert_eq!(
        guest.call(bundle),
        Err(StepCode::Abi),
        "0.6.0 has only keys"
    );
}

#[test]
fn validator_runs_only_if_it_applies() {
    let guest = Guest::built("rust-abis.wasm");
    let validate = |files: &[&str]| {
        guest.call(Call::ValidatePack {
            manifest: vec![1, 2, 3],
            sbom: "{}".into(),
            files: files.iter().map(|f| (*f).to_owned()).collect(),
        })
    };
    assert_eq!(validate(&[]), Ok(Value::Null), "it does not apply");
    let diagnostics = validate(&["a", "b"]).expect("diagnostics");
    assert_eq!(diagnostics[0]["message"], "2 files, 3 bytes, {}");
    assert_eq!(diagnostics[0]["severity"], "warn");
}

#[test]
fn provider_answers_through_schema_core_and_its_own_modes() {
    let guest = Guest::built("rust-provider.wasm");
    // This version of the interface calls the mode `update` `upgrade`.
    let spec = guest
        .call(Call::QaSpec {
            mode: "update".into(),
        })
        .expect("a spec");
    assert_eq!(spec["questions"][0]["id"], "room");
    let valid = |config: Value| guest.call(Call::ValidateConfig { config });
    assert_eq!(
        valid(json!({ "base_url": "https://a.invalid" })),
        Ok(json!({ "valid": true }))
    );
    assert_eq!(valid(json!({})), Ok(json!({ "valid": false })));
    // The host denies the request, and the guest sees the denial.
    let sent = guest.call(invoke("send")).expect("an answer");
    assert_eq!(sent, json!({ "ok": false, "error": "denied" }));
    let bundle = guest
        .call(Call::I18nBundle {
            locale: "de".into(),
        })
        .expect("a bundle");
    assert_eq!(
        (&bundle["locale"], &bundle["messages"]["chat.qa.token"]),
        (&json!("de"), &json!("Bot token"))
    );
    assert_eq!(
        guest
            .call(Call::Plan { inputs: json!({}) })
            .expect("a plan")["webhooks"][0]["url"],
        "/chat"
    );
}

/// A component of the runtime interface, as text. It answers its CBOR input.
const RUNTIME: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 3))))
    (func (export "invoke") (param i32 i32 i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 2)) (i32.store (i32.const 4) (local.get 3)) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $invoke (param "op" string) (param "input-cbor" (list u8)) (result (list u8))
    (canon lift (core func $i "invoke") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (instance $r (export "invoke" (func $invoke)))
  (export "greentic:component/runtime@VERSION" (instance $r)))"#;

#[test]
fn runtime_is_matched_by_the_leading_numbers_of_its_version() {
    for (version, known) in [
        ("0.6.0", true),
        ("0.6.9", true),
        ("0.7.0", false),
        ("0.60.0", false),
    ] {
        let guest = Guest::of("guest.wat", RUNTIME.replace("VERSION", version).as_bytes());
        let expected = if known {
            Ok(json!({ "a": [1, "x", null] }))
        } else {
            Err(StepCode::Abi)
        };
        assert_eq!(guest.call(invoke("any")), expected, "{version}");
    }
}

#[test]
fn component_runtime_gets_input_and_empty_state_as_cbor() {
    let echo = include_str!("../../../packs/sources/wat/runtime-echo.wat");
    let guest = Guest::of("guest.wat", echo.as_bytes());
    assert_eq!(
        guest.call(invoke("any")),
        Ok(json!({ "a": [1, "x", null] })),
        "the answer is the input"
    );
    let described = guest.call(Call::Describe);
    assert_eq!(described, Err(StepCode::Abi), "it only runs");
}
