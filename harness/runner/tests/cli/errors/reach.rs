//! Each message in the code of the command line has a row in the catalogue, or a reason
//! why a row cannot show it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Messages without a row: a part of each, and where it is tested or why no command line
/// leads to it.
#[rustfmt::skip]
const ELSEWHERE: &[(&str, &str)] = &[
    ("); add it with --pack", "needs an installation of a tenant, exported without its pack"),
    ("has the content digest sha256:", "needs a registry"),
    ("this run compiles every component", "a warning: the default folder of the cache cannot be used"),
    ("neither XDG_CACHE_HOME nor HOME is set", "needs an environment without both"),
    ("make several runs, each of a part of", "cli/conformance/selection.rs: needs 100,000 packs"),
    ("packs; cut the list in parts", "needs a list of 100,000 packs"),
    ("only Linux has the restrictions", "needs another system"),
    ("it has no result any more", "src/cli/fix: a row of a table that `pack fix` prints"),
    ("leave out the fix `manifests`", "tests/cli/fix.rs: needs a pack with two manifests"),
    ("the mended archive is refused", "a defect of the harness"),
    ("the pack cannot be opened a second time", "a defect of the harness"),
    ("the findings so far follow", "needs a signal"),
    ("a shard announces packs that the cut", "needs a forged stream"),
    ("announces too; run both shards again", "needs a forged stream"),
    ("is impossible; no run writes this", "needs a forged stream"),
    ("no shards; name the events", "clap requires one"),
    ("the packs of all shards together are not", "needs a forged stream"),
    ("bytes; give long answers in a file", "needs an endless line; bounded/mod.rs gives it one"),
    ("nothing was changed", "tests/cli/apply_signals.rs and apply_terminal.rs: need a signal or a terminal"),
    ("another process has the store open", "tests/cli/apply_signals.rs: needs another process"),
    ("; the changes are applied", "needs a signal at the end of an apply"),
    ("the bundle has bounds above the defaults", "a warning: needs a forged bundle"),
    ("the pack that --pack or --replay names", "the reason of a check that is blocked"),
    ("the packs are looked at every 2", "needs a limit of the system; tests/cli/watch/places.rs lowers it"),
    ("its limit of watches is reached", "needs a limit of the system; tests/cli/watch/places.rs lowers it"),
    ("is gone; it is judged when it is back", "tests/cli/watch/places.rs: needs a change"),
    (", written by version", "a part of another message, which has a row"),
    ("values, the bound on an event", "needs a line of megabytes"),
    ("the harness panicked over this pack", "a defect of the harness"),
    ("cannot start the executor:", "needs a machine that cannot run Wasmtime"),
    ("cannot start workers:", "needs a machine that cannot start processes"),
    ("it has expired", "the console shows it, see tests/cli/streams.rs"),
    ("the file is not an event stream of this", "needs a line of 128 MiB"),
    ("JSON files; move the older ones", "needs 4,000 files"),
    ("another run writes into this folder", "tests/cli/outputs.rs: needs another process"),
    ("--previous auto looks in the registry", "the reason of a check that is blocked"),
    ("are no semantic versions", "the reason of a check that is blocked"),
    ("it has no id", "the reason of a check that is blocked"),
    ("the pack has no id, by which", "the reason of a check that is blocked"),
    ("the pack has no semantic version", "the reason of a check that is blocked"),
    ("no pack of the run has the id of one", "the console shows it, see tests/cli/previous.rs"),
    ("these numbers are not every STEP-th one", "needs the variables of an engine, as in src/shard/engines/tests.rs"),
    ("correct the variables, or pass --shard", "needs the variables of an engine, as in src/shard/engines/tests.rs"),
    ("unset the variables of the engine", "needs the variables of an engine, as in src/shard/engines/tests.rs"),
    ("is not a whole number; correct it, or", "needs the variables of an engine, as in src/shard/engines/tests.rs"),
    ("is not set; set it too, or pass", "needs the variables of an engine, as in src/shard/engines/tests.rs"),
    ("name is not UTF-8", "source.rs: a finding about a pack"),
    ("here, and `packs` of conformance.toml", "tests/cli/init: needs a second run"),
    ("new failures and stale expectations, which", "tests/cli/init: needs a second run"),
    ("--passing-only is for a new conformance.toml", "a warning: needs a second run"),
    ("error: interrupted by", "needs a signal"),
    ("; see the JSON report", "a line of a report: tests/cli/sarif.rs"),
    ("no reason given", "a cell of the HTML report"),
];

/// What begins a message in the code.
const STARTS: [&str; 9] = [
    "#[error(",
    "Error::Usage(",
    "eprintln!(",
    "let message = ",
    "let why = ",
    "usage(",
    "refuse(",
    "wrong(",
    "refused(",
];

/// The text literals of `code` that begin a message, without the code of tests.
fn messages(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for start in STARTS {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            let end = rest.find(';').unwrap_or(rest.len());
            found.extend(literal(&rest[..end], rest));
        }
    }
    found
}

/// The first text literal before the end of the statement.
fn literal(statement: &str, rest: &str) -> Option<String> {
    let at = statement.find('"')?;
    let mut text = String::new();
    let mut chars = rest[at + 1..].chars().peekable();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => match chars.next()? {
                '\n' => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                'n' => text.push('\n'),
                other => text.push(other),
            },
            c => text.push(c),
        }
    }
}

/// The longest part of a message that has no placeholder.
fn fixed(message: &str) -> String {
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0);
    for c in message
        .replace("{{", "\u{1}")
        .replace("}}", "\u{2}")
        .chars()
    {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            c if depth == 0 && c != '\n' => part.push(match c {
                '\u{1}' => '{',
                '\u{2}' => '}',
                c => c,
            }),
            _ => {}
        }
        if c == '{' || c == '\n' {
            parts.push(std::mem::take(&mut part));
        }
    }
    parts.push(part);
    let longest = parts.into_iter().max_by_key(String::len);
    longest.unwrap_or_default().trim().to_owned()
}

#[test]
fn each_message_in_the_code_has_a_row_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalogue = fs::read_to_string(root.join("tests/contract/errors.txt")).expect("reads");
    let mut without = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for file in walkdir::WalkDir::new(root.join("src")).sort_by_file_name() {
        let file = file.expect("readable");
        if file.path().extension().is_none_or(|e| e != "rs") {
            continue;
        }
        for message in messages(&fs::read_to_string(file.path()).expect("reads")) {
            let part = fixed(&message);
            // NB: a shorter part may be in any message.
            if part.len() < 12 {
                continue;
            }
            count += 1;
            let reason = ELSEWHERE.iter().position(|(one, _)| part.contains(one));
            if catalogue.contains(&part) {
                continue;
            }
            seen.extend(reason);
            if reason.is_none() {
                let name = file.path().strip_prefix(root).expect("below");
                without.insert(format!("{}: {part}", name.display()));
            }
        }
    }
    assert!(count > 100, "{count} messages are found");
    assert!(
        without.is_empty(),
        "{} messages have no row in rows.rs, and no reason in reach.rs:\n{}",
        without.len(),
        without.into_iter().collect::<Vec<_>>().join("\n")
    );
    let unused = ELSEWHERE
        .iter()
        .enumerate()
        .filter(|(at, _)| !seen.contains(at));
    let unused: Vec<&str> = unused.map(|(_, (part, _))| *part).collect();
    assert!(unused.is_empty(), "no message in the code has {unused:?}");
}
