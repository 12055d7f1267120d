//! Runs with steps in workers: the results are the same as in one process, killed
//! workers change no result except to an error, and an interrupted run leaves no worker.
#![cfg(target_os = "linux")]

use crate::support::{
    caches, check, code, conformance, copy, fixture, hostile_packs, json, read, run_in, schema,
    stderr, stdout, text,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const NOOP: &str = "conforming/noop-provision";

/// Starts `conformance` over `packs` with its events on standard output.
fn started(folder: &Path, packs: &Path, flags: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .args(["conformance", "--packs", text(packs), "--json"])
        .args(flags)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().expect("the binary runs")
}

/// The workers of the process `parent`.
pub(crate) fn workers(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").expect("processes").flatten();
    let numbers = all.filter_map(|p| p.file_name().to_str()?.parse::<u32>().ok());
    let of_parent = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The process name may contain anything; it ends at the last parenthesis.
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let mut fields = after.split_whitespace();
        let (state, of) = (fields.next(), fields.next());
        of == Some(&parent.to_string()) && state != Some("Z")
    };
    numbers.filter(of_parent).collect()
}

pub(crate) fn kill(pid: u32, signal: &str) {
    let mut command = Command::new("kill");
    command.args([signal, &pid.to_string()]);
    // NB: the process may have ended already, so `kill` may fail.
    let status = command.stderr(Stdio::null()).status();
    status.expect("kill runs");
}

#[test]
fn reports_are_the_same_in_workers_and_in_process() {
    let temp = tempfile::tempdir().expect("a folder");
    let hostile = temp.path().join("hostile");
    fs::create_dir(&hostile).expect("creates");
    for pack in hostile_packs() {
        copy(&pack, &hostile.join(pack.file_name().expect("a name")));
    }
    for (packs, profile) in [
        (fixture("conforming"), "publish"),
        (fixture("nonconforming"), "strict"),
        (hostile, "publish"),
    ] {
        let mut reports = Vec::new();
        for isolation in ["none", "auto"] {
            // A worker has a deadline in wall time for compiling, which a busy machine
            // must not miss here.
            let flags = format!(
                "--profile {profile} --isolation {isolation} --report r.json --compile-deadline 600"
            );
            let ran = conformance(temp.path(), &packs, &flags);
            assert!(!stderr(&ran).contains("once more"), "{}", stderr(&ran));
            reports.push((code(&ran), read(&temp.path().join("r.json"))));
        }
        let [here, apart] = [&reports[0], &reports[1]];
        assert_eq!(here.0, apart.0, "{}", packs.display());
        let of = |report: &Value| report["packs"].as_array().expect("packs").clone();
        for (here, apart) in of(&here.1).iter().zip(of(&apart.1)) {
            assert!(
                *here == apart,
                "{} differs: in process {here:#}, in workers {apart:#}",
                here["pack"]
            );
        }
        assert!(here.1 == apart.1, "{}: the reports differ", packs.display());
    }
}

#[test]
fn fuzzing_in_workers_is_the_same_campaign() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/rust-provider.gtpack");
    let ran = |isolation: &str| {
        let args = ["fuzz", text(&pack), "--runs", "60", "--jobs", "1", "--json"];
        let ran = run_in(
            temp.path(),
            &[&args[..], &["--isolation", isolation]].concat(),
        );
        assert_eq!(code(&ran), 0, "{}", stderr(&ran));
        json(&ran)
    };
    let here = ran("none");
    assert_eq!(here["runs"], 60);
    assert!(here["edges"].as_u64() > Some(100), "{}", here["edges"]);
    assert!(here == ran("auto"));
}

#[test]
fn killed_workers_leave_results_equal_or_in_error() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = temp.path().join("packs");
    fs::create_dir(&packs).expect("creates");
    for n in 0..40 {
        let folder = packs.join(format!("noop-{n:02}"));
        copy(&fixture(NOOP), &folder);
    }
    let quiet = conformance(temp.path(), &packs, "--report quiet.json");
    assert_eq!(code(&quiet), 0, "{}", stderr(&quiet));
    let mut run = started(temp.path(), &packs, &["--report", "r.json", "--jobs", "2"]);
    let out = BufReader::new(run.stdout.take().expect("a pipe"));
    let mut killed = 0;
    for line in out.lines() {
        // Kills a worker at the start of each pack, so in many different states.
        if line.expect("a line").contains("pack_started") {
            for worker in workers(run.id()).into_iter().take(1) {
                kill(worker, "-9");
                killed += 1;
            }
        }
    }
    let ended = run.wait_with_output().expect("ends");
    assert!(killed >= 5, "only {killed} workers were killed");
    let (quiet, report) = (
        read(&temp.path().join("quiet.json")),
        read(&temp.path().join("r.json")),
    );
    let of = |report: &Value| report["packs"].as_array().expect("packs").clone();
    let mut errors = 0;
    for (quiet, pack) in of(&quiet).iter().zip(of(&report)) {
        if *quiet == pack {
            continue;
        }
        // Two workers in a row were killed over the same step, which is an error.
        errors += 1;
        assert_eq!(pack["verdict"], "error", "{}", pack["pack"]);
        let said = pack["errors"].to_string();
        assert!(said.contains("E_WORKER_CRASH"), "{said}");
        assert!(
            said.contains("SIGKILL") && said.contains("tried again"),
            "{said}"
        );
    }
    assert_eq!(of(&report).len(), 40);
    assert_eq!(
        code(&ended),
        if errors == 0 { 0 } else { 6 },
        "{errors} errors"
    );
    assert!(stderr(&ended).contains("SIGKILL"), "{}", stderr(&ended));
}

#[test]
fn interrupted_run_names_the_signal_and_leaves_no_worker() {
    let temp = tempfile::tempdir().expect("a folder");
    for (signal, isolation) in [("INT", "auto"), ("TERM", "auto"), ("TERM", "none")] {
        let flags = [
            "--isolation",
            isolation,
            "--no-cache",
            "--report",
            "r.json",
            "--junit",
            "r.xml",
            "--html",
            "r.html",
            "--sarif",
            "r.sarif",
            "--markdown",
            "r.md",
        ];
        let mut run = started(temp.path(), &fixture("conforming"), &flags);
        let mut out = BufReader::new(run.stdout.take().expect("a pipe")).lines();
        let begun = out.by_ref().flatten().any(|l| l.contains("pack_started"));
        assert!(begun);
        let before: BTreeSet<u32> = workers(run.id()).into_iter().collect();
        kill(run.id(), &format!("-{signal}"));
        let events: Vec<String> = out.map_while(Result::ok).collect();
        let ended = run.wait_with_output().expect("ends");
        assert_eq!(code(&ended), 6, "{}", stderr(&ended));
        let name = format!("SIG{signal}");
        assert!(stderr(&ended).contains(&format!("interrupted by {name}")));
        assert!(events.iter().any(|e| e.contains("run_interrupted")));
        let schema = schema("event.schema.json");
        for event in &events {
            check(&schema, &serde_json::from_str(event).expect("JSON"));
        }
        let report = read(&temp.path().join("r.json"));
        check(&crate::support::schema("report.schema.json"), &report);
        assert_eq!(report["finished"], false);
        assert_eq!(report["interrupted"], name.as_str());
        assert_eq!(report["exit_code"], 6);
        for file in ["r.html", "r.sarif", "r.md"] {
            let text = fs::read_to_string(temp.path().join(file)).expect("a report");
            assert!(text.contains(&name), "{file}");
        }
        assert!((isolation == "none") == before.is_empty(), "{before:?}");
        let alive = |pid: &&u32| Path::new(&format!("/proc/{pid}")).exists();
        assert_eq!(before.iter().filter(alive).count(), 0, "workers still run");
    }
}

#[test]
fn escape_attempts_of_a_worker_are_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let doctor = run_in(temp.path(), &["doctor", "--escape"]);
    let said = stdout(&doctor);
    let missing: Vec<&str> = said.lines().filter(|l| l.contains("MISSING")).collect();
    let required = conformance(temp.path(), &fixture(NOOP), "--isolation require");
    if !missing.is_empty() {
        eprintln!("skipped: this kernel lacks locks of workers: {missing:#?}");
        assert_eq!(code(&required), 6);
        assert!(stderr(&required).contains("--isolation require"));
        return;
    }
    assert_eq!(code(&required), 0, "{}", stderr(&required));
    assert_eq!(code(&doctor), 0, "{said}");
    assert!(!said.contains("ESCAPED"), "{said}");
    let refused: Vec<&str> = said.lines().filter(|l| l.starts_with("refused")).collect();
    for what in [
        "read /etc/passwd",
        "create a file",
        "connect by TCP",
        "become another program",
        "fork",
        "start a thread",
        "signal its supervisor",
        "trace its supervisor",
        "raise its limit of",
        "write to a descriptor that was left open",
        "create a folder (no system call filter)",
    ] {
        assert!(refused.iter().any(|l| l.contains(what)), "{what}: {said}");
    }
    assert_eq!(
        said.lines().filter(|l| l.contains("  locked   ")).count(),
        10,
        "{said}"
    );
}
