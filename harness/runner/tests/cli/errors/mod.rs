//! Every message of the command line: what, where, why, and what to do.
//!
//! `rows.rs` has a row for each, with the exit code and the parts of the message that say
//! where and what to do. `tests/contract/errors.txt` has all messages as users see them;
//! `BLESS=1` writes it. `reach.rs` requires a row for each message in the code.

mod inputs;
mod names;
mod pipes;
mod reach;
mod rows;

use crate::contract::same;
use crate::support::caches;
use inputs::prepare;
use rows::{ROWS, Row};
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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
    let lines = text.split_inclusive('\n');
    let text: String = lines.map(without_time).collect();
    text.replace(env!("CARGO_PKG_VERSION"), "<version>")
}

/// A line of the progress without how long a pack took.
fn without_time(line: &str) -> String {
    match line
        .strip_suffix(" ms\n")
        .and_then(|line| line.rsplit_once(' '))
    {
        Some((line, _)) => format!("{line} <time>\n"),
        None => line.to_owned(),
    }
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
