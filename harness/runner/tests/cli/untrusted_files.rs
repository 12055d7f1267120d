//! Event streams that strangers wrote, and other files that flags name: each has a size
//! bound, and no command overwrites a file that it reads.

use crate::support::{code, conformance, enlarge, fixture, run_in, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

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
        // A sparse file uses no blocks on the disk.
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
    let packs = fixture("conforming");
    assert_eq!(
        code(&conformance(temp.path(), &packs, "--shard 1/2 --out s")),
        0
    );
    let path = temp.path().join("s/events.jsonl");
    let events = fs::read_to_string(&path).expect("reads");
    let merge = |shard: &str| {
        let other = events.replacen("{\"index\":1,\"count\":2}", shard, 1);
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
        if event["event"] == "run_started" {
            event["packs"] = json!(["noop-provision", "other"]);
        } else if event["event"] != "run_finished" {
            enlarge(&mut event);
        }
        lines.push(format!("{event}\n"));
        // A second pack, so that reports add two such numbers.
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
        begin["packs"] = names(packs.max(finished));
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
