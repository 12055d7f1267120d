//! SARIF 2.1.0, for code-scanning pages: one result a violation.
//!
//! Source: OASIS SARIF 2.1.0, and what GitHub's code scanning asks for beyond
//! it (a location and a fingerprint for each result, at most 25 000 of them).

use crate::events::CheckFinished;
use crate::fold::{PackRun, Run};
use provision_core::pack::digest;
use provision_core::{Finding, Status};
use provision_oracle::{Level, checks};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Results that are written; the rest is counted in the JSON report.
const MOST: usize = 25_000;

/// The report of `run`.
#[must_use]
pub fn report(run: &Run) -> Value {
    let rules: Vec<Value> = checks::all()
        .map(|check| {
            json!({
                "id": check.id,
                "shortDescription": { "text": check.requirement },
                "fullDescription": { "text": check.requirement },
                "help": { "text": check.requirement },
            })
        })
        .collect();
    let results: Vec<Value> = run.packs.iter().flat_map(results).take(MOST).collect();
    let version = run.started.as_ref().map(|s| s.version);
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "greentic-provision",
                "version": version,
                "rules": rules,
            }},
            "artifacts": run.packs.iter().filter_map(artifact).collect::<Vec<_>>(),
            "results": results,
        }],
    })
}

/// The pack itself. NB: the digest of a folder is no file's, so it is told as
/// a property and not among the hashes.
fn artifact(pack: &PackRun) -> Option<Value> {
    let finished = pack.finished.as_ref()?;
    Some(json!({
        "location": { "uri": uri(&finished.path) },
        "properties": { "sha256": finished.digest },
    }))
}

fn results(pack: &PackRun) -> Vec<Value> {
    let path = pack
        .finished
        .as_ref()
        .map_or("unknown", |f| f.path.as_str());
    let failed = pack.checks.iter().filter(|c| c.status >= Status::Failed);
    let found = failed.flat_map(|check| check.findings.iter().map(move |f| (check, f)));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = found.map(|(check, finding)| {
        // The same violation of the same pack keeps its identity from run to
        // run; two alike in all of this are told apart by their order.
        let (code, at) = (&finding.code, &finding.at);
        let identity = [path, check.check, &check.scope, code, at].join("\n");
        let nth = seen.entry(identity.clone()).or_default();
        *nth += 1;
        let identity = match *nth {
            1 => identity,
            n => format!("{identity}\n{n}"),
        };
        result(path, check, finding, &digest(identity.as_bytes()))
    });
    results.collect()
}

fn result(path: &str, check: &CheckFinished, finding: &Finding, fingerprint: &str) -> Value {
    let rule = checks::all().position(|c| c.id == check.check);
    let mut text = format!(
        "{} ({}): {} at {}: expected {}, found {}",
        check.check, check.scope, finding.code, finding.at, finding.expected, finding.actual
    );
    if let Some(command) = &check.reproduce {
        text += &format!(". Reproduce: {command}");
    }
    json!({
        "ruleId": check.check,
        "ruleIndex": rule,
        "level": match check.level {
            Level::Must | Level::Publish => "error",
            Level::Should => "warning",
        },
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(path) },
            "region": { "startLine": 1 },
        }}],
        "partialFingerprints": { "violation/v1": fingerprint },
    })
}

/// A path as a relative reference (RFC 3986): all but plain characters encoded.
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
    fn a_path_becomes_a_reference_that_names_no_scheme() {
        assert_eq!(uri("./packs/a b#.gtpack"), "packs/a%20b%23.gtpack");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
    }
}
