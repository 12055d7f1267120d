//! A pack without a fault, and changes to it.

use provision_core::scenario::render::ReportRow;
use serde_json::{Value, json};

/// A pack with two scenarios, a report, flows, a component and a simulator, as JSON by
/// file; texts are files of another kind.
pub(super) fn good() -> Value {
    let pick = ["BOT: Colour? [Red, Blue]", "USER: Red", "BOT: Red it is."];
    let greet = ["USER: ahoy", "BOT: ahoy there"];
    let row = |id: &str, lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        json!(ReportRow::of("p", id, &lines))
    };
    json!({
        "pack.json": {
            "id": "p", "name": "P", "version": "0.1.0", "description": "d", "type": "menu",
            "flows": [{ "id": "menu", "file": "flows/menu.ygtc" }],
            "components": [{ "id": "c", "path": "components/c.wat" }],
            "scenarios": [
                { "id": "pick", "entry": "scenarios/pick.json", "golden": "golden/pick.json" },
                { "id": "greet", "entry": "scenarios/greet.json", "golden": "golden/greet.json" },
            ],
        },
        "scenarios/pick.json": { "scenario": "pick", "description": "d", "steps": [
            { "actor": "bot", "message": "Colour?", "options": ["Red", "Blue"] },
            { "actor": "user", "message": "Red" },
            { "actor": "bot", "message": "Red it is." },
        ] },
        "golden/pick.json": { "scenario_id": "pick", "transcript": pick },
        "scenarios/greet.json": { "scenario": "greet", "steps": [
            { "kind": "send", "from": "USER", "text": "ahoy" },
            { "kind": "reply", "from": "BOT", "text": "ahoy there" },
        ] },
        "golden/greet.json": { "scenario_id": "greet", "transcript": greet },
        "golden/render_reports.json": [row("greet", &greet), row("pick", &pick)],
        // JSON is YAML as well.
        "capabilities/providers.yaml": {
            "reference_provider": "a", "simulator_provider": "b",
            "providers": {
                "a": { "capabilities": ["send", "stream"] },
                "b": { "capabilities": ["send"] },
            },
            "downgrades": [{ "capability": "stream", "reason": "one chunk" }],
        },
        "flows/menu.ygtc": "id: menu\n",
        "components/c.wat": "(module)",
    })
}

pub(super) type Change = fn(&mut Value);

pub(super) const FILES: &str = "scenario.files";
pub(super) const CONSISTENT: &str = "scenario.consistent";
pub(super) const TRANSCRIPT: &str = "scenario.transcript";
pub(super) const REPORT: &str = "scenario.report";
pub(super) const PARITY: &str = "capability.parity";

pub(super) fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().expect("an object").remove(key);
}

/// Adds `line` to the transcript of the scenario `pick`, and to the report.
pub(super) fn extend(files: &mut Value, line: &str) {
    let lines = files["golden/pick.json"]["transcript"].as_array_mut();
    lines.expect("lines").push(json!(line));
    report_again(files);
}

pub(super) fn replace(files: &mut Value, index: usize, line: &str) {
    files["golden/pick.json"]["transcript"][index] = json!(line);
    report_again(files);
}

pub(super) fn report_again(files: &mut Value) {
    let lines = files["golden/pick.json"]["transcript"].as_array();
    let lines = lines.expect("lines").iter();
    let lines: Vec<String> = lines
        .map(|l| l.as_str().expect("a line").to_owned())
        .collect();
    files["golden/render_reports.json"][1] = json!(ReportRow::of("p", "pick", &lines));
}
