//! The compile cache, `--timings`, and `--baseline`.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr, stdout, text};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const NOOP: &str = "conforming/noop-provision";

/// The numbers of components that a run with `--timings` compiles and loads.
fn made(folder: &Path, flags: &str) -> (u64, u64) {
    let run = conformance(folder, &fixture(NOOP), &format!("--timings {flags}"));
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    let line = stderr(&run)
        .lines()
        .find(|l| l.contains("components compiled"));
    let line = line.expect("a line about components");
    let numbers = line.split(' ').filter_map(|word| word.parse().ok());
    let numbers: Vec<u64> = numbers.collect();
    (numbers[0], numbers[1])
}

#[test]
fn second_run_compiles_nothing_unless_cache_is_off_or_clean() {
    let temp = tempfile::tempdir().expect("a folder");
    assert_eq!(made(temp.path(), "--cache c"), (4, 0));
    assert_eq!(made(temp.path(), "--cache c"), (0, 4));
    assert_eq!(made(temp.path(), "--no-cache"), (4, 0));
    let show = run_in(temp.path(), &["cache", "show", "--cache", "c"]);
    assert!(
        stdout(&show).contains("4 compiled components"),
        "{}",
        stdout(&show)
    );
    let clean = run_in(temp.path(), &["cache", "clean", "--cache", "c"]);
    assert!(stdout(&clean).contains("removed 4"), "{}", stdout(&clean));
    assert!(!temp.path().join("c").exists());
    let again = run_in(temp.path(), &["cache", "clean", "--cache", "c"]);
    assert_eq!((code(&again), temp.path().join("c").exists()), (0, false));
    assert_eq!(made(temp.path(), "--cache c"), (4, 0));
}

#[test]
fn component_that_a_bound_refuses_counts_as_refused_and_not_as_compiled() {
    let temp = tempfile::tempdir().expect("a folder");
    for flags in ["", "--isolation none"] {
        let flags = format!("--timings --no-cache {flags}");
        let run = conformance(temp.path(), &fixture("hostile/compile-nesting"), &flags);
        let counted = "0 components compiled, 0 loaded, 1 refused";
        assert!(stderr(&run).contains(counted), "{}", stderr(&run));
    }
}

#[cfg(unix)]
#[test]
fn shared_cache_is_refused_if_named_and_else_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let temp = tempfile::tempdir().expect("a folder");
    let shared = temp.path().join("greentic-provision");
    fs::create_dir(&shared).expect("made");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).expect("allowed");
    let flags = format!("--cache {}", text(&shared));
    let named = conformance(temp.path(), &fixture(NOOP), &flags);
    assert_eq!(code(&named), 2);
    assert!(
        stderr(&named).contains("others may enter"),
        "{}",
        stderr(&named)
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(temp.path())
        .env("XDG_CACHE_HOME", temp.path());
    command.args(["conformance", "--packs", text(&fixture(NOOP))]);
    let found = command.output().expect("the binary runs");
    assert_eq!(code(&found), 0);
    assert!(
        stderr(&found).contains("warning: compile cache"),
        "{}",
        stderr(&found)
    );
}

#[test]
fn report_is_equal_for_any_number_of_jobs_cold_or_warm() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("nonconforming");
    let mut reports = Vec::new();
    for flags in [
        "--jobs 1 --cache c",
        "--jobs 2 --cache c",
        "--jobs 5 --cache c",
    ] {
        let flags = format!("{flags} --report r.json");
        conformance(temp.path(), &packs, &flags);
        reports.push(fs::read(temp.path().join("r.json")).expect("a report"));
    }
    assert!(reports[0] == reports[1], "the reports differ");
    assert!(reports[0] == reports[2], "the reports differ");
}

/// The report of a run over `packs`.
fn report(folder: &Path, packs: &Path, flags: &str) -> Value {
    conformance(folder, packs, &format!("{flags} --report r.json"));
    read(&folder.join("r.json"))
}

#[test]
fn old_flags_of_the_probe_cache_are_accepted_and_change_nothing() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/golden-mismatch");
    let plain = report(temp.path(), &pack, "--cache c");
    let tried = |report: &Value| report["packs"][0]["probes"].as_u64();
    assert!(tried(&plain) > Some(0), "{plain}");
    for flag in ["--no-recall", "--no-probe-cache"] {
        let again = report(temp.path(), &pack, &format!("--cache c {flag}"));
        assert!(again == plain, "{flag} changes the report");
    }
}

#[test]
fn files_that_earlier_versions_kept_in_the_cache_are_removed() {
    let temp = tempfile::tempdir().expect("a folder");
    let cache = temp.path().join("c");
    report(temp.path(), &fixture(NOOP), "--cache c");
    let old = cache.join("0123.note");
    fs::write(&old, b"of an earlier version").expect("written");
    // The cache lacks this component, so it reads its folder.
    report(temp.path(), &fixture("conforming/c-provider"), "--cache c");
    assert!(!old.exists());
    fs::write(&old, b"of an earlier version").expect("written");
    let clean = run_in(temp.path(), &["cache", "clean", "--cache", "c"]);
    assert_eq!((code(&clean), cache.exists()), (0, false));
}

#[test]
fn killed_run_leaves_a_cache_that_works() {
    let temp = tempfile::tempdir().expect("a folder");
    let cache = temp.path().join("c");
    let packs = temp.path().join("packs");
    // Several components, each of which compiles within a second.
    for pack in [
        "conforming/c-provider",
        "nonconforming/rust-wasi-step",
        "conforming/noop-provision",
    ] {
        copy(&fixture(pack), &packs.join(pack));
    }
    for after in 0..4 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
        command
            .current_dir(temp.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.args([
            "conformance",
            "--packs",
            text(&packs),
            "--cache",
            "c",
            "--out",
            "o",
        ]);
        let mut child = command.spawn().expect("the binary runs");
        // Kills the run as soon as the cache has more files.
        let files = || fs::read_dir(&cache).map_or(0, Iterator::count);
        let before = files();
        while files() <= before + after && child.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    let fresh = report(temp.path(), &packs, "--no-cache");
    let kept = report(temp.path(), &packs, "--cache c");
    // One of the packs does not conform.
    assert_eq!(fresh["exit_code"], Value::from(1));
    assert!(fresh == kept, "the reports differ");
}

#[test]
fn baseline_report_shows_the_fuel_change_of_each_step() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = temp.path().join("noop");
    copy(&fixture(NOOP), &pack);
    let run = conformance(temp.path(), &pack, "--report old.json");
    assert_eq!(code(&run), 0);
    let fuel = |name: &str, key: &str| -> Vec<Value> {
        let report = read(&temp.path().join(name));
        let steps = &report["packs"][0]["wizards"][0]["steps"];
        let steps = steps.as_array().expect("steps").iter();
        steps.map(|s| s[key].clone()).collect()
    };
    assert!(fuel("old.json", "fuel_change").iter().all(Value::is_null));
    let step = pack.join("components/setup_default__apply.wat");
    let changed = fs::read_to_string(&step).expect("a step");
    let answer = "    (i32.const 0)\n    (i32.const 207)";
    assert!(
        changed.contains(answer),
        "the fixture has changed; change this test as well"
    );
    let changed = changed.replace(answer, &format!("(drop (i32.const 1)) {answer}"));
    fs::write(&step, changed).expect("written");
    let run = conformance(temp.path(), &pack, "--report new.json --baseline old.json");
    assert_eq!(code(&run), 0, "{}", stdout(&run));
    let changes = fuel("new.json", "fuel_change");
    let now = fuel("new.json", "fuel");
    let before = fuel("old.json", "fuel");
    for (at, change) in changes.iter().enumerate() {
        let number = |value: &Value| value.as_i64().expect("a number");
        assert_eq!(number(change), number(&now[at]) - number(&before[at]));
    }
    assert_eq!(changes.iter().filter(|c| c.as_i64() != Some(0)).count(), 1);
    assert!(
        stdout(&run).contains("fuel of setup_default apply"),
        "{}",
        stdout(&run)
    );
    let run = conformance(
        temp.path(),
        &pack,
        "--report x.json --baseline nowhere.json",
    );
    assert_ne!(code(&run), 0);
    let run = conformance(temp.path(), &pack, &format!("--baseline {}", text(&step)));
    assert_eq!(code(&run), 2, "{}", stderr(&run));
}
