//! Shards: the variables of engines, the list of the cut, and what a merge refuses.

use crate::support::{
    caches, check, code, conformance, copy, fixture, json, read, run_in, schema, stderr, stdout,
    text,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Packs of two kinds in `folder`: three that share a component, and four small ones.
fn packs(folder: &Path) {
    for i in 0..3 {
        let to = folder.join(format!("large-{i}"));
        copy(&fixture("conforming/c-provider"), &to);
    }
    for i in 0..4 {
        let to = folder.join(format!("small-{i}"));
        copy(&fixture("conforming/noop-provision"), &to);
    }
}

/// Runs `conformance` over the packs in `folder` with these variables.
fn with_variables(folder: &Path, variables: &[(&str, &str)], flags: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(folder)
        .env_clear()
        .env("XDG_CACHE_HOME", caches())
        .envs(variables.iter().copied())
        .args(["conformance", "--packs", "p"])
        .args(flags.split_whitespace())
        .output()
        .expect("the binary runs")
}

/// The list of the cut into `count` shards.
fn list(folder: &Path, count: u64) -> Value {
    let flags = format!("--shard 1/{count} --list --json");
    let listed = conformance(folder, Path::new("p"), &flags);
    assert_eq!(code(&listed), 0, "{}", stderr(&listed));
    let cut = json(&listed);
    check(&schema("cut.schema.json"), &cut);
    cut
}

#[test]
fn list_shows_the_shard_in_which_each_pack_is_judged() {
    let temp = tempfile::tempdir().expect("a folder");
    packs(&temp.path().join("p"));
    let cut = list(temp.path(), 2);
    assert_eq!(cut["count"], 2);
    assert_eq!(cut["shard"], 1);
    assert!(
        !temp.path().join("reports").exists(),
        "--list writes a file"
    );
    let mut listed: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for pack in cut["packs"].as_array().expect("packs") {
        let shard = pack["shard"].as_u64().expect("a number");
        let label = pack["pack"].as_str().expect("a label");
        listed.entry(shard).or_default().push(label.to_owned());
    }
    assert_eq!(listed.len(), 2, "{listed:?}");
    for (shard, labels) in listed {
        let flags = format!("--shard {shard}/2 --out s{shard} --report {shard}.json");
        let run = conformance(temp.path(), Path::new("p"), &flags);
        assert_eq!(code(&run), 0, "{}", stderr(&run));
        let report = read(&temp.path().join(format!("{shard}.json")));
        check(&schema("report.schema.json"), &report);
        assert_eq!(report["cut"], cut["cut"]);
        let judged = report["packs"].as_array().expect("packs").iter();
        let judged: Vec<&str> = judged.filter_map(|pack| pack["pack"].as_str()).collect();
        assert_eq!(judged, labels);
    }
}

#[test]
fn list_without_json_is_text_and_writes_no_report() {
    let temp = tempfile::tempdir().expect("a folder");
    packs(&temp.path().join("p"));
    let listed = conformance(temp.path(), Path::new("p"), "--list");
    assert_eq!(code(&listed), 0);
    assert_eq!(stdout(&listed).matches("shard 1/1  group ").count(), 7);
    assert!(stdout(&listed).contains("shard 1/1: 7 packs, weight "));
    fs::write(temp.path().join("r.json"), "mine").expect("writes");
    let refused = conformance(temp.path(), Path::new("p"), "--list --report r.json");
    assert_eq!(code(&refused), 2, "{}", stderr(&refused));
    let kept = fs::read_to_string(temp.path().join("r.json")).expect("reads");
    assert_eq!(kept, "mine");
    fs::create_dir(temp.path().join("none")).expect("creates");
    let none = conformance(temp.path(), Path::new("none"), "--list --json");
    assert_eq!((code(&none), stdout(&none)), (5, ""));
}

#[test]
fn shard_auto_is_the_shard_of_the_engine_and_exits_2_without_one() {
    let temp = tempfile::tempdir().expect("a folder");
    packs(&temp.path().join("p"));
    let job = [("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "3")];
    let listed = with_variables(temp.path(), &job, "--shard auto --list --json");
    let cut = json(&listed);
    assert_eq!((&cut["shard"], &cut["count"]), (&2.into(), &3.into()));
    let none = with_variables(temp.path(), &[], "--shard auto --report r.json");
    assert_eq!(code(&none), 2);
    assert!(
        stderr(&none).contains("JOB_COMPLETION_INDEX"),
        "{}",
        stderr(&none)
    );
    let report = read(&temp.path().join("r.json"));
    assert_eq!(report["finished"], false);
    let two = [
        job,
        [("CIRCLE_NODE_INDEX", "0"), ("CIRCLE_NODE_TOTAL", "3")],
    ]
    .concat();
    let refused = with_variables(temp.path(), &two, "--shard auto --list");
    assert_eq!(code(&refused), 2);
    let said = "CI_NODE_INDEX=2, CI_NODE_TOTAL=3 say shard 2/3, and CIRCLE_NODE_INDEX=0";
    assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
}

#[test]
fn shard_without_packs_exits_5_and_is_not_missing_in_a_merge() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = temp.path().join("p/one");
    copy(&fixture("conforming/noop-provision"), &pack);
    let judge = |flags: &str| code(&conformance(temp.path(), Path::new("p"), flags));
    assert_eq!(judge("--shard 1/3 --out one"), 0);
    assert_eq!(judge("--shard 2/3 --out two"), 5);
    let args = ["report", "merge", "one/events.jsonl", "--out", "m.jsonl"];
    let merged = run_in(temp.path(), &args);
    assert_eq!(code(&merged), 0, "{}", stderr(&merged));
}

/// Merges these streams, and returns what the refusal says.
fn refusal(folder: &Path, streams: &[&str]) -> String {
    let mut args = vec!["report", "merge", "--out", "m.jsonl"];
    args.extend(streams);
    let refused = run_in(folder, &args);
    assert_eq!(code(&refused), 2, "{streams:?}: {}", stderr(&refused));
    assert!(!folder.join("m.jsonl").exists());
    stderr(&refused).to_owned()
}

#[test]
fn merge_refuses_shards_of_other_packs_cuts_versions_and_totals() {
    let temp = tempfile::tempdir().expect("a folder");
    packs(&temp.path().join("p"));
    let judge = |flags: &str| {
        let run = conformance(temp.path(), Path::new("p"), flags);
        assert_eq!(code(&run), 0, "{flags}: {}", stderr(&run));
    };
    judge("--shard 1/2 --out one");
    judge("--shard 2/2 --out two");
    judge("--shard 2/3 --out total");
    let strict = "--shard 2/2 --profile strict --out profile";
    conformance(temp.path(), Path::new("p"), strict);
    let first = "one/events.jsonl";
    let changed = |name: &str, from: &str, to: &str| {
        let stream = fs::read_to_string(temp.path().join("two/events.jsonl")).expect("reads");
        assert!(stream.contains(from), "{from}");
        fs::write(temp.path().join(name), stream.replacen(from, to, 1)).expect("writes");
    };
    let cut = &list(temp.path(), 2)["cut"];
    let assignment = text(Path::new(cut["assignment"].as_str().expect("a digest")));
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    changed("version.jsonl", &version, "\"version\":\"0.0.9\"");
    changed("cut.jsonl", assignment, &"0".repeat(64));
    // A pack changes after the first shard was judged.
    let manifest = temp.path().join("p/small-0/pack.json");
    let bytes = fs::read_to_string(&manifest).expect("reads");
    fs::write(manifest, format!("{bytes} ")).expect("writes");
    judge("--shard 2/2 --out packs");
    for (second, said) in [
        ("version.jsonl", "the version of the harness is 0.0.9"),
        (
            "total/events.jsonl",
            "the number of shards is 3, and there it is 2",
        ),
        (
            "profile/events.jsonl",
            "the profile is strict, and there it is core",
        ),
        ("packs/events.jsonl", "the digest of the packs is"),
        ("cut.jsonl", "the digest of the cut into shards is 0000"),
    ] {
        let refused = refusal(temp.path(), &[first, second]);
        assert!(refused.contains(said), "{second}: {refused}");
        assert!(
            refused.contains(first) && refused.contains(second),
            "{refused}"
        );
        assert!(
            refused.contains("; run all") || refused.contains("; give all"),
            "{refused}"
        );
    }
    let missing = refusal(temp.path(), &[first]);
    assert!(
        missing.contains("missing: 2") && missing.contains("--shard I/2"),
        "{missing}"
    );
}
