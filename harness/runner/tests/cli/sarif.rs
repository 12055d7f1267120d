//! The SARIF report as code scanning reads it: places in the repository, rules with help,
//! and a result for each failing pack.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn results(folder: &Path) -> Vec<Value> {
    let report = read(&folder.join("r.sarif"));
    let results = report["runs"][0]["results"].as_array();
    results.expect("a list").clone()
}

/// The address of the file of a result.
fn uri(result: &Value) -> &str {
    let place = &result["locations"][0]["physicalLocation"];
    let uri = place["artifactLocation"]["uri"].as_str();
    uri.expect("an address")
}

#[test]
fn place_is_below_the_root_of_the_repository_whatever_names_the_pack() {
    let temp = tempfile::tempdir().expect("a folder");
    let root = temp.path().canonicalize().expect("a folder").join("r o");
    let packs = root.join("sub/packs");
    copy(
        &fixture("nonconforming/trap-apply"),
        &packs.join("trap-apply"),
    );
    fs::create_dir(root.join(".git")).expect("creates");
    let expected = "sub/packs/trap-apply/pack.json";
    let mut prints = BTreeSet::new();
    for (folder, named) in [
        (&root, "sub/packs"),
        (&root, text(&packs)),
        (&packs, "."),
        (&packs, "trap-apply/pack.json"),
    ] {
        let args = ["conformance", "--packs", named, "--sarif", "r.sarif"];
        let run = run_in(folder, &args);
        assert_eq!(code(&run), 1, "{}", stderr(&run));
        let results = results(folder);
        assert!(!results.is_empty());
        for result in &results {
            assert_eq!(uri(result), expected, "{named}");
        }
        prints.insert(results[0]["partialFingerprints"].to_string());
        let report = read(&folder.join("r.sarif"));
        let run = &report["runs"][0];
        assert_eq!(run["artifacts"][0]["location"]["uri"], expected);
        for rule in run["tool"]["driver"]["rules"].as_array().expect("rules") {
            let help = rule["helpUri"].as_str().expect("an address");
            assert!(help.starts_with("https://"), "{help}");
        }
    }
    assert_eq!(prints.len(), 1, "one identity, whatever names the pack");
}

#[test]
fn full_report_has_a_result_of_each_failing_pack() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    let pack = fixture("nonconforming/trap-apply");
    assert_eq!(code(&conformance(folder, &pack, "--out o")), 1);
    let events = fs::read_to_string(folder.join("o/events.jsonl")).expect("reads");
    let mut lines = Vec::new();
    for line in events.lines() {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        if event["event"] == "run_started" {
            event["packs"] = json!(["a", "b", "c"]);
        }
        if event["pack"].is_null() {
            lines.push(event.to_string());
            continue;
        }
        // The first pack alone has more causes than the report holds.
        for (label, count) in [("a", 6_000), ("b", 5), ("c", 1)] {
            event["pack"] = json!(label);
            if event["event"] == "pack_finished" {
                event["file"] = json!(label);
                let cause = event["causes"][0].clone();
                let of = |n: usize| {
                    let mut cause = cause.clone();
                    cause["id"] = json!(format!("{n:016x}"));
                    cause
                };
                event["causes"] = (0..count).map(of).collect();
            }
            lines.push(event.to_string());
        }
    }
    fs::write(folder.join("e.jsonl"), lines.join("\n") + "\n").expect("writes");
    let render = ["report", "render", "e.jsonl", "--sarif", "r.sarif"];
    let more = ["--annotations", "a.txt", "--code-quality", "q.json"];
    assert_eq!(code(&run_in(folder, &[&render[..], &more].concat())), 1);
    // These two count what they leave out.
    let annotations = fs::read_to_string(folder.join("a.txt")).expect("annotations");
    assert_eq!(annotations.lines().count(), 1_001);
    let last = "::notice title=conformance::5006 more causes; see the JSON report";
    assert_eq!(annotations.lines().last(), Some(last));
    let issues = read(&folder.join("q.json"));
    assert_eq!(issues.as_array().map(Vec::len), Some(5_001));
    let last = "1006 more causes; see the JSON report";
    assert_eq!(issues[5_000]["description"], last);
    let results = results(folder);
    assert_eq!(results.len(), 5_000);
    let of = |label: &str| results.iter().filter(|r| uri(r) == label).count();
    assert_eq!((of("a"), of("b"), of("c")), (4_998, 1, 1));
}
