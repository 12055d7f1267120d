//! The command `trace check` on exported spans.

use crate::support::{code, project, run_in, stderr, text};
use std::fs;
use std::path::{Path, PathBuf};

const CANARY: &str = "canary-7f3a-Hunter2-staple";

fn recording(name: &str) -> PathBuf {
    let folder = project().join("corpus/recordings").join(name);
    folder.join("recording.json")
}

/// The files below `folder`, with their contents.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if let Ok(content) = fs::read_to_string(&path) {
            all.push((path, content));
        }
    }
    all
}

#[test]
fn canary_fails_the_run_and_no_report_shows_it() {
    let temp = tempfile::tempdir().expect("a folder");
    let values = format!("{{\"chat token\": \"{CANARY}\"}}");
    fs::write(temp.path().join("canaries.json"), values).expect("writes");
    for name in ["span-secret", "span-secret-encoded"] {
        let file = recording(&format!("nonconforming/{name}"));
        let base = ["trace", "check", text(&file), "--out", "o", "--verbose"];
        let reports = "--report r.json --junit j.xml --sarif s.sarif --html h.html --markdown m.md";
        let reports: Vec<&str> = reports.split_whitespace().collect();
        let plain = run_in(temp.path(), &[base.as_slice(), &reports].concat());
        assert_eq!(code(&plain), 0, "{}", stderr(&plain));
        let canary = ["--canary", "canaries.json"];
        let args = [base.as_slice(), &reports, &canary].concat();
        let output = run_in(temp.path(), &args);
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("E_SPAN_SECRET"), "{said}");
        assert!(said.contains("chat token"), "{said}");
        assert!(said.contains("--canary canaries.json"), "{said}");
        let mut written = files(temp.path());
        written.retain(|(path, _)| !path.ends_with("canaries.json"));
        assert!(written.len() > 5, "{written:?}");
        written.push(("the console".into(), said));
        for (path, content) in written {
            let lower = content.to_lowercase();
            assert!(
                !lower.contains(&CANARY.to_lowercase()),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn unusable_canaries_are_an_error_of_usage() {
    let temp = tempfile::tempdir().expect("a folder");
    let file = recording("conforming/otlp");
    for (content, says) in [
        ("{\"pin\": \"123\", \"word\": \"abcdefg\"}", "`pin`, `word`"),
        ("[]", "no value"),
        ("{\"a\": {\"b\": \"value-of-b\"}}", "`a` is no text"),
        ("[\"first-value\"", "begins as JSON"),
    ] {
        fs::write(temp.path().join("c"), content).expect("writes");
        let args = ["trace", "check", text(&file), "--out", "o", "--canary", "c"];
        let output = run_in(temp.path(), &args);
        assert_eq!(code(&output), 2, "{content}");
        let said = stderr(&output);
        assert!(said.contains("--canary c") && said.contains(says), "{said}");
        assert!(!said.contains("first-value"), "{said}");
    }
}

#[test]
fn exported_spans_without_ids_pass_if_the_checks_that_need_ids_are_left_out() {
    let temp = tempfile::tempdir().expect("a folder");
    let file = recording("conforming/exported-spans");
    let base = ["trace", "check", text(&file), "--out", "o"];
    let partial = run_in(temp.path(), &base);
    assert_eq!(code(&partial), 5, "{}", stderr(&partial));
    let said = String::from_utf8_lossy(&partial.stdout).into_owned();
    assert!(said.contains("no ids"), "{said}");
    let without = ["--without", "span.tree", "--without", "span.tenant"];
    let output = run_in(temp.path(), &[base.as_slice(), &without].concat());
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn strict_profile_asks_for_conventions_and_a_tenant_of_its_own() {
    let temp = tempfile::tempdir().expect("a folder");
    for name in ["span-conventions", "span-default-tenant", "span-late-child"] {
        let file = recording(&format!("nonconforming/{name}"));
        let base = ["trace", "check", text(&file), "--out", "o"];
        let core = run_in(temp.path(), &base);
        assert_eq!(code(&core), 0, "{name}: {}", stderr(&core));
        let args = [base.as_slice(), &["--profile", "strict"]].concat();
        assert_eq!(code(&run_in(temp.path(), &args)), 1, "{name}");
    }
}
