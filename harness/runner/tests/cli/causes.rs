//! Causes in the reports: the bounds of the console, of Markdown and of SARIF, and which
//! checks causes are about.

use crate::support::{code, conformance, copy, fixture, packed, read, run_in, stdout, text};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The lines of each pack in a console report, without the table at the end.
fn blocks(report: &str) -> Vec<Vec<&str>> {
    let packs = report.split("causes over all packs:").next().expect("text");
    let mut blocks: Vec<Vec<&str>> = Vec::new();
    // The tally of the run begins with a number.
    let is_tally = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    for line in packs.lines().filter(|line| !is_tally(line)) {
        if !line.starts_with(' ') {
            blocks.push(Vec::new());
        }
        blocks.last_mut().expect("a verdict first").push(line);
    }
    blocks
}

/// The lines of a terminal of 100 columns. Only a command may be longer than one.
fn shown(line: &str) -> usize {
    let width = line.chars().count();
    assert!(width <= 100 || line.starts_with("  again: "), "{line}");
    width.div_ceil(100)
}

/// A stream of `packs` failing packs, each with these causes and with findings of
/// `bytes` bytes. The base is the stream of a real run.
fn stream(folder: &Path, packs: usize, causes: impl Fn(usize) -> Vec<Value>, bytes: usize) {
    let pack = fixture("nonconforming/trap-apply");
    assert_eq!(code(&conformance(folder, &pack, "--out base")), 1);
    let base = fs::read_to_string(folder.join("base/events.jsonl")).expect("events");
    let events: Vec<Value> = base
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let label = |i: usize| format!("pack-{i:05}");
    let mut out = String::new();
    let mut put = |event: &Value| out.push_str(&format!("{event}\n"));
    let mut started = events[0].clone();
    started["packs"] = (0..packs).map(label).collect();
    put(&started);
    for i in 0..packs {
        for event in events.iter().filter(|e| e.get("pack").is_some()) {
            let mut event = event.clone();
            event["pack"] = label(i).into();
            if event["event"] == "pack_finished" {
                event["path"] = format!("packs/{}", label(i)).into();
                event["causes"] = causes(i).into();
            }
            if event["status"] == "failed" {
                event["findings"][0]["actual"] = "x ".repeat(bytes / 2).into();
            }
            put(&event);
        }
    }
    put(events.last().expect("the end"));
    fs::write(folder.join("e.jsonl"), out).expect("writes");
}

/// A cause with long texts, `places` places, and a text of its own for each `i`.
fn cause(i: usize, places: usize) -> Value {
    let word: String = format!("{i:06}")
        .bytes()
        .map(|b| char::from(b + 49))
        .collect();
    let at: Vec<String> = (0..places).map(|n| format!("place {n}")).collect();
    json!({
        "id": format!("{i:016x}"), "level": "must", "bite": "setup", "code": "E_TRAP",
        "checks": ["wizard.completes"], "about": format!("components/{word}.wasm"), "also": ["a.wasm", "b.wasm"],
        "what": format!("{word} {}", "what is wrong ".repeat(15)),
        "users_see": "what users see ".repeat(15), "do": "what to do ".repeat(20),
        "places": [{ "check": "wizard.completes", "scope": "setup_default", "at": at }],
        "findings": places, "blocked_by": null, "follow": 3,
    })
}

fn render(folder: &Path, flags: &str) -> String {
    let args = format!("report render e.jsonl {flags}");
    let run = run_in(folder, &args.split_whitespace().collect::<Vec<_>>());
    assert_eq!(code(&run), 1);
    stdout(&run).to_owned()
}

#[test]
fn pack_of_the_project_has_at_most_25_lines_of_100_columns() {
    let temp = tempfile::tempdir().expect("a folder");
    let entries = fs::read_dir(fixture("nonconforming")).expect("readable");
    let mut packs: Vec<_> = entries.map(|e| e.expect("readable").path()).collect();
    packs.retain(|path| path.extension().is_none_or(|e| e != "toml"));
    // A folder without a manifest is no pack.
    packs.retain(|path| !path.ends_with("manifest-missing"));
    for path in &mut packs {
        if path.join("oci-layout").is_file() {
            *path = format!("oci-layout:{}", text(path)).into();
        }
    }
    packs.sort();
    assert!(packs.len() > 50);
    // Above twelve packs, each gets one line.
    for packs in packs.chunks(12) {
        let paths = packs.iter().map(|path| text(path));
        let args: Vec<&str> = ["conformance", "--packs"]
            .into_iter()
            .chain(paths)
            .collect();
        let run = run_in(temp.path(), &args);
        assert_ne!(code(&run), 0);
        let blocks = blocks(stdout(&run));
        assert_eq!(blocks.len(), packs.len());
        for block in blocks {
            let lines: usize = block.iter().map(|line| shown(line)).sum();
            assert!(lines <= 25, "{block:#?}");
            assert!(block.len() > 1, "{block:#?}");
        }
        let table = stdout(&run).contains("\ncauses over all packs:\n packs level");
        assert_eq!(table, packs.len() > 1);
    }
}

#[test]
fn each_of_many_packs_has_one_line_with_its_first_cause() {
    let temp = tempfile::tempdir().expect("a folder");
    stream(
        temp.path(),
        262,
        |_| (0..9).map(|i| cause(i, 1)).collect(),
        10,
    );
    let report = render(temp.path(), "");
    let blocks = blocks(&report);
    assert_eq!(blocks.len(), 262);
    for block in &blocks {
        assert!(
            matches!(block[..], [line] if shown(line) == 1),
            "{block:#?}"
        );
        assert!(block[0].ends_with("E_TRAP and 8 more"), "{block:#?}");
    }
    assert!(report.lines().count() <= 400, "{}", report.lines().count());
}

#[test]
fn pack_with_many_causes_shows_12_and_verbose_shows_all() {
    let temp = tempfile::tempdir().expect("a folder");
    for (count, heads, more) in [
        (40, 12, Some(28)),
        (13, 12, Some(1)),
        (12, 12, None),
        (1, 1, None),
    ] {
        stream(
            temp.path(),
            1,
            |_| (0..count).map(|i| cause(i, 2)).collect(),
            10,
        );
        let report = render(temp.path(), "");
        let block = &blocks(&report)[0];
        let lines: usize = block.iter().map(|line| shown(line)).sum();
        assert!(lines <= 25, "{count}: {block:#?}");
        let codes = block
            .iter()
            .filter(|l| l.ends_with("E_TRAP, setup, 2 places"));
        assert_eq!(codes.count(), heads, "{report}");
        let said = more.map(|n| match n {
            1 => "  and 1 more cause; --verbose shows all".to_owned(),
            n => format!("  and {n} more causes; --verbose shows all"),
        });
        assert_eq!(said.is_some(), report.contains(" more cause"));
        assert!(said.is_none_or(|text| report.contains(&text)), "{report}");
        assert!(report.contains("users see: what users see"), "{report}");
        assert!(report.contains("do: what to do"), "{report}");
        assert_eq!(report.matches("  again: ").count(), 1);
        let verbose = render(temp.path(), "--verbose");
        let places = verbose.matches("at wizard.completes (setup_default): place 0; place 1");
        assert_eq!(places.count(), count, "{verbose}");
    }
}

#[test]
fn causes_of_a_run_are_listed_from_the_one_with_the_most_packs() {
    let temp = tempfile::tempdir().expect("a folder");
    // Cause `n` is in `30 - n` packs.
    let causes = |i: usize| (0..30 - i).map(|n| cause(n, 1)).collect();
    stream(temp.path(), 30, causes, 10);
    let report = render(temp.path(), "");
    let table = report
        .split("causes over all packs:\n")
        .nth(1)
        .expect("a table");
    let rows = table
        .lines()
        .skip(1)
        .take_while(|l| l.ends_with("E_TRAP, setup"));
    let packs = rows.map(|l| l.split_whitespace().next().expect("a number").to_owned());
    let expected: Vec<String> = (11..=30).rev().map(|n: usize| n.to_string()).collect();
    assert_eq!(packs.collect::<Vec<_>>(), expected, "{table}");
    assert!(table.contains("and 10 more causes"), "{table}");
}

#[test]
fn markdown_of_a_large_run_stays_below_its_bound_and_counts_the_rest() {
    let temp = tempfile::tempdir().expect("a folder");
    stream(
        temp.path(),
        300,
        |i| vec![cause(i % 150, 3), cause(900, 3)],
        200_000,
    );
    render(temp.path(), "--markdown small.md");
    stream(
        temp.path(),
        2_000,
        |i| vec![cause(i, 3), cause(9_000, 3)],
        2_000,
    );
    render(temp.path(), "--markdown r.md");
    for (file, packs) in [("small.md", 300), ("r.md", 2_000)] {
        let report = fs::read_to_string(temp.path().join(file)).expect("Markdown");
        assert!(report.len() < 900_000, "{} bytes", report.len());
        let first = report.find("| packs | level | cause").expect("causes");
        let pack = report.find("## fail").expect("a pack");
        assert!(first < pack, "the causes are first");
        assert!(report.contains(&format!("\n| {packs} | must |")), "{file}");
        let shown = report.matches("\n## fail").count();
        let left = format!("**Left out:** {} more packs", packs - shown);
        assert_eq!(shown == packs, !report.contains("**Left out:**"), "{file}");
        assert!(
            shown == packs || report.contains(&left),
            "{file}: {shown} shown"
        );
    }
}

#[test]
fn sarif_of_a_large_run_stays_below_the_bounds_of_code_scanning() {
    let temp = tempfile::tempdir().expect("a folder");
    stream(
        temp.path(),
        600,
        |i| (0..10).map(|n| cause(10 * i + n, 1)).collect(),
        10,
    );
    render(temp.path(), "--sarif r.sarif");
    let sarif = read(&temp.path().join("r.sarif"));
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), 5_000);
    let note = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(*note, "1000 more results; see the JSON report");
    stream(
        temp.path(),
        300,
        |i| (0..10).map(|n| cause(10 * i + n, 300)).collect(),
        10,
    );
    render(temp.path(), "--sarif r.sarif");
    let sarif = read(&temp.path().join("r.sarif"));
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("a list");
    let bytes: usize = results.iter().map(|r| r.to_string().len()).sum();
    assert!(bytes <= 24 * 1024 * 1024, "{bytes} bytes");
    let left = run["invocations"][0]["toolExecutionNotifications"].as_array();
    assert_eq!(left.map(Vec::len), Some(1));
    for result in results {
        let related = result["relatedLocations"].as_array().expect("places");
        assert_eq!(related.len(), 100);
        assert_eq!(result["properties"]["placesLeftOut"], 200);
    }
}

/// The causes of the only pack of `packs`, and whether it is fine.
fn judged(folder: &Path, packs: &Path, flags: &str) -> (Vec<Value>, Value) {
    conformance(folder, packs, &format!("--report r.json {flags}"));
    let report = read(&folder.join("r.json"));
    let pack = &report["packs"][0];
    let causes = pack["causes"].as_array().expect("causes");
    (causes.clone(), pack["ok"].clone())
}

#[test]
fn advice_is_shown_and_changes_no_verdict() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/build-residue");
    let (causes, ok) = judged(temp.path(), &pack, "");
    assert_eq!(ok, true);
    assert!(!causes.is_empty() && causes.iter().all(|c| c["level"] == "should"));
    let (strict, ok) = judged(temp.path(), &pack, "--profile strict");
    assert_eq!(ok, false);
    let ids = |causes: &[Value]| causes.iter().map(|c| c["id"].clone()).collect::<Vec<_>>();
    for id in ids(&causes) {
        assert!(ids(&strict).contains(&id), "{id}");
    }
    let run = conformance(temp.path(), &pack, "");
    assert_eq!(code(&run), 0);
    assert!(
        stdout(&run).contains("advice on 1 cause\n"),
        "{}",
        stdout(&run)
    );
}

#[test]
fn filter_selects_the_checks_that_causes_are_about() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/secret-lost");
    let (all, _) = judged(temp.path(), &pack, "");
    assert!(all.len() > 1, "{all:?}");
    let (causes, _) = judged(temp.path(), &pack, "--filter apply.secrets-resolve");
    let checks: Vec<&Value> = causes.iter().map(|c| &c["checks"]).collect();
    assert_eq!(checks, [&json!(["apply.secrets-resolve"])]);
}

#[test]
fn same_pack_under_another_path_has_the_same_causes() {
    let temp = tempfile::tempdir().expect("a folder");
    let source = fixture("nonconforming/pack-v1-defects");
    let (first, _) = judged(temp.path(), &source, "");
    assert!(first.len() > 5, "{first:?}");
    copy(&source, &temp.path().join("elsewhere/under another name"));
    let (second, _) = judged(temp.path(), &temp.path().join("elsewhere"), "");
    assert_eq!(first, second);
    packed(&source, &temp.path().join("packed.gtpack"));
    let (third, _) = judged(temp.path(), &temp.path().join("packed.gtpack"), "");
    for cause in &first {
        let same = third.iter().find(|c| c["id"] == cause["id"]);
        assert_eq!(same, Some(cause));
    }
}
