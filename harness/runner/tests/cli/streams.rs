//! Event streams and the commands that read them: schemas, shards, truncated streams,
//! repro bundles, adding and pruning expectations.

use crate::support::{
    caches, check, code, conformance, copy, fixture, json, read, run_in, schema, stderr, stdout,
};
use provision_oracle::generators::defects::{defects, harmless};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Bundles below `folder`, sorted.
fn bundles(folder: &Path) -> Vec<std::path::PathBuf> {
    let all = walkdir::WalkDir::new(folder).sort_by_file_name();
    let all = all.into_iter().map(|e| e.expect("readable").into_path());
    all.filter(|p| p.parent().is_some_and(|f| f.ends_with("repro")))
        .collect()
}

#[test]
fn written_files_match_their_schemas() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("nonconforming");
    let run = conformance(
        temp.path(),
        &packs,
        "--profile strict --report r.json --json --out o",
    );
    assert_eq!(code(&run), 1);
    check(
        &schema("report.schema.json"),
        &read(&temp.path().join("r.json")),
    );
    let events = schema("event.schema.json");
    let file = fs::read_to_string(temp.path().join("o/events.jsonl")).expect("events");
    assert_eq!(
        stdout(&run),
        file,
        "standard output and the file have different events"
    );
    for line in file.lines() {
        check(&events, &serde_json::from_str(line).expect("JSON"));
    }
    let bundle = schema("bundle.schema.json");
    let bundles = bundles(&temp.path().join("o"));
    assert!(bundles.len() > 20, "{}", bundles.len());
    for path in bundles {
        check(&bundle, &read(&path));
    }
}

#[test]
fn repro_shows_failure_and_refuses_changed_or_missing_pack() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = temp.path().join("pack");
    copy(&fixture("nonconforming/golden-mismatch"), &pack);
    conformance(temp.path(), &pack, "--out o");
    let bundles = bundles(&temp.path().join("o"));
    let [bundle] = &bundles[..] else {
        unreachable!("one failure, one bundle: {bundles:?}")
    };
    let bundle = bundle.to_str().expect("UTF-8");
    let again = run_in(temp.path(), &["repro", bundle]);
    assert_eq!(code(&again), 1);
    assert!(stdout(&again).contains("fails again, as recorded"));
    // `repro` refuses another pack at the same path.
    let expected = pack.join("fixtures/setup.expected.plan.json");
    fs::remove_file(expected).expect("removes");
    let other = run_in(temp.path(), &["repro", bundle]);
    assert_eq!(code(&other), 2);
    assert!(
        stderr(&other).contains("another pack"),
        "{}",
        stderr(&other)
    );
    fs::remove_dir_all(&pack).expect("removes");
    let gone = run_in(temp.path(), &["repro", bundle]);
    assert!(stderr(&gone).contains("--pack"), "{}", stderr(&gone));
}

#[test]
fn shards_merge_only_if_complete_and_of_one_run() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("conforming");
    for i in 1..=3 {
        let flags = format!("--shard {i}/3 --out s{i}");
        assert_eq!(code(&conformance(temp.path(), &packs, &flags)), 0);
    }
    assert_eq!(
        code(&conformance(
            temp.path(),
            &packs,
            "--report whole.json --out w"
        )),
        0
    );
    let merge = |shards: &[&str]| {
        let events: Vec<String> = shards.iter().map(|s| format!("{s}/events.jsonl")).collect();
        let mut args = vec!["report", "merge", "--out", "m.jsonl", "--report", "m.json"];
        args.extend(events.iter().map(String::as_str));
        run_in(temp.path(), &args)
    };
    assert_eq!(code(&merge(&["s2", "s1", "s3"])), 0);
    let (merged, whole) = (temp.path().join("m.json"), temp.path().join("whole.json"));
    assert_eq!(
        fs::read(merged).expect("reads"),
        fs::read(whole).expect("reads")
    );
    for (shards, said) in [
        (&["s1", "s3"][..], "missing: 2"),
        (&["s1", "s1", "s2", "s3"], "once more"),
        (&["s1", "s2", "w"], "a whole run"),
    ] {
        let refused = merge(shards);
        assert_eq!(code(&refused), 2, "{shards:?}");
        assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
    }
    conformance(
        temp.path(),
        &packs,
        "--profile publish --shard 3/3 --out s4",
    );
    let foreign = merge(&["s1", "s2", "s4"]);
    assert!(
        stderr(&foreign).contains("another run"),
        "{}",
        stderr(&foreign)
    );
}

#[test]
fn truncated_stream_gives_reports_marked_unfinished() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("conforming");
    conformance(temp.path(), &packs, "--out o --report whole.json");
    let whole = read(&temp.path().join("whole.json"));
    let events = fs::read(temp.path().join("o/events.jsonl")).expect("events");
    for at in [events.len() / 3, events.len() / 2, events.len() - 3] {
        fs::write(temp.path().join("cut.jsonl"), &events[..at]).expect("writes");
        let flags = ["--report", "c.json", "--junit", "c.xml", "--html", "c.html"];
        let mut args = vec!["report", "render", "cut.jsonl"];
        args.extend(flags);
        assert_eq!(code(&run_in(temp.path(), &args)), 6);
        let report = read(&temp.path().join("c.json"));
        check(&schema("report.schema.json"), &report);
        assert_eq!(report["finished"], false);
        assert_eq!(
            report["summary"]["packs"], whole["summary"]["packs"],
            "the report lacks an announced pack"
        );
        let html = fs::read_to_string(temp.path().join("c.html")).expect("reads");
        assert!(html.contains("cut off") && html.ends_with("</html>\n"));
    }
    fs::write(temp.path().join("cut.jsonl"), "{\"event\":\"dance\"}\n").expect("writes");
    let foreign = run_in(temp.path(), &["report", "render", "cut.jsonl"]);
    assert_eq!(code(&foreign), 2);
    assert!(stderr(&foreign).contains("line 1"), "{}", stderr(&foreign));
}

#[test]
fn stream_that_lacks_a_result_or_an_end_makes_render_exit_6() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/noop-provision");
    assert_eq!(code(&conformance(temp.path(), &pack, "--out o")), 0);
    let path = temp.path().join("o/events.jsonl");
    let events = fs::read_to_string(&path).expect("events");
    let without = |word: &str| {
        let kept = events.lines().filter(|l| !l.contains(word));
        kept.map(|l| format!("{l}\n")).collect::<String>()
    };
    let rendered = |events: String| {
        fs::write(&path, events).expect("writes");
        run_in(
            temp.path(),
            &["report", "render", "o/events.jsonl", "--report", "r.json"],
        )
    };
    let finding = "\"check\":\"determinism.repeat\"";
    assert_eq!(code(&rendered(without(finding))), 6);
    let report = read(&temp.path().join("r.json"));
    assert_eq!(report["packs"][0]["verdict"], "error");
    assert_eq!(
        report["packs"][0]["missing_checks"][0],
        "determinism.repeat"
    );
    assert_eq!(code(&rendered(without("pack_finished"))), 6);
    assert_eq!(code(&rendered(without("run_finished"))), 6);
    let other = events.replacen("\"format\":1", "\"format\":2", 1);
    assert_eq!(code(&rendered(other)), 2, "a stream of another format");
    assert_eq!(code(&rendered(events.clone())), 0);
}

#[test]
fn leaked_secret_is_in_no_report() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = temp.path().join("packs");
    for pack in ["secret-in-error", "secret-in-notes"] {
        copy(&fixture("nonconforming").join(pack), &packs.join(pack));
    }
    let flags =
        "--report r.json --junit r.xml --html r.html --markdown r.md --sarif r.sarif --out o";
    let run = conformance(temp.path(), &packs, flags);
    assert_eq!(code(&run), 1);
    let secret = "tok-4f1c9a7e2b60";
    let encoded = "ay00ZjFjOWE3ZTJi";
    for file in [
        "r.json",
        "r.xml",
        "r.html",
        "r.md",
        "r.sarif",
        "o/events.jsonl",
    ] {
        let text = fs::read_to_string(temp.path().join(file)).expect("reads");
        assert!(!text.contains(secret) && !text.contains(encoded), "{file}");
        assert!(
            text.contains("secret") && text.contains("API_KEY"),
            "{file}"
        );
    }
    assert!(!stdout(&run).contains(secret));
}

#[test]
fn killed_run_leaves_whole_reports_and_next_run_passes() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("conforming");
    let flags = ["--report", "r.json", "--junit", "r.xml", "--out", "o"];
    for events in [1, 2, 60, 200] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
        let mut child = command
            .current_dir(temp.path())
            .env("XDG_CACHE_HOME", caches())
            .args(["conformance", "--json", "--packs"])
            .arg(&packs)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        // Kills the run after this number of events, in any state.
        let out = child.stdout.take().expect("a pipe");
        let seen = std::io::BufRead::lines(std::io::BufReader::new(out));
        let seen = seen.take(events).filter(Result::is_ok).count();
        child.kill().expect("kills");
        child.wait().expect("ends");
        let report = temp.path().join("r.json");
        if report.exists() {
            check(&schema("report.schema.json"), &read(&report));
        }
        assert!(seen > 0);
    }
    let next = conformance(temp.path(), &packs, "--report r.json --out o");
    assert_eq!(code(&next), 0, "{}", stderr(&next));
    assert_eq!(read(&temp.path().join("r.json"))["finished"], true);
}

#[test]
fn expectations_are_added_with_an_end_and_pruned_when_stale() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = temp.path().join("packs");
    copy(
        &fixture("nonconforming/golden-mismatch"),
        &packs.join("golden-mismatch"),
    );
    copy(
        &fixture("nonconforming/config-invalid"),
        &packs.join("config-invalid"),
    );
    assert_eq!(code(&conformance(temp.path(), &packs, "--out o")), 1);
    let add = |days: &str| {
        let flags = [
            "--reason", "known", "--issue", "X-1", "--owner", "ops", "--days", days,
        ];
        let mut args = vec!["expect", "add", "--expectations", "e.toml"];
        args.extend(["--from-last-run", "o/events.jsonl"]);
        args.extend(flags);
        run_in(temp.path(), &args)
    };
    assert_eq!(code(&add("181")), 2);
    let added = add("30");
    assert!(
        stdout(&added).starts_with("2 added, 2 expectations in"),
        "{}",
        stdout(&added)
    );
    assert!(
        stdout(&add("30")).starts_with("0 added, 2 expectations in"),
        "a second add changes nothing"
    );
    let excused = conformance(temp.path(), &packs, "--expectations e.toml --out o");
    assert_eq!(code(&excused), 0, "{}", stdout(&excused));
    fs::remove_file(packs.join("golden-mismatch/fixtures/setup.expected.plan.json"))
        .expect("removes");
    let stale = conformance(temp.path(), &packs, "--expectations e.toml --out o");
    assert_eq!(code(&stale), 3, "a stale expectation");
    let prune = [
        "expect",
        "prune",
        "--expectations",
        "e.toml",
        "--from-last-run",
        "o/events.jsonl",
    ];
    let pruned = run_in(temp.path(), &prune);
    assert!(
        stdout(&pruned).contains("1 removed, 1 kept"),
        "{}",
        stdout(&pruned)
    );
    // The file has changed since the run, so `prune` refuses the stream.
    assert_eq!(code(&run_in(temp.path(), &prune)), 2);
    let mended = conformance(temp.path(), &packs, "--expectations e.toml --out o");
    assert_eq!(code(&mended), 0);
}

#[test]
fn planted_failure_of_each_kind_is_caught() {
    let temp = tempfile::tempdir().expect("a folder");
    let doctor = run_in(temp.path(), &["doctor", "--planted"]);
    assert_eq!(code(&doctor), 0, "{}", stdout(&doctor));
    let rows = defects().count() + harmless().count();
    assert_eq!(stdout(&doctor).matches("\ncaught").count(), 6 + rows);
}

#[test]
fn attestation_names_the_pack_digest_and_the_result() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/noop-archive.gtpack");
    let run = conformance(temp.path(), &pack, "--attestation a.json --json --out o");
    let statement = read(&temp.path().join("a.json"));
    check(&schema("attestation.schema.json"), &statement);
    assert_eq!(code(&run), 0);
    assert_eq!(statement["predicate"]["result"], "PASSED");
    assert_eq!(
        statement["predicateType"],
        "https://in-toto.io/attestation/test-result/v0.1"
    );
    let inspected = run_in(
        temp.path(),
        &[
            "pack",
            "inspect",
            "--json",
            "--pack",
            pack.to_str().expect("UTF-8"),
        ],
    );
    assert_eq!(
        statement["subject"][0]["digest"]["sha256"],
        json(&inspected)["digest"]
    );
    let pack = fixture("nonconforming/golden-mismatch");
    conformance(temp.path(), &pack, "--attestation a.json --out o");
    let failed = read(&temp.path().join("a.json"));
    check(&schema("attestation.schema.json"), &failed);
    assert_eq!(failed["predicate"]["result"], "FAILED");
}

#[test]
fn explain_prints_a_check_or_a_stage_and_refuses_others() {
    let temp = tempfile::tempdir().expect("a folder");
    let one = run_in(temp.path(), &["explain", "plan.webhooks"]);
    assert!(
        stdout(&one).contains("**Fails.** `packs/"),
        "{}",
        stdout(&one)
    );
    let stage = run_in(temp.path(), &["explain", "answers"]);
    let checks = stdout(&run_in(temp.path(), &["checks", "list"])).to_owned();
    let of_stage = checks.lines().filter(|l| l.starts_with("answers."));
    let sections = stdout(&stage).matches("## answers.").count();
    assert_eq!(sections, of_stage.count());
    assert!(sections > 1);
    assert_eq!(code(&run_in(temp.path(), &["explain", "nothing"])), 2);
}
