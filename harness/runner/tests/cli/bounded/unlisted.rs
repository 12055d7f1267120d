//! Commands that no list names, with hostile words for all that they take.

use std::path::Path;

/// For each command that no line of `listed` calls, a line with what it requires, `@`, and one
/// for each of its options that has a value.
pub(super) fn unlisted(listed: &[&str]) -> Vec<String> {
    // The help texts of all commands, which a test of its own keeps up to date. NB: read when
    // the test runs, because `ci/bless.sh` compiles the tests without this file.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/help.txt");
    let help = std::fs::read_to_string(file).expect("reads");
    // A list names no command that the help texts lack, or else nothing was found in them.
    for line in listed {
        let word = |count| {
            line.split_whitespace()
                .take(count)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let is_command =
            |name: String| help.contains(&format!("$ greentic-provision {name} --help\n"));
        assert!(is_command(word(1)) || is_command(word(2)), "{line}");
    }
    unlisted_of(&help, listed)
}

fn unlisted_of(help: &str, listed: &[&str]) -> Vec<String> {
    let texts = help.split("$ greentic-provision ").skip(1);
    let mut lines = Vec::new();
    for text in texts {
        let (command, text) = text.split_once(" --help\n").expect("a command");
        let calls = |line: &str| line.starts_with(&format!("{command} "));
        if text.contains("\nCommands:\n") || listed.iter().copied().any(calls) {
            continue;
        }
        let line = required(text);
        let options = text.lines().filter_map(valued);
        lines.extend(options.map(|option| format!("{line} {option} @")));
        lines.push(line);
    }
    lines
}

/// The command line in the usage of a help text, without what may be left out.
fn required(help: &str) -> String {
    let usage = help
        .lines()
        .find_map(|l| l.strip_prefix("Usage: greentic-provision "));
    let words = usage.expect("a usage").split_whitespace();
    let words = words.filter(|word| *word != "[OPTIONS]");
    let words = words.map(|word| match word.chars().next() {
        Some('<' | '[') => "@",
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The option that a line of a help text describes, if it has a value.
fn valued(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let option = words.find(|word| word.starts_with('-') && !word.ends_with(','))?;
    let value = words.next()?;
    let is_described = line.trim_start().starts_with('-') && option.starts_with("--");
    (is_described && value.starts_with('<')).then_some(option)
}

#[test]
fn new_command_gets_hostile_words_for_all_that_it_takes() {
    let help = "$ greentic-provision a --help\nUsage: greentic-provision a <COMMAND>\n\nCommands:\n\
                \n  b  Does b.\n\n$ greentic-provision a b --help\nDoes b, with `--z <Z>`.\n\n\
                Usage: greentic-provision a b [OPTIONS] --pack <PACK> <IN> [FOLDER]\n\nOptions:\n\
                \n      --pack <PACK>  A pack.\n  -o, --out <DIR>\n      --json  No value.\n\
                \n$ greentic-provision c --help\nUsage: greentic-provision c <IN>\n";
    let lines = unlisted_of(help, &["c @"]);
    let line = "a b --pack @ @ @";
    let with = |option: &str| format!("{line} {option} @");
    assert_eq!(lines, [with("--pack"), with("--out"), line.to_owned()]);
}
