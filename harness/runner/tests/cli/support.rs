//! Functions that the tests of the binary share.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn fixture(pack: &str) -> PathBuf {
    project().join("packs").join(pack)
}

/// One pack of `packs/hostile` for each different expectation, sorted by name: several
/// packs reach the same bound in different ways, and each costs seconds.
pub(crate) fn hostile_packs() -> Vec<PathBuf> {
    let entries = fs::read_dir(fixture("hostile")).expect("readable");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("readable").path()).collect();
    paths.sort();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|e| e == "gtpack"));
    let mut seen = BTreeSet::new();
    paths.retain(|path| {
        let expectation = if path.is_dir() {
            path.join("expect.toml")
        } else {
            path.with_extension("gtpack.expect.toml")
        };
        let text = fs::read_to_string(expectation).expect("an expectation");
        let without_comments = text.lines().filter(|l| !l.starts_with('#'));
        seen.insert(without_comments.collect::<Vec<_>>().join("\n"))
    });
    assert!(paths.len() > 30, "{} kinds of hostile packs", paths.len());
    paths
}

/// Makes every number as large as its type.
pub(crate) fn enlarge(value: &mut Value) {
    match value {
        Value::Number(number) => *number = u64::MAX.into(),
        Value::Array(items) => items.iter_mut().for_each(enlarge),
        Value::Object(members) => members.values_mut().for_each(enlarge),
        _ => {}
    }
}

/// The compile cache of the tests, apart from the user's.
pub(crate) fn caches() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches")
}

/// Writes a pack whose steps all give this answer.
pub(crate) fn answering(folder: &Path, name: &str, answer: &Value) {
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

/// Runs the binary in `folder`.
pub(crate) fn run_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greentic-provision"));
    command
        .current_dir(folder)
        .env("XDG_CACHE_HOME", caches())
        .args(args)
        .output()
        .expect("the binary runs")
}

/// The binary behind a line of the shell that sets limits, because code between `fork` and
/// `exec` would be unsafe. It is ended after these seconds.
pub(crate) fn under_limits(limits: &str, seconds: u32) -> Command {
    let line = format!("{limits}; exec timeout -k 1 {seconds} \"$@\"");
    let mut command = Command::new("/bin/sh");
    let program = env!("CARGO_BIN_EXE_greentic-provision");
    command.args(["-c", &line, "sh", program]);
    command
}

/// Runs `conformance` over `packs` in `folder`, with these further flags.
pub(crate) fn conformance(folder: &Path, packs: &Path, flags: &str) -> Output {
    let base = ["conformance", "--packs", text(packs)].into_iter();
    run_in(
        folder,
        &base.chain(flags.split_whitespace()).collect::<Vec<_>>(),
    )
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().expect("ends by itself")
}

pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).expect("UTF-8")
}

pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("JSON on standard output")
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8").to_owned().leak()
}

/// The published schema `name`.
pub(crate) fn schema(name: &str) -> jsonschema::Validator {
    let path = project().join("reports/schemas").join(name);
    let schema = serde_json::from_slice(&fs::read(path).expect("a schema")).expect("JSON");
    jsonschema::validator_for(&schema).expect("a valid schema")
}

/// Checks `value` with the schema of `validator`.
pub(crate) fn check(validator: &jsonschema::Validator, value: &Value) {
    let errors = validator.iter_errors(value).take(3);
    let errors: Vec<String> = errors
        .map(|e| format!("{} at {}", e, e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// The JSON file at `path`.
pub(crate) fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("reads")).expect("JSON")
}

/// Writes the folder as a `.gtpack` at `to`, without `expect.toml`.
pub(crate) fn packed(folder: &Path, to: &Path) {
    let mut writer = zip::ZipWriter::new(fs::File::create(to).expect("creates"));
    let options = zip::write::SimpleFileOptions::default();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.expect("readable");
        let name = entry
            .path()
            .strip_prefix(folder)
            .expect("below")
            .to_string_lossy()
            .into_owned();
        if entry.file_type().is_file() && name != "expect.toml" {
            writer.start_file(name, options).expect("starts");
            writer
                .write_all(&fs::read(entry.path()).expect("reads"))
                .expect("writes");
        }
    }
    writer.finish().expect("finishes");
}

/// Copies a file, or a folder with everything below it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("readable");
        let below = entry.path().strip_prefix(from).expect("below");
        // NB: `to.join("")` ends with a slash, which is invalid for a file.
        let target = if below.as_os_str().is_empty() {
            to.to_owned()
        } else {
            to.join(below)
        };
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).expect("creates");
        } else {
            fs::copy(entry.path(), target).expect("copies");
        }
    }
}
