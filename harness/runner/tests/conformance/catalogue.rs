//! Compares the catalogue of checks and its examples with the packs.

use super::blessing::blessing;
use super::fixture::Fixture;
use super::record::TrialResult;
use super::recordings;
use greentic_provision::catalogue::{Examples, MARKDOWN, markdown};
use provision_core::Status;
use provision_exec::granted;
use provision_oracle::checks;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// Checks that no pack can fail while the sandbox works, because it gives every run the
/// same clocks, randomness and memory. The tests of the oracle make them fail with faulty
/// executors.
const UNREACHABLE: [&str; 2] = ["determinism.isolated", "determinism.compilers"];

/// Fails unless `reports/CHECKS.md` below `root` matches the check table and the packs;
/// with `BLESS=1`, writes it instead. Also fails if there is a check that no pack
/// fails, because nothing then shows that the check can fail.
pub(crate) fn fresh(root: &Path, fixtures: &[Arc<Fixture>]) -> TrialResult {
    let examples = examples(root, fixtures);
    let text = markdown(&examples);
    let path = root.join("reports/CHECKS.md");
    let never = checks::catalogue().map(|check| check.id);
    let never = never.filter(|id| examples.get(id).is_none_or(|e| e.fails.is_none()));
    let never: BTreeSet<&str> = never.collect();
    if never != BTreeSet::from(UNREACHABLE) {
        return Err(format!(
            "no pack fails the checks {never:?}; only {UNREACHABLE:?} may have none, and must"
        ));
    }
    if blessing()? {
        std::fs::write(&path, text).map_err(|e| e.to_string())?;
    } else if text != MARKDOWN {
        return Err("reports/CHECKS.md is stale; ci/bless.sh writes it".into());
    }
    interfaces_of_host(&root.join("harness/exec/README.md"))
}

/// Fails unless the README of `exec` lists the interfaces that the host offers.
fn interfaces_of_host(readme: &Path) -> TrialResult {
    const BEGIN: &str = "<!-- BEGIN interfaces, written by ci/bless.sh -->\n";
    const END: &str = "\n<!-- END interfaces -->";
    let text = std::fs::read_to_string(readme).map_err(|e| e.to_string())?;
    let parts = text.split_once(BEGIN);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let (before, (_, after)) =
        parts.ok_or("harness/exec/README.md lacks the marks of its interfaces")?;
    let mut interfaces: Vec<String> = granted().map(|name| format!("`{name}`")).collect();
    interfaces.sort();
    let fresh = format!("{before}{BEGIN}{}{END}{after}", interfaces.join(", "));
    if blessing()? {
        std::fs::write(readme, fresh).map_err(|e| e.to_string())
    } else if fresh == text {
        Ok(())
    } else {
        Err("the interfaces in harness/exec/README.md are stale; ci/bless.sh writes them".into())
    }
}

fn examples(root: &Path, fixtures: &[Arc<Fixture>]) -> BTreeMap<&'static str, Examples> {
    let mut examples: BTreeMap<&'static str, Examples> = BTreeMap::new();
    for check in checks::all() {
        let fails = fixtures.iter().find_map(|fixture| {
            let codes = fixture.expectation().ok()?.codes(check.id)?;
            Some((fixture.pack.label.clone(), codes))
        });
        let conforming = fixtures
            .iter()
            .filter(|f| f.pack.label.starts_with("conforming/") && f.level() >= check.level);
        let passes = conforming.into_iter().find(|fixture| {
            let mut results = fixture.examined().results.iter();
            results.any(|r| r.check == check.id && r.status == Status::Passed)
        });
        let passes = passes.map(|fixture| fixture.pack.label.clone());
        examples.insert(check.id, Examples { fails, passes });
    }
    let recordings = recordings::recordings(root);
    for check in checks::of_recordings() {
        let fails = recordings.iter().find_map(|recording| {
            let codes = recordings::fails(recording, check.id)?;
            Some((recording.label.clone(), codes))
        });
        let passes = recordings.iter().find(|r| recordings::passes(r, check.id));
        let passes = passes.map(|recording| recording.label.clone());
        examples.insert(check.id, Examples { fails, passes });
    }
    examples
}
