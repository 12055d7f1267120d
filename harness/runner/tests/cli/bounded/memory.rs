//! The memory of reports does not grow with what a stream repeats, and that of checking a
//! recording does not grow with its events.

use super::inputs::sound;
use super::{faults, limited};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
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
                    --markdown m.md --annotations a.txt --code-quality q.json";
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

/// Events of the recording: more state writes than ids that are kept in memory, and more
/// bytes than the memory.
const EVENTS: u64 = 450_000;
/// Mebibytes of writable memory, in which a recording is checked.
const CHECKING: u32 = 40;

/// Writes a case whose last event has this id.
fn recording(path: &Path, last: &str) {
    let mut file = BufWriter::new(File::create(path).expect("creates"));
    let begin = r#"{"name":"n","runs":[{"tenant_id":"t","session_id":"s","events":["#;
    file.write_all(begin.as_bytes()).expect("writes");
    for number in 1..EVENTS {
        writeln!(
            file,
            r#"{{"sequence":{number},"kind":"state_write","tenant_id":"t","trace_id":"{number:032}"}},"#
        )
        .expect("writes");
    }
    let end = format!(
        r#"{{"sequence":{EVENTS},"kind":"state_write","tenant_id":"t","trace_id":"{last}"}}],"#
    );
    file.write_all(end.as_bytes()).expect("writes");
    let end = r#""state_snapshot":{"writer":"w","bytes_written":1}}]}"#;
    file.write_all(end.as_bytes()).expect("writes");
}

#[test]
fn recording_larger_than_the_memory_is_checked_to_its_end() {
    let temp = tempfile::tempdir().expect("a folder");
    let long = temp.path().join("long.json");
    let twice = "00000000000000000000000000000001";
    for (file, last, code) in [("-", "new", 0), ("long.json", twice, 1)] {
        recording(&long, last);
        let bytes = fs::metadata(&long).expect("a file").len();
        assert!(bytes > u64::from(CHECKING) << 20, "{bytes} bytes");
        let args = ["trace", "check", file, "--out", "o"].map(str::to_owned);
        let stdin = match file {
            "-" => File::open(&long).expect("opens").into(),
            _ => Stdio::null(),
        };
        let output = limited(temp.path(), &args, stdin, SECONDS, CHECKING);
        assert_eq!(output.status.code(), Some(code), "{file}: {output:?}");
        assert_eq!(faults(&output), [""; 0]);
        let events = fs::read_to_string(temp.path().join("o/events.jsonl")).expect("events");
        let place = format!("/runs/0/events/{}/trace_id", EVENTS - 1);
        assert_eq!(events.contains(&place), code == 1, "{file}");
    }
}

#[test]
fn recording_without_an_end_is_refused_within_its_memory() {
    let temp = tempfile::tempdir().expect("a folder");
    let text = temp.path().join("text.json");
    let parts: [(&str, &[u8]); 3] = [("{\"name\":\"", b"x"), ("", b"["), ("{\"runs\":", b"9")];
    for (begin, more) in parts {
        let mut file = BufWriter::new(File::create(&text).expect("creates"));
        file.write_all(begin.as_bytes()).expect("writes");
        for _ in 0..48 {
            file.write_all(&more.repeat(1 << 20)).expect("writes");
        }
        file.flush().expect("writes");
        let args = ["trace", "check", "text.json", "--out", "o"].map(str::to_owned);
        let output = limited(temp.path(), &args, Stdio::null(), SECONDS, CHECKING);
        assert_eq!(output.status.code(), Some(1), "{begin}: {output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("E_RECORDING_BOUND"), "{said}");
    }
}
