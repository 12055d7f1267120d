//! The rules on what a manifest says of a pack, each broken alone.

use crate::project;
use crate::rules;

use greentic_types::schemas::component::v0_6_0::schema_hash;
use project::Files;
use provision_core::pack::digest;
use provision_core::wizard::{Call, StepAnswer, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Pack, Status};
use provision_oracle::{CheckResult, Conditions, judge, observe};
use rules::{changed, failed, of, passed};
use serde_json::{Value, json};

/// Describes every component with this answer, and runs nothing else.
struct Described(Value);

impl StepExecutor for Described {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let outcome = match &request.call {
            Call::Describe => StepOutcome::Json(self.0.to_string().into()),
            _ => StepOutcome::NotRun,
        };
        StepAnswer::of(Ok(outcome))
    }
}

/// The results of the conforming library of this project, with changes to its manifest
/// (as JSON) and files.
fn judged(describes: Value, change: impl Fn(&mut Value, &mut Files)) -> Vec<CheckResult> {
    let source = changed("conforming/pack-v1-library", change);
    judge(&observe(
        Ok(source),
        &Described(describes),
        &Conditions::default(),
    ))
}

fn extend(manifest: &mut Value, name: &str, inline: Value) {
    manifest["extensions"][name] = json!({ "kind": name, "version": "1.0.0", "inline": inline });
}

/// A provider extension with this document.
fn provider(docs: &str) -> Value {
    json!({ "providers": [{
        "provider_type": "messaging.demo", "capabilities": [], "ops": [],
        "config_schema_ref": "schemas/run.schema.json", "docs_ref": docs,
        "runtime": { "component_ref": "demo-ops", "export": "run", "world": "demo" },
    }] })
}

#[test]
fn document_that_the_provider_names_has_to_be_in_the_pack() {
    let references = |docs: &str| {
        let results = judged(json!({}), |manifest, files| {
            let inline = provider(docs);
            extend(manifest, "greentic.provider-extension.v1", inline);
            files.insert("docs/setup.md".into(), b"# Setup".to_vec());
        });
        of(&results, "manifest.references")
    };
    assert_eq!(references("docs/setup.md"), passed());
    assert_eq!(references("docs/other.md"), failed("E_FILE_MISSING"));
}

#[test]
fn provider_extension_under_its_present_name_is_no_legacy() {
    let visible = |names: &[&str]| {
        let results = judged(json!({}), |manifest, _| {
            for name in names {
                let inline = match *name {
                    "greentic.provider-extension.v1" => provider(""),
                    _ => json!({ "schema_version": 1, "offers": [], "providers": [] }),
                };
                extend(manifest, name, inline);
            }
        });
        of(&results, "manifest.provider-visible")
    };
    let (old, new) = ("greentic.ext.provider", "greentic.provider-extension.v1");
    let offers = "greentic.ext.capabilities.v1";
    assert_eq!(visible(&[new, offers]), passed());
    assert_eq!(visible(&[new, old, offers]), passed());
    assert_eq!(visible(&[new]), failed("E_CAPABILITIES_MISSING"));
    assert_eq!(visible(&[old, offers]), failed("E_EXTENSION_LEGACY"));
}

#[test]
fn secret_needs_a_scope_with_environment_and_tenant() {
    let scoped = |scope: Value| {
        let results = judged(json!({}), |manifest, _| {
            manifest["secret_requirements"] = json!([{ "key": "CHAT_TOKEN", "scope": scope }]);
        });
        of(&results, "manifest.secret-scopes")
    };
    assert_eq!(scoped(json!({ "env": "dev", "tenant": "t" })), passed());
    for bad in [
        json!(null),
        json!({ "env": " ", "tenant": "t" }),
        json!({ "env": "dev", "tenant": "" }),
    ] {
        assert_eq!(scoped(bad.clone()), failed("E_SECRET_SCOPE"), "{bad}");
    }
}

#[test]
fn sources_are_refused_in_a_production_build_alone() {
    let sources = |mode: &str| {
        let results = judged(json!({}), |manifest, files| {
            extend(manifest, "greentic.pack-mode.v1", json!({ "mode": mode }));
            files.insert("flows/default.json".into(), b"{}".to_vec());
        });
        of(&results, "manifest.no-sources")
    };
    assert_eq!(sources("prod"), failed("E_SOURCE_PACKED"));
    assert_eq!(sources("dev"), (Status::NotApplicable, vec![]));
}

#[test]
fn component_manifest_has_the_hash_of_the_index() {
    let file = "components/demo-ops.manifest.cbor";
    let agrees = |hash: Option<String>| {
        let results = judged(json!({}), |manifest, files| {
            let hash = hash.clone();
            let hash = hash.unwrap_or_else(|| format!("sha256:{}", digest(&files[file])));
            let row = json!({ "component_id": "demo-ops", "manifest_file": file,
                "encoding": "cbor", "content_hash": hash });
            let index = json!({ "schema_version": 1, "entries": [row] });
            extend(manifest, "greentic.pack.component_manifests@v1", index);
        });
        of(&results, "manifest.component-manifests")
    };
    assert_eq!(agrees(None), passed());
    let other = format!("sha256:{}", "0".repeat(64));
    assert_eq!(agrees(Some(other)), failed("E_COMPONENT_MANIFEST_DIFFERS"));
}

#[test]
fn copy_of_a_component_may_keep_the_name_of_its_origin() {
    let identity = |describes: Value, source: &str| {
        let results = judged(describes, |manifest, _| {
            let digest = format!("sha256:{}", "0".repeat(64));
            let row = |id: &str| {
                json!({ "name": id, "component_id": id, "source": source,
                    "resolved": { "digest": digest },
                    "artifact": { "inline": { "wasm_path": format!("components/{id}.wasm") } } })
            };
            let table = json!({ "schema_version": 1,
                "components": [row("demo-ops"), row("demo-more")] });
            extend(manifest, "greentic.pack.component_sources@v1", table);
        });
        of(&results, "manifest.component-identity")
    };
    let templates = json!({ "info": { "id": "ai.greentic.templates" } });
    let origin = "oci://host/library/templates:latest";
    assert_eq!(identity(templates.clone(), origin), passed());
    let (status, codes) = identity(templates, "oci://host/library/other:latest");
    assert_eq!(status, Status::Failed);
    assert!(codes.iter().all(|code| code == "E_COMPONENT_IDENTITY"));
}

/// The conforming application of this project, with changes to its manifest.
fn application(change: impl Fn(&mut Value)) -> (Status, Vec<String>) {
    let source = changed("conforming/application", |manifest, _| change(manifest));
    let none = Described(json!({}));
    let results = judge(&observe(Ok(source), &none, &Conditions::default()));
    of(&results, "manifest.oauth-capabilities")
}

#[test]
fn oauth_of_nodes_needs_the_capability_of_a_dependency() {
    let with = |operation: Option<&str>, text: &str, required: &[&str]| {
        application(|manifest| {
            let node = &mut manifest["flows"][0]["flow"]["nodes"]["start"];
            if let Some(operation) = operation {
                node["component"]["operation"] = json!(operation);
            }
            node["input"]["mapping"]["note"] = json!([{ "text": text }]);
            manifest["dependencies"] = json!([{
                "alias": "oauth", "pack_id": "oauth", "version_req": "*",
                "required_capabilities": required,
            }]);
        })
    };
    let missing = failed("E_OAUTH_CAPABILITY");
    let none = (Status::NotApplicable, Vec::new());
    let (card, broker, tokens) = (
        "greentic.cap.oauth.card.v1",
        "greentic.cap.oauth.broker.v1",
        "greentic.cap.oauth.token_validation.v1",
    );
    assert_eq!(with(None, "oauth", &[]), none);
    for (operation, text, capability) in [
        (Some("oauth.card.render"), "", card),
        (None, "see oauth.card.render", card),
        (None, card, card),
        (Some("oauth.get_access_token"), "", broker),
        (None, "oauth.get_access_token", broker),
        (Some("oauth.validate_token"), "", tokens),
        (Some("run_token_validation"), "", tokens),
        (None, "oauth.validate", tokens),
        (None, tokens, tokens),
    ] {
        let what = format!("{operation:?} {text}");
        assert_eq!(with(operation, text, &[]), missing, "{what}");
        assert_eq!(with(operation, text, &["other"]), missing, "{what}");
        assert_eq!(with(operation, text, &[capability]), passed(), "{what}");
    }
    // The broker's name alone uses nothing.
    assert_eq!(with(None, broker, &[]), none);
}

#[test]
fn lock_has_the_component_as_it_describes_itself() {
    let text = json!({ "type": "string" });
    let described = |id: &str| {
        json!({
            "info": { "id": id, "version": "1.0.0", "role": "tool", "display_name": null },
            "provided_capabilities": [], "required_capabilities": [], "metadata": {},
            "operations": [{
                "id": "run", "display_name": null,
                "input": { "schema": text }, "output": { "schema": text },
                "schema_hash": "the component's own, which other rules are about",
            }],
            "config_schema": { "type": "object", "additional": { "type": "forbid" } },
        })
    };
    // Computed with another implementation of CBOR.
    let schemas = "df87c8c6c97113b80016dc29f4bc0f53588967d20ee79030028c7fd5606bb12f";
    let with_outcomes = "9baed23bdb1e62adc68f11bc5be8bed1222ca43bcbf1329f810929a47e413678";
    let without_outcomes = "bb878bf6f2fd98da64730fa879f523b5ca0e1f6eb92117cbe9ccfbbdbc705c77";
    let current = |id: &str, operation: &str, schema: &str, describe: &str| {
        let results = judged(described(id), |_, files| {
            let bytes = digest(&files["components/demo-ops.wasm"]);
            let lock = json!({ "version": 1, "components": { "demo-ops": {
                "component_id": "demo-ops", "abi_version": "0.6.0",
                "resolved_digest": format!("sha256:{bytes}"), "describe_hash": describe,
                "operations": [{ "operation_id": operation, "schema_hash": schema }],
            } } });
            files.remove("pack.lock.cbor");
            files.insert("pack.lock.json".into(), lock.to_string().into_bytes());
        });
        of(&results, "integrity.lock-current")
    };
    let stale = failed("E_LOCK_STALE");
    assert_eq!(current("demo-ops", "run", schemas, with_outcomes), passed());
    assert_eq!(
        current("demo-ops", "run", schemas, without_outcomes),
        passed()
    );
    assert_eq!(current("demo-other", "run", schemas, with_outcomes), stale);
    assert_eq!(current("demo-ops", "walk", schemas, with_outcomes), stale);
    assert_eq!(
        current("demo-ops", "run", with_outcomes, with_outcomes),
        stale
    );
    assert_eq!(current("demo-ops", "run", schemas, schemas), stale);
}

#[test]
fn described_schema_admits_something_and_not_everything() {
    let judged_with = |config: &Value, own: Option<&str>| {
        let text = json!({ "type": "string" });
        let typed = |schema: &Value| serde_json::from_value(schema.clone()).expect("a schema");
        let hash = schema_hash(&typed(&text), &typed(&text), &typed(config)).expect("hashes");
        let describes = json!({
            "info": { "id": "demo-ops", "version": "1.0.0", "role": "tool", "display_name": null },
            "provided_capabilities": [], "required_capabilities": [], "metadata": {},
            "operations": [{
                "id": "run", "display_name": null,
                "input": { "schema": text }, "output": { "schema": text },
                "schema_hash": own.unwrap_or(&hash),
            }],
            "config_schema": config,
        });
        of(&judged(describes, |_, _| {}), "abi.described-schemas")
    };
    let closed = |properties: Value, required: Value| {
        let forbid = json!({ "type": "forbid" });
        json!({ "type": "object", "properties": properties, "required": required,
            "additional": forbid })
    };
    let int = |min: i64, max: i64| json!({ "type": "int", "min": min, "max": max });
    let a = json!({ "a": { "type": "bool" } });
    for fine in [
        json!({ "type": "bool" }),
        closed(json!({}), json!([])),
        closed(a.clone(), json!(["a"])),
        json!({ "type": "object", "required": [], "properties": a }),
        int(1, 1),
        json!({ "type": "enum", "values": [1] }),
        json!({ "type": "one_of", "variants": [{ "type": "null" }] }),
    ] {
        let (status, codes) = judged_with(&fine, None);
        assert_eq!((status, codes.len()), (Status::Passed, 0), "{fine}");
    }
    let open = json!({ "type": "object" });
    for broken in [
        open.clone(),
        closed(a, json!(["b"])),
        closed(json!({ "inner": open }), json!([])),
        json!({ "type": "object", "additional": { "type": "schema", "schema": open } }),
        int(2, 1),
        json!({ "type": "float", "min": 0.5, "max": 0.25 }),
        json!({ "type": "string", "min_len": 2, "max_len": 1 }),
        json!({ "type": "array", "items": { "type": "bool" }, "min_items": 2, "max_items": 1 }),
        json!({ "type": "array", "items": open }),
        json!({ "type": "enum", "values": [] }),
        json!({ "type": "one_of", "variants": [] }),
        json!({ "type": "one_of", "variants": [open] }),
    ] {
        // The same description of both components of the pack is two findings.
        let expected = (Status::Failed, vec!["E_DESCRIBED_SCHEMA".to_owned(); 2]);
        assert_eq!(judged_with(&broken, None), expected, "{broken}");
    }
    let (status, _) = judged_with(&json!({ "type": "bool" }), Some("another hash"));
    assert_eq!(status, Status::Failed);
}

#[test]
fn component_that_only_the_table_of_sources_has_describes_itself() {
    let identity = |id: &str| {
        let describes = json!({ "info": { "id": id } });
        let results = judged(describes, |manifest, _| {
            manifest["components"] = json!([]);
            let digest = format!("sha256:{}", "0".repeat(64));
            let row = json!({ "name": "demo-ops", "component_id": "demo-ops",
                "source": "oci://host/library/operations:latest",
                "resolved": { "digest": digest },
                "artifact": { "inline": { "wasm_path": "components/demo-ops.wasm" } } });
            let table = json!({ "schema_version": 1, "components": [row] });
            extend(manifest, "greentic.pack.component_sources@v1", table);
        });
        of(&results, "manifest.component-identity")
    };
    assert_eq!(identity("demo-ops"), passed());
    assert_eq!(identity("something-else"), failed("E_COMPONENT_IDENTITY"));
}
