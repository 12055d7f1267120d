//! Files that strangers wrote: bundles, event streams, and the files that flags
//! name. Nothing of theirs widens a bound, runs another pack or is read for ever.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Judges a copy of the pack `name` below `folder`, and gives the bundle of
/// `check` of its setup wizard.
fn bundle_of(folder: &Path, name: &str, check: &str) -> PathBuf {
    let pack = folder.join("pack");
    copy(&fixture(name), &pack);
    conformance(folder, &pack, "--out o");
    let path = format!("o/artifacts/pack/setup_default/repro/{check}.json");
    let path = folder.join(path);
    assert!(path.exists(), "{}", path.display());
    path
}

/// Writes the bundle at `path` again with other members.
fn edit(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut bundle = read(path);
    edit(&mut bundle);
    fs::write(path, bundle.to_string()).expect("writes");
}

fn repro(folder: &Path, bundle: &Path, flags: &[&str]) -> std::process::Output {
    let bundle = bundle.to_str().expect("UTF-8");
    run_in(folder, &[&["repro", bundle], flags].concat())
}

#[test]
fn bundle_above_the_bound_is_refused_with_path_and_bound() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let mut bytes = fs::read(&bundle).expect("reads");
    bytes.resize(16 * 1024 * 1024, b' ');
    fs::write(&bundle, &bytes).expect("writes");
    assert_eq!(code(&repro(temp.path(), &bundle, &[])), 1);
    bytes.push(b' ');
    fs::write(&bundle, &bytes).expect("writes");
    let refused = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&refused), 2);
    for part in ["plan.golden.json: larger than 16777216 bytes", "bundle"] {
        assert!(stderr(&refused).contains(part), "{}", stderr(&refused));
    }
}

#[test]
fn bundle_that_is_not_strict_json_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let text = fs::read_to_string(&bundle).expect("reads");
    let twice = text.replacen("\"seed\": 0", "\"seed\": 0, \"seed\": 1", 1);
    assert_ne!(twice, text);
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let deep = text.replacen(
        "\"answers\": {",
        &format!("\"answers\": {{\"x\": {deep}, "),
        1,
    );
    assert_ne!(deep, text);
    let unknown = text.replacen("\"seed\"", "\"\\u001b[31m\": 0, \"seed\"", 1);
    for (bytes, says) in [
        (twice, "duplicate key"),
        (deep, "nested deeper than 72"),
        (unknown, "unknown field"),
        (text.replacen("\"format\": 1", "\"format\": 2", 1), "form 2"),
    ] {
        fs::write(&bundle, bytes).expect("writes");
        let refused = repro(temp.path(), &bundle, &[]);
        assert_eq!(code(&refused), 2, "{says}");
        let said = stderr(&refused);
        assert!(said.contains(says) && !said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn limits_above_the_default_are_lowered_with_a_warning() {
    let temp = tempfile::tempdir().expect("a folder");
    let check = "sandbox.within-limits";
    let bundle = bundle_of(temp.path(), "hostile/answer-large", check);
    let most = 64 * 1024 * 1024;
    edit(&bundle, |bundle| {
        bundle["limits"]["step"]["output_bytes"] = json!(most);
        bundle["limits"]["flow"]["answer_bytes"] = json!(most);
        bundle["limits"]["flow"]["pack_bytes"] = json!(most);
    });
    let shown = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&shown), 1, "{}", stdout(&shown));
    assert!(stdout(&shown).contains("fails again, as recorded"));
    let names = "step.output_bytes, flow.answer_bytes, flow.pack_bytes";
    assert!(stderr(&shown).contains(names), "{}", stderr(&shown));
}

/// The pack never ends, and the bundle asks for as much fuel and time as there
/// is: a harness that runs it before it compares does not come back.
#[test]
fn pack_of_another_digest_is_refused_before_any_guest_runs() {
    let temp = tempfile::tempdir().expect("a folder");
    let check = "sandbox.within-limits";
    let bundle = bundle_of(temp.path(), "hostile/loop-in-run", check);
    edit(&bundle, |bundle| {
        bundle["pack"]["digest"] = json!("0".repeat(64));
        bundle["limits"]["step"]["fuel"] = json!(u64::MAX / 2);
        bundle["limits"]["step"]["deadline_ms"] = json!(1_000_000_000);
        bundle["limits"]["flow"]["pack_fuel"] = json!(u64::MAX / 2);
    });
    let pack = temp.path().join("pack");
    let pack = pack.to_str().expect("UTF-8");
    for flags in [&[][..], &["--pack", pack], &["--isolation", "none"]] {
        let refused = repro(temp.path(), &bundle, flags);
        assert_eq!(code(&refused), 2, "{flags:?}");
        assert!(stderr(&refused).contains("another pack"));
        assert_eq!(stdout(&refused), "", "{flags:?}");
    }
}

#[test]
fn path_in_a_bundle_that_is_no_pack_needs_the_pack_flag() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let other = temp.path().join("notes.txt");
    fs::write(&other, "mine").expect("writes");
    let elsewhere = tempfile::tempdir().expect("a folder");
    for path in [
        other.to_str().expect("UTF-8"),
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "/",
        "../../..",
        "",
    ] {
        edit(&bundle, |bundle| bundle["pack"]["path"] = json!(path));
        let refused = repro(elsewhere.path(), &bundle, &[]);
        assert_eq!(code(&refused), 2, "{path}");
        let said = stderr(&refused);
        assert!(said.contains("--pack") && !said.contains("SHA"), "{said}");
    }
    let pack = temp.path().join("pack");
    let pack = pack.to_str().expect("UTF-8");
    let shown = repro(elsewhere.path(), &bundle, &["--pack", pack]);
    assert_eq!(code(&shown), 1, "{}", stderr(&shown));
}

#[test]
fn relative_path_in_a_bundle_is_found_from_the_bundle_and_from_here() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let moved = temp.path().join("bundle.json");
    fs::rename(bundle, &moved).expect("moves");
    edit(&moved, |bundle| bundle["pack"]["path"] = json!("pack"));
    assert_eq!(code(&repro(temp.path(), &moved, &[])), 1);
    assert_eq!(code(&repro(elsewhere.path(), &moved, &[])), 1);
    // Another pack of that name here is not the bundle's.
    let other = elsewhere.path().join("pack");
    copy(&fixture("conforming/noop-provision"), &other);
    assert_eq!(code(&repro(elsewhere.path(), &moved, &[])), 1);
    fs::remove_dir_all(temp.path().join("pack")).expect("removes");
    let refused = repro(elsewhere.path(), &moved, &[]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("another pack"));
}

#[test]
fn texts_of_a_bundle_are_shown_without_control_characters() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    edit(&bundle, |bundle| {
        bundle["pack"]["label"] = json!("\u{1b}]0;x\u{7}::error::");
    });
    let shown = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&shown), 1);
    edit(&bundle, |bundle| bundle["scope"] = json!("\u{1b}[2J"));
    let gone = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&gone), 2);
    for text in [stdout(&shown), stderr(&gone)] {
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}

#[test]
#[cfg(unix)]
fn named_pipe_in_place_of_a_file_is_an_error() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = temp.path().join("packs");
    fs::create_dir(&packs).expect("creates");
    for pipe in [temp.path().join("pipe"), packs.join("pipe.gtpack")] {
        let made = Command::new("mkfifo").arg(pipe).status();
        assert!(made.expect("mkfifo runs").success());
    }
    let pack = fixture("conforming/noop-provision");
    let pack = pack.to_str().expect("UTF-8");
    let judge = |flag| vec!["conformance", "--packs", pack, "--out", "o", flag, "pipe"];
    let setup = "dry-run setup --provider-id p --install-id i --answers pipe --pack";
    let failing = fixture("nonconforming/trap-apply");
    conformance(temp.path(), &failing, "--out made");
    let expect = "expect add --from-last-run made/events.jsonl --expectations pipe --reason r \
                  --issue i --owner o";
    let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
    for (args, exit) in [
        (judge("--expectations"), 2),
        (judge("--baseline"), 2),
        (judge("--trust"), 2),
        ([words(setup), vec![pack]].concat(), 2),
        (words("repro pipe"), 2),
        (words("report render pipe"), 2),
        (words("report merge pipe --out m"), 2),
        (words(expect), 2),
        (words("pack inspect --pack packs/pipe.gtpack"), 6),
        (words("conformance --packs packs --out o"), 6),
    ] {
        let refused = run_in(temp.path(), &args);
        assert_eq!(code(&refused), exit, "{args:?}: {}", stderr(&refused));
        let said = [stdout(&refused), stderr(&refused)].concat();
        assert!(said.contains("a named pipe"), "{args:?}: {said}");
    }
}

#[test]
fn file_above_the_bound_of_its_flag_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/noop-provision");
    let pack = pack.to_str().expect("UTF-8");
    let sized = |name: &str, bytes: u64| {
        // Without blocks on the disk.
        let file = fs::File::create(temp.path().join(name)).expect("creates");
        file.set_len(bytes).expect("grows");
    };
    sized("key.pem", 64 * 1024 + 1);
    sized("expectations.toml", 4 * 1024 * 1024 + 1);
    sized("answers.json", 4 * 1024 * 1024 + 1);
    let judge = ["conformance", "--packs", pack, "--out", "o"];
    let setup = [
        "dry-run",
        "setup",
        "--provider-id",
        "p",
        "--install-id",
        "i",
        "--pack",
        pack,
    ];
    for (args, file) in [
        (&judge[..], ["--trust", "key.pem"]),
        (&judge[..], ["--expectations", "expectations.toml"]),
        (&setup[..], ["--answers", "answers.json"]),
    ] {
        let refused = run_in(temp.path(), &[args, &file].concat());
        assert_eq!(code(&refused), 2, "{file:?}");
        let said = stderr(&refused);
        assert!(
            said.contains(&format!("{}: larger than", file[1])),
            "{said}"
        );
    }
}

/// The streams of three shards in `folder`.
fn shards(folder: &Path) -> [String; 3] {
    let packs = fixture("conforming");
    [1, 2, 3].map(|i| {
        let flags = format!("--shard {i}/3 --out s{i}");
        assert_eq!(code(&conformance(folder, &packs, &flags)), 0);
        format!("s{i}/events.jsonl")
    })
}

#[test]
fn merge_into_one_of_its_inputs_is_refused_and_leaves_it() {
    let temp = tempfile::tempdir().expect("a folder");
    let streams = shards(temp.path());
    fs::hard_link(temp.path().join(&streams[1]), temp.path().join("link")).expect("links");
    let before = streams
        .clone()
        .map(|s| fs::read(temp.path().join(s)).expect("reads"));
    for flags in [
        ["--out", &streams[1]],
        ["--out", "./s2/../s2/events.jsonl"],
        ["--out", "link"],
        ["--out=m", "--report=s2/events.jsonl"],
    ] {
        let mut args = vec!["report", "merge"];
        args.extend(streams.iter().map(String::as_str));
        args.extend(flags);
        let refused = run_in(temp.path(), &args);
        assert_eq!(code(&refused), 2, "{flags:?}");
        assert!(stderr(&refused).contains("is read as"));
        let after = streams
            .clone()
            .map(|s| fs::read(temp.path().join(s)).expect("reads"));
        assert!(before == after, "{flags:?} changes an input");
    }
    let [render, junit] = ["render", "--junit"];
    let args = [
        "report",
        render,
        "s1/events.jsonl",
        junit,
        "s1/events.jsonl",
    ];
    assert_eq!(code(&run_in(temp.path(), &args)), 2);
    assert!(before[0] == fs::read(temp.path().join(&streams[0])).expect("reads"));
}

#[test]
fn merge_that_fails_leaves_the_file_at_out_as_it_was() {
    let temp = tempfile::tempdir().expect("a folder");
    let streams = shards(temp.path());
    fs::write(temp.path().join("m"), "mine").expect("writes");
    let cut = temp.path().join(&streams[2]);
    let mut bytes = fs::read(&cut).expect("reads");
    bytes.extend(b"{\"event\":\"dance\"}\n");
    fs::write(&cut, bytes).expect("writes");
    let mut args = vec!["report", "merge", "--out", "m"];
    args.extend(streams.iter().map(String::as_str));
    assert_eq!(code(&run_in(temp.path(), &args)), 2);
    let kept = fs::read_to_string(temp.path().join("m")).expect("reads");
    assert_eq!(kept, "mine");
}

#[test]
fn shard_of_2_to_the_64_is_refused_with_a_short_list() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/noop-provision");
    assert_eq!(
        code(&conformance(temp.path(), &pack, "--shard 1/1 --out s")),
        0
    );
    let path = temp.path().join("s/events.jsonl");
    let events = fs::read_to_string(&path).expect("reads");
    let merge = |shard: &str| {
        let other = events.replacen("{\"index\":1,\"count\":1}", shard, 1);
        assert_ne!(other, events);
        fs::write(&path, other).expect("writes");
        let args = ["report", "merge", "s/events.jsonl", "--out", "m"];
        let refused = run_in(temp.path(), &args);
        assert_eq!(code(&refused), 2, "{shard}");
        stderr(&refused).to_owned()
    };
    let said = merge("{\"index\":1,\"count\":18446744073709551615}");
    assert!(
        said.contains("missing: 2, 3, 4") && said.len() < 400,
        "{said}"
    );
    let said = merge("{\"index\":2,\"count\":1}");
    assert!(said.contains("impossible"), "{said}");
}

#[test]
fn stream_with_the_largest_numbers_is_reported() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("conforming/noop-provision");
    conformance(temp.path(), &packs, "--out o");
    let path = temp.path().join("o/events.jsonl");
    let events = fs::read_to_string(&path).expect("reads");
    let mut lines = Vec::new();
    for line in events.lines() {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        if event["event"] != "run_started" && event["event"] != "run_finished" {
            enlarge(&mut event);
        }
        lines.push(format!("{event}\n"));
        // A second pack, so that sums are of two numbers.
        if event.get("pack").is_some() {
            event["pack"] = json!("other");
            lines.push(format!("{event}\n"));
        }
    }
    fs::write(&path, lines.concat()).expect("writes");
    let args = [
        "report",
        "render",
        "o/events.jsonl",
        "--report",
        "r.json",
        "--junit",
        "r.xml",
        "--html",
        "r.html",
        "--markdown",
        "r.md",
        "--sarif",
        "r.sarif",
        "--attestation",
        "a.json",
    ];
    let rendered = run_in(temp.path(), &args);
    assert_eq!(code(&rendered), 0, "{}", stderr(&rendered));
    let again = [&args[..3], &["--baseline", "r.json"]].concat();
    assert_eq!(code(&run_in(temp.path(), &again)), 0);
}

/// Makes every number as large as its type.
fn enlarge(value: &mut Value) {
    match value {
        Value::Number(number) => *number = u64::MAX.into(),
        Value::Array(items) => items.iter_mut().for_each(enlarge),
        Value::Object(members) => members.values_mut().for_each(enlarge),
        _ => {}
    }
}

#[test]
fn stream_that_announces_more_than_any_run_has_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let packs = fixture("conforming/noop-provision");
    conformance(temp.path(), &packs, "--out o");
    let events = fs::read_to_string(temp.path().join("o/events.jsonl")).expect("reads");
    let begin = events.lines().next().expect("a line");
    let begin: Value = serde_json::from_str(begin).expect("JSON");
    let done = events.lines().find(|l| l.contains("\"pack_finished\""));
    let done = done
        .expect("a line")
        .replace("\"noop-provision\"", "\"PACK\"");
    let names = |count: usize| (0..count).map(|i| json!(i.to_string())).collect::<Value>();
    for (packs, checks, finished, says) in [
        (100_001, 1, 0, "announces 100001 packs; the bound is 100000"),
        (1, 1_001, 0, "announces 1001 checks; the bound is 1000"),
        (1, 1_000, 1_001, "more than 1000000 checks have no result"),
    ] {
        let mut begin = begin.clone();
        begin["packs"] = names(packs);
        begin["checks"] = names(checks);
        let mut lines = vec![format!("{begin}\n")];
        lines.extend((0..finished).map(|i| format!("{}\n", done.replace("PACK", &i.to_string()))));
        fs::write(temp.path().join("large"), lines.concat()).expect("writes");
        let refused = run_in(temp.path(), &["report", "render", "large"]);
        assert_eq!(code(&refused), 2, "{says}");
        assert!(stderr(&refused).contains(says), "{}", stderr(&refused));
    }
}

#[test]
fn report_in_place_of_its_own_baseline_is_refused_and_leaves_it() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/noop-provision");
    conformance(temp.path(), &pack, "--report r.json --out o");
    let before = fs::read(temp.path().join("r.json")).expect("reads");
    let flags = "--report r.json --baseline r.json --out o";
    let refused = conformance(temp.path(), &pack, flags);
    assert_eq!(code(&refused), 2);
    assert!(before == fs::read(temp.path().join("r.json")).expect("reads"));
}
