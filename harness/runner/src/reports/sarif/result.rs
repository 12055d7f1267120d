//! One cause as a result of SARIF.

use super::super::located::{Location, Weight, file_of, message};
use crate::fold::PackRun;
use provision_core::Status;
use provision_core::pack::digest;
use provision_oracle::{Cause, Level, Place};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Related locations of one result, at most; GitHub refuses more than 1 000.
const MOST_LOCATIONS: usize = 100;
/// Characters of one place, at most.
const MOST_CHARS: usize = 400;

/// The result of `cause`, which `rule` with this index found; `level` is the last that the
/// profile requires.
pub(super) fn result(
    pack: &PackRun,
    cause: &Cause,
    rule: &str,
    index: usize,
    level: Level,
) -> Value {
    let path = file_of(pack);
    let (related, left_out) = related(path, cause);
    let place = Location::of(pack, cause);
    let in_pack = digest(format!("{path}\n{}", cause.id).as_bytes());
    json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": severity(Weight::of(cause, false, level)),
        "message": { "text": message(pack, cause) },
        "locations": [{ "physicalLocation": location(&place) }],
        "relatedLocations": related,
        "partialFingerprints": {
            "cause/v1": cause.id,
            "causeInPack/v1": &in_pack[..32],
        },
        "properties": {
            "code": cause.code,
            "bite": cause.bite,
            "findings": cause.findings,
            "blockedBy": cause.blocked_by,
            "placesLeftOut": left_out,
        },
    })
}

/// Why expectations excuse the checks of a pack, by check and scope, with the order of the
/// results.
pub(super) struct Reasons<'p>(BTreeMap<(&'p str, &'p str), (usize, &'p str)>);

impl<'p> Reasons<'p> {
    pub(super) fn of(pack: &'p PackRun) -> Self {
        let excused = pack.checks.iter().enumerate();
        let excused = excused.filter(|(_, check)| check.status == Status::Excused);
        let reason = excused.filter_map(|(at, check)| {
            let reason = check.reason.as_deref()?;
            Some(((&*check.check, &*check.scope), (at, reason)))
        });
        Self(reason.collect())
    }

    /// That expectations excuse `cause`, and the first reason.
    pub(super) fn suppressions(&self, cause: &Cause) -> Value {
        let places = cause.places.iter();
        let reasons = places.filter_map(|place| self.0.get(&(&*place.check, &*place.scope)));
        let mut one = json!({ "kind": "external", "status": "accepted" });
        if let Some((_, reason)) = reasons.min() {
            one["justification"] = json!(reason);
        }
        json!([one])
    }
}

pub(super) fn severity(weight: Weight) -> &'static str {
    match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
    }
}

/// The places of a cause, and how many are left out. Every place is in the pack, whose
/// parts have no lines.
fn related(path: &str, cause: &Cause) -> (Vec<Value>, usize) {
    let of_place = |place: &Place| {
        let (check, scope) = (place.check.clone(), place.scope.clone());
        let at = place.at.clone().into_iter();
        at.map(move |at| (format!("{check} ({scope}) at {at}"), at))
    };
    let texts = cause.places.iter().flat_map(of_place);
    let locations: Vec<Value> = texts
        .take(MOST_LOCATIONS)
        .enumerate()
        .map(|(i, (text, at))| {
            let text: String = text.chars().take(MOST_CHARS).collect();
            let place = Location::in_pack(path, &at).unwrap_or_else(|| Location::of_pack(path));
            json!({
                "id": i + 1,
                "physicalLocation": location(&place),
                "message": { "text": text },
            })
        })
        .collect();
    let all: usize = cause.places.iter().map(|place| place.at.len()).sum();
    let left_out = all - locations.len();
    (locations, left_out)
}

/// A place as a location of SARIF.
fn location(place: &Location) -> Value {
    let mut region = json!({ "startLine": place.line });
    if let Some(column) = place.column {
        region["startColumn"] = column.into();
    }
    json!({
        "artifactLocation": { "uri": uri(&place.file) },
        "region": region,
    })
}

/// A path as a relative reference (RFC 3986), or a URI with the scheme `file` if it is
/// absolute: percent-encodes every byte except unreserved characters and `/`.
pub(super) fn uri(path: &str) -> String {
    let path = path.trim_start_matches("./");
    let mut out = if path.starts_with('/') {
        String::from("file://")
    } else {
        String::new()
    };
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn path_with_space_or_colon_is_percent_encoded() {
        assert_eq!(uri("./packs/a b#.gtpack"), "packs/a%20b%23.gtpack");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
        assert_eq!(uri("/a b/c"), "file:///a%20b/c");
    }
}
