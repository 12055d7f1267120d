//! The rules on what a manifest says of a pack, each broken alone.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod project;

use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use project::{Files, files_of};
use provision_core::pack::digest;
use provision_core::wizard::{
    Call, HostActivity, Meters, StepAnswer, StepExecutor, StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status};
use provision_oracle::{CheckResult, Conditions, Scope, judge, observe};
use serde_json::{Value, json};

/// Describes every component with this answer, and runs nothing else.
struct Described(Value);

impl StepExecutor for Described {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let outcome = match &request.call {
            Call::Describe => StepOutcome::Json(self.0.to_string().into()),
            _ => StepOutcome::NotRun,
        };
        StepAnswer {
            result: Ok(outcome),
            meters: Meters::default(),
            attempts: HostActivity::default(),
        }
    }
}

/// The results of the conforming library of this project, with changes to its manifest
/// (as JSON) and files.
fn judged(describes: Value, change: impl Fn(&mut Value, &mut Files)) -> Vec<CheckResult> {
    let mut files = files_of("conforming/pack-v1-library");
    let manifest = decode_pack_manifest(&files["manifest.cbor"]).expect("decodes");
    let mut manifest = serde_json::to_value(manifest).expect("JSON");
    change(&mut manifest, &mut files);
    let manifest: PackManifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = encode_pack_manifest(&manifest).expect("encodes");
    files.insert("manifest.cbor".into(), manifest);
    let source = Source::Folder {
        files,
        manifest: None,
    };
    judge(&observe(
        Ok(source),
        &Described(describes),
        &Conditions::default(),
    ))
}

/// The status of a check of the pack, and the codes of its findings.
fn of(results: &[CheckResult], check: &str) -> (Status, Vec<String>) {
    let is = |r: &&CheckResult| r.check == check && r.scope == Scope::Pack;
    let result = results.iter().find(is).expect("a result");
    let codes = result.findings.iter().map(|f| f.code.to_string());
    (result.status, codes.collect())
}

fn passed() -> (Status, Vec<String>) {
    (Status::Passed, Vec::new())
}

fn failed(code: &str) -> (Status, Vec<String>) {
    (Status::Failed, vec![code.to_owned()])
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

#[test]
fn lock_names_the_component_as_it_describes_itself() {
    let current = |id: &str| {
        let describes = json!({ "info": { "id": id }, "operations": [] });
        of(&judged(describes, |_, _| {}), "integrity.lock-current")
    };
    assert_eq!(current("demo-ops"), passed());
    assert_eq!(current("demo-other"), failed("E_LOCK_STALE"));
}
