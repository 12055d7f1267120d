//! `report history` and `report diff`.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A folder with the JSON report of a run over two fixtures.
fn judged() -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, pack) in [
        ("noop", "conforming/noop-provision"),
        ("traps", "nonconforming/trap-apply"),
    ] {
        copy(&fixture(pack), &folder.path().join("packs").join(name));
    }
    let run = [
        "conformance",
        "--isolation",
        "none",
        "--packs",
        "packs",
        "--report",
        "r.json",
    ];
    assert_eq!(code(&run_in(folder.path(), &run)), 1);
    let report = read(&folder.path().join("r.json"));
    (folder, report)
}

fn write(folder: &Path, name: &str, report: &Value) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
    fs::write(path, report.to_string()).expect("writes");
}

/// The same report, in which a pack has another verdict.
fn with(report: &Value, pack: usize, verdict: &str) -> Value {
    let mut report = report.clone();
    report["packs"][pack]["verdict"] = verdict.into();
    report
}

#[test]
fn page_shows_the_last_night_flaky_packs_and_jumps_and_escapes_names() {
    let (folder, report) = judged();
    let folder = folder.path();
    let mut third = with(&report, 0, "pass");
    let fuel = &mut third["packs"][0]["wizards"][0]["steps"][0]["fuel"];
    *fuel = json!(fuel.as_u64().expect("a number") * 2);
    third["packs"][1]["pack"] = "<script>alert(1)</script>".into();
    write(folder, "nights/2026-01-01/report.json", &report);
    write(folder, "nights/2026-01-02.json", &with(&report, 0, "fail"));
    write(folder, "nights/2026-01-03.json", &third);
    fs::write(folder.join("nights/notes.json"), "{}").expect("writes");
    let output = run_in(folder, &["report", "history", "nights", "--html", "h.html"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).starts_with("3 nights, 3 packs, "),
        "{}",
        stdout(&output)
    );
    assert!(
        stdout(&output).contains("; 1 pack is flaky; "),
        "{}",
        stdout(&output)
    );
    let skipped = stderr(&output);
    assert!(
        skipped.contains("notes.json: not a JSON report"),
        "{skipped}"
    );
    let page = fs::read_to_string(folder.join("h.html")).expect("a page");
    for part in [
        "<p>3 nights, 2026-01-01 to 2026-01-03; 3 packs</p>",
        "<h2>Last night: 2026-01-03</h2>",
        "<h2>Flaky packs (1)</h2>",
        "noop: 2 times, last in 2026-01-03, 2026-01-02",
        "with equal bytes",
        " <small>4 steps, 1 jumped, last in 2026-01-03</small>",
        "<td colspan=\"4\">the same in 3 nights that have it</tr>",
        "<details><summary>2 packs with no step that jumps</summary>",
        "pass since 2026-01-03, before that fail since 2026-01-02",
        "&lt;script&gt;",
    ] {
        assert!(page.contains(part), "no {part}");
    }
    assert!(!page.contains("<script"), "a script");
}

#[test]
fn folder_without_a_report_is_a_mistake_of_the_user() {
    let (folder, mut report) = judged();
    let folder = folder.path();
    let history = |nights: &str| run_in(folder, &["report", "history", nights, "--html", "h.html"]);
    fs::create_dir(folder.join("empty")).expect("a folder");
    report["shard"] = json!({ "index": 1, "count": 2 });
    write(folder, "shards/a.json", &report);
    for (nights, said) in [
        ("gone", "gone is no folder"),
        ("empty", "empty: no JSON report of a whole run"),
        ("shards", "`report merge` makes one report of all"),
    ] {
        let output = history(nights);
        assert_eq!(code(&output), 2, "{nights}");
        assert!(
            stderr(&output).contains(said),
            "{nights}: {}",
            stderr(&output)
        );
        assert!(!folder.join("h.html").exists(), "{nights}");
    }
    let over = ["report", "history", "shards", "--html", "shards/a.json"];
    assert_eq!(code(&run_in(folder, &over)), 2);
    assert_eq!(read(&folder.join("shards/a.json")), report);
}

#[test]
fn diff_exits_1_if_the_later_run_is_worse_and_writes_markdown() {
    let (folder, report) = judged();
    let folder = folder.path();
    write(folder, "worse.json", &with(&report, 0, "fail"));
    let diff =
        |old: &str, new: &str| run_in(folder, &["report", "diff", old, new, "--markdown", "d.md"]);
    let worse = diff("r.json", "worse.json");
    assert_eq!(code(&worse), 1, "{}", stderr(&worse));
    assert!(
        stdout(&worse).contains("noop: pass → fail"),
        "{}",
        stdout(&worse)
    );
    let markdown = fs::read_to_string(folder.join("d.md")).expect("Markdown");
    assert!(
        markdown.contains("### worse (1)\n\n- ` noop `: pass → fail"),
        "{markdown}"
    );
    let better = diff("worse.json", "r.json");
    assert_eq!(code(&better), 0, "{}", stderr(&better));
    let same = diff("r.json", "r.json");
    assert_eq!((code(&same), stdout(&same)), (0, "no difference\n"));
    let over = [
        "report",
        "diff",
        "r.json",
        "worse.json",
        "--markdown",
        "r.json",
    ];
    assert_eq!(code(&run_in(folder, &over)), 2);
    assert_eq!(read(&folder.join("r.json")), report);
}

#[test]
fn expectation_that_ends_soon_is_on_the_page() {
    let (folder, report) = judged();
    let folder = folder.path();
    write(folder, "nights/a.json", &report);
    let add = [
        "expect",
        "add",
        "--expectations",
        "e.toml",
        "--reason",
        "r",
        "--issue",
        "i",
        "--owner",
        "lee",
        "--days",
        "3",
    ];
    let added = run_in(folder, &add);
    assert_eq!(code(&added), 0, "{}", stderr(&added));
    let history = [
        "report",
        "history",
        "nights",
        "--html",
        "h.html",
        "--expectations",
        "e.toml",
    ];
    assert_eq!(code(&run_in(folder, &history)), 0);
    let page = fs::read_to_string(folder.join("h.html")).expect("a page");
    assert!(
        page.contains("<h2>Expectations that end soon (1)</h2>"),
        "no list"
    );
    assert!(page.contains("3 days left"), "no day");
}

#[test]
fn results_in_memory_are_those_of_the_json_report() {
    use greentic_provision::fold::Run;
    use greentic_provision::history::{Pack, Report, changes, read_one};
    let temp = tempfile::tempdir().expect("a folder");
    let packs = temp.path().join("packs");
    for pack in [
        "conforming/greeter",
        "nonconforming/golden-mismatch",
        "hostile/dry-http",
    ] {
        let name = pack.rsplit('/').next().expect("a name");
        copy(&fixture(pack), &packs.join(name));
    }
    conformance(
        temp.path(),
        &packs,
        "--profile strict --report r.json --out o",
    );
    let run = Run::read(&temp.path().join("o/events.jsonl")).expect("a stream");
    let mut judged = Vec::new();
    run.each(|pack| {
        judged.push(Pack::from(pack));
        Ok(())
    })
    .expect("reads");
    assert_eq!(judged.len(), 3);
    let written = read_one(&temp.path().join("r.json")).expect("a report");
    let same = changes(&written, &Report::of("strict", judged.clone()));
    assert!(same.is_empty(), "{same:#?}");
    judged.pop();
    assert!(!changes(&written, &Report::of("strict", judged)).is_empty());
}
