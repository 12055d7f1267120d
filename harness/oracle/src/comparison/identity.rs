//! Compares what a pack says that it is and offers: its id, its role, its capabilities and
//! its providers.

use super::change::{Found, ReachKind, both};
use super::packs::Packs;
use super::rules::Rule;
use super::sets;
use greentic_types::PackManifest;
use provision_core::Pack;
use provision_core::wizard::role;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(packs: Packs<'_>, found: &mut Found<'_>) {
    let (old, new) = (&*packs.old.pack, &*packs.new.pack);
    let id = |pack: &Pack| pack.manifest().id.clone();
    let (before, after) = (id(old), id(new));
    if before != after {
        let pair = (before.as_deref(), after.as_deref());
        found.change(Rule::PackId, "manifest", pair);
    }
    let (before, after) = (role(old), role(new));
    if before.role != after.role {
        let pair = both(before.role.name(), after.role.name());
        found.change(Rule::PackRole, "manifest", pair);
    }
    let parts = |pack: &Pack| -> (BTreeSet<String>, BTreeSet<String>) {
        capabilities(pack)
            .into_iter()
            .partition(|name| is_need(name))
    };
    let ((needed, before), (needs, after)) = (parts(old), parts(new));
    found.reach(ReachKind::PackCapability, "manifest", (&needed, &needs));
    let at = |name: &str| format!("manifest, capability `{name}`");
    let rules = [Rule::CapabilityRemoved, Rule::CapabilityAdded];
    sets::compare(at, [&before, &after], rules, found);
    providers([old, new], found);
}

/// Whether a pack needs the capability of its host. Nobody looks for it in the pack.
fn is_need(capability: &str) -> bool {
    capability.starts_with("host:") || capability.starts_with("wasi:")
}

/// The capabilities that the pack declares and offers.
fn capabilities(pack: &Pack) -> BTreeSet<String> {
    let manifest = pack.manifest();
    let mut all = manifest.capabilities.clone();
    // It says that the pack needs no files.
    all.remove("wasi:fs:none");
    let v1 = manifest.pack_v1.as_deref();
    all.extend(v1.into_iter().flat_map(offers));
    all
}

/// The offers of the capability extension. Their version is that of the pack.
fn offers(manifest: &PackManifest) -> Vec<String> {
    let extension = manifest.get_capabilities_extension_v1();
    let offers = extension.ok().flatten().map(|extension| extension.offers);
    let offers = offers.unwrap_or_default().into_iter();
    offers.map(|offer| offer.cap_id).collect()
}

/// The operations of each provider, by its type.
fn operations(pack: &Pack) -> BTreeMap<String, BTreeSet<String>> {
    let manifest = pack.manifest().pack_v1.as_deref();
    let extension = manifest.and_then(PackManifest::provider_extension_inline);
    let providers = extension.into_iter().flat_map(|e| &e.providers);
    let providers = providers.map(|p| (p.provider_type.clone(), p.ops.iter().cloned().collect()));
    providers.collect()
}

fn providers([old, new]: [&Pack; 2], found: &mut Found<'_>) {
    let (old, new) = (operations(old), operations(new));
    let names = |all: &BTreeMap<String, _>| all.keys().cloned().collect::<BTreeSet<_>>();
    let rules = [Rule::ProviderRemoved, Rule::ProviderAdded];
    let at = |name: &str| format!("manifest, provider `{name}`");
    sets::compare(at, [&names(&old), &names(&new)], rules, found);
    for (name, before) in &old {
        if let Some(after) = new.get(name) {
            let rules = [Rule::ProviderOpRemoved, Rule::ProviderOpAdded];
            let at = |op: &str| format!("manifest, provider `{name}`, operation `{op}`");
            sets::compare(at, [before, after], rules, found);
        }
    }
}
