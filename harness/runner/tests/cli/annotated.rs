//! Annotations of GitHub and the Code Quality report of GitLab: where they stand, how they
//! are ordered, and what they leave out.

use crate::support::{code, copy, fixture, read, run_in, stderr};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FLAGS: [&str; 4] = ["--annotations", "a.txt", "--code-quality", "q.json"];

/// A repository with a failing pack that is a folder, and one that passes with advice.
fn repository(folder: &Path) {
    fs::create_dir(folder.join(".git")).expect("creates");
    for pack in [
        "nonconforming/trap-apply",
        "nonconforming/unsorted-unsigned.gtpack",
    ] {
        let name = Path::new(pack).file_name().expect("a name");
        copy(&fixture(pack), &folder.join("packs").join(name));
    }
}

#[test]
fn annotations_are_at_files_of_the_repository_and_the_worst_come_first() {
    let temp = tempfile::tempdir().expect("a folder");
    let root = temp.path().canonicalize().expect("a folder");
    repository(&root);
    let args = ["conformance", "--packs", "packs", "--profile", "core"];
    let run = run_in(&root, &[&args[..], &FLAGS].concat());
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let text = fs::read_to_string(root.join("a.txt")).expect("annotations");
    let kinds: Vec<&str> = text.lines().filter_map(|l| l.split(' ').next()).collect();
    let first_notice = kinds.iter().position(|kind| *kind == "::notice");
    let last_error = kinds.iter().rposition(|kind| *kind == "::error");
    assert!(last_error < first_notice, "{text}");
    let trap = "::error file=packs/trap-apply/pack.json,line=1,title=";
    assert!(
        text.lines()
            .any(|l| l.starts_with(trap) && l.contains("E_TRAP")),
        "{text}"
    );
    for line in text.lines() {
        let file = line
            .split_once(" file=")
            .and_then(|(_, rest)| rest.split_once(','));
        let (file, _) = file.expect("a file");
        assert!(root.join(file).is_file(), "{line}");
    }
    let issues = read(&root.join("q.json"));
    let issues = issues.as_array().expect("a list");
    assert_eq!(issues.len(), text.lines().count());
    let prints: BTreeSet<&str> = issues
        .iter()
        .filter_map(|i| i["fingerprint"].as_str())
        .collect();
    assert_eq!(
        prints.len(),
        issues.len(),
        "fingerprints distinguish the issues"
    );
    for issue in issues {
        let path = issue["location"]["path"].as_str().expect("a path");
        assert!(root.join(path).is_file(), "{issue}");
        assert_eq!(issue["location"]["lines"]["begin"], 1, "{issue}");
    }
}

#[test]
fn equal_cause_of_two_packs_is_two_issues() {
    let temp = tempfile::tempdir().expect("a folder");
    let root = temp.path();
    for name in ["packs/one", "packs/two"] {
        copy(&fixture("nonconforming/trap-apply"), &root.join(name));
    }
    let args = ["conformance", "--packs", "packs"];
    let run = run_in(root, &[&args[..], &FLAGS].concat());
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let issues = read(&root.join("q.json"));
    let issues = issues.as_array().expect("a list");
    let texts: BTreeSet<&str> = issues
        .iter()
        .filter_map(|i| i["check_name"].as_str())
        .collect();
    let prints = issues.iter().filter_map(|i| i["fingerprint"].as_str());
    assert_eq!(prints.collect::<BTreeSet<_>>().len(), issues.len());
    assert!(texts.len() < issues.len(), "no cause is in both packs");
}

#[test]
fn cause_that_is_excused_in_one_check_of_two_is_one_error() {
    let temp = tempfile::tempdir().expect("a folder");
    let root = temp.path();
    copy(&fixture("nonconforming/output-not-utf8"), &root.join("p"));
    let today = time::OffsetDateTime::now_utc().date();
    let entry = format!(
        "[[expect]]\ncheck = \"wizard.output\"\npack = \"output-not-utf8\"\nversion = \"*\"\n\
         code = \"E_OUTPUT_UTF8\"\nreason = \"r\"\nissue = \"i\"\nowner = \"o\"\n\
         added = \"{today}\"\nexpires = \"{}\"\n",
        today + time::Duration::days(9)
    );
    fs::write(root.join("e.toml"), entry).expect("writes");
    let args = ["conformance", "--packs", "p", "--expectations", "e.toml"];
    let run = run_in(root, &[&args[..], &FLAGS, &["--report", "r.json"]].concat());
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let checks = read(&root.join("r.json"))["packs"][0]["checks"].clone();
    let is_excused = |c: &serde_json::Value| c["status"] == "excused";
    let excused = checks
        .as_array()
        .expect("checks")
        .iter()
        .filter(|c| is_excused(c));
    assert_eq!(
        excused.map(|c| &c["check"]).collect::<Vec<_>>(),
        ["wizard.output"]
    );
    let text = fs::read_to_string(root.join("a.txt")).expect("annotations");
    let of_cause: Vec<&str> = text
        .lines()
        .filter(|l| l.contains("E_OUTPUT_UTF8"))
        .collect();
    assert_eq!(of_cause.len(), 1, "{text}");
    assert!(of_cause[0].starts_with("::error "), "{text}");
}

#[test]
fn pack_outside_of_the_repository_has_issues_but_no_annotation() {
    let temp = tempfile::tempdir().expect("a folder");
    let root = temp.path().canonicalize().expect("a folder");
    let (inside, outside) = (root.join("inside"), root.join("outside"));
    fs::create_dir(&inside).expect("creates");
    copy(&fixture("nonconforming/trap-apply"), &outside);
    let args = ["conformance", "--packs", "../outside"];
    let run = run_in(&inside, &[&args[..], &FLAGS].concat());
    assert_eq!(code(&run), 1, "{}", stderr(&run));
    let text = fs::read_to_string(inside.join("a.txt")).expect("annotations");
    assert_eq!(text, "", "a file elsewhere has no place in the repository");
    let issues = read(&inside.join("q.json"));
    assert!(!issues.as_array().expect("a list").is_empty());
}
