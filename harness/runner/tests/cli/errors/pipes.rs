//! Standard output that closes early, is closed from the start, or is full.

use super::prepare;
use crate::support::caches;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A command of each kind that prints more than a line, with its exit code.
const COMMANDS: [(&str, i32); 27] = [
    ("--help", 0),
    ("conformance --help", 0),
    (
        "conformance --isolation none --out o --packs PACK failing",
        1,
    ),
    (
        "conformance --isolation none --out o --verbose --packs PACK",
        0,
    ),
    (
        "conformance --isolation none --out o --json --packs PACK",
        0,
    ),
    ("conformance --list --packs PACK NEW", 0),
    ("conformance --list --json --packs PACK NEW", 0),
    ("compare --isolation none OLD NEW", 0),
    ("pack inspect --pack PACK", 0),
    ("pack inspect --json --pack PACK", 0),
    ("pack inspect --pack text", 4),
    (
        "dry-run setup --pack PACK --provider-id p --install-id i",
        0,
    ),
    (
        "dry-run setup --json --pack PACK --provider-id p --install-id i",
        0,
    ),
    ("scenario render SCENARIOS", 0),
    (
        "plan --isolation none --pack NEW --provider-id p --install-id i --store s",
        0,
    ),
    ("installs list --store STORE", 0),
    (
        "installs show --json --store STORE --provider-id p --install-id i",
        0,
    ),
    ("report render EVENTS", 1),
    ("report diff made/r.json made/r.json", 0),
    ("fuzz PACK --isolation none --runs 1 --jobs 1 --out f", 0),
    ("repro BUNDLE --isolation none", 1),
    ("trace check --out o SPANS", 0),
    ("cache show --cache kept", 0),
    ("checks list", 0),
    ("checks markdown", 0),
    ("explain plan.golden", 0),
    ("doctor", 0),
];

fn started(folder: &Path, line: &str, stdout: Stdio) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .args(line.split(' '))
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped());
    command
}

/// What is wrong with the end of a command.
fn fault(line: &str, output: &Output, codes: &[i32]) -> Option<String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let ended = output
        .status
        .code()
        .is_some_and(|code| codes.contains(&code));
    let quiet = !said.contains("panicked") && !said.contains("Broken pipe");
    (!ended || !quiet).then(|| format!("{line}: {}, not one of {codes:?}\n  {said}", output.status))
}

fn require(faults: Vec<String>) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn reader_that_reads_nothing_changes_no_exit_code() {
    let temp = tempfile::tempdir().expect("a folder");
    prepare(temp.path());
    let faults = COMMANDS.iter().filter_map(|(line, code)| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = started(temp.path(), line, writer.into());
        drop(reader);
        let output = command.output().expect("the binary runs");
        fault(line, &output, &[*code])
    });
    require(faults.collect());
}

/// NB: the system gives the program `/dev/null` in place of a closed output.
#[test]
fn closed_output_changes_no_exit_code() {
    let temp = tempfile::tempdir().expect("a folder");
    prepare(temp.path());
    let faults = COMMANDS.iter().filter_map(|(line, code)| {
        let mut command = Command::new("/bin/sh");
        command
            .args([
                "-c",
                "exec \"$@\" >&-",
                "sh",
                env!("CARGO_BIN_EXE_greentic-provision"),
            ])
            .args(line.split(' '))
            .current_dir(temp.path())
            .env("XDG_CACHE_HOME", caches())
            .stdin(Stdio::null());
        let output = command.output().expect("the shell runs");
        fault(line, &output, &[*code])
    });
    require(faults.collect());
}

#[test]
fn full_output_is_an_error_that_names_it() {
    let temp = tempfile::tempdir().expect("a folder");
    prepare(temp.path());
    let faults = COMMANDS.iter().filter_map(|(line, code)| {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("opens");
        let mut command = started(temp.path(), line, full.into());
        let output = command.output().expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr);
        let named = said.contains("cannot write standard output") && said.contains("make room");
        let wrong = (!named).then(|| format!("{line}: does not name standard output\n  {said}"));
        let of_pack = if *code == 4 { &[6, 4][..] } else { &[6] };
        fault(line, &output, of_pack).or(wrong)
    });
    require(faults.collect());
}
