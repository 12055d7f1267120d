//! Installations of a release that the next one updates and removes.

use crate::comparison::Parts;
use crate::project::files_of;
use crate::setup::{Provider, question};
use crate::steps;
use provision_core::wizard::{Call, StepAnswer, StepExecutor, StepOutcome, StepRequest};
use provision_core::{Pack, Source, Status};
use provision_oracle::{
    CheckResult, Conditions, Opening, Predecessor, Subject, judge, observe_opened, with_previous,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Answers the steps of the setup, the update and the removal as `wizard.json` says.
struct Releases;

impl StepExecutor for Releases {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let wizard = pack.read("wizard.json").expect("a wizard");
        let wizard: Value = serde_json::from_slice(&wizard).expect("JSON");
        let input = steps::input(request);
        let plan = match request.component.as_str() {
            "u.wat" => &wizard["update"],
            "d.wat" => &wizard["remove"],
            _ => &wizard["plan"],
        };
        steps::answer(Ok(match input["step"].as_str().unwrap_or_default() {
            "collect" => json!({ "questions": { "questions": wizard["questions"] } }),
            "validate" => json!({ "diagnostics": complaints(&wizard, &input, request) }),
            "apply" => json!({ "plan": plan }),
            _ => json!({}),
        }))
    }
}

/// What setup and update refuse: answers that lack one, and an update also an installation
/// that is not that of the release before.
fn complaints(wizard: &Value, input: &Value, request: &StepRequest) -> Vec<Value> {
    let error = |message: &str| json!({ "severity": "error", "code": "NO", "message": message });
    let inputs = &input["inputs"];
    let lacks = |needed: &str| inputs["answers"]["config"].get(needed).is_none();
    let mut found = Vec::new();
    if request.component != "d.wat" && wizard["needs"].as_str().is_some_and(lacks) {
        found.push(error(&format!(
            "no `{}` in {}",
            wizard["needs"], inputs["answers"]
        )));
    }
    let installed = &inputs["existing_state"]["config"];
    if request.component == "u.wat" && installed["size"] != 3 {
        found.push(error("this is no installation of the release before"));
    }
    found
}

/// A release with an update and a remove wizard.
fn release(version: &str) -> Parts {
    let mut parts = Parts::base();
    parts.manifest["version"] = version.into();
    let flows = &mut parts.manifest["meta"]["entry_flows"];
    flows["update"] = "u".into();
    flows["remove"] = "d".into();
    for file in ["u.wat", "d.wat"] {
        parts.write(file, "(module)");
    }
    parts.wizard["update"] = json!({ "config_patch": { "room": "r" } });
    parts.wizard["remove"] = json!({
        "config_patch": { "room": null, "size": null },
        "secrets_patch": { "set": {}, "delete": ["TOKEN"] },
        "webhook_ops": [{ "op": "unregister", "id": "hook" }],
        "subscription_ops": [{ "op": "delete", "id": "sub" }],
        "oauth_ops": [{ "op": "revoke", "provider": "idp" }],
    });
    parts
}

fn opened(parts: &Parts) -> Opening {
    Opening::of(Ok(parts.source()), &Conditions::default())
}

/// `new`, observed after `old`.
fn after(old: &Parts, new: &Parts) -> Subject {
    let conditions = Conditions {
        probes: 0,
        ..Conditions::default()
    };
    let subject = observe_opened(opened(new), &Releases, &conditions);
    let before = Predecessor::Pack(Box::new(opened(old)));
    with_previous(subject, before, &Releases, &conditions)
}

/// The results of a check, by scope.
fn results(subject: &Subject, check: &str) -> Vec<CheckResult> {
    let all = judge(subject).into_iter();
    all.filter(|result| result.check == check).collect()
}

/// The findings of `compare.upgrade`, as `scope code place`.
fn found(old: &Parts, new: &Parts) -> Vec<String> {
    let results = results(&after(old, new), "compare.upgrade").into_iter();
    let each = results.flat_map(|result| {
        let scope = result.scope.to_string();
        let findings = result.findings.into_iter();
        findings.map(move |f| format!("{scope} {} {}", f.code, f.at))
    });
    each.collect()
}

/// A change of the newer release, and what is found.
type Row = (&'static str, fn(&mut Parts), &'static [&'static str]);

const ROWS: [Row; 14] = [
    ("nothing", |_| {}, &[]),
    (
        "update drops a key",
        |p| p.wizard["update"]["config_patch"]["size"] = Value::Null,
        &["u E_UPGRADE_LOST /config/size"],
    ),
    (
        "update drops a key that this release does not set either",
        |p| {
            p.wizard["update"]["config_patch"]["size"] = Value::Null;
            p.plan()["config_patch"] = json!({ "room": "r" });
        },
        &[],
    ),
    (
        "update deletes the secret",
        |p| p.wizard["update"]["secrets_patch"] = json!({ "set": {}, "delete": ["TOKEN"] }),
        &["u E_UPGRADE_LOST /secrets/TOKEN"],
    ),
    (
        "update unregisters the webhook",
        |p| p.wizard["update"]["webhook_ops"] = json!([{ "op": "unregister", "id": "hook" }]),
        &["u E_UPGRADE_LOST /webhooks/hook"],
    ),
    (
        "update ends the subscription",
        |p| p.wizard["update"]["subscription_ops"] = json!([{ "op": "delete", "id": "sub" }]),
        &["u E_UPGRADE_LOST /subscriptions/sub"],
    ),
    (
        "update revokes the authorisation",
        |p| p.wizard["update"]["oauth_ops"] = json!([{ "op": "revoke", "provider": "idp" }]),
        &["u E_UPGRADE_LOST /oauth/idp"],
    ),
    (
        "update resets what nobody changed",
        |p| p.wizard["update"]["config_patch"]["room"] = "x".into(),
        &["u E_UPGRADE_RESET /config/room"],
    ),
    (
        "update sets the value of this release",
        |p| {
            p.wizard["update"]["config_patch"]["room"] = "x".into();
            p.plan()["config_patch"]["room"] = "x".into();
        },
        &[],
    ),
    (
        "setup renames a key, and the update does not move it",
        |p| p.plan()["config_patch"] = json!({ "place": "r", "size": 3 }),
        &["u E_UPGRADE_LOST /config/room"],
    ),
    (
        "setup renames a key, and the update moves it",
        |p| {
            p.plan()["config_patch"] = json!({ "place": "r", "size": 3 });
            p.wizard["update"]["config_patch"] = json!({ "place": "r", "room": null });
            p.wizard["remove"]["config_patch"]["place"] = Value::Null;
        },
        &[],
    ),
    (
        "update needs an answer that only this release asks",
        |p| {
            p.wizard["needs"] = "colour".into();
            let colour = "  - name: colour\n    title: C\n    kind: string\n    required: true\n";
            let form = format!("questions:\n{colour}");
            p.replace("assets/setup.yaml", "questions:\n", &form);
        },
        &[],
    ),
    (
        "update refuses every answer",
        |p| p.wizard["needs"] = "nobody asks for it".into(),
        &["u E_REFUSED wizard"],
    ),
    (
        "removal leaves the secret and a key",
        |p| {
            p.wizard["remove"]["secrets_patch"] = json!({ "set": {}, "delete": [] });
            p.wizard["remove"]["config_patch"] = json!({ "room": null });
        },
        &[
            "d E_LEFT_BEHIND /config/size",
            "d E_LEFT_BEHIND /secrets/TOKEN",
        ],
    ),
];

#[test]
fn each_loss_of_an_update_is_found_and_nothing_else() {
    let old = release("1.0.0");
    let mut faults = Vec::new();
    for (name, change, expected) in ROWS {
        let mut new = release("2.0.0");
        change(&mut new);
        let found = found(&old, &new);
        if found != expected {
            faults.push(format!("{name}: {found:#?}, expected {expected:?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn downgrade_is_the_same_way_back() {
    let (mut old, new) = (release("1.0.0"), release("2.0.0"));
    old.wizard["update"]["config_patch"]["size"] = Value::Null;
    assert_eq!(found(&old, &new), [""; 0]);
    let back = results(&after(&old, &new), "compare.downgrade");
    let codes: Vec<String> = back[0]
        .findings
        .iter()
        .map(|f| format!("{} {}", f.code, f.at))
        .collect();
    assert_eq!(codes, ["E_UPGRADE_LOST /config/size"]);
}

#[test]
fn release_that_refuses_its_own_setup_blocks_the_upgrade() {
    let (mut old, new) = (release("1.0.0"), release("2.0.0"));
    old.wizard["needs"] = "nothing asks for it".into();
    let upgrades = results(&after(&old, &new), "compare.upgrade");
    let statuses: Vec<String> = upgrades
        .iter()
        .map(|r| format!("{} {:?}", r.scope, r.status))
        .collect();
    assert_eq!(
        statuses,
        [
            "r NotApplicable",
            "s NotApplicable",
            "u Blocked",
            "d Blocked"
        ]
    );
    let why = upgrades[2].reason.as_deref().unwrap_or_default();
    assert!(why.contains("does not complete"), "{why}");
}

#[test]
fn pack_without_a_release_before_it_is_not_applicable() {
    let conditions = Conditions::default();
    let subject = observe_opened(opened(&release("1.0.0")), &Releases, &conditions);
    let statuses = |subject: &Subject| {
        let all = judge(subject).into_iter();
        let compared = all.filter(|result| result.check.starts_with("compare."));
        compared.map(|result| result.status).collect::<Vec<_>>()
    };
    let unnamed = statuses(&subject);
    assert_eq!(unnamed, [Status::NotApplicable; 6]);
    let none = Predecessor::None("it is the first one".into());
    let first = with_previous(subject, none, &Releases, &conditions);
    assert_eq!(statuses(&first), unnamed);
}

#[test]
fn secret_of_the_release_before_is_in_no_finding() {
    let (mut old, mut new) = (release("1.0.0"), release("2.0.0"));
    let answers =
        r#"{"config": {"room": "r"}, "secrets": {"TOKEN": "t", "OLDER": "hunter2-of-old"}}"#;
    old.write("fixtures/setup.input.json", answers);
    new.wizard["needs"] = "nobody asks for it".into();
    let upgrades = results(&after(&old, &new), "compare.upgrade");
    let said: Vec<String> = upgrades
        .iter()
        .map(|result| format!("{result:?}"))
        .collect();
    assert!(said.iter().any(|said| said.contains("Refused")), "{said:?}");
    assert!(
        said.iter().any(|said| said.contains("<secret OLDER")),
        "{said:?}"
    );
    assert!(
        !said.iter().any(|said| said.contains("hunter2")),
        "{said:?}"
    );
}

/// Returns another config when it updates.
struct Replaces {
    provider: Provider,
    update: Value,
}

impl StepExecutor for Replaces {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        match &request.call {
            Call::ProviderOperation { operation, input }
                if operation == "apply-answers" && input["mode"] == "upgrade" =>
            {
                let answer = json!({ "ok": true, "config": self.update });
                StepAnswer::of(Ok(StepOutcome::Json(answer.to_string().into())))
            }
            _ => self.provider.execute(pack, request),
        }
    }
}

#[test]
fn config_that_the_operator_writes_whole_loses_what_the_update_leaves_out() {
    let conditions = Conditions::default();
    let source = || {
        let manifest = None;
        let files = files_of("conforming/operator-provider");
        Source::Folder { files, manifest }
    };
    let opened = || Opening::of(Ok(source()), &conditions);
    for (update, expected) in [
        (json!({ "room": "blue", "size": 3 }), vec![]),
        (
            json!({ "room": "blue" }),
            vec!["E_UPGRADE_LOST /config/size"],
        ),
    ] {
        let config = json!({ "room": "blue", "size": 3 });
        let provider = Provider::new(json!([question("room")]), config);
        let executor = Replaces { provider, update };
        let subject = observe_opened(opened(), &executor, &conditions);
        let before = Predecessor::Pack(Box::new(opened()));
        let results = judge(&with_previous(subject, before, &executor, &conditions));
        let upgrade = |r: &&CheckResult| {
            r.check == "compare.upgrade" && r.scope.to_string() == "operator.upgrade"
        };
        let found = results.iter().find(upgrade).expect("a result");
        let found: BTreeSet<String> = found
            .findings
            .iter()
            .map(|f| format!("{} {}", f.code, f.at))
            .collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn plan_that_was_not_compared_blocks_the_version_step_unless_it_announces_the_worst() {
    let semver = |version: &str| {
        let (mut old, mut new) = (release("1.0.0"), release(version));
        for pack in [&mut old, &mut new] {
            pack.wizard["needs"] = "nobody asks for it".into();
        }
        let result = results(&after(&old, &new), "compare.semver").remove(0);
        (result.status, result.reason.unwrap_or_default())
    };
    let (status, why) = semver("1.0.1");
    assert_eq!(status, Status::Blocked);
    assert!(
        why.starts_with("not everything was compared: wizard s, plan: "),
        "{why}"
    );
    assert_eq!(semver("2.0.0").0, Status::Passed);
}
