//! Checks of the files and ids that an older manifest gives flows and components.

use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::manifest::{FlowFile, Manifest, Outside, within};
use provision_core::scenario::INSIDE;
use provision_core::text::inert;
use std::collections::BTreeMap;

/// A finding on a path that leads out of the pack.
pub(super) fn leaves(at: impl Into<String>, path: &str, outside: Outside) -> Finding {
    let actual = format!("`{}`: {}", inert(path, 200), outside.words());
    Finding::new(CheckCode::PathLeaves, at, INSIDE, actual)
}

/// `manifest.flow-files`
pub(super) fn flow_files(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let manifest = opened.pack.manifest();
    if manifest.pack_v1.is_some() {
        let reason = "a pack-v1 manifest has its flows in itself";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    if manifest.flow_files.is_empty() {
        let reason = "the manifest names no file for a flow";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let finding = |FlowFile { flow, file }: &FlowFile| {
        let at = format!("flow `{}`", inert(flow, 120));
        match within(file) {
            Err(outside) => Some(leaves(at, file, outside)),
            Ok(name) if opened.pack.has(&name) => None,
            Ok(name) => {
                let expected = format!("the file {} in the pack", inert(file, 200));
                let missing = Finding::new(CheckCode::FileMissing, at, expected, "it is not there");
                Some(missing.about(name.as_str()))
            }
        }
    };
    let found = manifest.flow_files.iter().filter_map(finding);
    findings.pack(Conclusion::of(found.collect()));
}

/// `manifest.ids-unique`
pub(super) fn ids_unique(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let manifest = opened.pack.manifest();
    let Manifest {
        flows,
        component_ids,
        pack_v1,
        ..
    } = manifest;
    if pack_v1.is_some() {
        let reason = "manifest.core-rules judges the ids of a pack-v1 manifest";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    if flows.is_empty() && component_ids.is_empty() {
        let reason = "the manifest names no flow and no component";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let mut found = twice("flow", flows.iter().map(|flow| flow.id.as_str()));
    found.extend(twice("component", component_ids.iter().map(String::as_str)));
    findings.pack(Conclusion::of(found));
}

/// A finding on each id that several of `ids` share; they are ids of a `what`.
pub(in crate::checks) fn twice<'i>(what: &str, ids: impl Iterator<Item = &'i str>) -> Vec<Finding> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    ids.for_each(|id| *counts.entry(id).or_default() += 1);
    let shared = counts.into_iter().filter(|(_, count)| *count > 1);
    let finding = |(id, count): (&str, usize)| {
        let at = format!("{what} `{}`", inert(id, 120));
        let actual = format!("{count} of them");
        Finding::new(
            CheckCode::IdTwice,
            at,
            format!("one {what} of this id"),
            actual,
        )
    };
    shared.map(finding).collect()
}
