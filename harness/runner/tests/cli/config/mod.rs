//! `conformance.toml`: what it sets, what overrides it, and what it may not do.

mod refused;

use crate::support::{check, code, copy, fixture, json, read, run_in, schema, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A folder with two packs, of which `failing` fails one check.
fn folder() -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a folder");
    copy(
        &fixture("conforming/noop-provision"),
        &temp.path().join("packs/passing"),
    );
    copy(
        &fixture("nonconforming/golden-mismatch"),
        &temp.path().join("packs/failing"),
    );
    temp
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("writes");
}

/// Runs `conformance` without isolation in `folder`, and returns its exit code, what it says
/// on standard error, and its JSON report.
fn judged(folder: &Path, flags: &str) -> (i32, String, Value) {
    let base = "conformance --isolation none --report r.json ";
    let args = format!("{base}{flags}");
    let output = run_in(folder, &args.split_whitespace().collect::<Vec<_>>());
    let report = read(&folder.join("r.json"));
    (code(&output), stderr(&output).to_owned(), report)
}

fn packs(report: &Value) -> Vec<&str> {
    let packs = report["packs"].as_array().expect("packs");
    packs
        .iter()
        .map(|p| p["pack"].as_str().expect("a label"))
        .collect()
}

/// The first event of the last run.
fn started(folder: &Path) -> Value {
    let events = fs::read_to_string(folder.join("reports/out/events.jsonl")).expect("events");
    let first = events.lines().next().expect("an event");
    serde_json::from_str(first).expect("JSON")
}

#[test]
fn run_without_flags_is_that_of_the_file_and_every_record_says_so() {
    let temp = folder();
    let text = "packs = [\"packs\"]\nprofile = \"strict\"\nnormalise = [\"uuid\"]\n";
    write(temp.path(), "conformance.toml", text);
    let (exit, said, report) = judged(temp.path(), "");
    assert_eq!(packs(&report), ["failing", "passing"]);
    assert_eq!(report["profile"], "strict");
    assert!(
        said.contains("settings: conformance.toml sets packs, profile, normalise\n"),
        "{said}"
    );
    assert!(exit == 1 || exit == 3, "{exit}: {said}");
    let event = started(temp.path());
    check(&schema("event.schema.json"), &event);
    let configuration = event["configuration"].as_array().expect("a list");
    let digest = provision_core::pack::digest(text.as_bytes());
    let is_it = |file: &&Value| file["name"] == "config" && file["sha256"] == digest.as_str();
    assert_eq!(configuration.iter().filter(is_it).count(), 1, "{event}");
    // What repeats a failure says everything itself.
    let failed = report["packs"][0]["checks"].as_array().expect("checks");
    let commands = failed.iter().filter_map(|c| c["reproduce"].as_str());
    let commands: Vec<&str> = commands.collect();
    assert!(!commands.is_empty());
    for command in commands {
        let whole = " --profile strict --normalise uuid --no-config ";
        assert!(command.contains(whole), "{command}");
    }
    let (_, said, report) = judged(temp.path(), "--no-config --packs packs");
    assert_eq!(report["profile"], "core");
    assert!(!said.contains("settings:"), "{said}");
    assert!(
        started(temp.path())["configuration"]
            .as_array()
            .expect("a list")
            .is_empty()
    );
}

#[test]
fn every_key_is_overridden_by_its_flag() {
    let temp = folder();
    let at = |name: &str| temp.path().join(name);
    copy(&fixture("trusted/root.pem"), &at("key.pem"));
    write(temp.path(), "a.json", "{}");
    write(temp.path(), "none.toml", "");
    // Each value of the file makes the run fail with exit 2, and names itself.
    for (key, value, flag) in [
        ("packs", "[\"gone\"]", "--packs packs/passing"),
        (
            "previous",
            "[\"gone\"]",
            "--previous packs/passing --profile publish",
        ),
        ("trust", "[\"gone\"]", "--trust key.pem"),
        ("expectations", "\"gone\"", "--expectations none.toml"),
        ("answers", "\"gone\"", "--answers a.json"),
    ] {
        let packs = if key == "packs" {
            ""
        } else {
            "packs = [\"packs/passing\"]\n"
        };
        write(
            temp.path(),
            "conformance.toml",
            &format!("{packs}{key} = {value}\n"),
        );
        let (exit, said, _) = judged(temp.path(), "");
        assert!(exit == 2 && said.contains("gone"), "{key}: {exit} {said}");
        let (exit, said, _) = judged(temp.path(), flag);
        assert_ne!(exit, 2, "{key}: {said}");
        let over = if key == "previous" { "previous" } else { key };
        let over = format!("; flags override {over}\n");
        assert!(said.contains(&over), "{key}: {said}");
    }
    let all =
        "packs = [\"packs/passing\"]\nprofile = \"strict\"\nnormalise = [\"uuid\"]\nshards = 7\n";
    write(temp.path(), "conformance.toml", all);
    let (_, said, report) = judged(temp.path(), "--profile core");
    assert_eq!(report["profile"], "core", "{said}");
    let (_, said, _) = judged(temp.path(), "--normalise port");
    assert!(said.contains("flags override normalise"), "{said}");
    let stale = read(&at("r.json"))["stale_expectations"].to_string();
    assert!(
        stale.contains("--normalise port") && !stale.contains("uuid"),
        "{stale}"
    );
    let (_, _, report) = judged(temp.path(), "--packs packs --shard 2/2");
    assert_eq!(report["shard"]["count"], 2);
}

#[test]
fn paths_are_relative_to_the_folder_of_the_file() {
    let temp = folder();
    fs::create_dir(temp.path().join("sub")).expect("creates");
    write(temp.path(), "sub/e.toml", "");
    write(
        temp.path(),
        "sub/c.toml",
        "packs = [\"../packs/passing\", \"@list\"]\nexpectations = \"e.toml\"\n",
    );
    write(temp.path(), "sub/list", "packs/failing\n");
    let (exit, said, report) = judged(temp.path(), "--config sub/c.toml");
    assert_eq!(exit, 1, "{said}");
    assert_eq!(packs(&report), ["failing", "passing"]);
    assert!(
        said.contains("settings: sub/c.toml sets packs, expectations"),
        "{said}"
    );
}

#[test]
fn shard_without_a_count_is_one_of_the_shards_of_the_file() {
    let temp = folder();
    write(
        temp.path(),
        "conformance.toml",
        "packs = [\"packs\"]\nshards = 2\n",
    );
    let list = run_in(temp.path(), &["conformance", "--list", "--json"]);
    assert_eq!(json(&list)["count"], 2);
    let mut seen = Vec::new();
    for shard in ["1", "2"] {
        let (_, said, report) = judged(temp.path(), &format!("--shard {shard}"));
        assert_eq!(report["shard"]["count"], 2, "{said}");
        seen.extend(packs(&report).into_iter().map(str::to_owned));
    }
    seen.sort();
    assert_eq!(seen, ["failing", "passing"]);
    let (_, _, report) = judged(temp.path(), "");
    assert_eq!(packs(&report).len(), 2);
    for (shard, said) in [
        ("3", "`shards = 2`; name one of 1 to 2"),
        ("0", "a shard is I/N"),
    ] {
        let args = ["conformance", "--isolation", "none", "--shard", shard];
        let output = run_in(temp.path(), &args);
        assert_eq!(code(&output), 2);
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let args = [
        "conformance",
        "--no-config",
        "--packs",
        "packs",
        "--shard",
        "1",
    ];
    let output = run_in(temp.path(), &args);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("write 1/N"), "{}", stderr(&output));
}

#[test]
fn expect_takes_the_expectations_file_from_the_settings() {
    let temp = folder();
    write(
        temp.path(),
        "conformance.toml",
        "packs = [\"packs\"]\nexpectations = \"e.toml\"\n",
    );
    write(temp.path(), "e.toml", "");
    assert_eq!(judged(temp.path(), "").0, 1);
    let add = "expect add --reason r --issue i --owner o";
    let add = run_in(temp.path(), &add.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&add), 0, "{}", stderr(&add));
    assert_eq!(stdout(&add), "1 added, 1 expectation in e.toml\n");
    assert_eq!(judged(temp.path(), "").0, 0);
    let prune = run_in(temp.path(), &["expect", "prune"]);
    assert_eq!(stdout(&prune), "0 removed, 1 kept\n", "{}", stderr(&prune));
    fs::remove_file(temp.path().join("conformance.toml")).expect("removes");
    let prune = run_in(temp.path(), &["expect", "prune"]);
    assert_eq!(code(&prune), 2);
    assert!(
        stderr(&prune).contains("--expectations"),
        "{}",
        stderr(&prune)
    );
}

/// A bundle says everything itself.
#[test]
fn repro_reads_no_settings() {
    let temp = folder();
    let bundle = "reports/out/artifacts/failing/setup_default/repro/plan.golden.json";
    assert_eq!(judged(temp.path(), "--packs packs/failing").0, 1);
    write(temp.path(), "conformance.toml", "no TOML");
    let repro = run_in(temp.path(), &["repro", "--isolation", "none", bundle]);
    assert_eq!(code(&repro), 1, "{}", stderr(&repro));
}

#[test]
fn entries_without_an_owner_are_counted_in_every_report() {
    let temp = folder();
    assert_eq!(judged(temp.path(), "--packs packs").0, 1);
    let add = "expect add --expectations e.toml --reason r --issue FILL-IN --owner FILL-IN";
    let add = run_in(temp.path(), &add.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&add), 0, "{}", stderr(&add));
    let flags = "conformance --isolation none --packs packs --expectations e.toml --report r.json \
                 --markdown m.md";
    let output = run_in(temp.path(), &flags.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = "1 expectation has no owner yet";
    assert!(stdout(&output).contains(said), "{}", stdout(&output));
    assert!(
        stderr(&output).contains("warning: e.toml: 1 "),
        "{}",
        stderr(&output)
    );
    let report = read(&temp.path().join("r.json"));
    check(&schema("report.schema.json"), &report);
    assert_eq!(report["unowned_expectations"], 1);
    let markdown = fs::read_to_string(temp.path().join("m.md")).expect("reads");
    assert!(markdown.contains(said), "{markdown}");
    check(&schema("event.schema.json"), &started(temp.path()));
}

#[test]
fn layout_in_the_file_is_relative_to_it_too() {
    let temp = folder();
    fs::create_dir(temp.path().join("sub")).expect("creates");
    write(temp.path(), "sub/c.toml", "packs = [\"oci-layout:gone\"]\n");
    let (exit, said, _) = judged(temp.path(), "--config sub/c.toml");
    assert_eq!(exit, 2);
    assert!(
        said.contains("no such file or folder: oci-layout:sub/gone"),
        "{said}"
    );
}
