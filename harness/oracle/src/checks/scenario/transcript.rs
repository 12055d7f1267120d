//! scenario.transcript: does the golden transcript follow from the steps?

use super::judged::{Judged, conclude, without_list};
use crate::check::Findings;
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::ScenarioCode;
use provision_core::scenario::render::{Rendered, Unrendered};
use provision_core::text::inert;

/// Most characters of a line in a finding.
const LINE: usize = 200;

pub(super) fn judge(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |_, scenarios| {
        if let Some(nothing) = without_list(scenarios) {
            return nothing;
        }
        let mut judged = Judged::default();
        for rendered in scenarios.rendered() {
            match compared(&rendered) {
                Ok(found) => judged.found.extend(found),
                Err(why) => {
                    let name = rendered.scenario.name();
                    judged.unjudged.push(format!("scenario `{name}`: {why}"));
                }
            }
        }
        judged.conclusion()
    });
}

/// The difference of a transcript and its golden, or why they cannot be compared.
fn compared(rendered: &Rendered<'_>) -> Result<Option<Finding>, &'static str> {
    let Rendered { scenario, lines } = rendered;
    let golden = scenario.golden.as_ref();
    let golden = golden.map_err(|_| "its golden cannot be read")?;
    let transcript = match &golden.content.transcript {
        Ok(transcript) => transcript,
        Err(malformed) => return Ok(Some(malformed.clone())),
    };
    let lines = lines.as_ref().map_err(|why: &Unrendered| why.words())?;
    let finding = difference(&golden.file, lines, transcript);
    Ok(finding.map(|finding| finding.about(golden.file.as_str())))
}

/// A finding on the first line of `golden` that differs from `lines`.
fn difference(file: &str, lines: &[String], golden: &[String]) -> Option<Finding> {
    let longest = lines.len().max(golden.len());
    let mut differing = (0..longest).filter(|i| lines.get(*i) != golden.get(*i));
    let first = differing.next()?;
    let count = 1 + differing.count();
    let shown = |line: Option<&String>| match line {
        Some(line) => format!("`{}`", inert(line, LINE)),
        None => "no such line".to_owned(),
    };
    let lines_differ = match count {
        1 => "1 line differs".to_owned(),
        count => format!("{count} lines differ"),
    };
    Some(Finding::new(
        ScenarioCode::Transcript,
        format!("{}, line {} of the transcript", inert(file, 200), first + 1),
        shown(lines.get(first)),
        format!("{}; {lines_differ}", shown(golden.get(first))),
    ))
}
