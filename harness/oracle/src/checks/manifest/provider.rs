//! Checks of what a manifest tells hosts about a provider, and of the files that it refers to.

use super::component_manifests::index;
use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use greentic_types::{EXT_CAPABILITIES_V1, PROVIDER_EXTENSION_ID, PackManifest, SecretRequirement};
use provision_core::codes::CheckCode;
use provision_core::extensions::payload;
use provision_core::text::inert;
use provision_core::wizard::{OLD_PROVIDER_EXTENSION, Role, role};
use provision_core::{Finding, Pack};
use serde_json::Value;
use std::collections::BTreeMap;

/// Concludes with what `find` finds in a pack-v1 manifest; `None` if it finds nothing to judge.
pub(super) fn conclude(
    subject: &Subject,
    findings: &mut Findings,
    nothing: &str,
    find: impl Fn(&Pack, &PackManifest) -> Option<Vec<Finding>>,
) {
    let Ok(opened) = &subject.opened else { return };
    let pack = &opened.pack;
    let found = match &pack.manifest().pack_v1 {
        None => Err("only a pack-v1 manifest says this"),
        Some(manifest) => find(pack, manifest).ok_or(nothing),
    };
    findings.pack(match found {
        Ok(found) => Conclusion::of(found),
        Err(reason) => Conclusion::NotApplicable(reason.into()),
    });
}

/// `manifest.provider-visible`
pub(super) fn visible(subject: &Subject, findings: &mut Findings) {
    let nothing = "the pack is no provider";
    conclude(subject, findings, nothing, |pack, manifest| {
        if role(pack).role != Role::Provider {
            return None;
        }
        let extensions = manifest.extensions.as_ref();
        let has = |name: &str| extensions.is_some_and(|all| all.contains_key(name));
        let finding = |code: CheckCode, expected: &str, actual: &str| {
            let expected = format!("the extension `{expected}`");
            Finding::new(code, pack.manifest_file(), expected, actual)
        };
        let mut found = Vec::new();
        if has(OLD_PROVIDER_EXTENSION) && !has(PROVIDER_EXTENSION_ID) {
            let actual = format!("only `{OLD_PROVIDER_EXTENSION}`, which no host reads");
            found.push(finding(
                CheckCode::ExtensionLegacy,
                PROVIDER_EXTENSION_ID,
                &actual,
            ));
        }
        if !has(EXT_CAPABILITIES_V1) {
            found.push(finding(
                CheckCode::CapabilitiesMissing,
                EXT_CAPABILITIES_V1,
                "the manifest does not have it",
            ));
        }
        Some(found)
    });
}

/// `manifest.references`
pub(super) fn references(subject: &Subject, findings: &mut Findings) {
    let nothing = "the manifest refers to no such file";
    conclude(subject, findings, nothing, |pack, manifest| {
        let rows = index(manifest).into_iter();
        let mut files: Vec<(&str, String)> = rows
            .map(|row| (EXT_COMPONENT_MANIFESTS, row.manifest_file))
            .collect();
        files.extend(docs(manifest).into_iter().map(|file| (DOCS, file)));
        let missing = files.iter().filter(|(_, file)| !pack.has(file));
        let finding = |(by, file): &(&str, String)| {
            let expected = format!("the file {} in the pack", inert(file, 200));
            Finding::new(CheckCode::FileMissing, *by, expected, "it is not there")
        };
        (!files.is_empty()).then(|| missing.map(finding).collect())
    });
}

const EXT_COMPONENT_MANIFESTS: &str = "the index of component manifests";
const DOCS: &str = "`docs_ref` of the provider extension";

/// The documents that the provider extension names.
fn docs(manifest: &PackManifest) -> Vec<String> {
    let value = payload(manifest, PROVIDER_EXTENSION_ID).unwrap_or_default();
    let providers = value.get("providers").and_then(Value::as_array);
    let docs = |provider: &Value| Some(provider.get("docs_ref")?.as_str()?.to_owned());
    let docs = providers.into_iter().flatten().filter_map(docs);
    docs.filter(|file| !file.trim().is_empty()).collect()
}

/// `manifest.secret-scopes`
pub(super) fn secret_scopes(subject: &Subject, findings: &mut Findings) {
    let nothing = "the manifest lists no secret";
    conclude(subject, findings, nothing, |_, manifest| {
        let secrets = &manifest.secret_requirements;
        (!secrets.is_empty()).then(|| secrets.iter().filter_map(unscoped).collect())
    });
}

fn unscoped(secret: &SecretRequirement) -> Option<Finding> {
    let actual = match &secret.scope {
        None => "no scope",
        Some(scope) if scope.env.trim().is_empty() => "an empty environment",
        Some(scope) if scope.tenant.trim().is_empty() => "an empty tenant",
        Some(_) => return None,
    };
    Some(Finding::new(
        CheckCode::SecretScope,
        format!("secret `{}`", inert(secret.key.as_str(), 80)),
        "a scope with environment and tenant",
        actual,
    ))
}

/// `manifest.no-sources`
pub(super) fn no_sources(subject: &Subject, findings: &mut Findings) {
    let nothing = "the manifest says that the pack is a development build, or does not say";
    conclude(subject, findings, nothing, |pack, manifest| {
        if !is_production(manifest) {
            return None;
        }
        let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for file in pack.files() {
            if let Some(kind) = source_kind(file) {
                kinds.entry(kind).or_default().push(file);
            }
        }
        let finding = |(kind, files): (&str, Vec<&str>)| {
            let first = inert(files.first().copied().unwrap_or_default(), 200);
            let actual = format!("{} of them: {kind}", files.len());
            let expected = "no source files in a production build";
            Finding::new(CheckCode::SourcePacked, first, expected, actual)
        };
        Some(kinds.into_iter().map(finding).collect())
    });
}

/// What kind of source `file` is; `None` if a production build may have it.
fn source_kind(file: &str) -> Option<&'static str> {
    if file == "pack.yaml" {
        Some("the source of the manifest")
    } else if file.ends_with(".ygtc") {
        Some("sources of flows")
    } else if file.starts_with("flows/") && file.ends_with(".json") {
        Some("flows as JSON")
    } else {
        None
    }
}

/// Whether the manifest says that the pack is a production build.
fn is_production(manifest: &PackManifest) -> bool {
    let value = payload(manifest, "greentic.pack-mode.v1").unwrap_or_default();
    let mode = value.get("mode").and_then(Value::as_str);
    mode.is_some_and(|mode| !mode.eq_ignore_ascii_case("dev"))
}
