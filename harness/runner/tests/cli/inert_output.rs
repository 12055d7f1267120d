//! Whatever a file, a name or a flag says, no command prints what controls a terminal or
//! a CI system.

use crate::support::{conformance, fixture, run_in, stderr, stdout};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Controls terminals, Azure Pipelines, GitHub and Forgejo.
const HOSTILE: &str = "\u{1b}[31mx\n##vso[task.complete]\n::set-output name=a::b\n##[error]c";

/// Runs a command, and asserts that it prints nothing of [`HOSTILE`] as it is.
fn is_inert(folder: &Path, args: &[&str]) {
    let output = run_in(folder, args);
    let said = [stdout(&output), stderr(&output)].concat();
    assert!(!said.is_empty(), "{args:?} prints nothing");
    for part in ["\u{1b}", "##vso[", "##["] {
        assert!(!said.contains(part), "{args:?}: {part:?} in {said}");
    }
    let obeyed = said
        .lines()
        .find(|line| line.trim_start().starts_with("::"));
    assert_eq!(obeyed, None, "{args:?}: {said}");
}

#[test]
#[cfg(unix)]
fn no_command_prints_a_hostile_path_as_it_is() {
    let temp = tempfile::tempdir().expect("a folder");
    let name = HOSTILE.replace('/', "_");
    let missing = format!("{name}.missing");
    fs::create_dir(temp.path().join(&name)).expect("a folder");
    fs::write(temp.path().join(&name).join("p.gtpack"), "no pack").expect("a file");
    let pack = format!("{name}/p.gtpack");
    fs::write(temp.path().join("no.gtpack"), "no pack").expect("a file");
    for path in [&missing, &pack] {
        let setup = [
            "dry-run",
            "setup",
            "--provider-id",
            "p",
            "--install-id",
            "i",
        ];
        is_inert(temp.path(), &[&setup[..], &["--pack", path]].concat());
        is_inert(temp.path(), &["conformance", "--packs", path, "--out", "o"]);
        is_inert(temp.path(), &["pack", "inspect", "--pack", path]);
        is_inert(temp.path(), &["repro", path]);
        is_inert(temp.path(), &["report", "render", path]);
        is_inert(temp.path(), &["explain", path]);
    }
    is_inert(
        temp.path(),
        &["conformance", "--packs", &name, "--out", "o"],
    );
    is_inert(temp.path(), &["report", "render", "o/events.jsonl"]);
    for flag in ["--expectations", "--baseline", "--trust", "--answers"] {
        let judge = ["conformance", "--packs", "no.gtpack", "--out", "o"];
        is_inert(temp.path(), &[&judge[..], &[flag, &missing]].concat());
        is_inert(temp.path(), &[&judge[..], &[flag, &pack]].concat());
    }
}

#[test]
fn no_command_prints_a_hostile_text_of_a_file_as_it_is() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/trap-apply");
    conformance(temp.path(), &pack, "--out o");
    let pack = pack.to_str().expect("UTF-8");
    let judge = ["conformance", "--packs", pack, "--out", "p"];
    let write = |name: &str, text: &str| fs::write(temp.path().join(name), text).expect("writes");
    // Expectations that are no TOML, and those with a hostile key, check and reason.
    let quoted = Value::from(HOSTILE)
        .to_string()
        .replace("\\u001b", "\\u001B");
    write("e1.toml", &format!("[[expect]]\nx = {HOSTILE}"));
    write("e2.toml", &format!("{quoted} = 1"));
    write(
        "e3.toml",
        &format!("[[expect]]\npack = \"p\"\ncheck = {quoted}\nreason = {quoted}"),
    );
    for file in ["e1.toml", "e2.toml", "e3.toml"] {
        is_inert(
            temp.path(),
            &[&judge[..], &["--expectations", file]].concat(),
        );
    }
    write("answers.json", &format!("{{{quoted}: {quoted}}}"));
    is_inert(
        temp.path(),
        &[&judge[..], &["--answers", "answers.json"]].concat(),
    );
    // A stream and a bundle whose texts are all hostile.
    let stream = fs::read_to_string(temp.path().join("o/events.jsonl")).expect("a stream");
    let id = "trap-apply";
    assert!(stream.contains(id), "{stream}");
    let escaped = quoted.trim_matches('"');
    write("s.jsonl", &stream.replace(id, escaped));
    is_inert(temp.path(), &["report", "render", "s.jsonl"]);
    write("c.jsonl", &stream.replace("wizard.completes", escaped));
    is_inert(temp.path(), &["report", "render", "c.jsonl"]);
    let bundles = walkdir::WalkDir::new(temp.path().join("o"))
        .into_iter()
        .flatten();
    let is_bundle = |path: &Path| path.parent().is_some_and(|p| p.ends_with("repro"));
    let bundle = bundles
        .map(|entry| entry.into_path())
        .find(|path| is_bundle(path));
    let bundle = fs::read_to_string(bundle.expect("a bundle")).expect("UTF-8");
    for text in [id, "wizard.completes", "setup_default"] {
        write("b.json", &bundle.replace(&format!("\"{text}\""), &quoted));
        is_inert(temp.path(), &["repro", "b.json"]);
    }
}
