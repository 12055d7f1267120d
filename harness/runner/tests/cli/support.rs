//! What the tests of the binary share.

use serde_json::Value;
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

/// The packs in `packs/conforming` and `packs/nonconforming`, copied below
/// `folder`. Those in `packs/hostile` run into bounds, which costs ten times as much.
pub(crate) fn packs_within_bounds(folder: &Path) -> PathBuf {
    let packs = folder.join("packs");
    for group in ["conforming", "nonconforming"] {
        copy(&fixture(group), &packs.join(group));
    }
    packs
}

/// Where the binary keeps what it compiles, which is none of the user's.
pub(crate) fn caches() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches")
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

/// Holds `value` against a schema.
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

/// The folder as a `.gtpack` beside others, `expect.toml` left out.
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

pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("readable");
        let target = to.join(entry.path().strip_prefix(from).expect("below"));
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(target).expect("creates"),
            false => drop(fs::copy(entry.path(), target).expect("copies")),
        }
    }
}
