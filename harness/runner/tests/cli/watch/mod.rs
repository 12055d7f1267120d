//! `watch` as a process: the test changes packs, reads what is printed, and sends signals.
//!
//! NB: a test waits for printed lines and for nothing else. A line that never comes is a
//! hang, which names the test.

mod changes;
mod ends;
mod places;

use crate::support::{caches, copy, fixture};
use crate::workers::kill;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A folder `w` with packs, and beside it what `watch` writes.
pub(crate) struct Place {
    temp: tempfile::TempDir,
}

impl Place {
    /// With a folder pack `greeter` and an archive `noop.gtpack`, which both pass.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.add("conforming/demo-messaging-telegram", "greeter");
        place.add("conforming/noop-archive.gtpack", "noop.gtpack");
        place
    }

    pub(crate) fn empty() -> Self {
        let temp = tempfile::tempdir().expect("a folder");
        fs::create_dir(temp.path().join("w")).expect("creates");
        Self { temp }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.temp.path()
    }

    /// A path below `w`.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.temp.path().join("w").join(name)
    }

    pub(crate) fn add(&self, pack: &str, name: &str) {
        let to = self.at(name);
        fs::create_dir_all(to.parent().expect("a folder")).expect("creates");
        copy(&fixture(pack), &to);
    }

    /// `watch` over `w`, after its first judgement.
    pub(crate) fn watch(&self, flags: &str) -> Watching {
        let mut watching = self.start(&format!("w {flags}"));
        watching.until("Ctrl-C ends");
        watching
    }

    /// `watch` with these arguments.
    pub(crate) fn start(&self, args: &str) -> Watching {
        let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
        command.args(["watch", "--settle", "50ms"]);
        self.spawn(command.args(args.split_whitespace()))
    }

    pub(crate) fn spawn(&self, command: &mut Command) -> Watching {
        self.spawn_in(command, "")
    }

    /// The command in a folder of this one.
    pub(crate) fn spawn_in(&self, command: &mut Command, folder: &str) -> Watching {
        let errors = self.temp.path().join("errors");
        let mut child = command
            .current_dir(self.temp.path().join(folder))
            .env("XDG_CACHE_HOME", caches())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).expect("creates"))
            .spawn()
            .expect("the binary runs");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Watching {
            child,
            lines: Some(lines),
            errors,
        }
    }
}

/// A running `watch`.
pub(crate) struct Watching {
    pub(crate) child: Child,
    lines: Option<BufReader<ChildStdout>>,
    errors: PathBuf,
}

impl Watching {
    /// The next lines up to the one that contains `text`.
    pub(crate) fn until(&mut self, text: &str) -> Vec<String> {
        let mut seen = Vec::new();
        loop {
            let line = self.line();
            assert!(line.is_some(), "no `{text}` in {seen:#?}\n{}", self.said());
            seen.extend(line);
            if seen.last().is_some_and(|line| line.contains(text)) {
                return seen;
            }
        }
    }

    /// The next judgement: its first line without the times, its rows, and the totals.
    pub(crate) fn round(&mut self) -> Vec<String> {
        let mut lines = self.until(" checks passed, ");
        lines[0] = without_times(&lines[0]);
        lines
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.as_mut()?.read_line(&mut line).expect("reads");
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// What standard error has so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.errors).expect("reads")
    }

    /// Nobody reads what is printed any more.
    pub(crate) fn close(&mut self) {
        self.lines = None;
    }

    /// Sends a signal, and reads to the end. The exit code, and the last lines.
    pub(crate) fn end(mut self, signal: &str) -> (i32, Vec<String>) {
        kill(self.child.id(), signal);
        self.ended()
    }

    pub(crate) fn ended(&mut self) -> (i32, Vec<String>) {
        let rest = std::iter::from_fn(|| self.line()).collect();
        let status = self.child.wait().expect("ends");
        (status.code().expect("ends by itself"), rest)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // A test that failed leaves no process.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The line without the time of the day and the seconds.
fn without_times(line: &str) -> String {
    let (time, rest) = line.split_once("Z ").expect("a time");
    assert_eq!(time.len(), 8, "{line}");
    match rest.split_once(" in ") {
        Some((judged, rest)) => {
            let names = rest.split_once(" s").expect("seconds").1;
            format!("{judged}{names}")
        }
        None => rest.to_owned(),
    }
}

/// Writes a file beside the one at `path` and renames it, as editors do.
pub(crate) fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).expect("writes");
    fs::rename(beside, path).expect("renames");
}

/// The plan that `greeter` expects, and another one.
fn plans(place: &Place) -> (PathBuf, Vec<u8>, Vec<u8>) {
    let path = place.at("greeter/fixtures/setup.expected.plan.json");
    let right = fs::read(&path).expect("reads");
    let text = String::from_utf8(right.clone()).expect("UTF-8");
    let wrong = text.replace("telegram-updates", "others").into_bytes();
    (path, right, wrong)
}
