//! Wizards that no host runs, and what wizards delete.

use super::{Parts, compared, compared_by, rules};
use crate::rules::changed;
use crate::steps;
use greentic_types::pack_manifest::PackKind;
use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use provision_core::{Pack, Source};
use provision_oracle::comparison::{Class, Comparison};
use serde_json::{Value, json};

/// Answers each step with the plan in the file `plan.json`.
struct FromPlan;

impl StepExecutor for FromPlan {
    fn execute(&self, pack: &Pack, _: &StepRequest) -> StepAnswer {
        let plan = pack.read("plan.json").expect("a plan");
        let plan: Value = serde_json::from_slice(&plan).expect("JSON");
        steps::answer(Ok(json!({ "plan": plan })))
    }
}

/// A library with the flow `name`, which makes this plan.
fn with_flow(name: &str, plan: &Value) -> Source {
    changed("conforming/pack-v1-library", |manifest, files| {
        let flow = manifest["flows"][0].to_string();
        let flow = flow.replace("default__run", &format!("{name}__apply"));
        let mut flow: Value = serde_json::from_str(&flow).expect("JSON");
        (flow["id"], flow["flow"]["id"]) = (json!(name), json!(name));
        manifest["flows"].as_array_mut().expect("a list").push(flow);
        files.insert("plan.json".into(), plan.to_string().into_bytes());
    })
}

/// The same as a provider, of which no host runs a flow of this name.
fn provider(name: &str, plan: &Value) -> Source {
    let Source::Folder {
        mut files,
        manifest,
    } = with_flow(name, plan)
    else {
        unreachable!("a folder");
    };
    let decoded = decode_pack_manifest(&files["manifest.cbor"]).expect("decodes");
    let decoded = PackManifest {
        kind: PackKind::Provider,
        ..decoded
    };
    let encoded = encode_pack_manifest(&decoded).expect("encodes");
    files.insert("manifest.cbor".into(), encoded);
    Source::Folder { files, manifest }
}

#[test]
fn difference_in_a_wizard_that_no_host_runs_breaks_nobody() {
    let plans = [
        json!({ "config_patch": { "a": 1 } }),
        json!({ "config_patch": {} }),
    ];
    let [old, new] = plans.each_ref().map(|plan| with_flow("update", plan));
    let there = compared_by(&FromPlan, old, new);
    assert_eq!(rules(&there), ["wizard.unrun-changed"], "{there:#?}");
    assert_eq!(there.worst, Some(Class::Internal));
    assert!(there.changes[0].place.ends_with("config `a`"), "{there:#?}");
    let [old, new] = plans
        .each_ref()
        .map(|plan| with_flow("setup_default", plan));
    let there = compared_by(&FromPlan, old, new);
    assert_eq!(rules(&there), ["plan.config-removed"], "{there:#?}");
}

#[test]
fn another_name_of_a_wizard_that_no_host_runs_breaks_nobody() {
    let plan = json!({ "config_patch": { "a": 1 } });
    let there = ["setup_custom", "setup_more"].map(|name| provider(name, &plan));
    let there = compared_pair(there);
    assert_eq!(rules(&there), ["wizard.unrun-changed"], "{there:#?}");
    assert_eq!(there.worst, Some(Class::Internal));
    // The operator runs the setup of an application.
    let there = ["setup_custom", "setup_more"].map(|name| with_flow(name, &plan));
    assert_eq!(rules(&compared_pair(there)), ["wizard.renamed"]);
}

fn compared_pair([old, new]: [Source; 2]) -> Comparison {
    compared_by(&FromPlan, old, new)
}

/// A pack with a wizard of this kind and with the requirements wizard.
fn of_kind(kind: &str, change: impl Fn(&mut Value)) -> Parts {
    let mut pack = Parts::base();
    pack.manifest["meta"]["entry_flows"] = json!({ kind: "s", "requirements": "r" });
    pack.manifest["flows"][0]["entry"] = json!(kind);
    change(pack.plan());
    pack
}

#[test]
fn key_that_a_wizard_deletes_counts_by_the_purpose_of_the_wizard() {
    let both = |kind: &str, change: fn(&mut Value)| -> Comparison {
        compared(&of_kind(kind, |_| {}), &of_kind(kind, change))
    };
    for (kind, config, secret) in [
        ("setup", None, "plan.secret-deleted"),
        ("update", Some("plan.config-deleted"), "plan.secret-deleted"),
        (
            "remove",
            Some("plan.removal-clears-more"),
            "plan.removal-clears-more",
        ),
    ] {
        let there = both(kind, |plan| plan["config_patch"]["old"] = Value::Null);
        assert_eq!(
            rules(&there),
            config.into_iter().collect::<Vec<_>>(),
            "{kind}"
        );
        let there = both(kind, |plan| {
            plan["secrets_patch"]["delete"] = json!(["OLD"])
        });
        assert_eq!(rules(&there), [secret], "{kind}");
        let there = both(kind, |plan| plan["config_patch"]["room"] = Value::Null);
        assert_eq!(rules(&there), ["plan.config-removed"], "{kind}");
    }
    let more = of_kind("remove", |plan| plan["config_patch"]["old"] = Value::Null);
    let there = compared(&more, &of_kind("remove", |_| {}));
    assert_eq!(rules(&there), ["plan.removal-clears-less"]);
}
