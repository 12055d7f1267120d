//! `manifest.dependencies`: does the bundle have what its packs depend on?

use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;

/// `manifest.dependencies`
pub(super) fn provided(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let manifest = opened.pack.manifest().pack_v1.as_deref();
    let dependencies = manifest.map_or(&[][..], |manifest| &manifest.dependencies);
    let Some(bundle) = &subject.bundle else {
        let reason = "the pack lies in no bundle";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    };
    if dependencies.is_empty() {
        let reason = "the pack depends on no other pack";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let missing = dependencies.iter().filter(|dependency| {
        let id = dependency.pack_id.as_str();
        !bundle.provide(id, &dependency.required_capabilities)
    });
    let found = missing.map(|dependency| {
        let at = format!("dependency {}", inert(&dependency.alias, 120));
        let id = inert(dependency.pack_id.as_str(), 120);
        let capabilities = inert(&dependency.required_capabilities.join(", "), 300);
        let expected = match capabilities.as_str() {
            "" => format!("pack `{id}` in the bundle"),
            _ => format!("pack `{id}` in the bundle, or packs that offer {capabilities}"),
        };
        let code = CheckCode::DependencyMissing;
        Finding::new(code, at, expected, "no pack of the bundle provides it")
    });
    findings.pack(Conclusion::of(found.collect()));
}
