//! `manifest.unambiguous`: do the manifests of a pack agree?

use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::entry_flows;

/// Compares id, version and entry flows of all manifests of the pack.
pub(super) fn agree(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let pack = &opened.pack;
    if pack.other_manifests().is_empty() {
        let reason = "the pack has one manifest";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let (main, file) = (pack.manifest(), pack.manifest_file());
    let mut found = Vec::new();
    for (other, decoded) in pack.other_manifests() {
        let manifest = match decoded {
            Ok(manifest) => manifest,
            Err(error) => {
                let expected = "every manifest decodes, because a reader may prefer it";
                let actual = inert(&error.to_string(), 300);
                found.push(Finding::new(error.code(), *other, expected, actual));
                continue;
            }
        };
        let pairs = [
            ("id", format!("{:?}", main.id), format!("{:?}", manifest.id)),
            (
                "version",
                format!("{:?}", main.version),
                format!("{:?}", manifest.version),
            ),
            (
                "entry flows",
                format!("{:?}", entry_flows(main)),
                format!("{:?}", entry_flows(manifest)),
            ),
        ];
        for (what, ours, theirs) in pairs.into_iter().filter(|(_, a, b)| a != b) {
            let expected = format!("{what} as in {file}: {}", inert(&ours, 200));
            let actual = inert(&theirs, 200);
            let at = format!("{other}, {what}");
            found.push(Finding::new(
                CheckCode::ManifestDisagrees,
                at,
                expected,
                actual,
            ));
        }
    }
    findings.pack(Conclusion::of(found));
}
