//! An in-toto statement with a test-result predicate: which bytes passed which
//! checks under which configuration. The user signs it with `--sign`, or with a
//! tool and key of their own.
//!
//! Source: in-toto Attestation Framework, Statement v1 and predicate
//! `test-result` v0.1.

use crate::events::PackFinished;
use crate::exit::Error;
use crate::files;
use crate::fold::Run;
use provision_core::Status;
use provision_core::pack::digest;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

/// The flag that requests it.
pub(crate) const FLAG: &str = "attestation";

/// Writes the statement of `run`.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let done = out.write_all(&files::pretty(&statement(run)?)?);
    done.map_err(|e| Error::io("write", Path::new("the attestation"), e))
}

fn statement(run: &Run) -> Result<Value, Error> {
    let (mut subjects, mut passed, mut warned, mut failed) = (vec![], vec![], vec![], vec![]);
    let mut nameless = Vec::new();
    run.each(|pack| {
        let label = pack.label();
        let bytes = pack.finished.as_ref().map(|f| f.digest.as_str());
        match bytes.filter(|digest| !digest.is_empty()) {
            Some(sha256) => subjects.push(subject(label, sha256, pack.finished.as_ref())),
            None => nameless.push(label.to_owned()),
        }
        for check in &pack.checks {
            let name = format!("{label}::{}::{}", check.scope, check.check);
            match check.status {
                Status::Passed => passed.push(name),
                Status::Failed | Status::Error => failed.push(name),
                // A check that was not judged is not a pass, and neither is an excused failure.
                Status::Blocked | Status::Excused => warned.push(name),
                Status::NotApplicable => {}
            }
        }
        if pack.summary.fails_by_verdict() {
            failed.push(format!("{label}::pack::verdict"));
        }
        Ok(())
    })?;
    let result = match (run.exit() as u8, warned.is_empty()) {
        (0, true) => "PASSED",
        (0, false) => "WARNED",
        _ => "FAILED",
    };
    // A pack without a digest cannot be a subject. The predicate has no field for
    // that, except the failed tests.
    failed.extend(
        nameless
            .into_iter()
            .map(|label| format!("{label}::pack::digest")),
    );
    failed.extend(run.shortfall().map(|why| format!("run: {why}")));
    Ok(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result,
            "configuration": configuration(run)?,
            "passedTests": passed,
            "warnedTests": warned,
            "failedTests": failed,
        },
    }))
}

/// A pack as subject: its digest is that of the content, and the digest of the manifest in
/// the registry is an annotation.
fn subject(label: &str, sha256: &str, finished: Option<&PackFinished>) -> Value {
    let mut subject = json!({ "name": label, "digest": { "sha256": sha256 } });
    if let Some(origin) = finished.and_then(|f| f.registry.as_ref()) {
        subject["annotations"] = json!({
            "reference": origin.reference,
            "manifest_digest": origin.manifest_digest,
        });
    }
    subject
}

/// The settings and the files other than packs that decide the result, each
/// with its digest.
fn configuration(run: &Run) -> Result<Vec<Value>, Error> {
    let started = &run.started;
    let text = |value: Value| value.to_string();
    let mut all = vec![
        (
            "greentic-provision",
            text(json!({ "version": started.version })),
        ),
        (
            "profile",
            text(json!({ "profile": started.profile, "checks": started.checks })),
        ),
        ("limits", text(json!(started.limits))),
        (
            "selection",
            text(json!([started.selection, started.filter, started.shard])),
        ),
        ("seed", text(json!(started.seed))),
        ("public-base-url", started.public_base_url.clone()),
    ]
    .into_iter()
    .map(|(name, text)| json!({ "name": name, "digest": { "sha256": digest(text.as_bytes()) } }))
    .collect::<Vec<_>>();
    if let Some(harness) = all.first_mut() {
        // What a gate decides by, in plain text. NB: in-toto has no field for it elsewhere.
        harness["annotations"] = json!({
            "version": started.version,
            "profile": started.profile,
            "judged_at": started.at.map(|at| at.to_string()),
        });
    }
    for file in &started.configuration {
        all.push(json!({ "name": file.name, "digest": { "sha256": file.sha256 } }));
    }
    Ok(all)
}
