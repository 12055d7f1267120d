//! The SARIF 2.1.0 report, for code-scanning pages: one result per cause.
//!
//! Source: OASIS SARIF 2.1.0, and what GitHub code scanning also requires: a location and
//! a fingerprint for each result, at most 25 000 results, and at most 10 MB compressed.

mod result;

use crate::events::Requirement;
use crate::exit::Error;
use crate::files;
use crate::fold::{PackRun, Run};
use provision_oracle::Level;
use result::{result, uri};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// Results in the file, at most; the JSON report has all.
const MOST: usize = 5_000;
/// Bytes of results in the file, at most. They compress to a part of it.
const MOST_BYTES: usize = 24 * 1024 * 1024;

/// Writes the report of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let done = out.write_all(&files::pretty(&report(run)?)?);
    done.map_err(|e| Error::io("write", Path::new("the SARIF file"), e))
}

/// The results that fit, and how many do not.
#[derive(Default)]
struct Results {
    found: Vec<Value>,
    artifacts: Vec<Value>,
    bytes: usize,
    left_out: usize,
}

impl Results {
    fn add(&mut self, pack: &PackRun, rules: &mut Vec<String>, level: Level) {
        let before = self.found.len();
        for cause in &pack.causes {
            let mut named = cause.checks.iter().map(String::as_str);
            let id = named.find(|id| !id.is_empty());
            let id = id.unwrap_or("unknown");
            let rule = rules.iter().position(|rule| rule == id);
            let rule = rule.unwrap_or_else(|| {
                rules.push(id.to_owned());
                rules.len() - 1
            });
            let value = result(pack, cause, &rules[rule], rule, level);
            let bytes = value.to_string().len();
            if self.found.len() == MOST || self.bytes + bytes > MOST_BYTES {
                self.left_out += 1;
                continue;
            }
            self.bytes += bytes;
            self.found.push(value);
        }
        if self.found.len() > before {
            self.artifacts.extend(artifact(pack));
        }
    }
}

fn report(run: &Run) -> Result<Value, Error> {
    let mut rules = run.started.checks.clone();
    let mut results = Results::default();
    run.each(|pack| {
        results.add(pack, &mut rules, run.level());
        Ok(())
    })?;
    let mut notifications: Vec<Value> = Vec::new();
    let mut notify = |text: String| {
        notifications.push(json!({ "level": "error", "message": { "text": text } }));
    };
    if results.left_out > 0 {
        notify(format!(
            "{} more results; see the JSON report",
            results.left_out
        ));
    }
    if let Some(cut) = run.cut() {
        notify(format!(
            "{cut}; packs without a result are missing in this report"
        ));
    }
    if let Some(why) = run.shortfall().filter(|_| run.cut().is_none()) {
        notify(why);
    }
    let rules: Vec<Value> = rules.iter().map(|id| rule(run, id)).collect();
    Ok(json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "greentic-provision",
                "version": run.started.version,
                "semanticVersion": run.started.version,
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": run.finished,
                "toolExecutionNotifications": notifications,
            }],
            "artifacts": results.artifacts,
            "results": results.found,
            "columnKind": "utf16CodeUnits",
        }],
    }))
}

/// The rule of check `id`; only its id if the run did not require the check.
fn rule(run: &Run, id: &str) -> Value {
    let Some(Requirement { level, text }) = run.started.requirements.get(id) else {
        return json!({ "id": id, "name": id });
    };
    let short = json!({ "text": text });
    json!({
        "id": id,
        "name": id,
        "shortDescription": short,
        "fullDescription": short,
        "help": { "text": format!("{text} See reports/CHECKS.md.") },
        "defaultConfiguration": { "level": result::severity(*level) },
        "properties": { "tags": ["conformance", level] },
    })
}

/// The pack itself. NB: the digest of a folder is no file hash, so it is a
/// property and not one of SARIF's `hashes`.
fn artifact(pack: &PackRun) -> Option<Value> {
    let finished = pack.finished.as_ref()?;
    Some(json!({
        "location": { "uri": uri(&finished.path) },
        "properties": { "sha256": finished.digest },
    }))
}
