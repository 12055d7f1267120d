//! `trace check`: recordings go through the events, reports, expectations and exit codes of
//! packs.

use crate::support::{check, code, project, read, run_in, schema, stderr, stdout, text};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Output;

/// Copies the recordings `names` of the project to `folder`.
fn copied(folder: &Path, names: &[&str]) {
    for name in names {
        let from = project()
            .join("corpus/recordings")
            .join(name)
            .join("recording.json");
        let to = folder.join(name.replace('/', "-")).with_extension("json");
        fs::create_dir_all(folder).expect("a folder");
        fs::copy(from, to).expect("copies");
    }
}

fn checked(folder: &Path, args: &str) -> Output {
    let args = format!("trace check {args}");
    run_in(folder, &args.split_whitespace().collect::<Vec<_>>())
}

#[test]
fn recordings_get_every_report_and_the_exit_code_of_the_worst() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    copied(
        &folder.join("r"),
        &["conforming/case", "nonconforming/no-events"],
    );
    let formats = "--report r.json --junit r.xml --sarif r.sarif --html r.html --markdown r.md";
    let run = checked(folder, &format!("r {formats}"));
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let said = stdout(&run);
    assert!(said.contains("2 recordings: 1 pass, 1 fail"), "{said}");
    let report: Value = read(&folder.join("r.json"));
    check(&schema("report.schema.json"), &report);
    assert_eq!(report["judged"], "recordings");
    assert_eq!(report["exit_code"], 1);
    let events = fs::read_to_string(folder.join("reports/out/events.jsonl")).expect("events");
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).expect("an event");
        check(&schema("event.schema.json"), &event);
    }
    for name in ["r.xml", "r.sarif", "r.html", "r.md"] {
        let report = fs::read_to_string(folder.join(name)).expect(name);
        assert!(report.contains("E_RECORDING_EMPTY"), "{name}");
        assert!(report.contains("nonconforming-no-events.json"), "{name}");
    }
    let rendered = run_in(folder, &["report", "render", "reports/out/events.jsonl"]);
    assert_eq!(code(&rendered), 1, "{}", stderr(&rendered));
}

#[test]
fn command_of_a_failure_shows_it_again() {
    let temp = tempfile::tempdir().expect("a folder");
    copied(temp.path(), &["nonconforming/no-events"]);
    let run = checked(temp.path(), "nonconforming-no-events.json");
    let said = stdout(&run);
    let again = said
        .lines()
        .find_map(|line| line.split_once("again: greentic-provision "));
    let (_, again) = again.expect("a command");
    let again = run_in(temp.path(), &again.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&again), 1);
    assert!(
        stdout(&again).contains("E_RECORDING_EMPTY"),
        "{}",
        stdout(&again)
    );
}

#[test]
fn folder_without_recordings_exits_5_and_a_missing_file_2() {
    let temp = tempfile::tempdir().expect("a folder");
    fs::create_dir(temp.path().join("empty")).expect("a folder");
    fs::write(temp.path().join("empty/trace.txt"), "{}").expect("writes");
    let run = checked(temp.path(), "empty --report r.json");
    assert_eq!(code(&run), 5, "{}", stderr(&run));
    let report: Value = read(&temp.path().join("r.json"));
    assert_eq!(report["exit_code"], 5);
    assert_eq!(report["finished"], false);
    assert_eq!(code(&checked(temp.path(), "nowhere.json")), 2);
}

#[test]
fn check_that_is_left_out_shows_in_the_report_and_an_unknown_one_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    copied(temp.path(), &["nonconforming/no-events"]);
    let file = "nonconforming-no-events.json";
    let reports = "--report r.json --junit r.xml --sarif r.sarif --html r.html --markdown r.md";
    let run = checked(
        temp.path(),
        &format!("{file} --without trace.shape {reports}"),
    );
    assert_ne!(code(&run), 0, "nothing passed, so nothing is proven");
    assert!(
        stdout(&run).contains("without trace.shape"),
        "{}",
        stdout(&run)
    );
    let report: Value = read(&temp.path().join("r.json"));
    check(&schema("report.schema.json"), &report);
    assert_eq!(report["without"][0], "trace.shape");
    for name in ["r.xml", "r.sarif", "r.html", "r.md"] {
        let report = fs::read_to_string(temp.path().join(name)).expect(name);
        assert!(report.contains("without trace.shape"), "{name}");
    }
    let run = checked(temp.path(), &format!("{file} --without plan.shape"));
    assert_eq!(code(&run), 2);
    assert!(stderr(&run).contains("trace.shape"), "{}", stderr(&run));
}

#[test]
fn shards_judge_all_recordings_once_and_merge() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    let names = [
        "conforming/case",
        "nonconforming/no-events",
        "nonconforming/cut-off",
    ];
    copied(&folder.join("r"), &names);
    for shard in 1..=2 {
        let run = checked(folder, &format!("r --shard {shard}/2 --out o{shard}"));
        assert!([0, 1].contains(&code(&run)), "{}", stderr(&run));
    }
    let merge = "report merge --out m.jsonl o1/events.jsonl o2/events.jsonl --report m.json";
    let run = run_in(folder, &merge.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let report: Value = read(&folder.join("m.json"));
    assert_eq!(report["packs"].as_array().map(Vec::len), Some(3));
    let whole = checked(folder, "r --report w.json");
    assert_eq!(code(&whole), 1);
    let whole: Value = read(&folder.join("w.json"));
    assert_eq!(report["summary"], whole["summary"]);
}

#[test]
fn shards_that_know_different_packs_are_not_merged() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    copied(&folder.join("r"), &["conforming/case", "conforming/trace"]);
    let pack = project().join("corpus/recordings/packs/application.gtpack");
    let pack = format!("--pack {}", text(&pack));
    for (shard, pack) in [(1, pack.as_str()), (2, "")] {
        let run = checked(
            folder,
            &format!("r --shard {shard}/2 --out o{shard} {pack}"),
        );
        assert!([0, 5].contains(&code(&run)), "{}", stderr(&run));
    }
    let merge = "report merge --out m.jsonl o1/events.jsonl o2/events.jsonl";
    let run = run_in(folder, &merge.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&run), 2);
    assert!(stderr(&run).contains("configuration"), "{}", stderr(&run));
}

#[test]
fn stream_that_announces_too_few_checks_of_recordings_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    copied(temp.path(), &["conforming/case"]);
    assert_eq!(
        code(&checked(temp.path(), "conforming-case.json --out o")),
        0
    );
    let path = temp.path().join("o/events.jsonl");
    let stream = fs::read_to_string(&path).expect("events");
    let without = |line: &str| {
        let mut event: Value = serde_json::from_str(line).expect("an event");
        if let Some(checks) = event["checks"].as_array_mut() {
            checks.retain(|id| id != "trace.order");
        }
        (event["check"] != "trace.order").then(|| format!("{event}\n"))
    };
    let fewer: String = stream.lines().filter_map(without).collect();
    fs::write(&path, fewer).expect("writes");
    let run = run_in(temp.path(), &["report", "render", "o/events.jsonl"]);
    assert_eq!(code(&run), 2, "{}", stdout(&run));
    assert!(stderr(&run).contains("trace.order"), "{}", stderr(&run));
}

#[test]
fn expected_failure_of_a_recording_is_excused_and_a_stale_one_exits_3() {
    let temp = tempfile::tempdir().expect("a folder");
    copied(temp.path(), &["nonconforming/no-events", "conforming/case"]);
    let today = time::OffsetDateTime::now_utc().date();
    let entry = |pack: &str| {
        format!(
            "[[expect]]\npack = \"{pack}\"\nversion = \"*\"\ncheck = \"trace.shape\"\n\
             code = \"E_RECORDING_EMPTY\"\nreason = \"the recorder stops early\"\n\
             issue = \"https://example.invalid/1\"\nowner = \"runner\"\nadded = \"{today}\"\n\
             expires = \"{}\"\n",
            today + time::Duration::days(30)
        )
    };
    let name = "nonconforming-no-events.json";
    fs::write(temp.path().join("e.toml"), entry(name)).expect("writes");
    let run = checked(
        temp.path(),
        &format!("{name} conforming-case.json --expectations e.toml"),
    );
    assert!(stdout(&run).contains("1 excused"), "{}", stdout(&run));
    let events = fs::read_to_string(temp.path().join("reports/out/events.jsonl"));
    let events = events.expect("events");
    let excused = events.lines().any(|line| {
        let event: Value = serde_json::from_str(line).expect("an event");
        event["excused"][0]["code"] == "E_RECORDING_EMPTY"
    });
    assert!(excused, "no event has the cause that is excused: {events}");
    let stale = entry("conforming-case.json");
    fs::write(temp.path().join("e.toml"), stale).expect("writes");
    let run = checked(temp.path(), "conforming-case.json --expectations e.toml");
    assert_eq!(code(&run), 3, "{}", stderr(&run));
}
