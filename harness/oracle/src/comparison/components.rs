//! Compares the components of two packs: their interfaces, their operations, what they
//! import and which capabilities the manifest gives them.

use super::change::{Found, ReachKind, both};
use super::packs::Packs;
use super::packs::Versions;
use super::pairing::Pairing;
use super::rules::Rule;
use super::sets;
use greentic_types::PackManifest;
use greentic_types::pack_manifest::PackKind;
use provision_core::Pack;
use provision_core::components::{declared, resolve};
use provision_core::wasm::component_imports;
use semver::Version;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One component of a pack.
#[derive(Default)]
struct Component {
    id: String,
    version: Option<String>,
    exports: BTreeSet<String>,
    operations: BTreeSet<String>,
    imports: BTreeSet<String>,
    capabilities: BTreeSet<String>,
    /// Whether only flows of the pack itself call it.
    inner: bool,
    /// The digest of its file, if it has one.
    digest: Option<String>,
}

pub(super) fn compare(packs: Packs<'_>, versions: Versions<'_>, found: &mut Found<'_>) {
    let [old, new] = [packs.old, packs.new].map(|opened| components(&opened.pack));
    let mut pairing = Pairing::of(&old, &new);
    let at = |id: &str| format!("component `{id}`");
    renames(&mut pairing, versions, found);
    for (id, old, new) in pairing.kept {
        component(&at(id), [old, new], versions, found);
    }
    let none = Component::default();
    for (id, component) in pairing.removed {
        let version = component.version.as_deref().unwrap_or(id);
        let rule = if component.inner {
            Rule::ComponentInnerRemoved
        } else {
            Rule::ComponentRemoved
        };
        found.change(rule, &at(id), (Some(version), None));
        reaches(&at(id), [component, &none], found);
    }
    for (id, component) in pairing.added {
        let version = component.version.as_deref().unwrap_or(id);
        let rule = if component.inner {
            Rule::ComponentInnerAdded
        } else {
            Rule::ComponentAdded
        };
        found.change(rule, &at(id), (None, Some(version)));
        reaches(&at(id), [&none, component], found);
    }
}

/// Adds the components that have another id. The same file is the same component; the same
/// interface under the end of the old id is a guess.
fn renames(pairing: &mut Pairing<'_, Component>, versions: Versions<'_>, found: &mut Found<'_>) {
    let same_file = |old: &Component, new: &Component| {
        old.digest.is_some() && old.digest == new.digest && old.inner == new.inner
    };
    let same_name = |old: &Component, new: &Component| {
        let is_part = ends_with(&old.id, &new.id) || ends_with(&new.id, &old.id);
        let offers =
            |component: &Component| (component.exports.clone(), component.operations.clone());
        is_part && old.inner == new.inner && offers(old) == offers(new)
    };
    let certain = pairing
        .renamed(same_file)
        .into_iter()
        .map(|pair| (pair, false));
    let certain: Vec<_> = certain.collect();
    let guessed = pairing
        .renamed(same_name)
        .into_iter()
        .map(|pair| (pair, true));
    for (((old_id, old), (new_id, new)), guess) in certain.into_iter().chain(guessed) {
        let rule = if old.inner {
            Rule::ComponentInnerRenamed
        } else {
            Rule::ComponentRenamed
        };
        found.add(rule, "components", both(old_id, new_id), guess);
        component(
            &format!("component `{new_id}`"),
            [old, new],
            versions,
            found,
        );
    }
}

/// Whether the last parts of the id `long` are `short`.
fn ends_with(long: &str, short: &str) -> bool {
    let rest = long.strip_suffix(short);
    rest.is_some_and(|rest| rest.ends_with(['.', '-', '_', '/', ':']))
}

/// The components that the manifest declares; without such a list, the files that are
/// components and export something.
fn components(pack: &Pack) -> BTreeMap<String, Component> {
    let Some(manifest) = pack.manifest().pack_v1.as_deref() else {
        let files = pack.files().filter_map(|file| {
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            let id = stem.to_owned();
            let component = Component {
                id: id.clone(),
                ..of_file(pack, file)
            };
            (!component.exports.is_empty()).then_some((id, component))
        });
        return files.collect();
    };
    let mut all = BTreeMap::new();
    for component in declared(manifest) {
        let file = resolve(pack, manifest, component.id);
        let own = file.map(|file| of_file(pack, &file)).unwrap_or_default();
        let mut entries = manifest.components.iter();
        let entry = entries.find(|entry| entry.id.as_str() == component.id);
        let capabilities = entry.and_then(|e| serde_json::to_value(&e.capabilities).ok());
        let mut leaves = BTreeSet::new();
        flatten("", &capabilities.unwrap_or_default(), &mut leaves);
        let inner = is_inner(manifest, component.id, &own.exports);
        let operations = component.operations.iter().map(|name| (*name).to_owned());
        let whole = Component {
            id: component.id.to_owned(),
            version: Some(component.version.clone()),
            operations: operations.collect(),
            capabilities: leaves,
            inner,
            ..own
        };
        all.insert(component.id.to_owned(), whole);
    }
    all
}

/// Whether no host calls the component but the runner, in flows of the same pack: the
/// manifest names it for no provider and no offer, and it exports what nodes of flows
/// call alone. A host finds the components for incoming messages by their names.
fn is_inner(manifest: &PackManifest, id: &str, exports: &BTreeSet<String>) -> bool {
    let providers = manifest.provider_extension_inline();
    let mut providers = providers.into_iter().flat_map(|e| &e.providers);
    let offers = manifest.get_capabilities_extension_v1().ok().flatten();
    let mut offers = offers.iter().flat_map(|extension| &extension.offers);
    let is_named = providers.any(|provider| provider.runtime.component_ref == id)
        || offers.any(|offer| offer.provider.component_ref == id);
    manifest.kind != PackKind::Library
        && !is_named
        && !id.contains("ingress")
        && exports
            .iter()
            .all(|name| name.starts_with("greentic:component/"))
}

fn of_file(pack: &Pack, file: &str) -> Component {
    let exports = pack.info(file).map(|info| info.exports.clone());
    let exports = exports.unwrap_or_default();
    if exports.is_empty() {
        return Component::default();
    }
    let bytes = pack.read(file).unwrap_or_default();
    // Another version of the same interface gives no access to anything else.
    let imports = component_imports(&bytes).into_iter();
    let imports = imports.map(|name| split(&name).0.to_owned());
    Component {
        exports,
        imports: imports.collect(),
        digest: Some(provision_core::pack::digest(&bytes)),
        ..Component::default()
    }
}

/// The granted members of capabilities: `host.http.client`, `wasi.env.allow: HOME`.
fn flatten(path: &str, value: &Value, leaves: &mut BTreeSet<String>) {
    let below = |key: &str| match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    };
    match value {
        Value::Null | Value::Bool(false) => {}
        Value::Bool(true) => drop(leaves.insert(path.to_owned())),
        Value::Number(_) => drop(leaves.insert(format!("{path}: {value}"))),
        Value::String(text) if text == "none" => {}
        Value::String(text) => drop(leaves.insert(format!("{path}: {text}"))),
        Value::Array(items) => items.iter().for_each(|item| {
            let names = ["name", "key", "id"];
            let name = names.iter().find_map(|key| item.get(*key)?.as_str());
            match name {
                Some(name) => drop(leaves.insert(format!("{path}: {name}"))),
                None => flatten(path, item, leaves),
            }
        }),
        Value::Object(map) => {
            for (key, value) in map {
                flatten(&below(key), value, leaves);
            }
        }
    }
}

fn component(place: &str, [old, new]: [&Component; 2], packs: Versions<'_>, found: &mut Found<'_>) {
    let own = [old, new].map(|component| component.version.as_deref());
    // The version of a component may be that of its pack.
    if let [Some(before), Some(after)] = own
        && before != after
        && own != packs
    {
        found.change(Rule::ComponentVersion, place, both(before, after));
    }
    if old.inner && new.inner {
        let words = |component: &Component| {
            let names = component.exports.iter().chain(&component.operations);
            sets::list(names.map(String::as_str))
        };
        if (&old.exports, &old.operations) != (&new.exports, &new.operations) {
            let (before, after) = (words(old), words(new));
            found.change(Rule::ComponentInner, place, both(&before, &after));
        }
        return reaches(place, [old, new], found);
    }
    exports(place, [&old.exports, &new.exports], found);
    let rules = [Rule::OperationRemoved, Rule::OperationAdded];
    let at = |name: &str| format!("{place}, operation `{name}`");
    sets::compare(at, [&old.operations, &new.operations], rules, found);
    reaches(place, [old, new], found);
}

fn reaches(place: &str, [old, new]: [&Component; 2], found: &mut Found<'_>) {
    found.reach(ReachKind::Import, place, (&old.imports, &new.imports));
    let pair = (&old.capabilities, &new.capabilities);
    found.reach(ReachKind::ComponentCapability, place, pair);
}

/// The name and the version of an interface.
fn split(export: &str) -> (&str, Option<&str>) {
    match export.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (export, None),
    }
}

/// Compares the exports by name. An interface that is there in one other version was
/// replaced.
fn exports(place: &str, [old, new]: [&BTreeSet<String>; 2], found: &mut Found<'_>) {
    let at = |name: &str| format!("{place}, interface `{name}`");
    let only = |own: &BTreeSet<String>, other: &BTreeSet<String>| {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for export in own.difference(other) {
            let name = split(export).0.to_owned();
            names.entry(name).or_default().push(export.clone());
        }
        names
    };
    let (removed, mut added) = (only(old, new), only(new, old));
    for (name, exports) in removed {
        let others = added.remove(&name).unwrap_or_default();
        match (&exports[..], &others[..]) {
            ([old], [new]) => {
                let rule = if is_update(old, new) {
                    Rule::ExportUpdated
                } else {
                    Rule::ExportReplaced
                };
                found.change(rule, &at(&name), both(old, new));
            }
            _ => {
                for export in &exports {
                    let pair = (Some(export.as_str()), None);
                    found.change(Rule::ExportRemoved, &at(&name), pair);
                }
                added.insert(name, others);
            }
        }
    }
    for (name, exports) in added {
        for export in &exports {
            let pair = (None, Some(export.as_str()));
            found.change(Rule::ExportAdded, &at(&name), pair);
        }
    }
}

/// Whether both versions of an interface are compatible by semantic versioning, which the
/// component model follows.
fn is_update(old: &str, new: &str) -> bool {
    let version = |export: &str| split(export).1.and_then(|v| Version::parse(v).ok());
    let (Some(old), Some(new)) = (version(old), version(new)) else {
        return false;
    };
    let same = |part: fn(&Version) -> u64| part(&old) == part(&new);
    same(|v| v.major)
        && match (old.major, old.minor) {
            (0, 0) => same(|v| v.minor) && same(|v| v.patch),
            (0, _) => same(|v| v.minor),
            _ => true,
        }
}
