//! Rules that follow from what hosts do with a pack: which components the runner loads,
//! which files readers need, and which flows the operator runs.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod project;

use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use project::{Files, files_of};
use provision_core::wizard::NoopExecutor;
use provision_core::{Source, Status};
use provision_oracle::{CheckResult, Conditions, Scope, causes, judge, observe};
use serde_json::{Value, json};

/// A pack of this project, with changes to its manifest (as JSON) and its files.
fn changed(pack: &str, change: impl Fn(&mut Value, &mut Files)) -> Source {
    let mut files = files_of(pack);
    let manifest = decode_pack_manifest(&files["manifest.cbor"]).expect("decodes");
    let mut manifest = serde_json::to_value(manifest).expect("JSON");
    change(&mut manifest, &mut files);
    let manifest: PackManifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = encode_pack_manifest(&manifest).expect("encodes");
    files.insert("manifest.cbor".into(), manifest);
    Source::Folder {
        files,
        manifest: None,
    }
}

fn judged(pack: &str, change: impl Fn(&mut Value, &mut Files)) -> Vec<CheckResult> {
    let source = changed(pack, change);
    judge(&observe(Ok(source), &NoopExecutor, &Conditions::default()))
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

/// The runner reads the table of sources only if the manifest declares no component.
#[test]
fn component_of_the_table_of_sources_is_loaded_if_the_manifest_declares_none() {
    let nodes = |declares_another: bool| {
        let results = judged("conforming/application", |manifest, files| {
            let table = json!({ "schema_version": 1, "components": [{
                "name": "echo", "component_id": "echo", "source": "oci://host/echo:latest",
                "resolved": { "digest": format!("sha256:{}", "0".repeat(64)) },
                "artifact": { "inline": { "wasm_path": "components/echo.wasm" } },
            }] });
            let name = "greentic.pack.component_sources@v1";
            manifest["extensions"] =
                json!({ name: { "kind": name, "version": "1.0.0", "inline": table } });
            let mut components = manifest["components"].take();
            components[0]["id"] = json!("other");
            let file = files["components/echo.wasm"].clone();
            files.insert("components/other.wasm".into(), file);
            manifest["components"] = if declares_another {
                components
            } else {
                json!([])
            };
        });
        of(&results, "manifest.nodes-resolve")
    };
    assert_eq!(nodes(false), passed());
    assert_eq!(nodes(true), failed("E_NODE_COMPONENT"));
}

#[test]
fn runner_finds_a_component_under_one_name_alone() {
    let present = |name: &str| {
        let results = judged("conforming/application", |_, files| {
            let file = files.remove("components/echo.wasm").expect("the file");
            files.insert(name.into(), file);
        });
        of(&results, "manifest.components-present")
    };
    assert_eq!(present("components/echo.wasm"), passed());
    let missing = failed("E_COMPONENT_MISSING");
    assert_eq!(present("components/echo/component.wasm"), missing);
    assert_eq!(present("components/echo@1.0.0/component.wasm"), missing);
}

#[test]
fn component_that_is_no_wasm_is_refused_although_nothing_calls_it() {
    let results = judged("conforming/pack-v1-library", |_, files| {
        let text = br#"{"type": "object"}"#.to_vec();
        files.insert("components/demo-ops.wasm".into(), text);
    });
    let present = of(&results, "manifest.components-present");
    assert_eq!(present, failed("E_NOT_WASM"));
}

/// Readers of a pack-v1 pack go on without its SBOM.
#[test]
fn sbom_that_does_not_decode_keeps_a_pack_v1_pack_from_being_published_alone() {
    let results = judged("conforming/pack-v1-library", |_, files| {
        files.insert("sbom.json".into(), b"{}".to_vec());
    });
    assert_eq!(
        of(&results, "integrity.sbom-decodes").0,
        Status::NotApplicable
    );
    assert_eq!(of(&results, "integrity.sbom"), failed("E_SBOM_DECODE"));
}

#[test]
fn schema_is_needed_only_where_a_host_looks_for_it() {
    let schemas = |name: &str| {
        let results = judged("conforming/pack-v1-library", |manifest, _| {
            let inline = json!({ "providers": [{
                "provider_type": "messaging.demo", "capabilities": [], "ops": [],
                "config_schema_ref": "schemas/gone.json",
                "runtime": { "component_ref": "demo-ops", "export": "run", "world": "demo" },
            }] });
            manifest["extensions"][name] =
                json!({ "kind": name, "version": "1.0.0", "inline": inline });
        });
        let (_, codes) = of(&results, "manifest.schemas-valid");
        codes.contains(&"E_SCHEMA_MISSING".to_owned())
    };
    assert!(schemas("greentic.provider-extension.v1"));
    assert!(!schemas("greentic.ext.provider"), "no host reads it");
}

/// Two flows with the key `next`, which the runner ignores, have one defect.
#[test]
fn routes_that_the_runner_ignores_are_one_cause() {
    let source = changed("conforming/application", |manifest, _| {
        for (flow, node) in [(1, "text"), (2, "bye")] {
            let nodes = &mut manifest["flows"][flow]["flow"]["nodes"];
            nodes[node]["routing"] = json!({ "custom": [{ "next": node }] });
        }
    });
    let subject = observe(Ok(source), &NoopExecutor, &Conditions::default());
    let causes = causes(&subject, &judge(&subject));
    let ignored = causes
        .iter()
        .filter(|c| c.code.as_str() == "E_ROUTE_IGNORED");
    let counts: Vec<usize> = ignored.map(|c| c.findings).collect();
    assert_eq!(counts, [2]);
}
