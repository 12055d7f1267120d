//! `init`: what it writes, what it leaves, and that a pipeline which it writes runs.

#[cfg(target_os = "linux")]
mod pipelines;
mod places;

use crate::support::{code, copy, fixture, run_in, stderr, stdout};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

/// A repository on GitHub with two packs, of which one fails one check.
fn repository() -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(temp.path().join(".git/refs")).expect("creates");
    write(temp.path(), ".git/HEAD", "ref: refs/heads/trunk\n");
    fs::create_dir(temp.path().join(".github")).expect("creates");
    let packs = temp.path().join("dist/packs");
    copy(
        &fixture("conforming/noop-provision"),
        &packs.join("passing"),
    );
    copy(
        &fixture("nonconforming/golden-mismatch"),
        &packs.join("failing"),
    );
    temp
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("creates");
    fs::write(path, text).expect("writes");
}

fn init(folder: &Path, flags: &str) -> Output {
    let args = format!("init --isolation none {flags}");
    run_in(folder, &args.split_whitespace().collect::<Vec<_>>())
}

/// Every file below `folder`, with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter();
    let entries = entries.map(|entry| entry.expect("readable"));
    let files = entries.filter(|entry| !entry.file_type().is_dir());
    let read = |entry: walkdir::DirEntry| {
        let name = entry.path().strip_prefix(folder).expect("below");
        let bytes = fs::read(entry.path()).expect("reads");
        (name.to_string_lossy().into_owned(), bytes)
    };
    files.map(read).collect()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect(name)
}

/// What a first `init` writes.
const WRITTEN: [&str; 4] = [
    ".github/workflows/conformance.yml",
    "conformance.schema.json",
    "conformance.toml",
    "expectations.toml",
];

#[test]
fn repository_is_green_right_after_init_and_a_second_one_changes_nothing() {
    let temp = repository();
    let before = files(temp.path());
    let first = init(temp.path(), "");
    assert_eq!(code(&first), 0, "{}{}", stdout(&first), stderr(&first));
    let after = files(temp.path());
    let new: Vec<&String> = after
        .keys()
        .filter(|name| !before.contains_key(*name))
        .collect();
    assert_eq!(new, WRITTEN);
    for name in WRITTEN {
        assert!(
            stdout(&first).contains(&format!("wrote      {name}\n")),
            "{name}"
        );
    }
    let said = "excuses what fails today: 1 expectation for 1 pack\n";
    assert!(stdout(&first).contains(said), "{}", stdout(&first));
    let settings = read(temp.path(), "conformance.toml");
    assert!(
        settings.starts_with("#:schema ./conformance.schema.json\n"),
        "{settings}"
    );
    assert!(
        settings.contains("packs = [\"dist/packs\"]\n"),
        "{settings}"
    );
    let entries = read(temp.path(), "expectations.toml");
    assert_eq!(
        entries.matches("owner = \"FILL-IN\"\n").count(),
        1,
        "{entries}"
    );
    let pipeline = read(temp.path(), WRITTEN[0]);
    assert!(pipeline.contains("branches: ['trunk']"), "{pipeline}");

    let run = run_in(
        temp.path(),
        &["conformance", "--isolation", "none", "--out", "out"],
    );
    assert_eq!(code(&run), 0, "{}{}", stdout(&run), stderr(&run));
    assert!(
        stdout(&run).contains("1 expectation has no owner yet"),
        "{}",
        stdout(&run)
    );
    fs::remove_dir_all(temp.path().join("out")).expect("removes");

    let second = init(temp.path(), "");
    assert_eq!(code(&second), 0, "{}", stderr(&second));
    for name in &WRITTEN[..3] {
        let line = format!("unchanged  {name}\n");
        assert!(stdout(&second).contains(&line), "{}", stdout(&second));
    }
    let kept = "kept       expectations.toml: entries: 1, without an owner: 1\n";
    assert!(stdout(&second).contains(kept), "{}", stdout(&second));
    assert!(!stdout(&second).contains("wrote"), "{}", stdout(&second));
    assert_eq!(files(temp.path()), after);
}

#[test]
fn files_that_are_there_stay_as_they_are() {
    let temp = repository();
    let pipeline = WRITTEN[0];
    write(
        temp.path(),
        "conformance.toml",
        "packs = [\"dist/packs/passing\"]\n",
    );
    write(temp.path(), pipeline, "name: mine\n");
    write(temp.path(), "conformance.schema.json", "{}");
    let before = files(temp.path());
    let output = init(temp.path(), "");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for said in [
        "kept       conformance.toml: line 1 is `packs = [\"dist/packs/passing\"]`, init would write",
        "kept       .github/workflows/conformance.yml: line 1 is `name: mine`, init would write",
        "kept       conformance.schema.json: line 1 is `{}`",
    ] {
        assert!(
            stdout(&output).contains(said),
            "{said}: {}",
            stdout(&output)
        );
    }
    let said = "2 packs are here, and `packs` of conformance.toml selects 1";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    assert_eq!(files(temp.path()), before);
}

#[test]
fn pack_that_fails_later_is_named_and_the_expectations_stay() {
    let temp = repository();
    assert_eq!(code(&init(temp.path(), "")), 0);
    let owned = read(temp.path(), "expectations.toml").replace("FILL-IN", "me");
    write(temp.path(), "expectations.toml", &owned);
    copy(
        &fixture("nonconforming/trap-apply"),
        &temp.path().join("dist/packs/new"),
    );
    let before = files(temp.path());
    let output = init(temp.path(), "");
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    for said in [
        "new::setup_default::wizard.completes\n",
        "`greentic-provision expect add`",
    ] {
        assert!(
            stderr(&output).contains(said),
            "{said}: {}",
            stderr(&output)
        );
    }
    assert_eq!(files(temp.path()), before);
}

#[test]
fn failure_that_nothing_excuses_is_named_with_the_reason_and_the_exit_code() {
    let temp = repository();
    write(temp.path(), "dist/packs/broken.gtpack", "no archive");
    let output = init(temp.path(), "");
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    for said in [
        "a run with conformance.toml exits with 4:\n",
        "no expectation can excuse these: mend the packs, or name in `packs` only others, as --passing-only does",
        ": failures of archive.* and sandbox.* are never excused\n  1 pack: broken.gtpack\n",
    ] {
        assert!(
            stderr(&output).contains(said),
            "{said}: {}",
            stderr(&output)
        );
    }
    assert!(!read(temp.path(), "expectations.toml").contains("archive."));
    let run = run_in(temp.path(), &["conformance", "--isolation", "none"]);
    assert_eq!(code(&run), 4);
}

#[test]
fn only_packs_that_pass_are_named_if_that_is_asked_for() {
    let temp = repository();
    write(temp.path(), "dist/packs/broken.gtpack", "no archive");
    copy(
        &fixture("nonconforming/trap-apply"),
        &temp.path().join("dist/packs/blocked"),
    );
    let output = init(temp.path(), "--passing-only");
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let settings = read(temp.path(), "conformance.toml");
    let list = settings.split("packs = [").nth(1).expect("packs");
    let list: Vec<&str> = list.split("\n]").next().expect("a list").lines().collect();
    let named: Vec<&&str> = list
        .iter()
        .filter(|line| !line.trim().starts_with('#'))
        .collect();
    assert_eq!(
        named,
        [
            &"",
            &"    \"dist/packs/failing\",",
            &"    \"dist/packs/passing\","
        ],
        "{settings}"
    );
    for (pack, why) in [
        ("blocked", "partial: "),
        ("broken.gtpack", "fail: archive."),
    ] {
        let at = list
            .iter()
            .position(|line| *line == format!("    #     dist/packs/{pack}"));
        let reason = list[at.expect(pack) - 1];
        assert!(
            reason.starts_with(&format!("    # Left out, {why}")),
            "{reason}"
        );
    }
    let said = "4 packs are here, and `packs` of conformance.toml selects 2";
    assert!(stderr(&output).contains(said), "{}", stderr(&output));
    let run = run_in(temp.path(), &["conformance", "--isolation", "none"]);
    assert_eq!(code(&run), 0, "{}", stderr(&run));
    let before = files(temp.path());
    let again = init(temp.path(), "--passing-only");
    assert_eq!(code(&again), 0, "{}", stderr(&again));
    assert!(
        stderr(&again).contains("is for a new conformance.toml"),
        "{}",
        stderr(&again)
    );
    assert_eq!(files(temp.path()), before);

    let temp = repository();
    fs::remove_dir_all(temp.path().join("dist")).expect("removes");
    write(temp.path(), "dist/packs/broken.gtpack", "no archive");
    let output = init(temp.path(), "--passing-only");
    assert_eq!(code(&output), 4, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("would leave no pack"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn nothing_is_written_without_packs_or_with_a_wrong_file() {
    let temp = tempfile::tempdir().expect("a folder");
    write(temp.path(), "target/CACHEDIR.TAG", "");
    write(temp.path(), "target/p.gtpack", "");
    let output = init(temp.path(), "");
    assert_eq!(code(&output), 5);
    for said in ["error: no packs in .: ", "skipped: ./target"] {
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    assert_eq!(files(temp.path()).len(), 2);

    let temp = repository();
    for (flags, said) in [
        ("gone", "gone: no such folder"),
        ("dist/packs/passing/pack.json", "no such folder"),
        ("dist/packs/passing", "a pack itself"),
        ("--shards 3", "--shards 3: 2 packs are cut into 2 shards"),
        ("--shards 0", "0 is not in 1..=1000"),
        (
            "--platform travis",
            "[possible values: github, gitlab, jenkins, buildkite, none]",
        ),
        ("--trust gone.pem", "gone.pem"),
    ] {
        let before = files(temp.path());
        let output = init(temp.path(), flags);
        assert_eq!(code(&output), 2, "{flags}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(said),
            "{said}: {}",
            stderr(&output)
        );
        assert_eq!(files(temp.path()), before, "{flags}");
    }
    write(temp.path(), "conformance.toml", "pack = []\n");
    let before = files(temp.path());
    let output = init(temp.path(), "");
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).contains("did you mean `packs`?"),
        "{}",
        stderr(&output)
    );
    assert_eq!(files(temp.path()), before);
}

#[test]
fn dry_run_prints_what_would_be_written_and_writes_nothing() {
    let temp = repository();
    let before = files(temp.path());
    let output = init(temp.path(), "--dry-run --profile publish");
    assert_eq!(files(temp.path()), before);
    for said in [
        "would write conformance.toml:\n#:schema",
        "\nprofile = \"publish\"\n",
        "would write .github/workflows/conformance.yml:\n",
        "would write expectations.toml:\n",
    ] {
        assert!(
            stdout(&output).contains(said),
            "{said}: {}",
            stdout(&output)
        );
    }
}
