//! Event streams whose events contradict each other: no command believes them.

use crate::support::{code, conformance, copy, fixture, run_in, stderr};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

type Events = Vec<Value>;

fn events(path: &Path) -> Events {
    let text = fs::read_to_string(path).expect("events");
    let events = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    events.collect()
}

fn write(path: &Path, events: &[Value]) {
    let lines: Vec<String> = events.iter().map(|event| format!("{event}\n")).collect();
    fs::write(path, lines.concat()).expect("writes");
}

/// A folder with a pack that passes and one that fails.
fn packs(folder: &Path) {
    copy(
        &fixture("conforming/noop-provision"),
        &folder.join("p/good"),
    );
    copy(
        &fixture("nonconforming/trap-apply"),
        &folder.join("p/wrong"),
    );
}

fn is(event: &Value, kind: &str, pack: &str) -> bool {
    event["event"] == kind && event["pack"] == pack
}

/// Makes all packs pass, and the failed checks too if `checks`.
fn pass(events: &mut Events, checks: bool) {
    for event in events {
        if event["event"] == "pack_finished" {
            event["verdict"] = json!("pass");
        }
        let blocked = event["status"] == "skipped" && event["applicable"] == true;
        if checks && (event["status"] == "failed" || blocked) {
            event["status"] = json!("passed");
            event["findings"] = json!([]);
        }
    }
}

/// A part of the reason for which a stream is refused, and the stream.
type Refused = (&'static str, Events);

/// `honest` with a change.
fn changed(honest: &Events, change: impl FnOnce(&mut Events)) -> Events {
    let mut events = honest.clone();
    change(&mut events);
    events
}

/// The place of the first event of this kind.
fn at(events: &Events, kind: &str) -> usize {
    let mut all = events.iter();
    all.position(|e| e["event"] == kind).expect("an event")
}

/// Streams of which checks contradict the rest.
fn of_checks(honest: &Events) -> Vec<Refused> {
    let changed = |change: fn(&mut Events)| changed(honest, change);
    let filtered = changed(|e| {
        e[0]["filter"] = json!("zzz");
        pass(e, true);
    });
    vec![
        (
            "verdict pass of the pack wrong",
            changed(|e| pass(e, false)),
        ),
        ("filter of the run leaves out", filtered),
        (
            "announces no check registry.digest",
            changed(|e| {
                e[0]["checks"] = json!([]);
                pass(e, true);
            }),
        ),
        (
            "a second result of",
            changed(|e| {
                let check = at(e, "check_finished");
                e.insert(check, e[check].clone());
            }),
        ),
        (
            "after its end",
            changed(|e| {
                let done = at(e, "pack_finished");
                e.insert(done, e[done].clone());
            }),
        ),
    ]
}

/// Streams of which packs or runs contradict the rest.
fn of_packs(honest: &Events) -> Vec<Refused> {
    let changed = |change: fn(&mut Events)| changed(honest, change);
    vec![
        (
            "starts a second time",
            changed(|e| e.insert(1, e[0].clone())),
        ),
        (
            "the pack wrong twice",
            changed(|e| e[0]["packs"] = json!(["wrong", "wrong", "good"])),
        ),
        (
            "does not announce",
            changed(|e| e[0]["packs"] = json!(["good"])),
        ),
        (
            "after the end of the run",
            changed(|e| {
                let done = at(e, "run_finished");
                e.insert(done, e[done].clone());
            }),
        ),
        (
            "has 0 steps executed",
            changed(|e| {
                let mut done = e.iter_mut().filter(|e| is(e, "pack_finished", "good"));
                done.next().expect("good ends")["steps_executed"] = json!(0);
            }),
        ),
    ]
}

#[test]
fn stream_that_contradicts_itself_is_refused_with_place_and_reason() {
    let temp = tempfile::tempdir().expect("a folder");
    packs(temp.path());
    assert_eq!(
        code(&conformance(temp.path(), Path::new("p"), "--out o")),
        1
    );
    let honest = events(&temp.path().join("o/events.jsonl"));
    let render = || {
        run_in(
            temp.path(),
            &["report", "render", "s.jsonl", "--report", "r.json"],
        )
    };
    write(&temp.path().join("s.jsonl"), &honest);
    assert_eq!(code(&render()), 1, "the honest stream");
    for (why, stream) in of_checks(&honest).into_iter().chain(of_packs(&honest)) {
        write(&temp.path().join("s.jsonl"), &stream);
        let refused = render();
        assert_eq!(code(&refused), 2, "{why}: {}", stderr(&refused));
        let said = stderr(&refused);
        assert!(
            said.contains("s.jsonl") && said.contains(why),
            "{why}: {said}"
        );
        let report = fs::read_to_string(temp.path().join("r.json")).expect("a report");
        let report: Value = serde_json::from_str(&report).expect("JSON");
        assert_eq!(report["packs"], json!([]), "{why}");
        assert_eq!(report["exit_code"], 5, "{why}");
    }
}

#[test]
fn stream_of_another_version_may_have_other_checks() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/noop-provision");
    assert_eq!(code(&conformance(temp.path(), &pack, "--out o")), 0);
    let path = temp.path().join("o/events.jsonl");
    let mut stream = events(&path);
    stream[0]["checks"].as_array_mut().expect("checks").pop();
    stream[0]["version"] = json!("0.0.9");
    write(&path, &stream);
    let rendered = run_in(temp.path(), &["report", "render", "o/events.jsonl"]);
    assert_eq!(code(&rendered), 0, "{}", stderr(&rendered));
}

#[test]
fn shard_that_speaks_of_a_pack_of_another_shard_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    packs(temp.path());
    let shards = [1, 2].map(|index| {
        let flags = format!("--shard {index}/2 --out s{index}");
        conformance(temp.path(), Path::new("p"), &flags);
        events(&temp.path().join(format!("s{index}/events.jsonl")))
    });
    let has_bad = |events: &Events| events.iter().any(|e| e["pack"] == "wrong");
    let (bad, good): (Vec<Events>, Vec<Events>) = shards.into_iter().partition(has_bad);
    let (bad, good) = (bad[0].clone(), good[0].clone());
    let merge = |a: &Events, b: &Events| {
        write(&temp.path().join("a.jsonl"), a);
        write(&temp.path().join("b.jsonl"), b);
        run_in(
            temp.path(),
            &["report", "merge", "a.jsonl", "b.jsonl", "--out", "m.jsonl"],
        )
    };
    assert_eq!(code(&merge(&good, &bad)), 1);
    let mut foreign: Events = bad
        .iter()
        .filter(|e| e["pack"] == "wrong")
        .cloned()
        .collect();
    pass(&mut foreign, true);
    let mut silent = bad.clone();
    silent.retain(|e| e["pack"] != "wrong");
    let mut liar = good.clone();
    liar.splice(good.len() - 1..good.len() - 1, foreign);
    let mut announces = liar.clone();
    announces[0]["packs"] = json!(["wrong", "good"]);
    let mut none = silent.clone();
    none[0]["packs"] = json!([]);
    for (a, b, why) in [
        (&liar, &bad, "does not announce"),
        (&bad, &liar, "does not announce"),
        (&liar, &silent, "does not announce"),
        (&announces, &none, "in another shard"),
    ] {
        let refused = merge(a, b);
        assert_eq!(code(&refused), 2, "{why}");
        assert!(stderr(&refused).contains(why), "{}", stderr(&refused));
    }
}
