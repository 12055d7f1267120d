//! `--normalise`: what differs from run to run does not fail a comparison with a golden, and
//! what does not differ still does.

use crate::support::{check, code, conformance, copy, fixture, read, run_in, schema, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

const RULES: &str = "--normalise uuid --normalise timestamp=*/built_at --normalise digest \
                     --normalise port --normalise duration=/notes/*";

/// Judges a pack whose expected plan has other texts, changed by `change`.
fn judged(folder: &Path, rules: &str, change: impl Fn(&mut Value)) -> Output {
    let pack = folder.join("pack");
    copy(&fixture("conforming/golden-normalised"), &pack);
    let path = pack.join("fixtures/setup.expected.plan.json");
    fs::create_dir_all(pack.join("fixtures")).expect("a folder");
    let mut plan = json!({
        "config_patch": {
            "build": "<uuid:1>", "built_at": "2026-01-01T00:00:00Z", "built_from": "<digest:1>",
            "callback": "https://api.example:443/in",
        },
        "secrets_patch": { "set": { "api_key": { "redacted": true, "value": null } }, "delete": [] },
        "notes": ["build <uuid:1> took 7ms"],
    });
    change(&mut plan);
    fs::write(path, plan.to_string()).expect("writes");
    conformance(folder, &pack, &format!("{rules} --report r.json"))
}

#[test]
fn plan_that_differs_only_in_what_rules_replace_passes_with_them_alone() {
    let temp = tempfile::tempdir().expect("a folder");
    let run = judged(temp.path(), RULES, |_| {});
    assert_eq!(code(&run), 0, "{}", stdout(&run));
    check(
        &schema("report.schema.json"),
        &read(&temp.path().join("r.json")),
    );
    let run = judged(temp.path(), "", |_| {});
    assert_eq!(code(&run), 1, "{}", stdout(&run));
    assert!(stdout(&run).contains("E_PLAN_DIFFERS"), "{}", stdout(&run));
}

#[test]
fn text_that_vanished_or_is_no_longer_equal_to_another_fails_in_spite_of_rules() {
    let temp = tempfile::tempdir().expect("a folder");
    let other = "0a1b2c3d-8a53-4f3c-9f6e-6f1c0d1e4e5f";
    let changes: [&dyn Fn(&mut Value); 4] = [
        // The note names another build than the configuration does.
        &|plan| plan["notes"] = json!([format!("build {other} took 7ms")]),
        &|plan| plan["config_patch"]["build"] = json!(other),
        &|plan| {
            plan["config_patch"]
                .as_object_mut()
                .expect("an object")
                .remove("built_at");
        },
        &|plan| plan["config_patch"]["callback"] = json!("https://api.example/in"),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let run = judged(temp.path(), RULES, change);
        assert_eq!(code(&run), 1, "change {i}: {}", stdout(&run));
    }
}

#[test]
fn rule_that_replaces_nothing_makes_the_run_exit_3() {
    let temp = tempfile::tempdir().expect("a folder");
    let run = judged(temp.path(), &format!("{RULES} --normalise path"), |_| {});
    assert_eq!(code(&run), 3, "{}", stdout(&run));
    let said = stdout(&run);
    assert!(said.contains("--normalise path: no golden"), "{said}");
    // A run over a part says nothing of the rest.
    let filtered = format!("{RULES} --normalise path --filter plan.golden");
    let run = judged(temp.path(), &filtered, |_| {});
    assert_eq!(code(&run), 0, "{}", stdout(&run));
}

#[test]
fn printed_command_has_the_rules_and_shards_with_other_rules_are_not_merged() {
    let temp = tempfile::tempdir().expect("a folder");
    let changed = |plan: &mut Value| plan["notes"] = json!(["another note"]);
    let run = judged(temp.path(), RULES, changed);
    let said = stdout(&run);
    let again = said.lines().find_map(|line| line.split_once("again: "));
    let (_, again) = again.expect("a command");
    for rule in RULES
        .split_whitespace()
        .filter(|word| !word.starts_with("--"))
    {
        assert!(again.contains(rule), "{rule} in {again}");
    }
    let other = temp.path().join("other");
    copy(&fixture("conforming/noop-provision"), &other);
    for (shard, rules) in [(1, RULES), (2, "")] {
        let flags = format!("{rules} --shard {shard}/2 --out o{shard}");
        conformance(temp.path(), temp.path(), &flags);
    }
    let merge = "report merge --out m.jsonl o1/events.jsonl o2/events.jsonl";
    let run = run_in(temp.path(), &merge.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&run), 2, "{}", stdout(&run));
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("configuration"), "{said}");
}

#[test]
fn rule_that_is_none_is_refused_with_the_kinds() {
    let temp = tempfile::tempdir().expect("a folder");
    let run = run_in(
        temp.path(),
        &["conformance", "--packs", ".", "--normalise", "guid"],
    );
    assert_eq!(code(&run), 2);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(said.contains("timestamp, uuid"), "{said}");
}

#[test]
fn bundle_of_a_failure_replays_with_the_rules_of_its_run() {
    let temp = tempfile::tempdir().expect("a folder");
    let run = judged(temp.path(), RULES, |plan| {
        plan["notes"] = json!(["another note"])
    });
    assert_eq!(code(&run), 1, "{}", stdout(&run));
    let bundle = "reports/out/artifacts/pack/setup_default/repro/plan.golden.json";
    let bundle = temp.path().join(bundle);
    let mut recorded: Value = read(&bundle);
    check(&schema("bundle.schema.json"), &recorded);
    assert_eq!(recorded["normalise"].as_array().map(Vec::len), Some(5));
    let args = ["repro", bundle.to_str().expect("a path")];
    let run = run_in(temp.path(), &args);
    assert_eq!(code(&run), 1, "{}", stdout(&run));
    for (rules, expected) in [
        (json!(["uuid", "guid"]), "guid"),
        (json!(vec!["uuid"; 101]), "101 rules"),
    ] {
        recorded["normalise"] = rules;
        fs::write(&bundle, recorded.to_string()).expect("writes");
        let run = run_in(temp.path(), &args);
        assert_eq!(code(&run), 2);
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(said.contains(expected), "{said}");
    }
}
