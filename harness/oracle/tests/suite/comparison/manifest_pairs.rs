//! Pairs of packs with one difference in what an installation needs, in the manifest, in
//! components, flows or texts.

use super::{FromFile, Parts, Row, compared, compared_by, require_rows, rules};
use crate::project::Files;
use crate::rules::changed;
use provision_core::Source;
use provision_core::wizard::NoopExecutor as FromNothing;
use provision_oracle::comparison::{Comparison, ReachKind};
use serde_json::{Value, json};

const NEEDS: [Row; 21] = [
    ("secret is required", "secret.required", |p| {
        p.write(
            "assets/secret-requirements.json",
            r#"[{"key": "TOKEN"}, {"key": "SPARE"}]"#,
        );
    }),
    ("another secret is required", "secret.required", |p| {
        p.write(
            "assets/secret-requirements.json",
            r#"[{"key": "TOKEN"}, {"key": "SPARE", "required": false}, {"key": "MORE"}]"#,
        );
    }),
    ("another secret is optional", "secret.optional-added", |p| {
        p.write(
            "assets/secret-requirements.json",
            r#"[{"key": "TOKEN"}, {"key": "SPARE", "required": false}, {"key": "MORE", "required": false}]"#,
        );
    }),
    ("secret is not required", "secret.not-required", |p| {
        p.write(
            "assets/secret-requirements.json",
            r#"[{"key": "SPARE", "required": false}]"#,
        );
    }),
    ("secret has another key", "secret.renamed", |p| {
        p.write(
            "assets/secret-requirements.json",
            r#"[{"key": "TICKET"}, {"key": "SPARE", "required": false}]"#,
        );
    }),
    ("base URL is needed", "requirement.base-url-needed", |p| {
        p.manifest["meta"]["requires_public_base_url"] = json!(true);
    }),
    ("config is required", "requirement.added", |p| {
        p.wizard["requirements"]["config_required"] = json!(["room", "size"]);
    }),
    ("secret is not stated", "requirement.removed", |p| {
        p.wizard["requirements"]["secret_required"] = json!([]);
    }),
    (
        "requirements say more",
        "requirement.details-changed",
        |p| {
            p.wizard["requirements"]["note"] = json!("n");
        },
    ),
    ("pack has another id", "pack.id-changed", |p| {
        p.manifest["id"] = json!("q")
    }),
    ("capability is dropped", "capability.removed", |p| {
        p.manifest["meta"]["capabilities"] = json!(["messaging"]);
    }),
    ("capability is added", "capability.added", |p| {
        p.manifest["meta"]["capabilities"] = json!(["messaging", "events", "webhooks"]);
    }),
    ("flow is dropped", "flow.removed", |p| {
        p.manifest["flows"].as_array_mut().expect("a list").pop();
    }),
    ("flow is added", "flow.added", |p| {
        let more = json!({ "id": "more", "entry": "default" });
        p.manifest["flows"]
            .as_array_mut()
            .expect("a list")
            .push(more);
    }),
    ("flow has another entry", "flow.entry-added", |p| {
        p.manifest["flows"][2] =
            json!({ "id": "talk", "entry": "default", "entrypoints": ["hook"] });
    }),
    ("language is dropped", "text.language-removed", |p| {
        drop(p.files.remove("i18n/de.json"))
    }),
    ("language is added", "text.language-added", |p| {
        p.write("i18n/fr.json", r#"{"a": "A"}"#)
    }),
    ("text is dropped", "text.keys-removed", |p| {
        p.write("i18n/de.json", r#"{"a": "A"}"#)
    }),
    ("text changes", "text.changed", |p| {
        p.write("i18n/de.json", r#"{"a": "A", "b": "Be"}"#)
    }),
    ("wizard is added", "wizard.added", |p| {
        p.manifest["meta"]["entry_flows"]["remove"] = json!("z");
        p.write("z.wat", "(module)");
    }),
    ("component is added", "component.added", |p| {
        p.write(
            "components/more.wasm",
            component("", &["demo:api/run@0.1.0"]),
        );
    }),
];

#[test]
fn each_change_of_what_a_pack_needs_and_offers_follows_its_rule() {
    require_rows(&Parts::base(), &NEEDS);
}

/// A component that imports and exports these interfaces, which have no functions.
fn component(import: &str, exports: &[&str]) -> Vec<u8> {
    let imported = match import {
        "" => String::new(),
        name => format!("(import \"{name}\" (instance))"),
    };
    let exported = exports
        .iter()
        .map(|name| format!("(export \"{name}\" (instance $none))"));
    let exported: String = exported.collect();
    let text = format!("(component {imported} (instance $none) {exported})");
    wat::parse_str(text).expect("a component")
}

const INTERFACES: [Row; 5] = [
    ("interface is dropped", "component.export-removed", |p| {
        p.write("components/c.wasm", component("", &["demo:api/run@0.4.0"]));
    }),
    ("interface is added", "component.export-added", |p| {
        let all = [
            "demo:api/run@0.4.0",
            "demo:api/stop@1.0.0",
            "demo:api/more@1.0.0",
        ];
        p.write("components/c.wasm", component("", &all));
    }),
    (
        "interface has an incompatible version",
        "component.export-replaced",
        |p| {
            let all = ["demo:api/run@0.5.0", "demo:api/stop@1.0.0"];
            p.write("components/c.wasm", component("", &all));
        },
    ),
    (
        "interface has a compatible version",
        "component.export-updated",
        |p| {
            let all = ["demo:api/run@0.4.0", "demo:api/stop@1.2.0"];
            p.write("components/c.wasm", component("", &all));
        },
    ),
    ("component is dropped", "component.removed", |p| {
        drop(p.files.remove("components/c.wasm"))
    }),
];

fn with_component() -> Parts {
    let mut base = Parts::base();
    let all = ["demo:api/run@0.4.0", "demo:api/stop@1.0.0"];
    base.write("components/c.wasm", component("", &all));
    base
}

#[test]
fn each_change_of_a_components_interfaces_follows_its_rule() {
    require_rows(&with_component(), &INTERFACES);
}

/// What a comparison says that the new pack gains.
fn gained(comparison: &Comparison) -> Vec<(ReachKind, &str)> {
    let gained = comparison.reaches.iter().filter(|reach| reach.gained);
    gained
        .map(|reach| (reach.kind, reach.what.as_str()))
        .collect()
}

#[test]
fn import_host_and_scope_that_are_new_are_reaches_and_no_changes() {
    type Gain = (ReachKind, &'static str, fn(&mut Parts));
    let gains: [Gain; 3] = [
        (ReachKind::Import, "wasi:http/outgoing-handler", |p| {
            let all = ["demo:api/run@0.4.0", "demo:api/stop@1.0.0"];
            p.write(
                "components/c.wasm",
                component("wasi:http/outgoing-handler@0.2.0", &all),
            );
        }),
        (ReachKind::HttpHost, "evil.example.com", |p| {
            p.manifest["meta"]["allowed_hosts"] = json!(["api.example.com", "evil.example.com"]);
        }),
        (ReachKind::OauthScope, "write at idp", |p| {
            p.plan()["oauth_ops"][0]["scopes"] = json!(["read", "write"]);
        }),
    ];
    for (kind, what, change) in gains {
        let (base, mut new) = (with_component(), with_component());
        change(&mut new);
        let there = compared(&base, &new);
        assert_eq!(rules(&there), [""; 0], "{what}");
        assert_eq!(gained(&there), [(kind, what)]);
        let back = compared(&new, &base);
        assert!(
            gained(&back).is_empty() && back.reaches.len() == 1,
            "{what}"
        );
    }
}

#[test]
fn import_of_a_type_is_no_reach_and_a_capability_is_listed_once() {
    let with_type = |text: &str| {
        let mut pack = with_component();
        let text = format!(
            "(component {text} (instance $i) (export \"demo:api/run@0.4.0\" (instance $i)))"
        );
        pack.write(
            "components/c.wasm",
            wat::parse_str(text).expect("a component"),
        );
        pack
    };
    let typed = with_type("(type $t u32) (import \"answer\" (type (eq $t)))");
    let there = compared(&with_type(""), &typed);
    assert_eq!((rules(&there), gained(&there)), (vec![], vec![]));
    for (capability, changes, reaches) in [
        ("search", vec!["capability.added"], vec![]),
        (
            "host:http",
            vec![],
            vec![(ReachKind::PackCapability, "host:http")],
        ),
    ] {
        let mut new = Parts::base();
        new.manifest["meta"]["capabilities"] = json!(["messaging", "webhooks", capability]);
        let there = compared(&Parts::base(), &new);
        assert_eq!((rules(&there), gained(&there)), (changes, reaches));
    }
}

/// The conforming library of this project, with a change to its manifest.
fn library(change: impl Fn(&mut Value, &mut Files)) -> Source {
    changed("conforming/pack-v1-library", change)
}

#[test]
fn each_change_of_a_manifest_follows_its_rule() {
    type Change = (&'static str, fn(&mut Value));
    let changes: [Change; 8] = [
        ("flow.emptied", |m| {
            m["flows"][0]["flow"]["nodes"] = json!({})
        }),
        ("flow.graph-changed", |m| {
            let text = m["flows"][0]["flow"]["nodes"].to_string();
            let text = text.replace("\"routing\":\"end\"", "\"routing\":\"reply\"");
            m["flows"][0]["flow"]["nodes"] = serde_json::from_str(&text).expect("JSON");
        }),
        ("flow.renamed", |m| {
            (m["flows"][0]["id"], m["flows"][0]["flow"]["id"]) = (json!("talk"), json!("talk"));
        }),
        ("extension.added", |m| {
            let name = "messaging.provider_ingress.v1";
            let inline = json!({ "component_ref": "demo-ops", "export": "handle-webhook" });
            m["extensions"][name] = json!({ "kind": name, "version": "1.0.0", "inline": inline });
        }),
        ("dependency.added", |m| {
            m["dependencies"] =
                json!([{ "alias": "a", "pack_id": "other.pack", "version_req": "^1" }]);
        }),
        ("component.inner-changed", |m| {
            let more = json!({ "name": "more-of-it", "input_schema": {}, "output_schema": {} });
            let operations = m["components"][0]["operations"].as_array_mut();
            operations.expect("a list").push(more);
        }),
        ("component.version-changed", |m| {
            m["components"][0]["version"] = json!("77.0.0")
        }),
        ("secret.required", |m| {
            m["secret_requirements"] = json!([{ "key": "MORE_OF_IT", "required": true }]);
        }),
    ];
    for (rule, change) in changes {
        let there = compared_by(&FromNothing, library(|_, _| {}), library(|m, _| change(m)));
        assert_eq!(rules(&there), [rule], "{:#?}", there.changes);
        let back = compared_by(&FromNothing, library(|m, _| change(m)), library(|_, _| {}));
        assert_eq!(back.changes.len(), 1, "{rule}: {:#?}", back.changes);
        let mirrors = there.changes[0].rule.mirrors();
        assert!(mirrors.contains(&back.changes[0].rule), "{rule}");
    }
    let two = |m: &mut Value, _: &mut Files| {
        extend(m, &[("demo.a", &["run", "stop"]), ("demo.b", &["run"])]);
    };
    let fewer = |m: &mut Value, _: &mut Files| extend(m, &[("demo.a", &["run"])]);
    let there = compared_by(&FromNothing, library(two), library(fewer));
    let expected = ["provider.removed", "provider.operation-removed"];
    assert_eq!(rules(&there), expected);
    let back = compared_by(&FromNothing, library(fewer), library(two));
    assert_eq!(rules(&back), ["provider.added", "provider.operation-added"]);
    let capable = |m: &mut Value, _: &mut Files| {
        m["components"][0]["capabilities"]["host"]["http"] =
            json!({ "client": true, "server": false });
    };
    let there = compared_by(&FromNothing, library(|_, _| {}), library(capable));
    assert_eq!(
        gained(&there),
        [(ReachKind::ComponentCapability, "host.http.client")]
    );
}

fn extend(manifest: &mut Value, providers: &[(&str, &[&str])]) {
    let name = "greentic.provider-extension.v1";
    let providers = providers.iter().map(|(provider_type, ops)| {
        json!({
            "provider_type": provider_type, "capabilities": [], "ops": ops,
            "config_schema_ref": "schemas/run.schema.json",
            "runtime": { "component_ref": "demo-ops", "export": "run", "world": "demo" },
        })
    });
    let inline = json!({ "providers": providers.collect::<Vec<_>>() });
    manifest["extensions"][name] = json!({ "kind": name, "version": "1.0.0", "inline": inline });
}

#[test]
fn component_that_only_flows_of_the_pack_call_breaks_nobody() {
    let more = |m: &mut Value| {
        let more = json!({ "name": "more-of-it", "input_schema": {}, "output_schema": {} });
        let operations = m["components"][0]["operations"].as_array_mut();
        operations.expect("a list").push(more);
    };
    let id = |m: &Value| m["components"][0]["id"].as_str().expect("an id").to_owned();
    for (kind, named, rule) in [
        ("application", false, "component.inner-changed"),
        ("application", true, "component.operation-removed"),
        ("library", false, "component.operation-removed"),
    ] {
        let prepared = |m: &mut Value| {
            m["kind"] = json!(kind);
            if named {
                let reference = id(m);
                extend(m, &[("demo.a", &["run"])]);
                let extension = &mut m["extensions"]["greentic.provider-extension.v1"];
                extension["inline"]["providers"][0]["runtime"]["component_ref"] = json!(reference);
            }
        };
        let old = library(|m, _| {
            prepared(m);
            more(m);
        });
        let there = compared_by(&FromNothing, old, library(|m, _| prepared(m)));
        assert_eq!(
            rules(&there),
            [rule],
            "{kind} {named}: {:#?}",
            there.changes
        );
    }
}

#[test]
fn executor_from_the_file_is_the_one_that_runs() {
    let comparison = compared_by(&FromFile, Parts::base().source(), Parts::base().source());
    assert!(comparison.changes.is_empty() && comparison.not_compared.is_empty());
}
