//! `pack fix`: what it writes, what it leaves, and its exit codes.

use crate::support::{
    check, code, conformance, copy, fixture, json, packed, run_in, schema, stderr, stdout, text,
};
use provision_core::archive::{Archive, write};
use provision_core::limits::ArchiveLimits;
use provision_oracle::fix::{FIXES, Files, files};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

fn limits() -> ArchiveLimits {
    provision_core::Limits::default().archive
}

fn opened(path: &Path) -> Files {
    let bytes = fs::read(path).expect("an archive");
    files(&Archive::open(bytes, &limits()).expect("opens"))
}

/// A folder with the archive `in.gtpack`.
struct Place(tempfile::TempDir);

impl Place {
    /// The archive of the pack of this project, with other contents of `files`.
    fn of(pack: &str, files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        let (from, to) = (fixture(pack), place.path("in.gtpack"));
        if from.is_dir() {
            packed(&from, &to);
        } else {
            copy(&from, &to);
        }
        if !files.is_empty() {
            let mut all = opened(&to);
            let files = files.iter();
            all.extend(files.map(|(n, c)| ((*n).to_owned(), c.as_bytes().into())));
            fs::write(&to, write(&all, &limits()).expect("writes")).expect("writes");
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn fix(&self, flags: &[&str]) -> Output {
        let base = [
            "pack",
            "fix",
            "in.gtpack",
            "out.gtpack",
            "--isolation",
            "none",
        ];
        run_in(self.0.path(), &[&base[..], flags].concat())
    }

    fn has_out(&self) -> bool {
        self.path("out.gtpack").exists()
    }
}

const UNLISTED: &str = "nonconforming/sbom-misses-file.gtpack";
const DISAGREE: &str = "nonconforming/manifests-disagree";

#[test]
fn dry_run_shows_the_same_changes_and_writes_nothing() {
    let place = Place::of(UNLISTED, &[]);
    let dry = place.fix(&["--dry-run"]);
    assert_eq!(code(&dry), 0, "{}", stderr(&dry));
    assert!(!place.has_out());
    let wet = place.fix(&[]);
    assert_eq!(code(&wet), 0, "{}", stderr(&wet));
    let changes = |output: &Output| {
        let shown = stdout(output).split_once("\n\n").expect("changes").1;
        shown.to_owned()
    };
    assert_eq!(changes(&dry), changes(&wet));
    let shown = stdout(&wet);
    for line in [
        "\nintegrity.sbom  (fix `sbom`)\n--- sbom.json\n+++ sbom.json\n@@ row `smuggled.txt`\n+ {",
        "\nstill failing (1)\n  publish integrity.signature (pack): E_SIGNATURE_MISSING\n",
        "see: greentic-provision explain integrity.signature\n",
    ] {
        assert!(shown.contains(line), "no {line} in {shown}");
    }
    let flags = "--isolation none --profile strict --filter *::integrity.sbom";
    let judged = conformance(place.0.path(), &place.path("out.gtpack"), flags);
    assert!(!stdout(&judged).contains("E_SBOM"), "{}", stdout(&judged));
}

#[test]
fn archive_is_fixed_in_place_and_a_second_time_to_the_same_bytes() {
    let place = Place::of(UNLISTED, &[("assets/notes.txt~", "x")]);
    let pack = place.path("in.gtpack");
    let args = [
        "pack",
        "fix",
        "in.gtpack",
        "in.gtpack",
        "--isolation",
        "none",
    ];
    let first = run_in(place.0.path(), &args);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let once = fs::read(&pack).expect("written");
    assert!(!opened(&pack).contains_key("assets/notes.txt~"));
    let second = run_in(place.0.path(), &args);
    assert!(
        stdout(&second).contains("\nnothing to change\n"),
        "{}",
        stdout(&second)
    );
    assert_eq!(fs::read(&pack).expect("written"), once);
    let canonical = Place::of("conforming/signed.gtpack", &[]);
    assert_eq!(code(&canonical.fix(&[])), 0);
    let same = |name: &str| fs::read(canonical.path(name)).expect("is there");
    assert_eq!(
        same("in.gtpack"),
        same("out.gtpack"),
        "OUT is written all the same"
    );
}

#[test]
fn json_follows_its_schema_and_says_what_was_removed_with_the_signature() {
    let new = [("assets/new.txt", "x"), ("assets/old.txt~", "x")];
    let place = Place::of("conforming/signed.gtpack", &new);
    let output = place.fix(&["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let value = json(&output);
    check(&schema("fix.schema.json"), &value);
    assert_eq!(value["signature_removed"], json!(true));
    assert!(stderr(&output).contains("warning: the signature is removed"));
    let changes = value["changes"].as_array().expect("a list");
    let of = |key: &str| {
        changes
            .iter()
            .map(|c| c[key].clone())
            .collect::<Vec<Value>>()
    };
    assert_eq!(of("fix"), ["residue", "signature", "sbom"]);
    assert_eq!(
        of("check"),
        [
            "hygiene.no-residue",
            "integrity.signature",
            "integrity.sbom"
        ]
    );
    assert_eq!(value["out"]["written"], json!(true));
    let digest =
        provision_core::pack::digest(&fs::read(place.path("out.gtpack")).expect("is there"));
    assert_eq!(value["out"]["digest"], json!(digest));
    let nothing = Place::of(DISAGREE, &[]).fix(&["--json", "--dry-run"]);
    check(&schema("fix.schema.json"), &json(&nothing));
    assert_eq!(json(&nothing)["not_mended"][0]["fix"], json!("manifests"));
}

#[test]
fn only_the_named_fixes_run_and_an_unknown_name_lists_all() {
    let place = Place::of(UNLISTED, &[("assets/notes.txt~", "x")]);
    let output = place.fix(&["--only", "residue", "--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let fixes = json(&output)["changes"].clone();
    assert_eq!(fixes[0]["fix"], json!("residue"));
    let place = Place::of(UNLISTED, &[]);
    let output = place.fix(&["--only", "residue,canonical", "--json"]);
    assert_eq!(
        json(&output)["change_count"],
        json!(0),
        "the SBOM is not asked for"
    );
    let unknown = place.fix(&["--only", "sbom,\u{1b}[2J"]);
    assert_eq!(code(&unknown), 2);
    for fix in &FIXES {
        assert!(stderr(&unknown).contains(fix.name), "{}", stderr(&unknown));
    }
    assert!(!stderr(&unknown).contains('\u{1b}'));
    let unknown = place.fix(&["--manifest", "pack.yaml"]);
    assert_eq!(code(&unknown), 2);
    assert!(stderr(&unknown).contains("pack.json, manifest.json, manifest.cbor"));
    let absent = place.fix(&["--manifest", "manifest.cbor"]);
    assert_eq!(code(&absent), 2);
    assert!(stderr(&absent).contains("the pack has no manifest.cbor"));
}

#[test]
fn manifests_that_disagree_stay_without_a_decision_and_follow_one() {
    let place = Place::of(DISAGREE, &[]);
    let output = place.fix(&[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("name it with --manifest"),
        "{}",
        stdout(&output)
    );
    let manifest = |name: &str| opened(&place.path("out.gtpack"))[name].clone();
    assert_eq!(
        manifest("manifest.json"),
        opened(&place.path("in.gtpack"))["manifest.json"]
    );
    let output = place.fix(&["--manifest", "pack.json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let mended: Value = serde_json::from_slice(&manifest("manifest.json")).expect("JSON");
    assert_eq!(mended["id"], json!("noop-provision"));
    assert_eq!(
        mended["meta"]["entry_flows"],
        json!({ "setup": "setup_default" })
    );
}

#[test]
fn decision_that_makes_passing_checks_fail_writes_nothing() {
    let place = Place::of(DISAGREE, &[]);
    let output = place.fix(&["--manifest", "manifest.json", "--json"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(!place.has_out());
    let said = stderr(&output);
    assert!(
        said.contains("passed before and does not pass after"),
        "{said}"
    );
    assert!(
        said.contains("nothing is written; name another manifest"),
        "{said}"
    );
    let value = json(&output);
    check(&schema("fix.schema.json"), &value);
    assert_eq!(value["out"]["written"], json!(false));
    assert!(
        value["lost"]
            .as_array()
            .is_some_and(|lost| !lost.is_empty())
    );
}

#[test]
fn refused_archive_folder_and_unreadable_manifest_are_not_fixed() {
    let twice = Place::of("hostile/archive-second-manifest.gtpack", &[]);
    fs::write(twice.path("out.gtpack"), "precious").expect("writes");
    let refused = twice.fix(&[]);
    assert_eq!(code(&refused), 4);
    assert!(
        stderr(&refused).contains("E_ZIP_DUPLICATE"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(
        fs::read(twice.path("out.gtpack")).expect("is there"),
        b"precious"
    );
    let folder = fixture("conforming/noop-provision");
    let of_folder = run_in(
        twice.0.path(),
        &["pack", "fix", text(&folder), "new.gtpack"],
    );
    assert_eq!(code(&of_folder), 2);
    assert!(stderr(&of_folder).contains("is a folder; fix takes a .gtpack file"));
    let absent = run_in(
        twice.0.path(),
        &["pack", "fix", "absent.gtpack", "new.gtpack"],
    );
    assert_eq!(code(&absent), 2);
    let broken = Place::of("nonconforming/manifest-duplicate-key", &[]).fix(&[]);
    assert_eq!(code(&broken), 1);
    assert!(
        stderr(&broken).contains("E_MANIFEST_JSON"),
        "{}",
        stderr(&broken)
    );
    let nowhere = Place::of(UNLISTED, &[]);
    let args = ["pack", "fix", "in.gtpack", "no/such/out.gtpack"];
    assert_eq!(code(&run_in(nowhere.0.path(), &args)), 6);
}

#[test]
fn pack_of_a_layout_is_fixed() {
    let place = Place::of(UNLISTED, &[]);
    copy(
        &fixture("conforming/registry-layout"),
        &place.path("layout"),
    );
    fs::remove_file(place.path("layout/expect.toml")).expect("is there");
    let args = [
        "pack",
        "fix",
        "oci-layout:layout",
        "out.gtpack",
        "--isolation",
        "none",
    ];
    let output = run_in(place.0.path(), &args);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(opened(&place.path("out.gtpack")).len() > 1);
}

#[test]
fn hostile_texts_of_a_pack_are_escaped_in_both_reports() {
    let row = |path: &str| json!({ "path": path, "size": 0, "hash_blake3": "0".repeat(64), "media_type": "\u{1b}[2J" });
    let rows = [row("::error::\u{202e}x"), row("a\n##[error]b")];
    let sbom = json!({ "format": "greentic-sbom-v1", "files": rows, "\u{1b}]0;t": 1 });
    let lock = json!({ "components": { "##[error]\u{1b}c": {
        "resolved_digest": "0".repeat(64), "ref": "file:///home/me/\u{202e}/x", "bundled_path": "pack.json",
    } } });
    let files = [
        ("sbom.json", sbom.to_string()),
        ("pack.lock.json", lock.to_string()),
        ("assets/##[error] \u{e4}~", "x".to_owned()),
        ("web/node_modules/a.js", "x".to_owned()),
        ("web/##vso[x].html", "node_modules".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(n, c)| (*n, c.as_str())).collect();
    let place = Place::of(UNLISTED, &files);
    for flags in [&[][..], &["--json"]] {
        let output = place.fix(flags);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let said = format!("{}{}", stdout(&output), stderr(&output));
        let is_raw = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(is_raw), "{said:?}");
        let starts = ["::", "##[", "##vso["];
        let is_command = |line: &str| starts.iter().any(|s| line.trim_start().starts_with(s));
        assert!(!said.lines().any(is_command), "{said:?}");
        for fix in ["lock-digests", "residue", "sbom"] {
            assert!(said.contains(fix), "no {fix} in {said}");
        }
    }
}

#[test]
fn conformance_counts_the_findings_that_can_be_fixed_of_an_archive() {
    let place = Place::of(UNLISTED, &[("assets/notes.txt~", "x")]);
    let flags = "--isolation none --profile strict --markdown summary.md";
    let judged = conformance(place.0.path(), &place.path("in.gtpack"), flags);
    let line = "3 of 4 findings can be fixed by: greentic-provision pack fix IN OUT";
    assert!(stdout(&judged).contains(line), "{}", stdout(&judged));
    let summary = fs::read_to_string(place.path("summary.md")).expect("a summary");
    assert!(summary.contains(line), "{summary}");
    assert_eq!(code(&place.fix(&[])), 0);
    let judged = conformance(place.0.path(), &place.path("out.gtpack"), flags);
    assert!(stdout(&judged).contains("E_SIGNATURE_MISSING"));
    assert!(
        !stdout(&judged).contains("can be fixed"),
        "{}",
        stdout(&judged)
    );
    // The command takes no folder.
    let folder = fixture("nonconforming/build-residue");
    let judged = conformance(place.0.path(), &folder, flags);
    assert!(stdout(&judged).contains("E_BUILD_RESIDUE"));
    assert!(
        !stdout(&judged).contains("can be fixed"),
        "{}",
        stdout(&judged)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn terminal_is_asked_which_manifest_is_right() {
    use crate::terminal::OnTerminal;
    let place = Place::of(DISAGREE, &[]);
    let args = [
        "pack",
        "fix",
        "in.gtpack",
        "out.gtpack",
        "--isolation",
        "none",
    ];
    let mut command = OnTerminal::start(place.0.path(), &args);
    command.wait_for("Which one is right?");
    command.type_in(b"other.json\n");
    command.wait_for("No such manifest: other.json");
    command.type_in(b"pack.json\n");
    let (status, shown) = command.end();
    assert_eq!(status.code(), Some(0), "{shown}");
    assert!(
        shown.contains("manifest.unambiguous  (fix `manifests`)"),
        "{shown}"
    );
    assert!(place.has_out());
}
