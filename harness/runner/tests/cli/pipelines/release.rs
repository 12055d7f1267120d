//! The archive of a release: what it holds, what names it, and what it says it links.

use super::{Command, VERSION, fs, name, project, said};
use crate::support::read;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

/// Runs a script of `ci/release`, as somebody whose files are closed to others.
fn script(name: &str, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", "umask 077; exec \"$@\"", "sh"]);
    command.arg(project().join("ci/release").join(name));
    command.args(args).env("SOURCE_DATE_EPOCH", "1700000000");
    command.output().expect("a script of the project")
}

/// Packs a program that answers as the binary of this build does.
fn pack(folder: &Path, out: &str) {
    let program = folder.join("program");
    let binary = env!("CARGO_BIN_EXE_greentic-provision");
    fs::write(&program, format!("#!/bin/sh\nexec '{binary}' \"$@\"\n")).expect("writes");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(&program, mode).expect("sets");
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let made = script("pack.sh", &[&text(&program), &text(&folder.join(out))]);
    assert!(made.status.success(), "{}", said(&made));
}

#[test]
fn archive_holds_the_program_its_manual_and_all_licences() {
    let temp = tempfile::tempdir().expect("a folder");
    pack(temp.path(), "dist");
    let archive = name(VERSION) + ".tar.gz";
    let dist = temp.path().join("dist");
    let mut sum = Command::new("sha256sum");
    sum.current_dir(&dist).args(["--check", "--strict"]);
    let checked = sum.arg(format!("{archive}.sha256")).output().expect("runs");
    assert!(checked.status.success(), "{}", said(&checked));
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(dist.join(&archive));
    assert!(
        tar.arg("-C")
            .arg(temp.path())
            .status()
            .expect("tar")
            .success()
    );
    let tree = temp.path().join(name(VERSION));
    let version = Command::new(tree.join("greentic-provision"))
        .arg("--version")
        .output();
    let version = said(&version.expect("runs"));
    assert_eq!(version, format!("greentic-provision {VERSION}\n"));
    for (file, text) in [
        ("LICENSE", "MIT License"),
        ("README.md", "# greentic-provision"),
        ("THIRD-PARTY.txt", "\nwasmtime 48."),
        ("completions/greentic-provision.bash", "complete -F"),
        (
            "completions/_greentic-provision",
            "#compdef greentic-provision",
        ),
        (
            "completions/greentic-provision.fish",
            "complete -c greentic-provision",
        ),
        ("man/greentic-provision.1", ".TH greentic-provision 1"),
        ("man/greentic-provision-pack-fix.1", "\\-\\-only"),
    ] {
        let found = fs::read_to_string(tree.join(file)).expect(file);
        assert!(found.contains(text), "{file} lacks {text}");
    }
    entries_depend_on_no_machine(&tree);
    // A second archive of the same bytes is the same file.
    pack(temp.path(), "again");
    for file in [archive, name(VERSION) + ".cdx.json"] {
        let both = ["dist", "again"].map(|d| fs::read(temp.path().join(d).join(&file)));
        let [one, other] = both.map(|bytes| bytes.expect("a file of the release"));
        assert!(one == other, "{file} differs");
    }
    sbom_names_what_is_linked(&dist);
}

/// The time of the release, and one of two modes.
fn entries_depend_on_no_machine(tree: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for (file, mode) in [
        ("LICENSE", 0o644),
        ("greentic-provision", 0o755),
        ("man", 0o755),
    ] {
        let found = fs::metadata(tree.join(file)).expect(file);
        assert_eq!(found.permissions().mode() & 0o777, mode, "{file}");
        let since = found
            .modified()
            .map(|at| at.duration_since(std::time::UNIX_EPOCH));
        let since = since.expect("a time").expect("after 1970");
        assert_eq!(since.as_secs(), 1_700_000_000, "{file}");
    }
}

/// Crates that only tests, macros or build scripts use are in no binary.
fn sbom_names_what_is_linked(dist: &Path) {
    let sbom = read(&dist.join(name(VERSION) + ".cdx.json"));
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    assert_eq!(sbom["metadata"]["component"]["version"], VERSION);
    let components = sbom["components"].as_array().expect("a list");
    let named = |c: &serde_json::Value| c["name"].as_str().expect("a name").to_owned();
    let names: BTreeSet<String> = components.iter().map(named).collect();
    for linked in [
        "wasmtime",
        "clap_complete",
        "provision-worker",
        "ring",
        "rust-std",
    ] {
        assert!(names.contains(linked), "{linked}");
    }
    for not in [
        "criterion",
        "proptest",
        "syn",
        "serde_derive",
        "cc",
        "libfuzzer-sys",
    ] {
        assert!(!names.contains(not), "{not}");
    }
    for component in components {
        let is_public = component["purl"].is_string();
        assert_eq!(is_public, component["hashes"].is_array(), "{component}");
        assert!(component["licenses"].is_array(), "{component}");
    }
    let text = sbom.to_string();
    let home = std::env::var("HOME").expect("a home");
    assert!(
        !text.contains(&home) && !text.contains("file://"),
        "a path of this machine"
    );
}

#[test]
fn text_of_a_release_is_the_section_of_its_version() {
    let temp = tempfile::tempdir().expect("a folder");
    let changelog = temp.path().join("CHANGELOG.md");
    let tag = format!("v{VERSION}");
    let notes = |tag: &str, text: &str| {
        fs::write(&changelog, text).expect("writes");
        script("notes.sh", &[tag, changelog.to_str().expect("UTF-8")])
    };
    let section =
        format!("# C\n\n## Unreleased\n\nb\n\n## {VERSION}\n\nc [d](../e.md)\n\n## 0.0.1\n\nf\n");
    let printed = notes(&tag, &section);
    let link = format!("{}/blob/{tag}/e.md", env!("CARGO_PKG_REPOSITORY"));
    assert_eq!(said(&printed).trim(), format!("c [d]({link})"));
    let other = notes("v9.9.9", &section);
    assert!(!other.status.success());
    assert!(
        said(&other).contains(&format!("is not the version {VERSION}")),
        "{}",
        said(&other)
    );
    for text in [
        "## Unreleased\n\nb\n".to_owned(),
        format!("## {VERSION}\n\n## 0.0.1\n\nf\n"),
    ] {
        let missing = notes(&tag, &text);
        assert!(!missing.status.success(), "{}", said(&missing));
        assert!(
            said(&missing).contains("rename \"## Unreleased\""),
            "{}",
            said(&missing)
        );
    }
}

#[test]
fn binstall_finds_the_archive_that_the_release_makes() {
    let manifest = project().join("harness/runner/Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("a manifest");
    let value = |key: &str| {
        let start = format!("{key} = \"");
        let found = manifest
            .lines()
            .find_map(|l| l.strip_prefix(&start)?.strip_suffix('"'));
        let filled = found.expect("a key of binstall");
        let filled = filled.replace("{ repo }", env!("CARGO_PKG_REPOSITORY"));
        let filled = filled.replace("{ name }", "greentic-provision");
        let filled = filled.replace("{ bin }", "greentic-provision");
        let filled = filled
            .replace("{ binary-ext }", "")
            .replace("{ version }", VERSION);
        filled.replace("{ target }", super::target())
    };
    let named = script("name.sh", &[]);
    assert_eq!(said(&named).trim(), name(VERSION));
    let releases = format!("{}/releases/download", env!("CARGO_PKG_REPOSITORY"));
    let name = name(VERSION);
    assert_eq!(
        value("pkg-url"),
        format!("{releases}/v{VERSION}/{name}.tar.gz")
    );
    assert_eq!(value("bin-dir"), format!("{name}/greentic-provision"));
}
