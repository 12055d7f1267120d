//! The SARIF 2.1.0 report, for code-scanning pages: one result per cause.
//!
//! Source: OASIS SARIF 2.1.0, and what GitHub code scanning also requires: a location and
//! a fingerprint for each result, at most 25 000 results, and at most 10 MB compressed.

mod result;

use super::located::{self, Weight, file_of};
use crate::events::Requirement;
use crate::exit::Error;
use crate::fold::{PackRun, PackSummary, Run};
use provision_core::Status;
use provision_core::text::counted;
use provision_oracle::Level;
use result::{Reasons, result, uri};
use serde::Serialize;
use serde::ser::{Error as _, SerializeSeq, Serializer};
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
    let io = |e| Error::io("write", Path::new("the SARIF file"), e);
    serde_json::to_writer_pretty(&mut *out, &report(run)?).map_err(|e| io(e.into()))?;
    out.write_all(b"\n").map_err(io)
}

/// The file, with its keys in the order of their names.
#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [LogRun; 1],
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogRun {
    artifacts: Vec<Value>,
    column_kind: &'static str,
    invocations: Value,
    #[serde(serialize_with = "parsed")]
    results: Vec<String>,
    tool: Value,
}

/// Serialises the values of these JSON texts, one by one.
fn parsed<S: Serializer>(texts: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    let mut all = serializer.serialize_seq(Some(texts.len()))?;
    for text in texts {
        let value: Value = serde_json::from_str(text).map_err(S::Error::custom)?;
        all.serialize_element(&value)?;
    }
    all.end()
}

/// Where the catalogue of the checks is, for people who see a result.
const CATALOGUE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/reports/CHECKS.md");

/// Bytes of the first result of a pack, at most; most have some hundreds.
const RESERVED: usize = 4096;

/// The results that fit, and how many do not.
#[derive(Default)]
struct Results {
    /// As JSON texts, which take less memory than values.
    found: Vec<String>,
    artifacts: Vec<Value>,
    bytes: usize,
    left_out: usize,
    /// Failing packs that have no result yet. Each is to get one: a page takes a pack
    /// without results for mended.
    waiting: usize,
}

impl Results {
    fn add(&mut self, pack: &PackRun, rules: &mut Vec<String>, level: Level) {
        let before = self.found.len();
        self.waiting -= usize::from(is_failing(&pack.summary)).min(self.waiting);
        let reasons = Reasons::of(pack);
        for (cause, is_excused) in located::causes(pack) {
            let is_first = self.found.len() == before;
            let reserved = if is_first { 0 } else { self.waiting };
            let id = located::rule(cause);
            let rule = rules.iter().position(|rule| rule == id);
            let rule = rule.unwrap_or_else(|| {
                rules.push(id.to_owned());
                rules.len() - 1
            });
            if self.found.len() + reserved >= MOST {
                self.left_out += 1;
                continue;
            }
            let mut value = result(pack, cause, &rules[rule], rule, level);
            if is_excused {
                value["suppressions"] = reasons.suppressions(cause);
            }
            let text = value.to_string();
            if self.bytes + text.len() + reserved * RESERVED > MOST_BYTES {
                self.left_out += 1;
                continue;
            }
            self.bytes += text.len();
            self.found.push(text);
        }
        if self.found.len() > before {
            self.artifacts.extend(artifact(pack));
        }
    }
}

/// Whether the pack has a failed check, which has a cause.
fn is_failing(pack: &PackSummary) -> bool {
    pack.count(Status::Failed) + pack.count(Status::Error) > 0
}

fn report(run: &Run) -> Result<Log, Error> {
    let mut rules = run.started.checks.clone();
    let mut results = Results {
        waiting: run.packs.iter().filter(|p| is_failing(p)).count(),
        ..Results::default()
    };
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
            "{}; see the JSON report",
            counted(results.left_out, "more result", "more results")
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
    if let Some(why) = run.left_out() {
        notifications.push(json!({ "level": "note", "message": { "text": why } }));
    }
    let rules: Vec<Value> = rules.iter().map(|id| rule(run, id)).collect();
    Ok(Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        runs: [LogRun {
            artifacts: results.artifacts,
            column_kind: "utf16CodeUnits",
            invocations: json!([{
                "executionSuccessful": run.finished,
                "toolExecutionNotifications": notifications,
            }]),
            results: results.found,
            tool: json!({ "driver": {
                "name": "greentic-provision",
                "version": run.started.version,
                "semanticVersion": run.started.version,
                "rules": rules,
            }}),
        }],
        version: "2.1.0",
    })
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
        "help": { "text": format!("{text} `greentic-provision explain {id}` tells more.") },
        "helpUri": format!("{CATALOGUE}#{}", id.replace('.', "")),
        "defaultConfiguration": { "level": result::severity(Weight::of_required(*level)) },
        "properties": { "tags": ["conformance", level] },
    })
}

/// The pack itself. NB: the digest of a folder is no file hash, so it is a
/// property and not one of SARIF's `hashes`.
fn artifact(pack: &PackRun) -> Option<Value> {
    let finished = pack.finished.as_ref()?;
    Some(json!({
        "location": { "uri": uri(file_of(pack)) },
        "properties": {
            "sha256": finished.digest, "registry": finished.registry,
            "previous": finished.previous,
        },
    }))
}
