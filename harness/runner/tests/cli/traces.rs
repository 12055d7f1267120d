//! The command `trace check`.

use crate::support::{code, project, run_in, stderr, text};
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the runner's format cannot show.
const SILENT: &str = "--without trace.tenant-isolation --without trace.order \
                      --without trace.state --without trace.once-only";

fn recordings() -> PathBuf {
    project().join("corpus/recordings")
}

fn pack() -> PathBuf {
    recordings().join("packs/application.gtpack")
}

/// Checks the recording `name` in `folder` with these flags.
fn checked(folder: &Path, name: &str, flags: &str) -> Output {
    let file = recordings().join(name).join("recording.json");
    let base = ["trace", "check", text(&file), "--out", "o"].into_iter();
    run_in(
        folder,
        &base.chain(flags.split_whitespace()).collect::<Vec<_>>(),
    )
}

/// The results of the run whose output folder is in `folder`.
fn results(folder: &Path) -> Vec<Value> {
    let events = fs::read_to_string(folder.join("o/events.jsonl")).expect("events");
    let events = events
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    events
        .filter(|e: &Value| e["event"] == "check_finished")
        .collect()
}

#[test]
fn trace_of_another_pack_fails_and_the_printed_command_says_so_again() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = format!("--pack {}", text(&pack()));
    assert_eq!(
        code(&checked(temp.path(), "nonconforming/other-pack", &pack)),
        1
    );
    let failed = results(temp.path())
        .into_iter()
        .find(|r| r["status"] == "failed");
    let failed = failed.expect("a failed check");
    assert_eq!(failed["check"], "trace.digests");
    let again = failed["reproduce"].as_str().expect("a command");
    let words: Vec<&str> = again.split_whitespace().skip(1).collect();
    let output = run_in(temp.path(), &[words.as_slice(), &["--out", "o"]].concat());
    assert_eq!(code(&output), 1, "{again}: {}", stderr(&output));
    let results = results(temp.path());
    assert_eq!(results.len(), 1);
    assert_eq!(results[0]["findings"], failed["findings"]);
}

#[test]
fn steps_run_again_in_a_worker_and_answer_what_is_recorded() {
    let temp = tempfile::tempdir().expect("a folder");
    let flags = format!("--replay {} {SILENT}", text(&pack()));
    let output = checked(temp.path(), "conforming/trace", &flags);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let results = results(temp.path());
    let status = |check: &str| {
        let result = results.iter().find(|r| r["check"] == check);
        result.map(|r| r["status"].clone()).unwrap_or_default()
    };
    // The pack that runs the steps is also the one that the trace is compared with.
    for check in ["trace.digests", "trace.io-hash", "trace.replay"] {
        assert_eq!(status(check), "passed", "{check}");
    }
}

#[test]
fn trace_without_its_pack_is_no_pass() {
    let temp = tempfile::tempdir().expect("a folder");
    let output = checked(temp.path(), "conforming/trace", SILENT);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    let blocked = results(temp.path())
        .into_iter()
        .find(|r| r["check"] == "trace.digests");
    let reason = blocked.expect("the check")["reason"].to_string();
    assert!(reason.contains("--pack"), "{reason}");
    let flags = format!("{SILENT} --without trace.digests");
    assert_eq!(code(&checked(temp.path(), "conforming/trace", &flags)), 0);
    let events = fs::read_to_string(temp.path().join("o/events.jsonl")).expect("events");
    let begin = events.lines().next().expect("an event");
    assert!(begin.contains("\"trace.digests\""), "{begin}");
}

#[test]
fn standard_input_is_checked_like_a_file() {
    let temp = tempfile::tempdir().expect("a folder");
    for (name, expected) in [("conforming/case", 0), ("nonconforming/write-twice", 1)] {
        let file = recordings().join(name).join("recording.json");
        let output = Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
            .current_dir(temp.path())
            .args(["trace", "check", "-", "--out", "o"])
            .stdin(File::open(file).expect("opens"))
            .output()
            .expect("the binary runs");
        assert_eq!(code(&output), expected, "{name}: {}", stderr(&output));
    }
}

#[test]
fn unusable_pack_ends_the_run_and_the_reports_say_so() {
    let temp = tempfile::tempdir().expect("a folder");
    fs::write(temp.path().join("no.gtpack"), "no pack").expect("writes");
    for flag in ["--pack", "--replay"] {
        let flags = format!("{flag} no.gtpack --junit j.xml");
        let output = checked(temp.path(), "conforming/trace", &flags);
        assert_eq!(code(&output), 4, "{}", stderr(&output));
        let report = fs::read_to_string(temp.path().join("j.xml")).expect("a report");
        assert!(report.contains("cannot be opened"), "{report}");
        let missing = format!("{flag} missing.gtpack");
        assert_eq!(code(&checked(temp.path(), "conforming/trace", &missing)), 2);
    }
}

#[test]
fn report_at_the_place_of_the_pack_is_refused_and_the_pack_stays() {
    let temp = tempfile::tempdir().expect("a folder");
    let copy = temp.path().join("p.zip");
    fs::copy(pack(), &copy).expect("copies");
    let output = checked(
        temp.path(),
        "conforming/trace",
        "--pack p.zip --report p.zip",
    );
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert_eq!(
        fs::read(copy).expect("reads"),
        fs::read(pack()).expect("reads")
    );
}

#[test]
fn unknown_check_to_leave_out_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let output = checked(temp.path(), "conforming/case", "--without trace.unknown");
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("trace.once-only"));
}
