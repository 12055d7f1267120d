//! Files that commands write: what they contain, and which files they replace.

use crate::support::{
    caches, code, conformance, copy, fixture, packed, read, run_in, stderr, text,
};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// The bundles below `folder`.
fn bundles(folder: &Path) -> Vec<serde_json::Value> {
    let all = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter();
    let all = all.map(|e| e.expect("readable").into_path());
    let all = all.filter(|p| p.parent().is_some_and(|f| f.ends_with("repro")));
    all.map(|path| read(&path)).collect()
}

#[test]
fn bundle_carries_a_readable_pack_and_no_other_file() {
    let temp = tempfile::tempdir().expect("a folder");
    let at = |name: &str| temp.path().join(name);
    packed(&fixture("nonconforming/trap-apply"), &at("real.gtpack"));
    fs::write(at("text.gtpack"), "TOKENTOKEN").expect("writes");
    let mut bytes = fs::read(at("real.gtpack")).expect("reads");
    bytes.truncate(bytes.len() - 4);
    fs::write(at("cut.gtpack"), bytes).expect("writes");
    let mut packs = vec![
        ("real.gtpack", true),
        ("text.gtpack", false),
        ("cut.gtpack", false),
    ];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("real.gtpack", at("link.gtpack")).expect("links");
        packs.push(("link.gtpack", false));
    }
    for (pack, carried) in packs {
        let run = conformance(temp.path(), &at(pack), &format!("--out {pack}.out"));
        assert_ne!(code(&run), 0, "{pack}");
        let bundles = bundles(&at(&format!("{pack}.out")));
        assert!(!bundles.is_empty(), "{pack}");
        for bundle in bundles {
            assert_eq!(bundle["pack"]["bytes"].is_string(), carried, "{pack}");
            assert_eq!(bundle["pack"]["path"], text(&at(pack)), "{pack}");
        }
    }
}

#[test]
fn output_that_is_an_input_or_another_output_is_refused_before_anything_is_written() {
    let temp = tempfile::tempdir().expect("a folder");
    let at = |name: &str| temp.path().join(name);
    fs::copy(fixture("conforming/noop-archive.gtpack"), at("q.gtpack")).expect("copies");
    copy(&fixture("conforming/noop-provision"), &at("np"));
    let archive = fs::read(at("q.gtpack")).expect("reads");
    let manifest = fs::read(at("np/pack.json")).expect("reads");
    for flags in [
        "--report q.gtpack",
        "--report ./q.gtpack --junit j",
        "--report r.json --junit r.json",
        "--report r.json --html ./r.json",
        "--junit o/events.jsonl",
        "--markdown o/timings.jsonl",
    ] {
        let refused = conformance(
            temp.path(),
            Path::new("q.gtpack"),
            &format!("{flags} --out o"),
        );
        assert_eq!(code(&refused), 2, "{flags}: {}", stderr(&refused));
        assert!(!at("o").exists() && !at("r.json").exists(), "{flags}");
    }
    let component = "np/components/setup_default__apply.wat";
    let code_of_step = fs::read(at(component)).expect("reads");
    for pack in ["np", "np/pack.json", "nowhere"] {
        for flag in [
            "--report np/pack.json",
            "--junit np/components/setup_default__apply.wat",
        ] {
            let flags = format!("{flag} --out o");
            assert_eq!(code(&conformance(temp.path(), Path::new(pack), &flags)), 2);
        }
    }
    assert_eq!(fs::read(at(component)).expect("reads"), code_of_step);
    assert_eq!(fs::read(at("q.gtpack")).expect("reads"), archive);
    assert_eq!(fs::read(at("np/pack.json")).expect("reads"), manifest);
    let fine = conformance(
        temp.path(),
        Path::new("q.gtpack"),
        "--report o/r.json --out o",
    );
    assert_eq!(code(&fine), 0, "{}", stderr(&fine));
    let twice = "report render o/events.jsonl --junit a --html ./a";
    let twice = run_in(temp.path(), &twice.split(' ').collect::<Vec<_>>());
    assert_eq!(code(&twice), 2);
    assert!(!at("a").exists());
}

#[test]
#[cfg(unix)]
fn stream_replaces_a_hard_link_and_refuses_a_pipe_and_a_link_in_the_path() {
    let temp = tempfile::tempdir().expect("a folder");
    let at = |name: &str| temp.path().join(name);
    let pack = fixture("conforming/noop-archive.gtpack");
    for folder in ["o", "pipe", "elsewhere"] {
        fs::create_dir(at(folder)).expect("creates");
    }
    fs::write(at("precious"), "mine").expect("writes");
    fs::hard_link(at("precious"), at("o/events.jsonl")).expect("links");
    assert_eq!(code(&conformance(temp.path(), &pack, "--out o")), 0);
    assert_eq!(fs::read_to_string(at("precious")).expect("reads"), "mine");
    let pipe = std::process::Command::new("mkfifo")
        .arg(at("pipe/events.jsonl"))
        .status();
    assert!(pipe.expect("mkfifo runs").success());
    std::os::unix::fs::symlink("elsewhere", at("link")).expect("links");
    let absolute = format!(
        "{}/link/sub",
        text(&temp.path().canonicalize().expect("a path"))
    );
    for out in ["pipe", "link/sub", &absolute, "./link/../sub"] {
        let refused = conformance(temp.path(), &pack, &format!("--out {out}"));
        assert_eq!(code(&refused), 2, "{out}: {}", stderr(&refused));
    }
    assert_eq!(fs::read_dir(at("elsewhere")).expect("readable").count(), 0);
}

#[test]
#[cfg(unix)]
fn second_run_into_one_folder_is_refused_and_leaves_the_stream() {
    let temp = tempfile::tempdir().expect("a folder");
    let out = temp.path().join("o");
    let pack = fixture("conforming/noop-archive.gtpack");
    assert_eq!(code(&conformance(temp.path(), &pack, "--out o")), 0);
    let events = fs::read(out.join("events.jsonl")).expect("reads");
    // The lock of another run.
    let lock = fs::File::open(&out).expect("opens");
    lock.lock().expect("locks");
    let refused = conformance(temp.path(), &pack, "--out o");
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("another run writes into this folder"));
    assert_eq!(fs::read(out.join("events.jsonl")).expect("reads"), events);
    drop(lock);
    assert_eq!(code(&conformance(temp.path(), &pack, "--out o")), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn folder_is_locked_until_the_run_ends() {
    let temp = tempfile::tempdir().expect("a folder");
    let mut first = Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
        .current_dir(temp.path())
        .env("XDG_CACHE_HOME", caches())
        .args(["conformance", "--json", "--out", "o", "--packs"])
        .arg(fixture("conforming"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut events = BufReader::new(first.stdout.take().expect("a pipe"));
    let mut started = String::new();
    events.read_line(&mut started).expect("an event");
    // NB: the events of all packs do not fit into the pipe, so that the first run waits
    // for somebody who reads them.
    let pack = fixture("conforming/noop-archive.gtpack");
    let second = conformance(temp.path(), &pack, "--out o");
    assert_eq!(code(&second), 2, "{}", stderr(&second));
    let mut rest = String::new();
    events.read_to_string(&mut rest).expect("the other events");
    assert!(
        rest.len() > 1 << 17,
        "{} bytes fit into the pipe",
        rest.len()
    );
    assert_eq!(first.wait().expect("ends").code(), Some(0));
    assert_eq!(code(&conformance(temp.path(), &pack, "--out o")), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn standard_output_that_is_full_is_named() {
    let temp = tempfile::tempdir().expect("a folder");
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let output = Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
        .current_dir(temp.path())
        .env("XDG_CACHE_HOME", caches())
        .args(["conformance", "--json", "--out", "o", "--packs"])
        .arg(fixture("conforming/noop-archive.gtpack"))
        .stdout(full.expect("opens"))
        .output()
        .expect("the binary runs");
    assert_eq!(code(&output), 6, "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write standard output"));
}
