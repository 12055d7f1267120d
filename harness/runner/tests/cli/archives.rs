//! Archives on the command line: `pack inspect`, `pack repack`, `--trust`.

use crate::support::{code, copy, fixture, json, packed, run_in, stderr, stdout, text};
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::mutations::{MUTATIONS, mutate};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn limits() -> provision_core::limits::ArchiveLimits {
    provision_core::Limits::default().archive
}

/// A plain pack with the mutation `id`, as a file in `folder`.
fn malformed(folder: &Path, id: &str) -> PathBuf {
    let mutation = MUTATIONS.iter().find(|m| m.id == id).expect("is there");
    let path = folder.join(format!("{id}.gtpack"));
    let bytes = mutate(&ValidPack::plain(), &[mutation], &limits());
    fs::write(&path, bytes).expect("writes");
    path
}

/// Every file below `folder`, relative to it.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1).into_iter();
    let entries = entries.map(|e| e.expect("readable"));
    let below = |e: walkdir::DirEntry| {
        let path = e.path().strip_prefix(folder).expect("below");
        path.to_string_lossy().into_owned()
    };
    entries
        .filter(|e| e.file_type().is_file())
        .map(below)
        .collect()
}

#[test]
fn repacked_archive_is_canonical_and_repacks_to_itself() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path();
    packed(
        &fixture("conforming/noop-provision"),
        &folder.join("in.gtpack"),
    );
    let repack = |from: &str, to: &str| run_in(folder, &["pack", "repack", from, to]);
    let first = repack("in.gtpack", "one.gtpack");
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let one = fs::read(folder.join("one.gtpack")).expect("written");
    let digest = provision_core::pack::digest(&one);
    assert!(stdout(&first).contains(&digest), "{}", stdout(&first));
    assert_ne!(one, fs::read(folder.join("in.gtpack")).expect("is there"));
    assert_eq!(code(&repack("one.gtpack", "two.gtpack")), 0);
    assert_eq!(fs::read(folder.join("two.gtpack")).expect("written"), one);
    assert_eq!(code(&repack("in.gtpack", "in.gtpack")), 0, "in place");
    assert_eq!(fs::read(folder.join("in.gtpack")).expect("written"), one);
    let inspected = run_in(
        folder,
        &["pack", "inspect", "--pack", "one.gtpack", "--json"],
    );
    assert_eq!(json(&inspected)["canonical"], json!(true));
    let canonical = fixture("conforming/signed.gtpack");
    assert_eq!(code(&repack(text(&canonical), "signed.gtpack")), 0);
    assert_eq!(
        fs::read(folder.join("signed.gtpack")).expect("written"),
        fs::read(canonical).expect("is there"),
        "a canonical archive repacks to the same bytes"
    );
}

#[test]
fn refused_archive_is_not_repacked_and_out_file_is_kept() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path();
    let bad = malformed(folder, "bytes_after_end");
    fs::write(folder.join("out.gtpack"), "precious").expect("writes");
    let refused = run_in(folder, &["pack", "repack", text(&bad), "out.gtpack"]);
    assert_eq!(code(&refused), 4);
    assert!(
        stderr(&refused).contains("E_ZIP_TRAILING"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(
        fs::read(folder.join("out.gtpack")).expect("is there"),
        b"precious"
    );
    let folder_in = run_in(folder, &["pack", "repack", ".", "out.gtpack"]);
    assert_eq!(code(&folder_in), 2);
    assert!(stderr(&folder_in).contains("is a folder"));
    let nowhere = run_in(
        folder,
        &["pack", "repack", text(&bad), "no/such/out.gtpack"],
    );
    assert_eq!(
        code(&nowhere),
        4,
        "the harness refuses the archive before it writes"
    );
    let good = fixture("conforming/noop-archive.gtpack");
    let nowhere = run_in(
        folder,
        &["pack", "repack", text(&good), "no/such/out.gtpack"],
    );
    assert_eq!(code(&nowhere), 6);
    assert_eq!(files(folder).len(), 2, "the commands created other files");
}

#[test]
fn inspect_shows_what_other_readers_extract_if_refused() {
    let root = tempfile::tempdir().expect("a folder");
    let hidden = malformed(root.path(), "unlisted_entry");
    let inspect = |flags: &[&str]| {
        let base = ["pack", "inspect", "--pack", text(&hidden)];
        run_in(root.path(), &[&base[..], flags].concat())
    };
    let shown = inspect(&[]);
    assert_eq!(code(&shown), 4);
    let lines: Vec<&str> = stdout(&shown).lines().collect();
    let smuggled = lines.iter().filter(|l| l.contains("fresh-"));
    let marked: Vec<_> = smuggled
        .filter(|l| l.contains("not what every reader sees"))
        .collect();
    assert_eq!(
        marked.len(),
        1,
        "only the sequential reader extracts it: {lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("violation E_ZIP_UNLISTED"))
    );
    let value = json(&inspect(&["--json"]));
    assert_eq!(value["violations"][0]["code"], json!("E_ZIP_UNLISTED"));
    let readers = value["readers"].as_array().expect("a list");
    let counts: Vec<_> = readers
        .iter()
        .map(|r| (r["reader"].as_str(), r["files"].as_array().map(Vec::len)))
        .collect();
    assert_eq!(
        counts,
        [(Some("zip"), Some(4)), (Some("sequential"), Some(5))]
    );
    let twice = fixture("hostile/archive-second-manifest.gtpack");
    let shown = run_in(root.path(), &["pack", "inspect", "--pack", text(&twice)]);
    assert!(stdout(&shown).contains("pack.json   <- replaced by a later one"));
}

#[test]
fn no_command_creates_a_file_that_an_archive_names() {
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("deep/er");
    fs::create_dir_all(&folder).expect("a folder");
    let packs = folder.join("packs");
    fs::create_dir(&packs).expect("a folder");
    copy(&fixture("conforming/noop-provision"), &packs.join("good"));
    for id in [
        "name_dotdot",
        "name_absolute",
        "type_symlink",
        "name_backslash",
        "name_drive",
    ] {
        malformed(&packs, id);
    }
    // An archive with safe names, whose files no command may extract either.
    packed(
        &fixture("conforming/demo-messaging-telegram"),
        &packs.join("sound.gtpack"),
    );
    let before = files(root.path());
    for pack in fs::read_dir(&packs).expect("readable") {
        let pack = pack.expect("readable").path();
        let pack = text(&pack);
        run_in(&folder, &["pack", "inspect", "--pack", pack]);
        run_in(&folder, &["pack", "repack", pack, "repacked.gtpack"]);
        let flags = ["--provider-id", "p", "--install-id", "i", "--json"];
        run_in(
            &folder,
            &[&["dry-run", "setup", "--pack", pack][..], &flags].concat(),
        );
    }
    let run = [
        "conformance",
        "--packs",
        "packs",
        "--report",
        "r.json",
        "--out",
        "out",
    ];
    run_in(&folder, &run);
    let after = files(root.path());
    let made: Vec<_> = after.difference(&before).collect();
    let named = |path: &&&String| {
        path.starts_with("deep/er/out/")
            || matches!(path.as_str(), "deep/er/r.json" | "deep/er/repacked.gtpack")
    };
    assert!(made.iter().all(|p| named(&p)), "{made:#?}");
    assert!(made.iter().any(|p| p.as_str() == "deep/er/repacked.gtpack"));
}

#[test]
fn signature_counts_only_with_a_trusted_key() {
    let root = tempfile::tempdir().expect("a folder");
    let signed = fixture("conforming/signed.gtpack");
    let judge = |trust: &[&str]| {
        let base = [
            "conformance",
            "--packs",
            text(&signed),
            "--profile",
            "strict",
        ];
        run_in(root.path(), &[&base[..], trust].concat())
    };
    let key = fixture("trusted/root.pem");
    let trusted = judge(&["--trust", text(&key)]);
    assert_eq!(code(&trusted), 0, "{}", stdout(&trusted));
    let unknown = judge(&[]);
    assert_eq!(code(&unknown), 1);
    assert!(stdout(&unknown).contains("E_SIGNATURE_UNTRUSTED"));
    assert!(stdout(&unknown).contains("--profile strict --filter"));
    // The reproducing command trusts the same key as the run.
    let stranger = fixture("../harness/core/tests/suite/certificates/stranger.pub.pem");
    let other = judge(&["--trust", text(&stranger)]);
    assert_eq!(code(&other), 1);
    let command = format!("--profile strict --trust {} --filter", text(&stranger));
    assert!(stdout(&other).contains(&command), "{}", stdout(&other));
    let no_key = judge(&["--trust", text(&signed)]);
    assert_eq!(code(&no_key), 2);
}

#[test]
fn unsigned_unsorted_pack_fails_publish_and_strict_not_core() {
    let root = tempfile::tempdir().expect("a folder");
    let pack = fixture("nonconforming/unsorted-unsigned.gtpack");
    for (profile, exit, said) in [
        ("core", 0, "1 pass"),
        ("publish", 1, "E_SIGNATURE_MISSING"),
        ("strict", 1, "E_NOT_CANONICAL"),
    ] {
        let output = run_in(
            root.path(),
            &["conformance", "--packs", text(&pack), "--profile", profile],
        );
        assert_eq!(code(&output), exit, "{profile}");
        assert!(
            stdout(&output).contains(said),
            "{profile}: {}",
            stdout(&output)
        );
    }
}

#[test]
fn folder_fails_publish_because_only_an_archive_can_be_signed() {
    let root = tempfile::tempdir().expect("a folder");
    let pack = fixture("conforming/application");
    for (profile, exit, refused) in [("core", 0, false), ("publish", 1, true)] {
        let flags = ["--packs", text(&pack), "--profile", profile];
        let output = run_in(root.path(), &[&["conformance"][..], &flags].concat());
        assert_eq!(code(&output), exit, "{profile}");
        let said = stdout(&output).contains("E_NOT_ARCHIVE");
        assert_eq!(said, refused, "{profile}: {}", stdout(&output));
    }
}
