//! The fix `manifests`: where manifests disagree on id, version or entry flows, the others
//! follow the one that the author names as right.

use super::change::{Files, Left, Outcome};
use super::document::{Document, Members, get, get_mut, hunks, set};
use super::facts::Facts;
use ciborium::Value as Cbor;
use greentic_types::{PackId, decode_pack_manifest, encode_pack_manifest};
use provision_core::manifest::{self, Manifest, ManifestError};
use provision_core::wizard::{WizardKind, entry_flows};
use std::collections::BTreeSet;

/// The name of the fix that needs a decision.
pub const MANIFESTS: &str = "manifests";
const CHECK: &str = "manifest.unambiguous";

/// What several manifests have to agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    id: Option<String>,
    version: Option<String>,
    entry_flows: BTreeSet<(WizardKind, String)>,
}

impl Identity {
    fn of(manifest: &Manifest) -> Self {
        Self {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            entry_flows: entry_flows(manifest),
        }
    }
}

fn decode(
    files: &Files,
    name: &str,
    bytes: &[u8],
    depth: usize,
) -> Result<Manifest, ManifestError> {
    manifest::decode(name, bytes, |n| files.contains_key(n), depth)
}

/// The manifests of `files` that disagree, so that the author has to name the right one;
/// none if all agree.
pub(super) fn disagreeing(files: &Files, depth: usize) -> Vec<&'static str> {
    let all = manifest::FILE_NAMES.into_iter();
    let all = all.filter_map(|name| Some((name, files.get(name)?)));
    let decoded = all.filter_map(|(name, bytes)| {
        let decoded = decode(files, name, bytes, depth).ok()?;
        Some((name, Identity::of(&decoded)))
    });
    let decoded: Vec<_> = decoded.collect();
    let first = decoded.first().map(|(_, identity)| identity.clone());
    if decoded
        .iter()
        .all(|(_, identity)| Some(identity) == first.as_ref())
    {
        return Vec::new();
    }
    decoded.into_iter().map(|(name, _)| name).collect()
}

pub(super) fn agree(files: &Files, facts: &Facts) -> Outcome {
    let mut out = Outcome::default();
    let disagreeing = disagreeing(files, facts.depth);
    if disagreeing.is_empty() {
        return out;
    }
    let right = facts.manifest.as_deref();
    let Some(right) = right.filter(|right| disagreeing.contains(right)) else {
        let why = format!(
            "the manifests disagree, and only their author knows which is right: name it with \
             --manifest, one of {}",
            disagreeing.join(", ")
        );
        out.left
            .push(Left::new(MANIFESTS, CHECK, &disagreeing.join(", "), why));
        return out;
    };
    let identity = |name: &str, bytes: &[u8]| {
        let decoded = decode(files, name, bytes, facts.depth).ok()?;
        Some(Identity::of(&decoded))
    };
    let read = |name: &str| files.get(name).map_or(&[][..], AsRef::as_ref);
    let Some(wanted) = identity(right, read(right)) else {
        return out;
    };
    for name in disagreeing.into_iter().filter(|name| *name != right) {
        let old = read(name);
        let Some(before) = identity(name, old).filter(|before| *before != wanted) else {
            continue;
        };
        let new = edited(name, old, &before, &wanted, facts.depth);
        // What an edit makes of a manifest is only known when it is read again.
        match new.filter(|new| identity(name, new).as_ref() == Some(&wanted)) {
            Some(new) => {
                let hunks = hunks(name, old, &new, facts.depth);
                out.write(MANIFESTS, CHECK, name, new, hunks);
            }
            None => {
                let why = format!(
                    "it cannot get the id, the version and the entry flows of {right} without a \
                     change of its flows: build it again, or remove it"
                );
                out.left.push(Left::new(MANIFESTS, CHECK, name, why));
            }
        }
    }
    out
}

/// The manifest `name` with the identity that is wanted; `None` if it cannot have it.
fn edited(
    name: &str,
    old: &[u8],
    before: &Identity,
    wanted: &Identity,
    depth: usize,
) -> Option<Vec<u8>> {
    if name.ends_with(".cbor")
        && let Ok(manifest) = decode_pack_manifest(old)
    {
        // NB: the type drops members that it does not know.
        let is_whole = encode_pack_manifest(&manifest).is_ok_and(|again| again == old);
        let mut manifest = Some(manifest).filter(|_| is_whole)?;
        manifest.pack_id = PackId::new(wanted.id.as_ref()?).ok()?;
        manifest.version = wanted.version.as_ref()?.parse().ok()?;
        return encode_pack_manifest(&manifest).ok();
    }
    let mut document = Document::read(name, old, depth)?;
    let map = nested(document.map()?)?;
    if before.id != wanted.id {
        set_first(map, &["id", "pack_id", "packId"], wanted.id.as_ref()?);
    }
    if before.version != wanted.version {
        let keys = ["version", "pack_version", "packVersion"];
        set_first(map, &keys, wanted.version.as_ref()?);
    }
    if before.entry_flows != wanted.entry_flows {
        if get(map, "meta").is_none_or(Cbor::is_null) {
            set(map, "meta", Cbor::Map(Vec::new()));
        }
        let meta = get_mut(map, "meta")?.as_map_mut()?;
        set(meta, "entry_flows", entries(wanted));
    }
    document.write()
}

/// The map with the members of the manifest, which some packs nest.
fn nested(root: &mut Members) -> Option<&mut Members> {
    let is_flat = get(root, "flows").is_some();
    let keys = ["pack", "manifest", "pack_manifest"].into_iter();
    let mut keys = keys.filter(|_| !is_flat);
    match keys.find(|key| get(root, key).is_some_and(Cbor::is_map)) {
        Some(key) => get_mut(root, key)?.as_map_mut(),
        None => Some(root),
    }
}

/// Sets the first of `keys` that the manifest or its `meta` has a text for; if there is
/// none, the first key of all.
fn set_first(map: &mut Members, keys: &[&str], value: &str) {
    let is_text = |members: &Members, key: &str| get(members, key).is_some_and(Cbor::is_text);
    let text = Cbor::Text(value.to_owned());
    if let Some(key) = keys.iter().find(|key| is_text(map, key)) {
        return set(map, key, text);
    }
    if let Some(meta) = get_mut(map, "meta").and_then(Cbor::as_map_mut)
        && let Some(key) = keys.iter().find(|key| is_text(meta, key))
    {
        return set(meta, key, text);
    }
    if let Some(key) = keys.first() {
        set(map, key, text);
    }
}

/// The entry flows as a map; as a list if an entry has several flows.
fn entries(wanted: &Identity) -> Cbor {
    let text = |text: &str| Cbor::Text(text.to_owned());
    let flows = &wanted.entry_flows;
    let kinds: BTreeSet<WizardKind> = flows.iter().map(|(kind, _)| *kind).collect();
    if kinds.len() == flows.len() {
        let entry = |(kind, flow): &(WizardKind, String)| (text(kind.entry()), text(flow));
        return Cbor::Map(flows.iter().map(entry).collect());
    }
    let entry = |(kind, flow): &(WizardKind, String)| {
        Cbor::Map(vec![
            (text("entry"), text(kind.entry())),
            (text("id"), text(flow)),
        ])
    };
    Cbor::Array(flows.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"{"id":"a","version":"1.0.0","meta":{"entry_flows":{"setup":"s"}}}"#;

    fn fixed(manifest: Option<&str>, other: &str) -> Outcome {
        let files = [("pack.json", RIGHT), ("manifest.json", other)];
        let files = files.map(|(n, c)| (n.to_owned(), c.as_bytes().into()));
        let facts = Facts {
            depth: 9,
            manifest: manifest.map(str::to_owned),
            ..Facts::default()
        };
        agree(&files.into(), &facts)
    }

    #[test]
    fn manifest_follows_the_right_one_and_keeps_its_other_members() {
        for (other, expected) in [
            (
                r#"{"pack":{"packId":"b","packVersion":"2.0.0","title":"T"}}"#,
                r#"{"pack":{"meta":{"entry_flows":{"setup":"s"}},"packId":"a","packVersion":"1.0.0","title":"T"}}"#,
            ),
            (
                r#"{"flows":[],"meta":{"id":"b","version":"1.0.0","entry_flows":["setup_x"]}}"#,
                r#"{"flows":[],"meta":{"id":"a","version":"1.0.0","entry_flows":{"setup":"s"}}}"#,
            ),
        ] {
            let out = fixed(Some("pack.json"), other);
            let new = out.writes["manifest.json"].clone().expect("written");
            assert_eq!(String::from_utf8(new.to_vec()).expect("UTF-8"), expected);
            assert!(out.left.is_empty(), "{:?}", out.left);
        }
    }

    #[test]
    fn pack_v1_manifest_gets_the_id_and_the_version_and_keeps_the_rest() {
        let v1 = serde_json::json!({
            "schema_version": "pack-v1", "pack_id": "b", "version": "0.9.0",
            "kind": "application", "publisher": "Somebody", "components": [], "flows": [],
            "dependencies": [], "capabilities": [], "signatures": { "signatures": [] },
        });
        let v1 = serde_json::from_value(v1).expect("a manifest");
        let v1 = encode_pack_manifest(&v1).expect("encodes");
        let right = br#"{"id":"a","version":"1.0.0"}"#;
        let files: Files = [
            ("pack.json".to_owned(), right[..].into()),
            ("manifest.cbor".to_owned(), v1.as_slice().into()),
        ]
        .into();
        let facts = Facts {
            depth: 20,
            manifest: Some("pack.json".into()),
            ..Facts::default()
        };
        let out = agree(&files, &facts);
        let new = out.writes["manifest.cbor"].clone().expect("written");
        let mut new = decode_pack_manifest(&new).expect("pack-v1");
        assert_eq!(
            (new.pack_id.as_str(), new.version.to_string().as_str()),
            ("a", "1.0.0")
        );
        let old = decode_pack_manifest(&v1).expect("pack-v1");
        (new.pack_id, new.version) = (old.pack_id.clone(), old.version.clone());
        assert_eq!(encode_pack_manifest(&new).expect("encodes"), v1);
    }

    #[test]
    fn nothing_is_changed_without_a_decision_or_if_flows_would_have_to_change() {
        let other = r#"{"id":"a","version":"1.0.0","flows":[{"id":"setup_x"}]}"#;
        for (manifest, why) in [
            (None, "name it with --manifest"),
            (Some("manifest.cbor"), "one of pack.json, manifest.json"),
            (Some("pack.json"), "without a change of its flows"),
        ] {
            let out = fixed(manifest, other);
            assert!(out.writes.is_empty(), "{manifest:?}");
            assert!(out.left[0].why.contains(why), "{:?}", out.left);
        }
        let agreeing = fixed(None, RIGHT);
        assert!(agreeing.writes.is_empty() && agreeing.left.is_empty());
    }
}
