//! Compares the extensions of two manifests that no other file of the comparison reads.

use super::change::{Found, both};
use super::packs::Packs;
use super::packs::{Versions, is_same_text};
use super::pairing::Pairing;
use super::rules::Rule;
use crate::subject::Opened;
use provision_core::extensions::payload;
use provision_core::wizard::OLD_PROVIDER_EXTENSION;
use std::collections::BTreeMap;

/// Extensions that hosts are known to read. Whether a host reads another one is a guess.
const READ: [&str; 7] = [
    "greentic.static-routes.v1",
    "greentic.http-routes.v1",
    "messaging.oauth.v1",
    "messaging.provider_ingress.v1",
    "messaging.provider_routes.v1",
    "messaging.subscriptions.v1",
    "greentic.generated-secrets.v1",
];
/// Extensions that are compared in parts: the providers and the offers.
const IN_PARTS: [&str; 2] = [
    "greentic.provider-extension.v1",
    "greentic.ext.capabilities.v1",
];
/// Extensions that no host reads.
const UNREAD: [&str; 1] = [OLD_PROVIDER_EXTENSION];
/// How the extensions begin in which the packer keeps its own records.
const OF_PACKER: [&str; 2] = ["greentic.pack.", "greentic.pack-mode."];

pub(super) fn compare(packs: Packs<'_>, versions: Versions<'_>, found: &mut Found<'_>) {
    let [old, new] = [packs.old, packs.new].map(extensions);
    let at = |name: &str| format!("manifest, extension `{name}`");
    let is_guess = |name: &str| !READ.contains(&name);
    let pairing = Pairing::of(&old, &new);
    for (name, old, new) in pairing.kept {
        if !is_same_text(old, new, versions) {
            found.change(Rule::ExtensionChanged, &at(name), both(old, new));
        }
    }
    for (name, text) in pairing.removed {
        let pair = (Some(text.as_str()), None);
        found.add(Rule::ExtensionRemoved, &at(name), pair, is_guess(name));
    }
    for (name, text) in pairing.added {
        found.change(Rule::ExtensionAdded, &at(name), (None, Some(text)));
    }
}

/// The payloads of the extensions, as JSON.
fn extensions(opened: &Opened) -> BTreeMap<String, String> {
    let Some(manifest) = opened.pack.manifest().pack_v1.as_deref() else {
        return BTreeMap::new();
    };
    let names = manifest.extensions.iter().flat_map(|all| all.keys());
    let others = names.filter(|name| {
        let is_record = OF_PACKER.iter().any(|start| name.starts_with(start));
        let known = IN_PARTS.iter().chain(&UNREAD);
        !is_record && !known.into_iter().any(|other| other == name)
    });
    let texts = others.map(|name| {
        let payload = payload(manifest, name).unwrap_or_default();
        (name.clone(), payload.to_string())
    });
    texts.collect()
}
