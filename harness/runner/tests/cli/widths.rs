//! Output on terminals of several widths.

use crate::support::{copy, fixture, run_in, stdout};
use crate::terminal::OnTerminal;
use std::fs;

/// `shown` without escape sequences, cut at line breaks and at returns of the carriage.
fn lines(shown: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = shown.chars();
    while let Some(c) = rest.next() {
        match c {
            // NB: all sequences of this program end with a letter.
            '\u{1b}' => while rest.next().is_some_and(|c| !c.is_ascii_alphabetic()) {},
            c => plain.push(c),
        }
    }
    plain.split(['\n', '\r']).map(str::to_owned).collect()
}

/// Checks that no line is wider than the terminal, except those that begin with one of
/// these texts, which a user copies.
pub(crate) fn require_fit(shown: &str, columns: u16, except: &[&str]) {
    let lines = lines(shown);
    assert!(lines.iter().any(|line| !line.trim().is_empty()), "{shown}");
    for line in lines {
        let is_copied = except.iter().any(|start| line.starts_with(start));
        let width = line.chars().count();
        assert!(
            is_copied || width <= usize::from(columns),
            "{width} columns of {columns}: {line}"
        );
    }
}

/// Commands whose lines are laid out, over few and over many packs.
const COMMANDS: [&str; 3] = [
    "conformance --isolation none --profile strict --packs few",
    "conformance --isolation none --profile strict --packs many",
    "report render reports/out/events.jsonl",
];

#[test]
fn reports_on_a_terminal_fit_its_width_and_shorten_nothing_that_fits() {
    let temp = tempfile::tempdir().expect("a folder");
    let pack = |from: &str, to: String| {
        let to = temp.path().join(to);
        fs::create_dir_all(to.parent().expect("a folder")).expect("creates");
        copy(&fixture(from), &to);
    };
    for (name, from) in [
        ("passes", "conforming/noop-provision"),
        (
            "fails-with-a-name-that-is-longer-than-a-narrow-terminal",
            "nonconforming/golden-mismatch",
        ),
        (
            "has-many-causes.gtpack",
            "nonconforming/unsorted-unsigned.gtpack",
        ),
    ] {
        pack(from, format!("few/{name}"));
    }
    for n in 0..14 {
        pack(
            "nonconforming/golden-mismatch",
            format!("many/with-a-long-name-{n:02}"),
        );
    }
    for columns in [40, 80, 200] {
        for command in COMMANDS {
            let args: Vec<&str> = command.split(' ').collect();
            let (status, shown) = OnTerminal::start_wide(temp.path(), &args, columns).end();
            assert!(status.code().is_some_and(|code| code < 6), "{shown}");
            // A user copies the command.
            require_fit(&shown, columns, &["  again: "]);
            let code = lines(&shown)
                .iter()
                .any(|line| line.contains("E_PLAN_DIFFERS"));
            assert!(code, "{command} at {columns}: {shown}");
            if command == COMMANDS[0] {
                let name = "fails-with-a-name-that-is-longer-than-a-narrow-terminal";
                let lines = lines(&shown);
                let head =
                    |line: &&String| line.starts_with("fail ") && line.contains("fails-with");
                let head = lines.iter().find(head).expect("the pack");
                assert_eq!(head.contains(name), columns > 40, "{head}");
            }
        }
    }
}

#[test]
fn lists_and_texts_on_a_terminal_fit_its_width_and_lose_no_word() {
    let temp = tempfile::tempdir().expect("a folder");
    for (from, to) in [
        ("previous/greeter-1", "old"),
        ("nonconforming/version-step", "new"),
        ("nonconforming/golden-mismatch", "failing"),
        ("nonconforming/unsorted-unsigned.gtpack", "mend.gtpack"),
    ] {
        copy(&fixture(from), &temp.path().join(to));
    }
    for (pack, report) in [("old", "a.json"), ("failing", "b.json")] {
        let flags = format!("--isolation none --report {report}");
        crate::support::conformance(temp.path(), std::path::Path::new(pack), &flags);
    }
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    for command in [
        "checks list",
        "explain plan.golden",
        "explain E_TRAP",
        "report diff a.json b.json",
        "compare --isolation none old new",
        "pack fix --isolation none --dry-run mend.gtpack out.gtpack",
    ] {
        let args: Vec<&str> = command.split(' ').collect();
        let piped = run_in(temp.path(), &args);
        for columns in [40, 80, 200] {
            let (status, shown) = OnTerminal::start_wide(temp.path(), &args, columns).end();
            assert_eq!(status.code(), piped.status.code(), "{command}: {shown}");
            require_fit(&shown, columns, &["error: ", "warning: "]);
            let shown = lines(&shown).join(" ");
            // NB: a word that is longer than the line is broken.
            let (seen, expected) = (words(&shown).concat(), words(stdout(&piped)).concat());
            assert!(seen.contains(&expected), "{command} at {columns}: {shown}");
        }
    }
}
