//! Rules that follow from what hosts do with a pack: which components the runner loads,
//! which files readers need, and which flows the operator runs.

use crate::project;
use crate::rules;

use project::Files;
use provision_core::Status;
use provision_core::wizard::NoopExecutor;
use provision_oracle::{CheckResult, Conditions, Scope, causes, judge, observe};
use rules::{changed, failed, of, passed};
use serde_json::{Value, json};

fn judged(pack: &str, change: impl Fn(&mut Value, &mut Files)) -> Vec<CheckResult> {
    let source = changed(pack, change);
    judge(&observe(Ok(source), &NoopExecutor, &Conditions::default()))
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

/// The runner compares the bytes of a packed component with the table, and refuses.
#[test]
fn component_that_changed_after_its_source_was_resolved_fails_as_the_pack_loads() {
    let present = |digest: Option<&str>, is_declared: bool, artifact: Value| {
        let results = judged("conforming/application", |manifest, files| {
            let own = provision_core::pack::digest(&files["components/echo.wasm"]);
            let digest = digest.map_or(own, str::to_owned);
            let table = json!({ "schema_version": 1, "components": [{
                "name": "echo", "component_id": "echo", "source": "oci://host/echo:latest",
                "resolved": { "digest": format!("sha256:{digest}") }, "artifact": artifact,
            }] });
            let name = "greentic.pack.component_sources@v1";
            manifest["extensions"] =
                json!({ name: { "kind": name, "version": "1.0.0", "inline": table } });
            if !is_declared {
                manifest["components"] = json!([]);
            }
        });
        of(&results, "manifest.components-present")
    };
    let inline = || json!({ "inline": { "wasm_path": "components/echo.wasm" } });
    let other = "0".repeat(64);
    for is_declared in [true, false] {
        assert_eq!(present(None, is_declared, inline()), passed());
        let changed = present(Some(&other), is_declared, inline());
        assert_eq!(changed, failed("E_COMPONENT_DIGEST"));
    }
    // The digest of what a registry holds says nothing about a file in the pack.
    assert_eq!(present(Some(&other), true, json!("remote")), passed());
}

/// What is not loaded cannot be fetched either, so the walk stops at the node.
#[test]
fn node_of_a_component_that_the_runner_does_not_load_is_blocked() {
    let walks = |declared: bool| {
        let results = judged("conforming/application", |manifest, files| {
            files.remove("components/echo.wasm");
            let name = "greentic.pack.component_sources@v1";
            let table = json!({ "schema_version": 1, "components": [{
                "name": "echo", "component_id": "echo", "source": "oci://host/echo:latest",
                "resolved": { "digest": format!("sha256:{}", "0".repeat(64)) },
                "artifact": "remote",
            }] });
            manifest["extensions"] =
                json!({ name: { "kind": name, "version": "1.0.0", "inline": table } });
            if !declared {
                manifest["components"][0]["id"] = json!("other");
            }
        });
        let mut results = results.into_iter();
        let walks = results.find(|r| r.check == "flow.walks");
        walks.expect("a result").status
    };
    assert_eq!(
        walks(true),
        Status::Passed,
        "a host fetches it, and the walk goes on"
    );
    assert_eq!(walks(false), Status::Blocked);
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

#[test]
fn second_sbom_with_other_rows_is_found_in_a_pack_v1_pack() {
    let results = judged("conforming/pack-v1-library", |_, files| {
        // An SBOM without rows.
        let empty = b"\xa2\x66format\x70greentic-sbom-v1\x65files\x80".to_vec();
        files.insert("sbom.cbor".into(), empty);
        let row = json!({
            "path": "a", "size": 0, "hash_blake3": "0".repeat(64), "media_type": "text/plain",
        });
        let other = json!({ "format": "greentic-sbom-v1", "files": [row] });
        files.insert("sbom.json".into(), other.to_string().into());
    });
    let (status, codes) = of(&results, "integrity.sbom");
    assert_eq!(status, Status::Failed);
    assert!(codes.contains(&"E_SBOM_AMBIGUOUS".to_owned()), "{codes:?}");
}

/// Lets the operator run the setup flow of a provider, because no extension declares the
/// operations that it would call instead.
fn by_flow(manifest: &mut Value) {
    let extensions = manifest["extensions"].as_object_mut().expect("extensions");
    extensions.remove("greentic.provider-extension.v1");
    let offers = "/extensions/greentic.ext.capabilities.v1/inline/offers/0";
    manifest.pointer_mut(offers).expect("an offer")["requires_setup"] = json!(true);
}

/// A provider whose only setup is an author's: the operator finds no flow to run.
#[test]
fn questions_of_an_author_are_no_setup_of_a_provider() {
    let present = |flow: bool| {
        let results = judged("conforming/operator-provider", |manifest, files| {
            by_flow(manifest);
            let asks = r#"(component (instance $qa)
                (export "greentic:component/component-qa@0.6.0" (instance $qa)))"#;
            let asks = wat::parse_str(asks).expect("assembles");
            files.insert("components/chat-provider.wasm".into(), asks);
            if !flow {
                manifest["flows"] = json!([]);
            }
        });
        of(&results, "wizard.present")
    };
    assert_eq!(present(true), passed());
    assert_eq!(present(false), failed("E_NO_WIZARD"));
}

/// A wizard in which nothing ran is an error only if a host runs it.
#[test]
fn wizard_that_nobody_runs_needs_no_step() {
    let results = judged("conforming/operator-provider", |manifest, _| {
        by_flow(manifest);
        let mut update = manifest["flows"][0].clone();
        (update["id"], update["flow"]["id"]) = (json!("update"), json!("update"));
        update["entrypoints"] = json!(["update"]);
        update["flow"]["nodes"] = json!({ "say": {
            "id": "say", "component": { "id": "emit.log" }, "routing": "end",
            "input": { "mapping": { "text": "hi" } }, "output": { "mapping": {} },
        } });
        update["flow"]["entrypoints"] = json!({ "default": "say" });
        let flows = manifest["flows"].as_array_mut().expect("flows");
        flows.push(update);
    });
    let scope = Scope::Wizard("update".into());
    let mut results = results.iter();
    let result = results.find(|r| r.check == "wizard.completes" && r.scope == scope);
    assert_eq!(result.expect("a result").status, Status::NotApplicable);
}

/// The step that looks for the component says nothing new.
#[test]
fn step_without_a_component_follows_from_the_node_that_calls_it() {
    let source = changed("conforming/operator-provider", |manifest, _| {
        by_flow(manifest);
        let node = json!({
            "id": "say", "component": { "id": "gone", "operation": "run" }, "routing": "end",
            "input": { "mapping": {} }, "output": { "mapping": {} },
        });
        let flow = &mut manifest["flows"][0]["flow"];
        flow["nodes"] = json!({ "say": node });
        flow["entrypoints"] = json!({ "default": "say" });
    });
    let subject = observe(Ok(source), &NoopExecutor, &Conditions::default());
    let causes = causes(&subject, &judge(&subject));
    let of_code = |code: &str| causes.iter().find(|c| c.code.as_str() == code);
    let node = of_code("E_NODE_COMPONENT").expect("a cause");
    let step = of_code("E_STEP_MISSING").expect("a cause");
    assert_eq!(step.blocked_by.as_ref(), Some(&node.id));
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
