//! Inputs of the rows: valid ones, and each kind of unusable one.

use super::run;
use crate::bounded::inputs::sound;
use crate::support::{copy, fixture};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Valid inputs with names in capitals, and unusable ones.
pub(super) fn prepare(folder: &Path) {
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
    places(folder);
    repositories(folder);
    edited(folder);
    recorded(folder);
    expectations(folder);
}

/// Runs whose events and reports other commands refuse.
fn recorded(folder: &Path) {
    let at = |name: &str| folder.join(name);
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
    drop(run(
        folder,
        "trace check --out o SPANS --report recordings.json",
    ));
    drop(run(
        folder,
        "conformance --isolation none --packs PACK --shard 1/1 --out one",
    ));
}

/// Expectations files with one defect each.
fn expectations(folder: &Path) {
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
        (
            "unowned.toml",
            early
                .replace("goldn", "golden")
                .replace("owner = \"o\"", "owner = \"FILL-IN\""),
        ),
        ("shards.toml", "packs = [\"PACK\"]\nshards = 2\n".into()),
        ("pakcs.toml", "pakcs = [\"PACK\"]\n".into()),
        ("profile.toml", "profile = \"cor\"\n".into()),
        ("type.toml", "packs = \"PACK\"\n".into()),
    ] {
        fs::write(folder.join(name), text).expect("writes");
    }
}

/// Folders for `init`.
fn repositories(folder: &Path) {
    let at = |name: &str| folder.join(name);
    for name in ["top/.git", "linked", "broken"] {
        fs::create_dir_all(at(name)).expect("creates");
    }
    copy(&fixture("conforming/greeter"), &at("top/a+b/p"));
    copy(&fixture("conforming/greeter"), &at("linked/p"));
    std::os::unix::fs::symlink("../empty", at("linked/.github")).expect("links");
    fs::write(at("broken/x.gtpack"), "no archive").expect("writes");
}

/// Packs and folders that are none, and places that cannot be written.
fn places(folder: &Path) {
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
}

/// Documents that are nearly right.
fn edited(folder: &Path) {
    let at = |name: &str| folder.join(name);
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
}
