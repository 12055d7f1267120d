//! Golden plans: insta snapshots in `golden/`, which has the folders of `packs/`.

use super::fixture::Fixture;
use super::record::TrialResult;
use provision_core::Verdict;
use provision_core::text::slug;
use provision_oracle::Observed;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Wizards of `fixture` that have a golden: none if the pack must fail, unless its
/// expectation sets `golden`; else all.
pub(crate) fn wizards(fixture: &Fixture) -> &[String] {
    let Ok(expectation) = fixture.expectation() else {
        return &[];
    };
    match expectation.verdict {
        Some(Verdict::Pass | Verdict::NotApplicable) => &fixture.wizards,
        _ if expectation.golden => &fixture.wizards,
        _ => &[],
    }
}

/// Paths below `golden/` that `fixture` needs.
pub(crate) fn names(fixture: &Fixture) -> Vec<PathBuf> {
    let file = |wizard: &String| format!("{}/{}.snap", fixture.pack.label, name(wizard));
    wizards(fixture)
        .iter()
        .map(|w| PathBuf::from(file(w)))
        .collect()
}

/// The file name of a golden. The mode is always `dry_run`, because conformance uses
/// no other.
fn name(wizard: &str) -> String {
    format!("{}.dry_run", slug(wizard))
}

/// Compares the results of `wizard` with its golden.
pub(crate) fn compare(fixture: &Fixture, wizard: &str, goldens: &Path) -> TrialResult {
    let answered = normalised(fixture, wizard).ok_or("the wizard did not complete")?;
    let content = serde_json::to_string_pretty(&answered).map_err(|e| e.to_string())?;
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(goldens.join(&fixture.pack.label));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // NB: a mismatch panics, which the runner turns into a failed trial.
    settings.bind(|| insta::assert_snapshot!(name(wizard), content));
    Ok(())
}

/// The results of `wizard` by the rules of the fixture; `None` unless it completes.
pub(crate) fn normalised(fixture: &Fixture, wizard: &str) -> Option<Value> {
    let subject = &fixture.examined().subject;
    let observed = subject.wizards().iter().find(|o| o.wizard.name == wizard);
    let answered = observed.and_then(answered)?;
    Some(fixture.rules.result(&answered))
}

/// The plan, the diagnostics, the questions, the requirements and the summary.
fn answered(observed: &Observed) -> Option<Value> {
    let run = observed.run().filter(|run| run.completed())?;
    let said = |key: &str| {
        let answers = run.steps.iter().filter_map(|s| s.output()?.answer(key));
        answers.cloned().collect::<Vec<_>>()
    };
    Some(json!({
        "plan": run.plan,
        "diagnostics": run.diagnostics,
        "questions": said("questions"),
        "requirements": said("requirements"),
        "summary": said("summary"),
    }))
}

/// Fails if no wizard needs a snapshot any more, and names each such snapshot.
pub(crate) fn orphans(goldens: &Path, expected: &[PathBuf]) -> TrialResult {
    let mut orphans = Vec::new();
    for entry in WalkDir::new(goldens).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(_) if !goldens.exists() => break,
            Err(e) => return Err(e.to_string()),
        };
        let below = entry.path().strip_prefix(goldens).unwrap_or(entry.path());
        let is_snapshot = entry.path().extension().is_some_and(|e| e == "snap");
        if is_snapshot && !expected.iter().any(|e| e == below) {
            orphans.push(below.display().to_string());
        }
    }
    if orphans.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "no wizard needs golden/{}; remove it",
            orphans.join(", golden/")
        ))
    }
}

/// Trials of this file; libtest-mimic does not run `#[test]` functions.
pub(crate) mod tests {
    use super::*;

    pub(crate) const ALL: [(&str, fn()); 1] = [(
        "snapshot_without_a_wizard_is_reported",
        snapshot_without_a_wizard_is_reported,
    )];

    fn snapshot_without_a_wizard_is_reported() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(root.path().join("p")).expect("a folder");
        for file in ["p/w.dry_run.snap", "p/old.dry_run.snap", "p/note.txt"] {
            std::fs::write(root.path().join(file), "x").expect("a file");
        }
        let needed = [
            PathBuf::from("p/w.dry_run.snap"),
            PathBuf::from("p/old.dry_run.snap"),
        ];
        assert_eq!(orphans(root.path(), &needed), Ok(()));
        let said = orphans(root.path(), &needed[..1]).expect_err("an orphan");
        assert!(
            said.contains("p/old.dry_run.snap") && !said.contains("note"),
            "{said}"
        );
        assert_eq!(orphans(&root.path().join("nowhere"), &[]), Ok(()));
    }
}
