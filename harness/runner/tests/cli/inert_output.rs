//! Whatever a file, a name or a flag says, no command prints what controls a terminal or
//! a CI system.

use crate::support::{answering, conformance, fixture, run_in, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Controls terminals, the direction of text, Azure Pipelines, GitHub and Forgejo.
const HOSTILE: &str =
    "\u{1b}[31m\u{202e}x\n##vso[task.complete]\n::set-output name=a::b\n##[error]c";

/// Runs a command, and asserts that it prints nothing of [`HOSTILE`] as it is.
fn is_inert(folder: &Path, args: &[&str]) {
    let output = run_in(folder, args);
    let said = [stdout(&output), stderr(&output)].concat();
    assert!(!said.is_empty(), "{args:?} prints nothing");
    for part in ["\u{1b}", "\u{202e}", "##vso[", "##["] {
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

/// Runs each command, whose words `@` stand for `input`.
fn are_inert(folder: &Path, input: &str, commands: &[&str]) {
    for command in commands {
        let words = command.split_whitespace();
        let word = |word| if word == "@" { input } else { word };
        is_inert(folder, &words.map(word).collect::<Vec<_>>());
    }
}

#[test]
#[cfg(unix)]
fn no_command_on_stores_caches_or_expectations_prints_a_hostile_path_as_it_is() {
    let temp = tempfile::tempdir().expect("a folder");
    let name = HOSTILE.replace('/', "_");
    fs::create_dir(temp.path().join(&name)).expect("a folder");
    fs::write(temp.path().join(&name).join("p.gtpack"), "no pack").expect("a file");
    let noop = fixture("conforming/noop-provision");
    std::os::unix::fs::symlink(noop, temp.path().join("noop")).expect("links");
    let paths = [format!("{name}.missing"), format!("{name}/p.gtpack"), name];
    for path in paths {
        are_inert(
            temp.path(),
            &path,
            &[
                "expect add --expectations e --reason r --issue i --owner o --from-last-run @",
                "expect add --expectations @ --reason r --issue i --owner o --from-last-run none",
                "expect prune --expectations @ --from-last-run none",
                "pack repack @ out",
                "pack fix --isolation none @ out",
                "pack repack noop @",
                "fuzz --isolation none --runs 1 --jobs 1 --out f @",
                "fuzz --isolation none --runs 1 --jobs 1 --out @ none",
                "wizard play @",
                "wizard play noop --answers @",
                "scenario render @",
                "scenario render noop --scenario @",
                "plan --isolation none --provider-id p --install-id i --pack @",
                "plan --isolation none --provider-id p --install-id i --pack noop --answers @",
                "plan --isolation none --provider-id p --install-id i --pack noop --key @",
                "apply --yes --isolation none --provider-id p --install-id i --pack @",
                "apply --yes --isolation none --pack noop --plan @",
                "installs list --store @",
                "installs show --provider-id @ --install-id @ --store none",
                "installs verify --store @",
                "installs export --layout greentic-setup --pack @ --out x --store none",
                "installs export --layout greentic-setup --pack noop --out x --store @",
                "cache show --cache @",
                "cache clean --cache @",
            ],
        );
    }
}

/// A plan whose texts are all hostile.
fn hostile_plan() -> Value {
    let config = json!({ HOSTILE: HOSTILE });
    json!({ "notes": [HOSTILE], "config_patch": config,
        "webhook_ops": [{ "op": "register", "id": HOSTILE, "url": "https://a.example/x" }] })
}

#[test]
fn no_command_prints_a_hostile_text_of_a_pack_as_it_is() {
    let temp = tempfile::tempdir().expect("a folder");
    let plan = hostile_plan();
    let error =
        json!({ "severity": "error", "code": HOSTILE, "message": HOSTILE, "hint": HOSTILE });
    let question = json!({ "id": HOSTILE, "kind": "text", "label": HOSTILE, "required": true });
    for (name, answer) in [
        ("plan", json!({ "plan": plan, "summary": HOSTILE })),
        ("error", json!({ "diagnostics": [error] })),
        ("asks", json!({ "questions": [question] })),
    ] {
        answering(temp.path(), name, &answer);
        are_inert(
            temp.path(),
            name,
            &[
                "dry-run setup --provider-id p --install-id i --pack @",
                "wizard play @",
                "conformance --isolation none --out o --packs @",
                "conformance --isolation none --out o --packs @ --verbose",
                "report render o/events.jsonl --verbose",
                "expect add --expectations e.toml --reason r --issue i --owner o \
                 --from-last-run o/events.jsonl",
                "fuzz --isolation none --runs 50 --jobs 1 --out f @",
                "plan --isolation none --provider-id p --install-id i --public-base-url \
                 https://a.example --pack @",
                "plan --isolation none --json --provider-id p --install-id i --public-base-url \
                 https://a.example --pack @",
                "apply --yes --isolation none --provider-id p --install-id i --public-base-url \
                 https://a.example --pack @",
                "apply --yes --isolation none --mode delete --provider-id p --install-id i --pack @",
            ],
        );
    }
    // Escaped or not, JSON holds the text of the pack.
    let command = "plan --isolation none --json --provider-id p --install-id i --public-base-url \
                   https://a.example --pack plan";
    let plan = run_in(temp.path(), &command.split_whitespace().collect::<Vec<_>>());
    let plan: Value = serde_json::from_str(stdout(&plan)).expect("JSON");
    assert_eq!(plan["plan"]["notes"][0], HOSTILE);
}

#[test]
fn no_command_prints_a_hostile_text_of_a_store_as_it_is() {
    let temp = tempfile::tempdir().expect("a folder");
    answering(temp.path(), "plan", &json!({ "plan": hostile_plan() }));
    let apply = "apply --yes --isolation none --store s --pack plan --public-base-url \
                 https://a.example --provider-id";
    let installed = |more: &[&str]| {
        let words: Vec<&str> = apply
            .split_whitespace()
            .chain(more.iter().copied())
            .collect();
        is_inert(temp.path(), &words);
        run_in(temp.path(), &words).status.success()
    };
    // All ids are hostile, as far as `apply` takes them, and then none is.
    let ids = [HOSTILE, "--install-id", HOSTILE];
    for flag in ["--tenant", "--team", "--user", "--environment"] {
        installed(&[&ids[..], &[flag, HOSTILE]].concat());
    }
    installed(&ids);
    assert!(installed(&["p", "--install-id", "i"]));
    let commands = [
        "installs list --store s",
        "installs show --provider-id p --install-id i --store s",
        "installs show --json --provider-id p --install-id i --store s",
        "installs show --provider-id @ --install-id @ --store s",
        "installs verify --store s",
        "installs verify --json --store s",
        "installs export --layout greentic-setup --pack plan --out x --store s",
    ];
    are_inert(temp.path(), HOSTILE, &commands);
    let show = commands[2].split_whitespace().collect::<Vec<_>>();
    let shown: Value = serde_json::from_str(stdout(&run_in(temp.path(), &show))).expect("JSON");
    assert!(shown.to_string().contains("vso[task"), "{shown}");
}
