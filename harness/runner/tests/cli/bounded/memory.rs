//! The memory of reports does not grow with what a stream repeats.

use super::inputs::sound;
use super::{faults, limited};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Results of one pack.
const RESULTS: usize = 12_000;
/// Mebibytes of writable memory. A result that a report holds as JSON takes eight
/// kibibytes, and one as an event takes two.
const MEMORY: u32 = 64;
/// Seconds of processor time in an unoptimised build, where one kind of results takes a
/// third of it. A report that looks all results through for each takes minutes.
const SECONDS: u32 = 60;

/// Writes the stream `name`: `EVENTS` with [`RESULTS`] results more like the first one
/// that has this status.
fn enlarged(folder: &Path, name: &str, status: &str) {
    let events = fs::read_to_string(folder.join("EVENTS")).expect("reads");
    let lines: Vec<Value> = events
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let mut results = lines.iter().filter(|e| e["event"] == "check_finished");
    let like = results.find(|e| e["status"] == status);
    let mut like = like.expect("a result").clone();
    let mut all = String::new();
    for line in &lines {
        if line["event"] == "pack_finished" {
            for i in 0..RESULTS {
                like["scope"] = format!("scope_{i}").into();
                all += &format!("{like}\n");
            }
        }
        all += &format!("{line}\n");
    }
    fs::write(folder.join(name), all).expect("writes");
}

#[test]
fn reports_of_a_pack_with_very_many_results_stay_within_their_memory() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    for status in ["passed", "skipped", "failed"] {
        enlarged(temp.path(), "MANY", status);
        let args = "report render MANY --report r.json --junit j.xml --sarif s.sarif --html h.html \
                    --markdown m.md";
        let args: Vec<String> = args.split_whitespace().map(str::to_owned).collect();
        let output = limited(temp.path(), &args, Stdio::null(), SECONDS, MEMORY);
        assert_eq!(output.status.code(), Some(1), "{status}: {output:?}");
        assert_eq!(faults(&output), [""; 0]);
        let report = fs::read_to_string(temp.path().join("r.json")).expect("a report");
        assert_eq!(
            report.matches("\"scope\": \"scope_11999\"").count(),
            match status {
                // At its check, and at the cause that the stream does not name.
                "failed" => 2,
                _ => 1,
            }
        );
    }
}
