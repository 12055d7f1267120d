//! `dry-run setup` and `pack inspect`.

use crate::support::{code, fixture, json, packed, project, run_in, stderr, stdout, text};
use std::fs;
use std::path::Path;
use std::process::Output;

/// `dry-run setup` of `pack`, with these further flags.
fn dry_run(here: &Path, pack: &Path, more: &[&str]) -> Output {
    let pack = text(pack);
    let base = [
        "dry-run",
        "setup",
        "--pack",
        pack,
        "--provider-id",
        "p",
        "--install-id",
        "i",
    ];
    run_in(here, &[&base[..], more].concat())
}

#[test]
fn dry_run_prints_plan_diagnostics_and_four_steps() {
    let temp = tempfile::tempdir().expect("a folder");
    let archive = temp.path().join("noop.gtpack");
    let folder = fixture("conforming/noop-provision");
    packed(&folder, &archive);
    let mut seen = Vec::new();
    for pack in [folder.clone(), folder.join("pack.json"), archive] {
        let output = dry_run(temp.path(), &pack, &["--json"]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let value = json(&output);
        let keys: Vec<_> = value.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["diagnostics", "plan", "step_results"]);
        let steps = value["step_results"].as_array().expect("a list");
        let names: Vec<_> = steps
            .iter()
            .map(|s| s["step"].as_str().expect("a name"))
            .collect();
        assert_eq!(names, ["collect", "validate", "apply", "summary"]);
        assert_eq!(
            steps[3]["output"]["data"]["summary"],
            "The greeting is set."
        );
        assert_eq!(value["plan"]["config_patch"]["greeting"], "hello");
        seen.push(output.stdout);
    }
    assert!(
        seen.iter().all(|s| *s == seen[0]),
        "the output depends on the form of the pack"
    );
    let left = fs::read_dir(temp.path()).expect("readable").count();
    assert_eq!(left, 1, "the dry run extracted files");
}

#[test]
fn incomplete_dry_run_has_an_error_and_no_plan() {
    for (pack, exit, said) in [
        ("nonconforming/trap-all", 1, "step collect: E_TRAP"),
        (
            "nonconforming/steps-all-missing",
            1,
            "step summary: E_STEP_MISSING",
        ),
        ("nonconforming/refuses-own-answers", 1, "ENDPOINT_MISSING"),
        ("hostile/loop-in-start", 4, "step collect: E_FUEL"),
    ] {
        let output = dry_run(&project(), &fixture(pack), &["--json"]);
        assert_eq!(code(&output), exit, "{}", stderr(&output));
        let value = json(&output);
        assert!(value["plan"].is_null());
        assert!(
            value["errors"].to_string().contains(said),
            "{}",
            stdout(&output)
        );
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn dry_run_without_steps_exits_5_and_unknown_wizard_exits_2() {
    let here = project();
    let pack = fixture("conforming/noop-provision");
    let noop = dry_run(&here, &pack, &["--executor", "noop", "--json"]);
    assert_eq!(code(&noop), 5, "no step ran");
    assert!(json(&noop)["plan"].is_null(), "so there is no plan");
    let none = fixture("conforming/provisioning-none");
    assert_eq!(code(&dry_run(&here, &none, &[])), 5);
    let wizard = dry_run(&here, &pack, &["--wizard", "nope"]);
    assert_eq!(code(&wizard), 2);
    assert!(
        stderr(&wizard).contains("the pack has: setup_default"),
        "{}",
        stderr(&wizard)
    );
}

#[test]
fn unknown_mode_and_duplicate_answer_key_are_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let bad = temp.path().join("answers.json");
    fs::write(&bad, r#"{"a":1,"a":2}"#).expect("writes");
    let pack = fixture("conforming/noop-provision");
    let with = |more: &[&str]| dry_run(temp.path(), &pack, more);
    assert_eq!(code(&with(&["--mode", "delete"])), 0);
    assert_eq!(code(&with(&["--mode", "destroy"])), 2);
    let output = with(&["--answers", text(&bad)]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("duplicate key `a`"),
        "{}",
        stderr(&output)
    );
    assert_eq!(code(&with(&["--answers", "/nowhere.json"])), 2);
}

#[test]
fn inspect_runs_no_guest_and_keeps_its_old_fields() {
    let pack = fixture("conforming/demo-messaging-telegram");
    let output = run_in(
        &project(),
        &["pack", "inspect", "--pack", text(&pack), "--json"],
    );
    assert_eq!(code(&output), 0);
    let value = json(&output);
    assert_eq!(value["pack_id"], "demo-messaging-telegram");
    assert_eq!(value["pack_version"], "0.4.38");
    assert_eq!(value["setup_entry_flow"], "setup_default");
    assert_eq!(value["requirements_flow"], "requirements");
    assert!(value["subscriptions_flow"].is_null());
    assert_eq!(value["requires_public_base_url"], true);
    assert_eq!(value["outputs"].as_array().map(Vec::len), Some(2));
    let looping = fixture("hostile/loop-in-start");
    assert_eq!(
        code(&run_in(
            &project(),
            &["pack", "inspect", "--pack", text(&looping)]
        )),
        0
    );
    let none = fixture("nonconforming/manifest-missing");
    let output = run_in(
        &project(),
        &["pack", "inspect", "--pack", text(&none), "--json"],
    );
    assert_eq!(
        (code(&output), json(&output)["error"]["code"].as_str()),
        (1, Some("E_MANIFEST_MISSING"))
    );
}
