//! Names that are no UTF-8: of inputs, of outputs, and of what is in a folder.

use super::prepare;
use crate::support::{caches, check, copy, fixture, read, schema};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A name with a byte that is no UTF-8, which ends with `end`.
fn raw(end: &str) -> OsString {
    let mut name = OsString::from(OsStr::from_bytes(b"caf\xe9"));
    name.push(end);
    name
}

/// Runs a command line in `folder`; `@` followed by the end of a name is such a name.
fn run(folder: &Path, line: &str) -> Output {
    let words = line.split(' ').map(|word| match word.split_once('@') {
        Some((before, end)) => {
            let mut word = OsString::from(before);
            word.push(raw(end));
            word
        }
        None => OsString::from(word),
    });
    Command::new(env!("CARGO_BIN_EXE_greentic-provision"))
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// Commands that take such a name, with their exit codes.
const COMMANDS: [(&str, i32); 29] = [
    (
        "conformance --isolation none --out @o --packs @.gtpack --report @r.json --junit @r.xml --html @r.html --sarif @r.sarif --markdown @r.md --attestation @a.json",
        0,
    ),
    (
        "conformance --isolation none --out o --packs folder --report folder.json --junit folder.xml",
        0,
    ),
    ("conformance --isolation none --out o --packs @", 0),
    (
        "conformance --isolation none --out o --packs PACK --expectations @.toml",
        0,
    ),
    (
        "conformance --isolation none --out o --packs PACK --profile publish --trust @.pem",
        1,
    ),
    (
        "conformance --isolation none --out o --packs PACK --answers @.answers",
        1,
    ),
    (
        "conformance --isolation none --out o --packs PACK --cache @cache",
        0,
    ),
    ("conformance --isolation none --out o --packs @nowhere", 2),
    (
        "conformance --isolation none --out o --packs PACK --profile @",
        2,
    ),
    (
        "conformance --isolation none --out o --packs PACK --filter @",
        2,
    ),
    ("compare --isolation none @ NEW --markdown @c.md", 0),
    ("pack inspect --pack @.gtpack", 0),
    ("pack inspect --json --pack @", 0),
    ("pack repack @.gtpack @repacked", 0),
    ("pack fix --isolation none @.gtpack @fixed", 0),
    (
        "dry-run setup --json --pack @ --provider-id p --install-id i",
        0,
    ),
    ("scenario render @", 5),
    (
        "plan --isolation none --pack @ --provider-id p --install-id i --store @s --out @p.json",
        0,
    ),
    ("installs list --store @s", 0),
    ("report render @.events --report @again.json", 1),
    ("report merge --out m @.events", 2),
    ("report history @o --html @h.html", 2),
    ("report diff @r.json @r.json --markdown @d.md", 0),
    (
        "expect add --expectations @e.toml --reason r --issue i --owner o --from-last-run @.events",
        0,
    ),
    ("fuzz @ --isolation none --runs 1 --jobs 1 --out @f", 5),
    ("repro @.bundle --isolation none", 1),
    ("trace check --out o @.spans", 0),
    ("cache show --cache @cache", 0),
    ("explain @", 2),
];

fn named(folder: &Path) {
    let at = |end: &str| folder.join(raw(end));
    copy(&fixture("conforming/greeter"), &at(""));
    for (from, end) in [
        ("PROVIDER", ".gtpack"),
        ("PUBLIC", ".pem"),
        ("EVENTS", ".events"),
        ("BUNDLE", ".bundle"),
        ("SPANS", ".spans"),
    ] {
        fs::copy(folder.join(from), at(end)).expect("copies");
    }
    fs::write(at(".toml"), "").expect("writes");
    fs::write(at(".answers"), "{\"config\": {}, \"secrets\": {}}").expect("writes");
    copy(&at(""), &folder.join("folder").join(raw("")));
    fs::copy(at(".gtpack"), folder.join("folder").join(raw(".gtpack"))).expect("copies");
}

#[test]
fn names_that_are_no_utf8_work_or_have_a_message() {
    let temp = tempfile::tempdir().expect("a folder");
    prepare(temp.path());
    if fs::write(temp.path().join(raw("")), "").is_err() {
        eprintln!("not tested: this file system takes no such names");
        return;
    }
    fs::remove_file(temp.path().join(raw(""))).expect("removes");
    named(temp.path());
    let mut wrong = Vec::new();
    for (line, code) in COMMANDS {
        let output = run(temp.path(), line);
        let (out, said) = (
            String::from_utf8(output.stdout),
            String::from_utf8(output.stderr),
        );
        let is_text = out.is_ok() && said.is_ok();
        let said = said.unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        let ended = output.status.code() == Some(code);
        if !is_text || !ended || said.contains("panicked") || (code == 2 && said.is_empty()) {
            wrong.push(format!(
                "{line}: {}, text {is_text}\n  {said}",
                output.status
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    reports_are_text(temp.path());
}

/// Checks that every file that the commands wrote is UTF-8, and the reports are valid.
fn reports_are_text(folder: &Path) {
    let text = |path: PathBuf| {
        let bytes = fs::read(&path).expect("reads");
        String::from_utf8(bytes).unwrap_or_else(|e| unreachable!("{}: {e}", path.display()))
    };
    for end in [
        "r.xml", "r.html", "r.md", "r.sarif", "c.md", "d.md", "e.toml", "p.json",
    ] {
        assert!(!text(folder.join(raw(end))).is_empty(), "{end}");
    }
    for name in [raw("r.json"), "folder.json".into(), raw("again.json")] {
        check(&schema("report.schema.json"), &read(&folder.join(name)));
    }
    let report = read(&folder.join("folder.json"));
    let packs = report["packs"].as_array().expect("packs");
    let labels: Vec<&str> = packs.iter().filter_map(|p| p["pack"].as_str()).collect();
    assert_eq!(labels, ["caf\u{fffd}", "caf\u{fffd}.gtpack"]);
}
