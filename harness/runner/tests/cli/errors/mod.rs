//! Every message of the command line: what, where, why, and what to do.
//!
//! `rows.rs` has a row for each, with the exit code and the parts of the message that say
//! where and what to do. `tests/contract/errors.txt` has all messages as users see them;
//! `BLESS=1` writes it. `reach.rs` requires a row for each message in the code.

mod names;
mod pipes;
mod reach;
mod rows;

use crate::bounded::inputs::sound;
use crate::contract::same;
use crate::support::{caches, copy, fixture};
use rows::{ROWS, Row};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Valid inputs with names in capitals, and unusable ones.
fn prepare(folder: &Path) {
    sound(folder);
    let at = |name: &str| folder.join(name);
    for (pack, name) in [
        ("conforming/scenarios-dialogs", "SCENARIOS"),
        ("previous/greeter-1", "OLD"),
        ("conforming/greeter", "NEW"),
    ] {
        copy(&fixture(pack), &at(name));
    }
    fs::create_dir(at("empty")).expect("creates");
    fs::create_dir(at("mine")).expect("creates");
    for (name, bytes) in [
        ("text", &b"text [\n"[..]),
        ("nothing", b""),
        ("latin1", b"caf\xe9\n"),
        ("mine/notes", b"mine"),
        ("list", b"PACK\n@list\n"),
    ] {
        fs::write(at(name), bytes).expect("writes");
    }
    more(folder);
    let shard = "conformance --isolation none --packs PACK NEW OLD failing --shard 1/2 --out shard";
    drop(run(folder, shard));
    let other = "conformance --isolation none --packs PACK NEW OLD failing --profile publish --shard 2/2 --out other";
    drop(run(folder, other));
    drop(run(
        folder,
        "conformance --isolation none --packs text --out refused",
    ));
    let events = fs::read_to_string(at("shard/events.jsonl")).expect("reads");
    let (but_last, _) = events.trim_end().rsplit_once('\n').expect("lines");
    fs::write(at("cut-shard"), format!("{but_last}\n")).expect("writes");
    let early = "[[expect]]\ncheck = \"plan.goldn\"\npack = \"p\"\nversion = \"*\"\ncode = \"E_X\"\n\
                 reason = \"r\"\nissue = \"i\"\nowner = \"o\"\nadded = \"2026-01-01\"\nexpires = \"2026-02-01\"\n";
    for (name, text) in [
        ("check.toml", early.to_owned()),
        (
            "date.toml",
            early
                .replace("goldn", "golden")
                .replace("2026-02-01", "February"),
        ),
        (
            "long.toml",
            early
                .replace("goldn", "golden")
                .replace("2026-02-01", "2027-01-01"),
        ),
        (
            "owner.toml",
            early.replace("goldn", "golden").replace("\"o\"", "\" \""),
        ),
        (
            "sandbox.toml",
            early.replace("plan.goldn", "sandbox.no-effects"),
        ),
        (
            "both.toml",
            early.replace("pack = ", "cause = \"0123456789abcdef\"\npack = "),
        ),
        (
            "cause.toml",
            early
                .replace("check = \"plan.goldn\"", "cause = \"x\"")
                .replace("code = \"E_X\"\n", ""),
        ),
        ("key.toml", early.replace("owner", "owenr")),
    ] {
        fs::write(at(name), text).expect("writes");
    }
}

/// Further inputs: files that are nearly right, and places that cannot be written.
fn more(folder: &Path) {
    let at = |name: &str| folder.join(name);
    copy(&fixture("conforming/provisioning-none"), &at("NONE"));
    copy(&fixture("conforming/greeter"), &at("tools/p"));
    copy(&fixture("conforming/demo-messaging-telegram"), &at("ASKS"));
    for name in [
        "tools/node_modules",
        "layout",
        "full/artifacts/of",
        "special",
    ] {
        fs::create_dir_all(at(name)).expect("creates");
    }
    fs::write(at("full/artifacts/of/notes"), "mine").expect("writes");
    fs::write(at("layout/oci-layout"), "{}").expect("writes");
    fs::write(at("short"), "abc\n").expect("writes");
    fs::write(at("large"), vec![b'x'; 1 << 17]).expect("writes");
    for name in ["pipe", "special/events.jsonl"] {
        let made = Command::new("mkfifo").arg(at(name)).status();
        assert!(made.expect("mkfifo runs").success());
    }
    std::os::unix::fs::symlink("empty", at("link")).expect("links");
    let writer = fs::File::create(at("bare.gtpack")).expect("creates");
    let mut writer = zip::ZipWriter::new(writer);
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("notes", options).expect("starts");
    writer.finish().expect("finishes");
    let events = fs::read_to_string(at("EVENTS")).expect("reads");
    let lines: Vec<&str> = events.lines().collect();
    let cut = lines[..lines.len() - 2].join("\n") + "\n";
    fs::write(at("cut"), cut).expect("writes");
    let later = events.replacen("\"format\":1", "\"format\":2", 1);
    fs::write(at("later"), later).expect("writes");
    let edited = |from: &str, name: &str, pointer: &str, value: serde_json::Value| {
        let mut document = crate::support::read(&at(from));
        match document.pointer_mut(pointer) {
            Some(member) => *member = value,
            None => document[pointer.trim_start_matches('/')] = value,
        }
        fs::write(at(name), document.to_string()).expect("writes");
    };
    let report = "made/r.json";
    edited(report, "other.json", "/tool/name", "another".into());
    edited(
        report,
        "shard.json",
        "/shard",
        serde_json::json!({"index": 1, "count": 2}),
    );
    edited("BUNDLE", "form.json", "/format", 99.into());
    edited("BUNDLE", "check.json", "/check", "plan.goldn".into());
    edited("BUNDLE", "base64.json", "/pack/bytes", "?".into());
    edited(
        "BUNDLE",
        "rule.json",
        "/normalise",
        serde_json::json!(["x"]),
    );
    edited(
        "BUNDLE",
        "rules.json",
        "/normalise",
        vec!["uuid"; 1_000].into(),
    );
    edited("BUNDLE", "scope.json", "/scope", "none".into());
    edited(
        "BUNDLE",
        "away.json",
        "/pack/bytes",
        serde_json::Value::Null,
    );
    edited("away.json", "no-pack.json", "/pack/path", "text".into());
    drop(run(
        folder,
        "trace check --out o SPANS --report recordings.json",
    ));
    drop(run(
        folder,
        "conformance --isolation none --packs PACK --shard 1/1 --out one",
    ));
}

/// Runs a command line in `folder`.
fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    let words = line.split(' ').filter(|word| !word.is_empty());
    command
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .env_remove("CI_NODE_INDEX")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// What a user sees of an error, without what differs from run to run.
fn said(folder: &Path, output: &Output) -> String {
    let text = std::str::from_utf8(&output.stderr).expect("UTF-8");
    let here = folder.canonicalize().expect("a path");
    let text = text.replace(here.to_str().expect("UTF-8"), "<folder>");
    text.replace(env!("CARGO_PKG_VERSION"), "<version>")
}

#[test]
fn each_message_says_what_where_why_and_what_to_do() {
    let temp = tempfile::tempdir().expect("a folder");
    prepare(temp.path());
    let (mut all, mut wrong) = (String::new(), Vec::new());
    for Row {
        line,
        exit,
        place,
        advice,
    } in ROWS
    {
        let output = run(temp.path(), line);
        let said = said(temp.path(), &output);
        let _ = write!(all, "$ greentic-provision {line}\nexit {exit}\n{said}\n");
        let mut lacks = Vec::new();
        if output.status.code() != Some(*exit) {
            lacks.push(format!("exit {exit}, and it is {}", output.status));
        }
        for (part, name) in [(place, "where"), (advice, "what to do")] {
            if !said.contains(part) {
                lacks.push(format!("{name}: `{part}`"));
            }
        }
        if !said.ends_with('\n') {
            lacks.push("the end of the line".into());
        }
        if said.contains("panicked") || said.contains("RUST_BACKTRACE") {
            lacks.push("no panic".into());
        }
        if !lacks.is_empty() {
            wrong.push(format!("{line}: lacks {}\n  {said}", lacks.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    same("errors.txt", &all);
}
