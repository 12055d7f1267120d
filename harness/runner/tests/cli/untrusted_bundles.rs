//! Repro bundles that strangers wrote: a bundle neither raises a bound nor runs another
//! pack.

use crate::support::{code, conformance, copy, fixture, read, run_in, stderr, stdout};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Judges a copy of the pack `name` below `folder`, and returns the bundle of `check`
/// of its setup wizard.
fn bundle_of(folder: &Path, name: &str, check: &str) -> PathBuf {
    let pack = folder.join("pack");
    copy(&fixture(name), &pack);
    conformance(folder, &pack, "--out o");
    let path = format!("o/artifacts/pack/setup_default/repro/{check}.json");
    let path = folder.join(path);
    assert!(path.exists(), "{}", path.display());
    path
}

/// Changes the bundle at `path` with `edit`.
fn edit(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut bundle = read(path);
    edit(&mut bundle);
    fs::write(path, bundle.to_string()).expect("writes");
}

fn repro(folder: &Path, bundle: &Path, flags: &[&str]) -> std::process::Output {
    let bundle = bundle.to_str().expect("UTF-8");
    run_in(folder, &[&["repro", bundle], flags].concat())
}

#[test]
fn bundle_above_the_bound_is_refused_with_path_and_bound() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let mut bytes = fs::read(&bundle).expect("reads");
    bytes.resize(16 * 1024 * 1024, b' ');
    fs::write(&bundle, &bytes).expect("writes");
    assert_eq!(code(&repro(temp.path(), &bundle, &[])), 1);
    bytes.push(b' ');
    fs::write(&bundle, &bytes).expect("writes");
    let refused = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&refused), 2);
    for part in ["plan.golden.json: larger than 16777216 bytes", "bundle"] {
        assert!(stderr(&refused).contains(part), "{}", stderr(&refused));
    }
}

#[test]
fn bundle_that_is_not_strict_json_is_refused() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let text = fs::read_to_string(&bundle).expect("reads");
    let twice = text.replacen("\"seed\": 0", "\"seed\": 0, \"seed\": 1", 1);
    assert_ne!(twice, text);
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let deep = text.replacen(
        "\"answers\": {",
        &format!("\"answers\": {{\"x\": {deep}, "),
        1,
    );
    assert_ne!(deep, text);
    let unknown = text.replacen("\"seed\"", "\"\\u001b[31m\": 0, \"seed\"", 1);
    for (bytes, says) in [
        (twice, "duplicate key"),
        (deep, "nested deeper than 72"),
        (unknown, "unknown field"),
        (text.replacen("\"format\": 1", "\"format\": 2", 1), "form 2"),
    ] {
        fs::write(&bundle, bytes).expect("writes");
        let refused = repro(temp.path(), &bundle, &[]);
        assert_eq!(code(&refused), 2, "{says}");
        let said = stderr(&refused);
        assert!(said.contains(says) && !said.contains('\u{1b}'), "{said}");
    }
}

#[test]
fn limits_above_the_default_are_lowered_with_a_warning() {
    let temp = tempfile::tempdir().expect("a folder");
    let check = "sandbox.within-limits";
    let bundle = bundle_of(temp.path(), "hostile/answer-large", check);
    let most = 64 * 1024 * 1024;
    edit(&bundle, |bundle| {
        bundle["limits"]["step"]["output_bytes"] = json!(most);
        bundle["limits"]["flow"]["answer_bytes"] = json!(most);
        bundle["limits"]["flow"]["pack_bytes"] = json!(most);
    });
    let shown = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&shown), 1, "{}", stdout(&shown));
    assert!(stdout(&shown).contains("fails again, as recorded"));
    let names = "step.output_bytes, flow.answer_bytes, flow.pack_bytes";
    assert!(stderr(&shown).contains(names), "{}", stderr(&shown));
}

/// The guest loops, and the bundle raises the bounds on fuel and time: a harness that
/// runs the pack before it compares digests hangs.
#[test]
fn pack_of_another_digest_is_refused_before_any_guest_runs() {
    let temp = tempfile::tempdir().expect("a folder");
    let check = "sandbox.within-limits";
    let bundle = bundle_of(temp.path(), "hostile/loop-in-run", check);
    edit(&bundle, |bundle| {
        bundle["pack"]["digest"] = json!("0".repeat(64));
        bundle["limits"]["step"]["fuel"] = json!(u64::MAX / 2);
        bundle["limits"]["step"]["deadline_ms"] = json!(1_000_000_000);
        bundle["limits"]["flow"]["pack_fuel"] = json!(u64::MAX / 2);
    });
    let pack = temp.path().join("pack");
    let pack = pack.to_str().expect("UTF-8");
    for flags in [&[][..], &["--pack", pack], &["--isolation", "none"]] {
        let refused = repro(temp.path(), &bundle, flags);
        assert_eq!(code(&refused), 2, "{flags:?}");
        assert!(stderr(&refused).contains("another pack"));
        assert_eq!(stdout(&refused), "", "{flags:?}");
    }
}

#[test]
fn path_in_a_bundle_that_is_no_pack_needs_the_pack_flag() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let other = temp.path().join("notes.txt");
    fs::write(&other, "mine").expect("writes");
    let elsewhere = tempfile::tempdir().expect("a folder");
    for path in [
        other.to_str().expect("UTF-8"),
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "/",
        "../../..",
        "",
    ] {
        edit(&bundle, |bundle| bundle["pack"]["path"] = json!(path));
        let refused = repro(elsewhere.path(), &bundle, &[]);
        assert_eq!(code(&refused), 2, "{path}");
        let said = stderr(&refused);
        assert!(said.contains("--pack") && !said.contains("SHA"), "{said}");
    }
    let pack = temp.path().join("pack");
    let pack = pack.to_str().expect("UTF-8");
    let shown = repro(elsewhere.path(), &bundle, &["--pack", pack]);
    assert_eq!(code(&shown), 1, "{}", stderr(&shown));
}

#[test]
fn relative_pack_path_is_found_from_bundle_or_working_folder() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let moved = temp.path().join("bundle.json");
    fs::rename(bundle, &moved).expect("moves");
    edit(&moved, |bundle| bundle["pack"]["path"] = json!("pack"));
    assert_eq!(code(&repro(temp.path(), &moved, &[])), 1);
    assert_eq!(code(&repro(elsewhere.path(), &moved, &[])), 1);
    // `repro` ignores another pack at that path in the working folder.
    let other = elsewhere.path().join("pack");
    copy(&fixture("conforming/noop-provision"), &other);
    assert_eq!(code(&repro(elsewhere.path(), &moved, &[])), 1);
    fs::remove_dir_all(temp.path().join("pack")).expect("removes");
    let refused = repro(elsewhere.path(), &moved, &[]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("another pack"));
}

#[test]
fn texts_of_a_bundle_are_shown_without_control_characters() {
    let temp = tempfile::tempdir().expect("a folder");
    let bundle = bundle_of(temp.path(), "nonconforming/golden-mismatch", "plan.golden");
    edit(&bundle, |bundle| {
        bundle["pack"]["label"] = json!("\u{1b}]0;x\u{7}::error::");
    });
    let shown = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&shown), 1);
    edit(&bundle, |bundle| bundle["scope"] = json!("\u{1b}[2J"));
    let gone = repro(temp.path(), &bundle, &[]);
    assert_eq!(code(&gone), 2);
    for text in [stdout(&shown), stderr(&gone)] {
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text:?}");
    }
}
