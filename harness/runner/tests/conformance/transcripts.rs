//! Goldens of scenarios: of each pack that must not fail, the transcripts and the render
//! report are what `scenario render` prints.

use super::blessing::blessing;
use super::fixture::Fixture;
use super::record::TrialResult;
use greentic_provision::exit::show;
use provision_core::Verdict;
use provision_core::scenario::render::REPORT;
use serde::Serialize;
use std::path::Path;

/// Whether the goldens of scenarios of `fixture` are machine-written.
pub(crate) fn are_written(fixture: &Fixture) -> bool {
    let verdict = fixture.expectation().ok().and_then(|e| e.verdict);
    let conforms = matches!(verdict, Some(Verdict::Pass | Verdict::NotApplicable));
    conforms && fixture.has_scenarios && fixture.pack.path.is_dir()
}

/// Compares the goldens of scenarios in the folder of `fixture` with the rendered steps;
/// with `BLESS=1`, writes them.
pub(crate) fn compare(fixture: &Fixture) -> TrialResult {
    let subject = &fixture.examined().subject;
    let opened = subject.opened.as_ref().map_err(|e| e.to_string())?;
    let scenarios = opened.scenarios(&subject.limits);
    let scenarios = scenarios.ok_or("the pack lists no scenarios")?;
    let folder = &fixture.pack.path;
    for rendered in scenarios.rendered() {
        let golden = rendered.scenario.golden.as_ref();
        let file = &golden.map_err(|f| f.actual.clone())?.file;
        let document = rendered.golden().ok_or("a scenario does not render")?;
        same(&folder.join(file), &document)?;
    }
    if opened.pack.has(REPORT) {
        same(&folder.join(REPORT), &scenarios.report())?;
    }
    Ok(())
}

/// Fails unless the file at `path` holds `document`; with `BLESS=1`, writes it.
fn same(path: &Path, document: &impl Serialize) -> TrialResult {
    let text = serde_json::to_string_pretty(document).map_err(|e| e.to_string())? + "\n";
    if blessing()? {
        return std::fs::write(path, text).map_err(|e| e.to_string());
    }
    let present = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    if present == text {
        Ok(())
    } else {
        Err(format!("{} is stale; ci/bless.sh writes it", show(path)))
    }
}
