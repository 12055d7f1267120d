//! Every command on every hostile input, as a process with resource limits: it ends by
//! itself with a documented exit code, prints few lines, and prints them inert.

mod destinations;
pub(crate) mod inputs;
mod memory;
mod unlisted;

use crate::support::{caches, copy, fixture, under_limits};
use crate::workers::{kill, workers};
use inputs::{hostile, sound};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Output, Stdio};
use unlisted::unlisted;

/// Seconds of processor time of a process. The guests of these inputs take next to none.
/// Unoptimised code gets twice as much: its slowest command takes 1.8 s, and cores that
/// are shared cost more.
const SECONDS: u32 = if cfg!(debug_assertions) { 4 } else { 2 };
/// Seconds after which a process hangs that uses no processor time, for example because it
/// waits for the writer of a pipe. A busy machine needs a part of them.
const HANGS: u32 = 300;
/// Mebibytes of writable memory of a process.
const MEMORY: u32 = 768;
/// Lines that a command prints without `--verbose`, at most.
const LINES: usize = 2_000;
/// Bytes of messages of a command, at most.
const MESSAGES: usize = 128 * 1024;
/// The commands that take a file or a folder, `@`. The words in capitals are valid ones.
const COMMANDS: [&str; 78] = [
    "pack inspect --pack @",
    "pack inspect --json --pack @",
    "pack repack @ repacked",
    "pack fix --isolation none @ fixed",
    "pack fix --isolation none --dry-run --only @ --manifest @ PACK fixed",
    "dry-run setup --provider-id p --install-id i --pack @",
    "dry-run setup --provider-id p --install-id i --pack PACK --answers @",
    "dry-run setup --provider-id @ --install-id @ --wizard @ --pack PACK",
    "dry-run setup --provider-id p --install-id i --json --pack @",
    "wizard play @",
    "wizard play PACK --answers @",
    "scenario render @",
    "scenario render --json @",
    "scenario render --report @",
    "conformance --isolation none --out o --packs @",
    "conformance --isolation none --out o --json --packs @",
    "conformance --isolation none --out o --packs PACK --expectations @",
    "conformance --isolation none --out o --packs PACK --config @",
    "conformance --isolation none --out o --list --config @",
    "conformance --isolation none --out o --packs PACK --baseline @",
    "conformance --isolation none --out o --packs PACK --answers @",
    "conformance --isolation none --out o --packs PACK --profile publish --trust @",
    "conformance --isolation none --out o --packs PACK --filter @ --provider @",
    "conformance --isolation none --out o --packs PACK --previous @",
    "conformance --isolation none --out o --profile strict --packs @ --previous PACK",
    "compare --isolation none @ PACK",
    "compare --isolation none PACK @",
    "compare --isolation none PACK PACK --answers @",
    "report render @",
    "report render EVENTS --baseline @",
    "report merge --out m @",
    "report merge --out m EVENTS @",
    "report history --html h.html @",
    "report history --html @ .",
    "report diff made/r.json @",
    "report diff --markdown m.md @ @",
    "expect add --expectations e --reason @ --issue @ --owner o --from-last-run @",
    "expect prune --expectations @ --from-last-run EVENTS",
    "expect prune --config @ --from-last-run EVENTS",
    "init --isolation none --dry-run @",
    "fuzz --isolation none --runs 1 --jobs 1 --out f @",
    "repro --isolation none @",
    "repro --isolation none BUNDLE --pack @",
    "cache show --cache @",
    "conformance --isolation none --out o --packs PACK --cache @",
    "explain @",
    "completions @",
    "man @",
    "plan --isolation none --provider-id p --install-id i --store s --pack @",
    "plan --isolation none --provider-id p --install-id i --store s --pack PACK --answers @",
    "plan --isolation none --provider-id p --install-id i --store @ --pack PROVIDER --answers ANSWERS \
     --public-base-url https://a.example",
    "plan --isolation none --provider-id p --install-id i --store STORE --key @ --pack PROVIDER --answers ANSWERS \
     --public-base-url https://a.example",
    "plan --isolation none --provider-id @ --install-id @ --tenant @ --store s --pack PROVIDER --answers ANSWERS \
     --public-base-url https://a.example",
    "apply --yes --isolation none --provider-id p --install-id i --store s --pack @",
    "apply --yes --isolation none --provider-id p --install-id i --store s --pack PACK --answers @",
    "apply --yes --isolation none --store STORE --pack PROVIDER --plan @",
    "apply --yes --isolation none --provider-id @ --install-id @ --store s --pack PROVIDER --answers ANSWERS \
     --public-base-url https://a.example",
    "installs list --store @",
    "installs show --store STORE --provider-id @ --install-id @",
    "installs verify --store @",
    "installs verify --store STORE --key @",
    "installs export --layout greentic-setup --out e --store STORE --pack @",
    "cache clean --cache @",
    "conformance --isolation none --out o --packs oci-layout:@",
    "conformance --isolation none --out o --packs LIST",
    "pack inspect --pack oci-layout:@",
    "conformance --isolation none --out o --packs PACK --attestation a --sign @",
    "conformance --isolation none --out o --list --packs @",
    "attest verify PROVIDER --trust @ --attestation @",
    "attest verify oci-layout:@ --trust PUBLIC --attestation @",
    "trace check --out o @",
    "trace check --out o --json @",
    "trace check --out o TRACE --pack @",
    "trace check --isolation none --out o TRACE --replay @",
    "trace check --out o TRACE --expectations @",
    "trace check --out o TRACE --filter @ --without @",
    "trace check --out o --canary @ SPANS",
    "trace check --out o --canary CANARIES @",
];

/// The same for `watch`, which ends when it gets a signal.
const WATCHES: [&str; 3] = [
    "watch --isolation none @",
    "watch --isolation none LIST",
    "watch --isolation none PACK --expectations @",
];

/// Flags with numbers that no machine has.
const NUMBERS: [&str; 16] = [
    "watch PACK --settle 584542046090y",
    "watch PACK --poll=584542046090y",
    "conformance --out o --packs PACK --jobs 18446744073709551615",
    "conformance --isolation none --out o --packs PACK --jobs 400",
    "conformance --out o --packs PACK --compile-deadline 18446744073709551615",
    "conformance --isolation none --out o --packs PACK --cache-bytes 18446744073709551615",
    "conformance --isolation none --out o --packs PACK --cache-bytes 0",
    "conformance --isolation none --out o --packs PACK --seed 18446744073709551615",
    "conformance --isolation none --out o --packs PACK --shard 1/18446744073709551615",
    "conformance --isolation none --out o --packs PACK --shard 18446744073709551615/1",
    "conformance --isolation none --out o --packs PACK --jobs -1",
    "expect add --expectations e --reason r --issue i --owner o --from-last-run EVENTS \
     --days 18446744073709551615",
    "fuzz --isolation none --runs 1 --out f PACK --jobs 18446744073709551615",
    "fuzz --isolation none --runs 1 --jobs 1 --out f PACK --seed 18446744073709551615",
    "fuzz --isolation none --runs 1 --jobs 1 --out f PACK --for 584542046090y",
    "fuzz --isolation none --runs 36893488147419103232 --out f PACK",
];

/// Runs the binary in `folder` under the limits.
fn bounded(folder: &Path, args: &[String], stdin: Stdio) -> Output {
    limited(folder, args, stdin, SECONDS, MEMORY)
}

/// The same, with these seconds of processor time and mebibytes of writable memory.
fn limited(folder: &Path, args: &[String], stdin: Stdio, seconds: u32, mebibytes: u32) -> Output {
    let kib = mebibytes * 1024;
    let limits = format!("ulimit -c 0; ulimit -t {seconds}; ulimit -d {kib}; ulimit -f 1048576");
    under_limits(&limits, HANGS)
        .args(args)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .stdin(stdin)
        .output()
        .expect("the shell runs")
}

/// `watch` with these words, until it has judged everything.
fn watched(folder: &Path, args: &[String]) -> Output {
    let kib = MEMORY * 1024;
    let limits = format!("ulimit -c 0; ulimit -t {SECONDS}; ulimit -d {kib}; ulimit -f 1048576");
    let mut child = under_limits(&limits, HANGS)
        .args(args)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the shell runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut stdout = Vec::new();
    while !stdout.ends_with(b"Ctrl-C ends\n") {
        if lines.read_until(b'\n', &mut stdout).expect("reads") == 0 {
            break;
        }
    }
    // NB: to the command itself: what limits its time would kill it a second later.
    for command in workers(child.id()) {
        kill(command, "-INT");
    }
    lines.read_to_end(&mut stdout).expect("reads");
    let ended = child.wait_with_output().expect("ends");
    Output { stdout, ..ended }
}

/// What is wrong with the end of a command or with its output.
fn faults(output: &Output) -> Vec<String> {
    let mut faults = Vec::new();
    match output.status.code() {
        Some(0) => {}
        Some(1..=6) if output.stdout.is_empty() && output.stderr.is_empty() => {
            faults.push("failed without a word".into());
        }
        Some(1..=6) => {}
        Some(code) => faults.push(format!("exit code {code} is not documented")),
        None => faults.push(format!("ended by a signal: {}", output.status)),
    }
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines = said.lines().count();
    if lines > LINES {
        faults.push(format!("{lines} lines; the bound is {LINES}"));
    }
    if output.stderr.len() > MESSAGES {
        let bytes = output.stderr.len();
        faults.push(format!(
            "{bytes} bytes of messages; the bound is {MESSAGES}"
        ));
    }
    let is_active = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("::") || line.starts_with("##[") || line.starts_with("##vso[")
    };
    if let Some(line) = said.lines().find(is_active) {
        faults.push(format!("a line that CI services obey: {line:?}"));
    }
    let is_raw = |c: &char| c.is_control() && !"\n\t".contains(*c) || *c == '\u{202e}';
    if let Some(raw) = said.chars().find(is_raw) {
        faults.push(format!("the raw character {raw:?}"));
    }
    faults
}

/// Runs each command, and fails with the faults of all of them.
fn require_bounds(folder: &Path, commands: impl Iterator<Item = (Vec<String>, &'static str)>) {
    let mut all = Vec::new();
    for (args, stdin) in commands {
        let stdin = match stdin {
            "" => Stdio::null(),
            file => File::open(folder.join(file)).expect("opens").into(),
        };
        let output = bounded(folder, &args, stdin);
        let faults = faults(&output);
        if !faults.is_empty() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said: String = said.chars().take(400).collect();
            all.push(format!("{args:?}: {}\n  {said:?}", faults.join("; ")));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// The words of `command`, with `input` for `@`.
fn words(command: &str, input: &str) -> Vec<String> {
    let word = |word: &str| match word {
        "@" => input.to_owned(),
        "LIST" => format!("@{input}"),
        "oci-layout:@" => format!("oci-layout:{input}"),
        word => word.to_owned(),
    };
    command.split_whitespace().map(word).collect()
}

#[test]
fn every_command_keeps_its_bounds_on_every_hostile_input() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    let inputs = hostile(temp.path());
    let listed = [&COMMANDS[..], &WATCHES, &destinations::FOLDERS].concat();
    let others = unlisted(&listed);
    let commands = COMMANDS
        .into_iter()
        .chain(others.iter().map(String::as_str));
    let each = commands.flat_map(|command| {
        let inputs = inputs.iter();
        inputs.map(move |input| (words(command, input), ""))
    });
    let whole = "conformance --isolation none --out o --packs .";
    require_bounds(temp.path(), each.chain([(words(whole, ""), "")]));
}

#[test]
fn watch_keeps_its_bounds_on_every_hostile_input() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    let mut all = Vec::new();
    for input in hostile(temp.path()) {
        for command in WATCHES {
            let args = words(command, &input);
            let output = watched(temp.path(), &args);
            let faults = faults(&output);
            if !faults.is_empty() {
                all.push(format!("{args:?}: {}\n  {output:?}", faults.join("; ")));
            }
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn flags_with_the_largest_numbers_keep_the_bounds() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    let commands = NUMBERS.into_iter().map(|command| (words(command, ""), ""));
    require_bounds(temp.path(), commands);
}

#[test]
fn terminal_that_never_ends_a_line_keeps_the_bounds_of_play() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    hostile(temp.path());
    fs::write(temp.path().join("help.txt"), "?\n".repeat(5_000)).expect("writes");
    let asks = fixture("conforming/demo-messaging-telegram");
    copy(&asks, &temp.path().join("ASKS"));
    let typed = [
        "help.txt",
        "/dev/zero",
        "sparse.gtpack",
        "line.gtpack",
        "lines.gtpack",
    ];
    let commands = typed
        .into_iter()
        .map(|stdin| (words("wizard play ASKS", ""), stdin));
    require_bounds(temp.path(), commands);
}
