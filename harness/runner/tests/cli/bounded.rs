//! Every command on every hostile input, as a process with resource limits: it ends by
//! itself with a documented exit code, prints few lines, and prints them inert.

use crate::support::{caches, conformance, copy, enlarge, fixture};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Seconds of processor time of a process; unoptimised code gets more.
const SECONDS: u32 = if cfg!(debug_assertions) { 30 } else { 5 };
/// Mebibytes of writable memory of a process.
const MEMORY: u32 = 768;
/// Lines that a command prints without `--verbose`, at most.
const LINES: usize = 2_000;
/// A name that a terminal and a CI service act on, unless it is printed inert.
const ACTIVE: &str = "\u{1b}[2J\n::error::x\u{202e}";

/// The commands that take a file or a folder, `@`. `PACK`, `EVENTS` and `BUNDLE` are
/// valid ones.
const COMMANDS: [&str; 28] = [
    "pack inspect --pack @",
    "pack inspect --json --pack @",
    "pack repack @ repacked",
    "dry-run setup --provider-id p --install-id i --pack @",
    "dry-run setup --provider-id p --install-id i --pack PACK --answers @",
    "dry-run setup --provider-id @ --install-id @ --wizard @ --pack PACK",
    "dry-run setup --provider-id p --install-id i --json --pack @",
    "wizard play @",
    "wizard play PACK --answers @",
    "conformance --isolation none --out o --packs @",
    "conformance --isolation none --out o --json --packs @",
    "conformance --isolation none --out o --packs PACK --expectations @",
    "conformance --isolation none --out o --packs PACK --baseline @",
    "conformance --isolation none --out o --packs PACK --answers @",
    "conformance --isolation none --out o --packs PACK --profile publish --trust @",
    "conformance --isolation none --out o --packs PACK --filter @ --provider @",
    "report render @",
    "report render EVENTS --baseline @",
    "report merge --out m @",
    "report merge --out m EVENTS @",
    "expect add --expectations e --reason @ --issue @ --owner o --from-last-run @",
    "expect prune --expectations @ --from-last-run EVENTS",
    "fuzz --isolation none --runs 1 --jobs 1 --out f @",
    "repro --isolation none @",
    "repro --isolation none BUNDLE --pack @",
    "cache show --cache @",
    "conformance --isolation none --out o --packs PACK --cache @",
    "explain @",
];

/// Flags with numbers that no machine has.
const NUMBERS: [&str; 14] = [
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

/// Runs the binary in `folder` under the limits. The shell sets them, because code
/// between `fork` and `exec` would be unsafe.
fn bounded(folder: &Path, args: &[String], stdin: Stdio) -> Output {
    let kib = MEMORY * 1024;
    let limits = format!(
        "ulimit -c 0; ulimit -t {SECONDS}; ulimit -d {kib}; ulimit -f 1048576; exec \"$@\""
    );
    let mut command = Command::new("/bin/sh");
    command
        .args([
            "-c",
            &limits,
            "sh",
            env!("CARGO_BIN_EXE_greentic-provision"),
        ])
        .args(args)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .stdin(stdin)
        .output()
        .expect("the shell runs")
}

/// What is wrong with the end of a command or with its output.
fn faults(output: &Output) -> Vec<String> {
    let mut faults = Vec::new();
    match output.status.code() {
        Some(0..=6) => {}
        Some(code) => faults.push(format!("exit code {code} is not documented")),
        None => faults.push(format!("ended by a signal: {}", output.status)),
    }
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines = said.lines().count();
    if lines > LINES {
        faults.push(format!("{lines} lines; the bound is {LINES}"));
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
        word => word.to_owned(),
    };
    command.split_whitespace().map(word).collect()
}

/// A valid pack, the events of a run, and a bundle of a failure in `folder`.
fn sound(folder: &Path) {
    copy(&fixture("conforming/noop-provision"), &folder.join("PACK"));
    copy(
        &fixture("nonconforming/golden-mismatch"),
        &folder.join("failing"),
    );
    conformance(
        folder,
        &folder.join("failing"),
        "--out made --isolation none",
    );
    copy(&folder.join("made/events.jsonl"), &folder.join("EVENTS"));
    let bundle = "made/artifacts/failing/setup_default/repro/plan.golden.json";
    copy(&folder.join(bundle), &folder.join("BUNDLE"));
}

/// An archive with these entries, all of which hold `bytes`, and a manifest.
fn archive(path: &Path, manifest: &Value, entries: impl Iterator<Item = String>, bytes: &[u8]) {
    let mut writer = zip::ZipWriter::new(File::create(path).expect("creates"));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: &str, bytes: &[u8]| {
        writer.start_file(name, options).expect("starts");
        writer.write_all(bytes).expect("writes");
    };
    add("pack.json", manifest.to_string().as_bytes());
    for name in entries {
        add(&name, bytes);
    }
    writer.finish().expect("finishes");
}

/// Writes a pack whose steps all give this answer.
fn answering(folder: &Path, name: &str, answer: &Value) {
    let manifest =
        r#"{"id":"p","version":"1.0.0","flows":[],"meta":{"entry_flows":{"setup":"s"}}}"#;
    let answer = answer.to_string();
    let data: String = answer.bytes().map(|b| format!("\\{b:02x}")).collect();
    let (pages, len) = (1 + answer.len() / 65_536, answer.len());
    let code = format!(
        "(module (memory (export \"memory\") {pages}) (data (i32.const 0) \"{data}\")
         (func (export \"run\") (param i32 i32) (result i32 i32) i32.const 0 i32.const {len}))"
    );
    fs::create_dir_all(folder.join(name)).expect("creates");
    for (file, bytes) in [("pack.json", manifest), ("s.wat", &code)] {
        fs::write(folder.join(name).join(file), bytes).expect("writes");
    }
}

/// Makes packs whose wizards say more than anyone reads, with active texts.
fn talkative(folder: &Path) {
    let many = || (0..3_000).map(|i| format!("{i}{ACTIVE}"));
    let secrets: serde_json::Map<String, Value> = many().map(|key| (key, json!("x"))).collect();
    let notes: Vec<String> = many().collect();
    let plan =
        json!({ "notes": notes, "config_patch": secrets, "secrets_patch": { "set": secrets } });
    answering(
        folder,
        "plan.gtpack",
        &json!({ "plan": plan, "summary": notes }),
    );
    let error = |text| json!({ "severity": "error", "code": text, "message": text });
    let errors: Vec<Value> = many().map(error).collect();
    answering(folder, "errors.gtpack", &json!({ "diagnostics": errors }));
}

/// Makes the hostile inputs in `folder`, and returns their names.
fn hostile(folder: &Path) -> Vec<String> {
    let at = |name: &str| folder.join(name);
    let write = |name: &str, bytes: &[u8]| fs::write(at(name), bytes).expect("writes");
    let made = Command::new("mkfifo").arg(at("pipe.gtpack")).status();
    assert!(made.expect("mkfifo runs").success());
    fs::create_dir(at("folder.gtpack")).expect("creates");
    let sparse = File::create(at("sparse.gtpack")).expect("creates");
    sparse.set_len(400 * 1024 * 1024).expect("grows");
    write("nul.gtpack", &vec![0; 1024 * 1024]);
    write("deep.gtpack", &vec![b'['; 200_000]);
    let line = format!("{{\"event\":\"{}\"}}\n", "a".repeat(6 * 1024 * 1024));
    write("line.gtpack", line.as_bytes());
    write(
        "objects.gtpack",
        format!("[{}{{}}]", "{},".repeat(500_000)).as_bytes(),
    );
    write("lines.gtpack", "\n{}\n::error::x".repeat(50_000).as_bytes());
    let manifest = json!({ "id": "p", "version": "1.0.0", "flows": [] });
    let names = |count: usize| (0..count).map(|i| format!("assets/{i}"));
    archive(&at("entries.gtpack"), &manifest, names(9_990), b"x");
    archive(&at("flood.gtpack"), &manifest, names(30_000), b"");
    // Texts that act on terminals: in the name of the file and in all that it holds.
    let named = format!("named{ACTIVE}.gtpack");
    let entries = ["assets/a", "assets/b"].map(|name| format!("{name}{ACTIVE}"));
    let active = json!({ "id": ACTIVE, "version": ACTIVE, "flows": [ACTIVE],
        "meta": { "entry_flows": { "setup": ACTIVE } } });
    archive(&at(&named), &active, entries.into_iter(), ACTIVE.as_bytes());
    let quoted = json!(ACTIVE).to_string();
    let read = |name: &str| fs::read_to_string(at(name)).expect("reads");
    let events = read("EVENTS");
    let spoken = events
        .replace("\"failing\"", &quoted)
        .replace("\"0.1.0\"", &quoted);
    write("events.gtpack", spoken.as_bytes());
    let most = "18446744073709551615";
    write(
        "shards.gtpack",
        events
            .replacen("null", &format!("{{\"index\":1,\"count\":{most}}}"), 1)
            .as_bytes(),
    );
    let mut bundle: Value = serde_json::from_str(&read("BUNDLE")).expect("JSON");
    enlarge(&mut bundle);
    bundle["pack"] = json!(ACTIVE);
    write("bundle.gtpack", bundle.to_string().as_bytes());
    let entry = format!("[[expect]]\ncheck = {quoted}\npack = {quoted}\nadded = \"2999-01-01\"\n");
    write(
        "expect.gtpack",
        entry.replace("\\u202e", "").repeat(2_000).as_bytes(),
    );
    talkative(folder);
    let all = [
        "plan", "errors", "pipe", "folder", "sparse", "nul", "deep", "line", "objects", "lines",
        "entries", "flood", "events", "shards", "bundle", "expect",
    ];
    let files = all.map(|name| format!("{name}.gtpack")).into_iter();
    files
        .chain([named, "/dev/zero".into(), "absent".into()])
        .collect()
}

#[test]
fn every_command_keeps_its_bounds_on_every_hostile_input() {
    let temp = tempfile::tempdir().expect("a folder");
    sound(temp.path());
    let inputs = hostile(temp.path());
    let each = COMMANDS.into_iter().flat_map(|command| {
        let inputs = inputs.iter();
        inputs.map(move |input| (words(command, input), ""))
    });
    let whole = "conformance --isolation none --out o --packs .";
    require_bounds(temp.path(), each.chain([(words(whole, ""), "")]));
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
