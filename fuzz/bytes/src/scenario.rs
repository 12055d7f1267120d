//! A pack with scenarios, as one JSON object of its files: what renders has a golden that
//! reads as the same lines and passes, and no verdict is *pass*, because nothing runs.

use crate::target::{Attacker, Seeds, Target};
use provision_core::limits::{SCENARIO_STEPS, SCENARIOS};
use provision_core::scenario::render::{GoldenDocument, REPORT, ReportRow};
use provision_core::scenario::{Scenario, read};
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Pack, Source, Status, Verdict, parity};
use provision_oracle::{CheckResult, Conditions, Stage, judge, observe, verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const TARGET: Target = Target {
    name: "scenario",
    attacker: Attacker::Manifest,
    boundary: "the readers of scenarios, goldens, render reports and simulators' capabilities",
    oracle: "a pack reads and renders the same twice, within the bounds; the golden and the report of what renders read as the same lines and rows, and pass; findings have no control character; the verdict is not *pass*, because nothing runs",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(crate::mutators::json),
};

type Files = BTreeMap<String, Vec<u8>>;

fn body(data: &[u8]) {
    let decoded = parity::decode(data, &Limits::FUZZ);
    assert_eq!(decoded, parity::decode(data, &Limits::FUZZ));
    let Ok(Value::Object(map)) = serde_json::from_slice(data) else {
        return;
    };
    // Other JSON than texts stands for a document, so that the mutator keeps it whole.
    let content = |value: &Value| match value {
        Value::String(text) => text.clone().into_bytes(),
        document => document.to_string().into_bytes(),
    };
    let files: Files = map.iter().map(|(k, v)| (k.clone(), content(v))).collect();
    let Some(pack) = open(&files) else { return };
    let results = judged(&files);
    findings_are_inert(&results);
    let Some(scenarios) = read(&pack, &Limits::FUZZ) else {
        return;
    };
    assert_eq!(Some(&scenarios), read(&pack, &Limits::FUZZ).as_ref());
    assert!(scenarios.list.len() <= SCENARIOS, "more than the bound");
    for rendered in scenarios.rendered() {
        let again = rendered.scenario.rendered();
        assert_eq!(rendered.lines, again, "rendered differently");
        let Some(golden) = rendered.golden() else {
            continue;
        };
        assert!(golden.transcript.len() <= SCENARIO_STEPS);
        golden_passes(&files, rendered.scenario, &golden);
    }
}

fn open(files: &Files) -> Option<Pack> {
    Pack::open(source(files), &Limits::FUZZ).ok()
}

fn source(files: &Files) -> Source {
    Source::Folder {
        files: files.clone(),
        manifest: None,
    }
}

/// The results of the pack's checks, of which no verdict may be a pass.
fn judged(files: &Files) -> Vec<CheckResult> {
    let conditions = Conditions {
        limits: Limits::FUZZ,
        ask_other_readers: false,
        ..Conditions::default()
    };
    let subject = observe(Ok(source(files)), &NoopExecutor, &conditions);
    let results = judge(&subject);
    assert_ne!(verdict(&subject, &results), Verdict::Pass);
    results
}

fn findings_are_inert(results: &[CheckResult]) {
    let stages = [Stage::Scenario, Stage::Capability, Stage::Manifest];
    let of_stage = |r: &&CheckResult| Stage::of(r.check).is_some_and(|s| stages.contains(&s));
    for finding in results.iter().filter(of_stage).flat_map(|r| &r.findings) {
        let texts = [&finding.at, &finding.expected, &finding.actual];
        let is_inert = |text: &&String| !text.chars().any(char::is_control);
        assert!(texts.iter().all(is_inert), "{finding:?}");
    }
}

/// A pack with only this scenario, the `golden` of its steps, and its report.
fn golden_passes(files: &Files, scenario: &Scenario, golden: &GoldenDocument) {
    let entry = scenario.entry.as_ref().expect("it renders").file.clone();
    let id = &golden.scenario_id;
    let row = ReportRow::of("p", id, &golden.transcript);
    let manifest = json!({ "id": "p", "version": "1.0.0", "scenarios": [
        { "id": id, "entry": entry, "golden": "g/golden.json" },
    ] });
    let bytes = |value: Value| value.to_string().into_bytes();
    let mut alone = Files::new();
    alone.insert(
        entry.clone(),
        files.get(&entry).expect("it is there").clone(),
    );
    alone.insert("pack.json".into(), bytes(manifest));
    alone.insert("g/golden.json".into(), bytes(json!(golden)));
    alone.insert(REPORT.into(), bytes(json!([row])));
    // The entry may be one of these files.
    if alone.len() < 4 {
        return;
    }
    let pack = open(&alone).expect("a pack");
    let scenarios = read(&pack, &Limits::FUZZ).expect("a list");
    let read = scenarios.list.first().expect("a scenario");
    let again = read.golden.as_ref().expect("a golden");
    assert_eq!(again.content.transcript.as_ref(), Ok(&golden.transcript));
    assert_eq!(scenarios.report(), [row]);
    let results = judged(&alone);
    for check in ["scenario.transcript", "scenario.report"] {
        let result = results.iter().find(|r| r.check == check).expect("a result");
        assert_eq!(result.status, Status::Passed, "{check}: {result:?}");
    }
}
