//! The SARIF 2.1.0 report, for code-scanning pages: one result per violation.
//!
//! Source: OASIS SARIF 2.1.0, and what GitHub code scanning also requires (a
//! location and a fingerprint for each result, at most 25 000 results).

use crate::events::{CheckFinished, Requirement};
use crate::exit::Error;
use crate::files;
use crate::fold::{PackRun, Run};
use provision_core::pack::digest;
use provision_core::{Finding, Status};
use provision_oracle::Level;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Results in the file, at most; the JSON report has all.
const MOST: usize = 25_000;

/// Writes the report of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let done = out.write_all(&files::pretty(&report(run)?)?);
    done.map_err(|e| Error::io("write", Path::new("the SARIF file"), e))
}

fn report(run: &Run) -> Result<Value, Error> {
    let rules: Vec<Value> = run.started.checks.iter().map(|id| rule(run, id)).collect();
    let (mut found, mut artifacts) = (Vec::new(), Vec::new());
    let mut left_out = 0usize;
    run.each(|pack| {
        let results = results(run, pack);
        let room = MOST - found.len();
        left_out += results.len().saturating_sub(room);
        if !results.is_empty() && room > 0 {
            artifacts.extend(artifact(pack));
        }
        found.extend(results.into_iter().take(room));
        Ok(())
    })?;
    let mut notifications: Vec<Value> = Vec::new();
    let mut notify = |text: String| {
        notifications.push(json!({ "level": "error", "message": { "text": text } }));
    };
    if left_out > 0 {
        notify(format!("{left_out} more results; see the JSON report"));
    }
    if let Some(cut) = run.cut() {
        notify(format!(
            "{cut}; packs without a result are missing in this report"
        ));
    }
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
            "artifacts": artifacts,
            "results": found,
            "columnKind": "utf16CodeUnits",
        }],
    }))
}

/// The rule of check `id`; only its id if the stream has no requirements.
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
        "defaultConfiguration": { "level": sarif_level(*level) },
        "properties": { "tags": ["conformance", level] },
    })
}

fn sarif_level(level: Level) -> &'static str {
    match level {
        Level::Must | Level::Publish => "error",
        Level::Should => "warning",
    }
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

fn results(run: &Run, pack: &PackRun) -> Vec<Value> {
    let path = pack
        .finished
        .as_ref()
        .map_or("unknown", |f| f.path.as_str());
    let failed = pack.checks.iter().filter(|c| c.status >= Status::Failed);
    let found = failed.flat_map(|check| check.findings.iter().map(move |f| (check, f)));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = found.map(|(check, finding)| {
        // The same violation of the same pack has the same fingerprint in every
        // run. A counter distinguishes violations that are equal in all parts.
        let (code, at) = (finding.code.as_str(), finding.at.as_str());
        let identity = [path, &check.check, &check.scope, code, at].join("\n");
        let nth = seen.entry(identity.clone()).or_default();
        *nth += 1;
        let identity = match *nth {
            1 => identity,
            n => format!("{identity}\n{n}"),
        };
        let mut result = result(path, check, finding, &digest(identity.as_bytes()));
        let mut rules = run.started.checks.iter();
        if let Some(index) = rules.position(|id| *id == check.check) {
            result["ruleIndex"] = json!(index);
        }
        result
    });
    results.collect()
}

fn result(path: &str, check: &CheckFinished, finding: &Finding, fingerprint: &str) -> Value {
    let mut text = format!(
        "{} ({}): {} at {}: expected {}, found {}",
        check.check, check.scope, finding.code, finding.at, finding.expected, finding.actual
    );
    if let Some(command) = &check.reproduce {
        text += &format!(". Reproduce: {command}");
    }
    json!({
        "ruleId": check.check,
        "level": sarif_level(check.level),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(path) },
            "region": { "startLine": 1 },
        }}],
        "partialFingerprints": { "violation/v1": fingerprint },
    })
}

/// A path as a relative reference (RFC 3986): percent-encodes every byte except
/// unreserved characters and `/`.
fn uri(path: &str) -> String {
    let path = path.trim_start_matches("./");
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn path_with_space_or_colon_is_percent_encoded() {
        assert_eq!(uri("./packs/a b#.gtpack"), "packs/a%20b%23.gtpack");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
    }
}
