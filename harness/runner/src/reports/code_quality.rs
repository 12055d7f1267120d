//! The Code Quality report of GitLab, which a merge request shows beside the changed lines:
//! one issue a cause.
//!
//! Source: GitLab, "Code Quality", the custom tool's report format: an array of issues, each
//! with a description, a check, a fingerprint, a severity, a path and a line.

use super::located::{self, Location, Weight};
use crate::exit::Error;
use crate::fold::Run;
use provision_core::pack::digest;
use provision_core::text::counted;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Issues in the file, at most.
const MOST: usize = 5_000;
/// Characters of a description, at most.
const CHARS: usize = 1_500;

/// Writes the report of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let io = |e| Error::io("write", Path::new("the code quality report"), e);
    serde_json::to_writer_pretty(&mut *out, &report(run)?).map_err(|e| io(e.into()))?;
    out.write_all(b"\n").map_err(io)
}

fn report(run: &Run) -> Result<Vec<Value>, Error> {
    let (mut issues, left_out) = located::worst_first(run, MOST, |shown| {
        let place = Location::of(shown.pack, shown.cause);
        let rule = located::rule(shown.cause);
        let in_pack = format!("{}\n{}", located::file_of(shown.pack), shown.cause.id);
        Some(issue(shown.weight, rule, &place, &shown.text(), &in_pack))
    })?;
    // NB: an empty list shows a merge request as one without faults.
    let more = (left_out > 0).then(|| {
        let more = counted(left_out, "more cause", "more causes");
        format!("{more}; see the JSON report")
    });
    let why = run.cut().or_else(|| run.shortfall());
    let of_run = why.map(|why| (Weight::Error, why));
    for (weight, text) in of_run
        .into_iter()
        .chain(more.map(|more| (Weight::Note, more)))
    {
        let nowhere = Location::of_pack(".");
        issues.push(issue(
            weight,
            "greentic-provision.run",
            &nowhere,
            &text,
            &text,
        ));
    }
    Ok(issues)
}

fn issue(weight: Weight, rule: &str, place: &Location, text: &str, identity: &str) -> Value {
    let mut description: String = text.chars().take(CHARS).collect();
    if description.len() < text.len() {
        description.push('…');
    }
    json!({
        "check_name": rule,
        "description": description,
        "fingerprint": &digest(identity.as_bytes())[..32],
        "location": {
            "path": place.in_repository().unwrap_or(&place.file),
            "lines": { "begin": place.line },
        },
        "severity": match weight {
            Weight::Error => "critical",
            Weight::Warning => "minor",
            Weight::Note => "info",
        },
    })
}
