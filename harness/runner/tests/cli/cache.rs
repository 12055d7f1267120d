//! The compile cache, `--timings`, and `--since`.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr, stdout, text};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NOOP: &str = "conforming/noop-provision";

/// Components that a run with `--timings` compiled and loaded.
fn made(folder: &Path, flags: &str) -> (u64, u64) {
    let run = conformance(folder, &fixture(NOOP), &format!("--timings {flags}"));
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    let line = stderr(&run)
        .lines()
        .find(|l| l.contains("components compiled"));
    let line = line.expect("a line of it");
    let numbers = line.split(' ').filter_map(|word| word.parse().ok());
    let numbers: Vec<u64> = numbers.collect();
    (numbers[0], numbers[1])
}

#[test]
fn the_next_run_compiles_nothing_unless_it_is_told_to() {
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

#[cfg(unix)]
#[test]
fn a_cache_that_is_not_private_is_an_error_or_a_warning() {
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
fn the_report_is_the_same_for_any_number_of_jobs_cold_or_warm() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("conforming");
    let mut reports = Vec::new();
    for flags in [
        "--jobs 1 --no-cache",
        "--jobs 2 --cache c",
        "--jobs 5 --cache c",
    ] {
        let flags = format!("{flags} --no-recall --report r.json");
        conformance(temp.path(), &packs, &flags);
        reports.push(fs::read(temp.path().join("r.json")).expect("a report"));
    }
    assert!(reports[0] == reports[1], "the reports differ");
    assert!(reports[0] == reports[2], "the reports differ");
}

/// The report of a run over `packs`, and how many sets of answers it recalled.
fn recalled(folder: &Path, packs: &Path, flags: &str) -> (Value, u64) {
    let run = conformance(folder, packs, &format!("{flags} --report r.json"));
    let mut report = read(&folder.join("r.json"));
    let mut recalled = 0;
    for pack in report["packs"].as_array_mut().expect("packs") {
        recalled += pack["probes_recalled"].as_u64().expect("a number");
        pack["probes_recalled"] = 0.into();
    }
    let says = stdout(&run).contains("recalled; --no-recall");
    assert_eq!(says, recalled > 0, "{}", stdout(&run));
    (report, recalled)
}

/// The notes in a cache.
fn notes(cache: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(cache).expect("a cache");
    let files = files.map(|file| file.expect("a file").path());
    files
        .filter(|p| p.extension().is_some_and(|e| e == "note"))
        .collect()
}

#[test]
fn a_pack_has_one_note_and_another_program_does_not_believe_it() {
    let temp = tempfile::tempdir().expect("a folder");
    // It fails, and its answers are made small: each try is a run of its own.
    let pack = fixture("nonconforming/golden-mismatch");
    let (_, none) = recalled(temp.path(), &pack, "--cache c");
    assert_eq!((none, notes(&temp.path().join("c")).len()), (0, 1));
    assert!(recalled(temp.path(), &pack, "--cache c").1 > 0);
    let program = temp.path().join("another");
    fs::copy(env!("CARGO_BIN_EXE_greentic-provision"), &program).expect("copied");
    let mut command = Command::new(&program);
    command.current_dir(temp.path());
    command.args(["conformance", "--cache", "c", "--packs", text(&pack)]);
    let run = command.output().expect("the copy runs");
    assert!(stdout(&run).contains("1 fail"), "{}", stdout(&run));
    assert!(!stdout(&run).contains("recalled"), "{}", stdout(&run));
    assert_eq!(notes(&temp.path().join("c")).len(), 2);
}

#[test]
fn what_is_recalled_leads_to_the_same_report() {
    let temp = tempfile::tempdir().expect("a folder");
    for packs in ["conforming", "nonconforming", "hostile"].map(fixture) {
        let profile = "--profile publish --cache c";
        let (cold, none) = recalled(temp.path(), &packs, profile);
        let (warm, some) = recalled(temp.path(), &packs, profile);
        let (anew, again) = recalled(temp.path(), &packs, &format!("{profile} --no-recall"));
        assert!(none == 0 && again == 0 && some > 0, "{some}");
        assert!(cold == warm && cold == anew, "the reports differ");
    }
}

#[test]
fn a_note_that_somebody_has_touched_is_not_believed() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = [NOOP, "conforming/js-provider"].map(fixture);
    let run = |pack: &Path| recalled(temp.path(), pack, "--cache c").1;
    assert_eq!(packs.each_ref().map(|pack| run(pack)), [0, 0]);
    let [one, other] = notes(&temp.path().join("c")).try_into().expect("two notes");
    let first = fs::read(&one).expect("a note");
    for at in [0, first.len() / 2, first.len() - 1] {
        let mut touched = first.clone();
        touched[at] ^= 1;
        fs::write(&one, touched).expect("written");
        fs::write(&other, &first).expect("written");
        assert_eq!(packs.each_ref().map(|pack| run(pack)), [0, 0], "byte {at}");
        assert_eq!(fs::read(&one).expect("a note"), first, "it is written anew");
    }
    assert!(packs.iter().all(|pack| run(pack) > 0));
}

#[test]
fn a_run_that_is_killed_leaves_a_cache_that_works() {
    let temp = tempfile::tempdir().expect("a folder");
    let cache = temp.path().join("c");
    let packs = fixture("conforming");
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
        // Killed as soon as there is something more in the cache.
        let files = || fs::read_dir(&cache).map_or(0, Iterator::count);
        let before = files();
        while files() <= before + after && child.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    let (fresh, none) = recalled(temp.path(), &packs, "--no-cache");
    let (kept, _) = recalled(temp.path(), &packs, "--cache c");
    assert_eq!((none, &fresh["exit_code"]), (0, &Value::from(0)));
    assert!(fresh == kept, "the reports differ");
}

#[test]
fn the_fuel_of_a_step_is_held_against_an_earlier_report() {
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
        "the step was changed; change this, too"
    );
    let changed = changed.replace(answer, &format!("(drop (i32.const 1)) {answer}"));
    fs::write(&step, changed).expect("written");
    let run = conformance(temp.path(), &pack, "--report new.json --since old.json");
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
    let run = conformance(temp.path(), &pack, "--report x.json --since nowhere.json");
    assert_ne!(code(&run), 0);
    let run = conformance(temp.path(), &pack, &format!("--since {}", text(&step)));
    assert_eq!(code(&run), 2, "{}", stderr(&run));
}
