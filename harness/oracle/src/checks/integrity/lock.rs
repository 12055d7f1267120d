//! integrity.lock, integrity.lock-current: does the lock pin the pack's components?

use crate::check::{Conclusion, Findings};
use crate::subject::{Described, Subject};
use greentic_types::cbor::canonical::to_canonical_cbor_allow_floats;
use greentic_types::schemas::component::v0_6_0::{ComponentDescribe, schema_hash};
use provision_core::codes::CheckCode;
use provision_core::integrity::lock::{self, Pin};
use provision_core::text::inert;
use provision_core::{Finding, Pack, pack};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The end of what is expected of a component that the lock takes from a registry: the
/// pack cannot tell what the registry has.
pub(crate) const FROM_REGISTRY: &str = ", as the registry had it";
/// The beginning of what was found if a component describes itself under another id.
pub(crate) const DESCRIBES_ITSELF: &str = "it describes itself as";

/// The end of what was found if the pack tools cannot decode a component's description.
pub(crate) const UNDECODABLE: &str = "; the pack tools cannot decode the component's description";

/// `integrity.lock`
pub(super) fn pinned(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let pack = &opened.pack;
    let (mut found, mut compared) = (Vec::new(), 0);
    for file in lock::FILE_NAMES {
        let Some(bytes) = pack.read(file) else {
            continue;
        };
        let pins = match lock::decode(file, &bytes, subject.limits.depth) {
            Ok(pins) => pins,
            Err(why) => {
                let expected = "a lock that decodes strictly";
                found.push(Finding::new(
                    CheckCode::LockDecode,
                    file,
                    expected,
                    inert(&why.to_string(), 300),
                ));
                continue;
            }
        };
        for pin in pins {
            let own = format!("components/{}.wasm", pin.component);
            let path = pin.path.unwrap_or(own);
            if pin.remote && !pack.has(&path) {
                continue;
            }
            compared += 1;
            let at = format!("{file}, `{}`", inert(&pin.component, 120));
            let mut expected = format!("{} with SHA-256 {}", inert(&path, 120), pin.sha256);
            if pin.remote {
                expected += FROM_REGISTRY;
            }
            match pack.read(&path).map(|bytes| pack::digest(&bytes)) {
                Some(actual) if actual == pin.sha256 => {}
                Some(actual) => {
                    found.push(Finding::new(CheckCode::LockDigest, at, expected, actual))
                }
                None => found.push(Finding::new(
                    CheckCode::LockMissing,
                    at,
                    expected,
                    "no such file",
                )),
            }
        }
    }
    findings.pack(match (found.is_empty(), compared) {
        (true, 0) => Conclusion::NotApplicable("the pack has no lock that pins bytes".into()),
        _ => Conclusion::of(found),
    });
}

/// The pins of all locks of the pack that decode.
fn pins(pack: &Pack, depth: usize) -> Vec<Pin> {
    let files = lock::FILE_NAMES.into_iter();
    let pins = files.filter_map(|file| lock::decode(file, &pack.read(file)?, depth).ok());
    pins.flatten().collect()
}

/// `integrity.lock-current`
pub(super) fn current(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let (mut found, mut compared) = (Vec::new(), 0);
    for pin in pins(&opened.pack, subject.limits.depth) {
        let is = |d: &&Described| d.component == pin.component;
        let described = opened.described.iter().find(is);
        let Some(Ok(description)) = described.map(|d| &d.answer) else {
            continue;
        };
        let Some(stale) = stale(&pin, description) else {
            continue;
        };
        compared += 1;
        // One finding a component: the other differences follow from the first.
        found.extend(stale.map(|(expected, actual)| {
            let at = format!("the lock, `{}`", inert(&pin.component, 120));
            Finding::new(CheckCode::LockStale, at, expected, inert(&actual, 400))
        }));
    }
    findings.pack(match compared {
        0 => Conclusion::NotApplicable(
            "no locked component of the pack describes its operations".into(),
        ),
        _ => Conclusion::of(found),
    });
}

/// What is expected, and what the lock has instead.
pub(crate) type Stale = (String, String);

/// Compares a row of the lock with the description of its component; `None` if the
/// component describes no operations, as those of older interfaces.
pub(crate) fn stale(pin: &Pin, description: &Value) -> Option<Option<Stale>> {
    let id = description.pointer("/info/id").and_then(Value::as_str)?;
    let rows = description.get("operations").and_then(Value::as_array)?;
    Some(if id == pin.component {
        let other = other_operations(pin, rows).map(|(expected, mut actual)| {
            if current_rows(description).is_none() {
                actual += UNDECODABLE;
            }
            (expected, actual)
        });
        other.or_else(|| other_hashes(pin, description))
    } else {
        let actual = format!("{DESCRIBES_ITSELF} `{id}`");
        Some(("the component of this id".into(), actual))
    })
}

/// What the pack tools write into the lock for a component that describes itself so.
pub(crate) struct Current {
    /// The operations, each with the hash of its schemas.
    pub(crate) operations: BTreeMap<String, String>,
    /// The hash of the description.
    pub(crate) describe_hash: String,
}

/// `None` if the tools cannot decode the description either.
pub(crate) fn current_rows(description: &Value) -> Option<Current> {
    let described: ComponentDescribe = serde_json::from_value(description.clone()).ok()?;
    let operations = described.operations.iter().map(|operation| {
        let (input, output) = (&operation.input.schema, &operation.output.schema);
        let hash = schema_hash(input, output, &described.config_schema).ok()?;
        Some((operation.id.clone(), hash))
    });
    Some(Current {
        operations: operations.collect::<Option<_>>()?,
        describe_hash: describe_hashes(&described).into_iter().next()?,
    })
}

fn other_operations(pin: &Pin, rows: &[Value]) -> Option<Stale> {
    let ids = rows.iter().filter_map(|row| row.get("id")?.as_str());
    let ids: BTreeSet<&str> = ids.collect();
    let locked = pin.operations.as_ref()?.keys().map(String::as_str);
    let locked: BTreeSet<&str> = locked.collect();
    let list = |ids: &BTreeSet<&str>| {
        let ids: Vec<String> = ids.iter().map(|id| inert(id, 60)).collect();
        inert(&format!("operations {}", ids.join(", ")), 300)
    };
    (locked != ids).then(|| (list(&ids), list(&locked)))
}

/// Compares the hashes that the lock has, in the way in which the pack tools compute
/// them. Says nothing about a description that the tools cannot decode either.
fn other_hashes(pin: &Pin, description: &Value) -> Option<Stale> {
    let described: ComponentDescribe = serde_json::from_value(description.clone()).ok()?;
    let locked = pin.operations.iter().flatten();
    let locked: BTreeMap<&str, &str> = locked
        .filter_map(|(id, hash)| Some((id.as_str(), hash.as_deref()?)))
        .collect();
    for operation in &described.operations {
        let (input, output) = (&operation.input.schema, &operation.output.schema);
        let hash = schema_hash(input, output, &described.config_schema).ok()?;
        if let Some(locked) = locked.get(operation.id.as_str()).filter(|l| **l != hash) {
            let id = inert(&operation.id, 60);
            let of = |hash: &str| format!("schema hash {hash} of operation `{id}`");
            return Some((of(&hash), of(locked)));
        }
    }
    let locked = pin.describe_hash.as_deref()?;
    let hashes = describe_hashes(&described);
    let of = |hash: &str| format!("describe hash {hash}");
    let expected = of(hashes.first()?);
    (!hashes.iter().any(|hash| hash == locked)).then(|| (expected, of(locked)))
}

/// The hash of a description, as the pack tools compute it: with the outcomes, and,
/// for tools that are older than these, without the empty list.
fn describe_hashes(described: &ComponentDescribe) -> Vec<String> {
    let mut encoded = vec![to_canonical_cbor_allow_floats(described)];
    let mut value = json!(described);
    if let (true, Some(map)) = (described.outcomes.is_empty(), value.as_object_mut()) {
        map.remove("outcomes");
        encoded.push(to_canonical_cbor_allow_floats(&value));
    }
    let encoded = encoded.into_iter().flatten();
    encoded.map(|bytes| pack::digest(&bytes)).collect()
}
