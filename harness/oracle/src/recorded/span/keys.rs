//! The attributes that each span of the platform has to have.

use super::attributes::{Attribute, Held};
use super::place::{Place, Violations};
use provision_core::codes::SpanCode;

/// The keys that greentic-conformance asks for on each span, and greentic-types declares.
pub(super) const KEYS: [&str; 14] = [
    "service.name",
    "greentic.pack.id",
    PACK_VERSION,
    "greentic.flow.id",
    "greentic.node.id",
    "greentic.component.name",
    "greentic.component.version",
    "greentic.tenant.id",
    "greentic.team.id",
    "greentic.user.id",
    "greentic.session.id",
    "greentic.run.status",
    "greentic.capability",
    "greentic.artifacts.dir",
];
const PACK_VERSION: &str = "greentic.pack.version";

/// The keys among them that say whose a span is: `span.tenant` judges whether they are blank.
const OF_TENANT: [&str; 3] = ["greentic.tenant.id", "greentic.team.id", "greentic.user.id"];

/// The first parts of the attributes that the platform alone sets: `greentic.` is that of
/// its semantic attributes, `gt.` that of the context that greentic-telemetry adds.
const OWN: [&str; 2] = ["greentic.", "gt."];

/// Where tracing libraries write the module that opened a span.
const MODULES: [&str; 3] = ["code.module.name", "code.namespace", "target"];

/// A set of the [`KEYS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct KeySet(u16);

impl KeySet {
    fn add(&mut self, index: usize) {
        self.0 |= 1 << index;
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The keys that are not in it.
    fn missing(self) -> Vec<&'static str> {
        let all = KEYS.iter().enumerate();
        let missing = all.filter(|(index, _)| self.0 & 1 << index == 0);
        missing.map(|(_, key)| *key).collect()
    }
}

/// The keys that `attributes` have; adds to `wrong` what is wrong with their values.
pub(super) fn given(attributes: &[Attribute<'_>], place: Place, wrong: &mut Violations) -> KeySet {
    let mut given = KeySet::default();
    let mut first = [None; KEYS.len()];
    for attribute in attributes {
        let Some(index) = KEYS.iter().position(|key| *key == attribute.key) else {
            continue;
        };
        given.add(index);
        match first[index] {
            None => first[index] = Some(attribute.value),
            Some(value) if value == attribute.value => continue,
            Some(_) => {
                let (code, expected) = (SpanCode::KeyTwice, "one value of each key");
                let actual = format!("another value of `{}`", attribute.key);
                wrong.add(code, (place, &attribute.below()), expected, actual);
            }
        }
        if let Some((code, expected, actual)) = defect(attribute) {
            wrong.add(code, (place, &attribute.below()), expected, actual);
        }
    }
    given
}

fn defect(attribute: &Attribute<'_>) -> Option<(SpanCode, String, String)> {
    let key = attribute.key;
    let text = match attribute.value {
        Held::Text(text) => text.trim(),
        Held::Other(kind) => {
            let expected = format!("a string as `{key}`");
            return Some((SpanCode::KeyType, expected, kind.to_owned()));
        }
        Held::Nothing => "",
    };
    let expected = format!("a string with a visible character as `{key}`");
    if text.is_empty() && attribute.value.text().is_some() && OF_TENANT.contains(&key) {
        None
    } else if text.is_empty() {
        Some((SpanCode::KeyBlank, expected, "a blank one".into()))
    } else if key == PACK_VERSION {
        let why = semver::Version::parse(text).err()?;
        let expected = "a semantic version such as 1.2.3".to_owned();
        Some((SpanCode::PackVersion, expected, why.to_string()))
    } else {
        None
    }
}

/// What the attributes of a span say about where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It has attributes that the platform alone sets.
    Platform,
    /// A module of another crate opened it.
    Library,
    /// Its scope decides.
    Unknown,
}

/// Where a span with these attributes comes from.
///
/// The platform exports all spans of a process under one scope, also those that a library
/// opens, such as an HTTP client. The bridge from `tracing` adds the module that opened a
/// span, so a span without attributes of the platform whose module is of another crate is
/// of a library.
pub(super) fn origin(attributes: &[Attribute<'_>]) -> Origin {
    let is_own = |a: &Attribute<'_>| OWN.iter().any(|own| a.key.starts_with(own));
    if attributes.iter().any(is_own) {
        return Origin::Platform;
    }
    let module = |name: &&str| {
        let name: &str = name;
        let found = attributes.iter().find(|a| a.key == name);
        found.and_then(|a| a.value.text())
    };
    match MODULES.iter().find_map(module) {
        Some(module) if is_module(module) && !is_of_platform(module) => Origin::Library,
        _ => Origin::Unknown,
    }
}

/// Whether `text` is the path of a module: other libraries write other things as `target`.
fn is_module(text: &str) -> bool {
    let is_part = |part: &str| {
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        !part.is_empty() && part.bytes().all(is_name)
    };
    text.split("::").all(is_part)
}

/// Whether a scope or a module of this name is of the platform. A scope without a name is
/// unknown, and no excuse.
pub(super) fn is_of_platform(name: &str) -> bool {
    name.is_empty() || name.starts_with("greentic")
}

/// Adds a violation if a span of the platform at `place` lacks keys.
pub(super) fn complete(given: KeySet, place: Place, wrong: &mut Violations) {
    let missing = given.missing();
    if missing.is_empty() {
        return;
    }
    let expected = "each of the 14 keys, on the span or its resource";
    let actual = format!("it lacks {}", missing.join(", "));
    wrong.add(SpanCode::KeyMissing, (place, ""), expected, actual);
}
