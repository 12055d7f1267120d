//! Does the manifest decode, with well-formed names, by the core rules of the ecosystem?

use super::components::usual_file;
use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use greentic_types::PackManifest;
use greentic_types::validate::{Severity, validate_pack_manifest_core};
use provision_core::codes::CheckCode;
use provision_core::manifest::{Format, Manifest, NameOf};
use provision_core::text::inert;
use provision_core::{Finding, OpenError};
use std::collections::BTreeMap;

/// `manifest.decodes`
pub(super) fn decodes(subject: &Subject, findings: &mut Findings) {
    findings.pack(match &subject.opened {
        Ok(_) => Conclusion::Passed,
        Err(OpenError::Manifest(error)) => Conclusion::Failed(vec![Finding::new(
            error.code(),
            "manifest",
            "a manifest that decodes strictly",
            inert(&error.to_string(), 400),
        )]),
        Err(error) => Conclusion::Blocked(format!("the archive was refused: {}", error.code())),
    });
}

/// `manifest.identity`
pub(super) fn identity(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    if opened.pack.manifest().format == Format::DigitalWorker {
        let reason = "manifest.digital-worker judges the ids of a digital worker";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let Manifest {
        id,
        version,
        misnamed,
        ..
    } = opened.pack.manifest();
    let at = opened.pack.manifest_file();
    let finding = |of: NameOf, actual: String| {
        let (code, expected) = match of {
            NameOf::Pack => (CheckCode::PackId, SAFE_NAME),
            NameOf::Version => (CheckCode::PackVersion, "a semantic version such as 1.2.3"),
            NameOf::Flow => (CheckCode::FlowName, SAFE_NAME),
        };
        Finding::new(code, at, expected, actual)
    };
    let mut found: Vec<Finding> = misnamed
        .iter()
        .map(|m| finding(m.of, format!("`{}`", inert(&m.name, 120))))
        .collect();
    for (of, value) in [(NameOf::Pack, id), (NameOf::Version, version)] {
        if value.is_none() && !misnamed.iter().any(|m| m.of == of) {
            found.push(finding(of, "nothing".into()));
        }
    }
    findings.pack(Conclusion::of(found));
}

const SAFE_NAME: &str =
    "at most 128 letters, digits, `.`, `_` and `-`, starting with a letter or digit, no `..`";

/// `manifest.core-rules`
pub(super) fn core_rules(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        let reason = "the manifest is not pack-v1, which these rules are for";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    let called = called(manifest);
    let errors = validate_pack_manifest_core(manifest)
        .into_iter()
        .filter(|d| d.severity == Severity::Error)
        // `manifest.nodes-resolve` reports these nodes, by the runner's own rules.
        .filter(|d| d.code != "PACK_FLOW_COMPONENT_MISSING")
        .map(|d| {
            let at = inert(d.path.as_deref().unwrap_or("manifest"), 200);
            let expected = d
                .hint
                .unwrap_or_else(|| "a manifest that obeys the core rules".into());
            let component = d.path.as_ref().and_then(|path| called.get(path));
            let file = component.map(|id| usual_file(id));
            let finding = Finding::new(
                provision_core::FindingCode::Foreign(d.code.to_string()),
                at,
                inert(&expected, 200),
                inert(&d.message, 200),
            );
            finding.about(file.as_deref())
        });
    findings.pack(Conclusion::of(errors.collect()));
}

/// The component of each flow node, by the path under which the core rules report it.
fn called(manifest: &PackManifest) -> BTreeMap<String, &str> {
    let nodes = manifest.flows.iter().flat_map(|entry| {
        let nodes = entry.flow.nodes.iter();
        nodes.map(move |(id, node)| {
            let path = format!(
                "flows.{}.nodes.{}.component.id",
                entry.id.as_str(),
                id.as_str()
            );
            (path, node.component.id.as_str())
        })
    });
    nodes.collect()
}
