//! Reports of runs that are no success: no report of an earlier run stays, none is green,
//! and each failure counts once.

use crate::support::{check, code, conformance, copy, fixture, read, run_in, schema, stderr};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const REPORTS: [(&str, &str); 8] = [
    ("--report", "r.json"),
    ("--junit", "r.xml"),
    ("--sarif", "r.sarif"),
    ("--html", "r.html"),
    ("--markdown", "r.md"),
    ("--annotations", "r.txt"),
    ("--code-quality", "q.json"),
    ("--attestation", "a.json"),
];

/// The flags of all reports.
fn all_reports() -> Vec<&'static str> {
    REPORTS
        .iter()
        .flat_map(|(flag, path)| [*flag, path])
        .collect()
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect(name)
}

/// Checks that every report of all formats says that the run did not begin.
fn assert_not_begun(folder: &Path, what: &str) {
    let report = read(&folder.join("r.json"));
    check(&schema("report.schema.json"), &report);
    assert_eq!(report["finished"], false, "{what}");
    assert_eq!(report["packs"], json!([]), "{what}");
    let statement = read(&folder.join("a.json"));
    check(&schema("attestation.schema.json"), &statement);
    assert_eq!(statement["predicate"]["result"], "FAILED", "{what}");
    let junit = text(folder, "r.xml");
    assert!(
        junit.contains("tests=\"1\" failures=\"1\" errors=\"0\""),
        "{what}: {junit}"
    );
    let sarif = read(&folder.join("r.sarif"));
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false, "{what}");
    let annotations = text(folder, "r.txt");
    assert!(annotations.starts_with("::error title="), "{annotations}");
    let issues = read(&folder.join("q.json"));
    assert_eq!(issues.as_array().map(Vec::len), Some(1), "{what}");
    assert_eq!(issues[0]["severity"], "critical", "{what}");
    for name in ["r.html", "r.md", "r.xml", "r.sarif", "r.txt", "q.json"] {
        assert!(
            text(folder, name).contains("The run did not begin"),
            "{what}: {name}"
        );
    }
}

#[test]
fn run_that_does_not_begin_leaves_no_report_of_an_earlier_run() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    copy(&fixture("conforming/noop-provision"), &folder.join("pack"));
    fs::write(folder.join("not-toml"), "[[").expect("writes");
    let cases: [(&[&str], i32); 12] = [
        (&["--packs", "nowhere"], 2),
        (&["--packs", "pack", "--expectations", "missing"], 2),
        (&["--packs", "pack", "--expectations", "not-toml"], 2),
        (&["--packs", "pack", "--trust", "not-toml"], 2),
        (&["--packs", "pack", "--answers", "not-toml"], 2),
        (&["--packs", "pack", "--filter", "plan"], 2),
        // These stop the parser of the command line.
        (&["--packs", "pack", "--shard", "0/2"], 2),
        (&["--packs", "pack", "--profile", "green"], 2),
        (&["--packs", "pack", "--frobnicate"], 2),
        (&[], 2),
        (&["--packs", "pack", "--provider", "none"], 5),
        (&["--packs", "pack", "--out", "not-toml"], 6),
    ];
    for (args, expected) in cases {
        let good = ["conformance", "--packs", "pack"];
        let green = run_in(folder, &[&good[..], &all_reports()].concat());
        assert_eq!(code(&green), 0, "{}", stderr(&green));
        let failed = run_in(folder, &[&["conformance"], args, &all_reports()].concat());
        assert_eq!(code(&failed), expected, "{args:?}: {}", stderr(&failed));
        assert_not_begun(folder, &format!("{args:?}"));
    }
    let good = ["report", "render", "reports/out/events.jsonl"];
    for args in [
        &["report", "render", "pack/pack.json"][..],
        &["report", "merge", "reports/out/events.jsonl", "--out", "m"],
        &["report", "merge", "--frobnicate"],
    ] {
        let folder_of_good = run_in(folder, &["conformance", "--packs", "pack"]);
        assert_eq!(code(&folder_of_good), 0);
        assert_eq!(
            code(&run_in(folder, &[&good[..], &all_reports()].concat())),
            0
        );
        assert_eq!(code(&run_in(folder, &[args, &all_reports()].concat())), 2);
        assert_not_begun(folder, &format!("{args:?}"));
    }
}

#[test]
fn file_that_is_an_input_or_a_pack_is_never_replaced_by_a_report() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    let archive = fixture("conforming/noop-archive.gtpack");
    fs::create_dir(folder.join("dist")).expect("creates");
    fs::copy(archive, folder.join("dist/a.gtpack")).expect("copies");
    fs::write(folder.join("e.toml"), "").expect("writes");
    let before = fs::read(folder.join("dist/a.gtpack")).expect("reads");
    for flags in [
        "--packs dist/a.gtpack --report dist/a.gtpack",
        "--packs dist --report dist/a.gtpack",
        "--packs dist --report=dist/a.gtpack --frobnicate",
        "--packs dist --expectations e.toml --report e.toml",
        "--packs dist --expectations e.toml --report e.toml --frobnicate",
        "--packs dist --expectations=e.toml --junit=e.toml --frobnicate",
    ] {
        let args = std::iter::once("conformance").chain(flags.split(' '));
        let refused = run_in(folder, &args.collect::<Vec<_>>());
        assert_eq!(code(&refused), 2, "{flags}: {}", stderr(&refused));
        assert_eq!(text(folder, "e.toml"), "", "{flags}");
        let pack = fs::read(folder.join("dist/a.gtpack")).expect("reads");
        assert!(before == pack, "{flags}");
    }
}

#[test]
fn statement_of_a_part_of_the_checks_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/trap-apply");
    for part in ["--filter manifest.decodes", "--shard 1/1"] {
        let flags = format!("--attestation a.json {part} --out o");
        let refused = conformance(temp.path(), &pack, &flags);
        assert_eq!(code(&refused), 2, "{part}");
        assert!(
            stderr(&refused).contains("the whole profile"),
            "{}",
            stderr(&refused)
        );
        conformance(temp.path(), &pack, &format!("{part} --out o"));
        let render = [
            "report",
            "render",
            "o/events.jsonl",
            "--attestation",
            "a.json",
        ];
        let refused = run_in(temp.path(), &render);
        assert_eq!(code(&refused), 2, "{part}");
        let result = &read(&temp.path().join("a.json"))["predicate"]["result"];
        assert_eq!(result, "FAILED", "{part}");
    }
    // The last run was the only shard: merged, it is whole.
    let merge = "report merge o/events.jsonl --out m --attestation a.json";
    let merged = run_in(temp.path(), &merge.split(' ').collect::<Vec<_>>());
    assert_eq!(code(&merged), 1, "{}", stderr(&merged));
}

#[test]
fn run_in_which_nothing_applies_is_red_in_every_report() {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = temp.path();
    let flags = "--report r.json --junit r.xml --sarif r.sarif --html r.html --markdown r.md";
    let noop = "conforming/noop-provision";
    for (pack, filter) in [
        (noop, "--filter wizard.labels-translated --profile strict"),
        (noop, "--filter no.such.check"),
        ("conforming/digital-worker", ""),
    ] {
        let run = conformance(folder, &fixture(pack), &format!("{flags} {filter}"));
        assert_eq!(code(&run), 5, "{pack} {filter}: {}", stderr(&run));
        let packs = read(&folder.join("r.json"))["packs"].clone();
        let verdicts = packs
            .as_array()
            .expect("a list")
            .iter()
            .map(|p| &p["verdict"]);
        assert!(
            verdicts.into_iter().all(|v| v == "not_applicable"),
            "{pack}: {packs}"
        );
        let junit = text(folder, "r.xml");
        assert!(junit.contains("failures=\"1\" errors=\"0\""), "{junit}");
        let case = "classname=\"greentic-provision.run\"";
        assert!(junit.contains(case), "{junit}");
        let why = if packs == json!([]) {
            "no pack was judged"
        } else if pack == noop {
            "no check passed"
        } else {
            "no step of any wizard was executed"
        };
        for name in ["r.xml", "r.sarif", "r.html", "r.md"] {
            assert!(text(folder, name).contains(why), "{pack} {filter}: {name}");
        }
    }
}

#[test]
fn failure_counts_once_in_junit_and_in_the_statement() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/golden-mismatch");
    let flags = "--report r.json --junit r.xml --attestation a.json";
    assert_eq!(code(&conformance(temp.path(), &pack, flags)), 1);
    let report = read(&temp.path().join("r.json"));
    assert_eq!(report["summary"]["checks"]["failed"], 1);
    let junit = text(temp.path(), "r.xml");
    assert!(junit.contains(" failures=\"1\" errors=\"0\""), "{junit}");
    assert_eq!(junit.matches("<failure").count(), 1, "{junit}");
    assert!(
        junit.contains("fail: counted at the checks that failed"),
        "{junit}"
    );
    let failed = read(&temp.path().join("a.json"))["predicate"]["failedTests"].clone();
    let failed: Vec<&str> = failed
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(failed, ["golden-mismatch::setup_default::plan.golden"]);
    // No check of this pack fails: its verdict is what is red.
    let partial = fixture("nonconforming/trap-all");
    let run = conformance(
        temp.path(),
        &partial,
        "--junit r.xml --filter archive.bounded",
    );
    assert_eq!(code(&run), 5, "{}", stderr(&run));
    let junit = text(temp.path(), "r.xml");
    assert_eq!(junit.matches("<failure").count(), 1, "{junit}");
    assert!(junit.contains("message=\"partial\""), "{junit}");
}

#[test]
fn names_of_cases_do_not_depend_on_what_else_is_judged() {
    let temp = tempfile::tempdir().expect("a folder");
    let root = temp.path();
    let packs = ["a/x.gtpack", "b/x.gtpack", "c/y"];
    for folder in ["a", "b"] {
        fs::create_dir(root.join(folder)).expect("creates");
        let archive = fixture("conforming/noop-archive.gtpack");
        fs::copy(archive, root.join(folder).join("x.gtpack")).expect("copies");
    }
    copy(&fixture("conforming/noop-provision"), &root.join("c/y"));
    let names = |args: &[&str]| -> Vec<String> {
        let all = [&["conformance", "--junit", "r.xml", "--packs"], args].concat();
        let run = run_in(root, &all);
        assert_eq!(code(&run), 0, "{}", stderr(&run));
        let junit = text(root, "r.xml");
        let cases = junit.split("<testcase").skip(1);
        let tags = cases.map(|case| case.split_once('>').expect("a tag").0);
        let name = |tag: &str, key: &str| {
            let (_, value) = tag.split_once(&format!(" {key}=\"")).expect("a name");
            value.split_once('"').expect("its end").0.to_owned()
        };
        tags.map(|tag| format!("{} {}", name(tag, "classname"), name(tag, "name")))
            .collect()
    };
    let together: BTreeSet<String> = names(&packs).into_iter().collect();
    let mut alone = BTreeSet::new();
    for pack in packs {
        for name in names(&[pack]) {
            assert!(name.starts_with(&format!("{pack}.")), "{name}");
            assert!(alone.insert(name), "{pack}");
        }
    }
    assert_eq!(alone, together);
    let searched: BTreeSet<String> = names(&["."]).into_iter().collect();
    assert_eq!(searched, together);
    // One pack by two names.
    let twice = names(&["c/y", "c/y/pack.json"]);
    let different: BTreeSet<&String> = twice.iter().collect();
    assert_eq!(different.len(), twice.len());
}
