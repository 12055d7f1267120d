//! One cause as a result of SARIF.

use crate::fold::PackRun;
use provision_core::pack::digest;
use provision_oracle::{Cause, Level, Place};
use serde_json::{Value, json};

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
    let path = pack
        .finished
        .as_ref()
        .map_or("unknown", |f| f.path.as_str());
    let (related, left_out) = related(path, cause);
    let in_pack = digest(format!("{path}\n{}", cause.id).as_bytes());
    json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": if cause.level > level { "note" } else { severity(cause.level) },
        "message": { "text": message(pack, cause) },
        "locations": [{ "physicalLocation": location(path) }],
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

pub(super) fn severity(level: Level) -> &'static str {
    match level {
        Level::Must | Level::Publish => "error",
        Level::Should => "warning",
    }
}

fn message(pack: &PackRun, cause: &Cause) -> String {
    let Cause { what, code, .. } = cause;
    let mut text = format!("{what} ({code}).\nUsers see: {}", cause.users_see);
    text += &format!("\nDo: {}", cause.fix);
    if !cause.also.is_empty() {
        text += &format!("\nAlso: {}", listed(&cause.also));
    }
    let requirements: Vec<&str> = cause.checks.iter().map(String::as_str).collect();
    text += &format!("\nChecks: {}", requirements.join(", "));
    if let Some(root) = &cause.blocked_by {
        text += &format!("\nIt follows from cause {root}.");
    }
    if let Some(command) = pack.finished.as_ref().and_then(|f| f.reproduce.as_ref()) {
        text += &format!("\nReproduce: {command}");
    }
    text
}

/// At most ten of the files, in words.
fn listed(files: &[String]) -> String {
    let shown: Vec<&str> = files.iter().take(10).map(String::as_str).collect();
    match files.len().saturating_sub(10) {
        0 => shown.join(", "),
        more => format!("{} and {more} more files", shown.join(", ")),
    }
}

/// The places of a cause, and how many are left out. Every place is in the pack, whose
/// parts have no lines.
fn related(path: &str, cause: &Cause) -> (Vec<Value>, usize) {
    let of_place = |place: &Place| {
        let (check, scope) = (place.check.clone(), place.scope.clone());
        let at = place.at.clone().into_iter();
        at.map(move |at| format!("{check} ({scope}) at {at}"))
    };
    let texts = cause.places.iter().flat_map(of_place);
    let locations: Vec<Value> = texts
        .take(MOST_LOCATIONS)
        .enumerate()
        .map(|(i, text)| {
            let text: String = text.chars().take(MOST_CHARS).collect();
            json!({
                "id": i + 1,
                "physicalLocation": location(path),
                "message": { "text": text },
            })
        })
        .collect();
    let all: usize = cause.places.iter().map(|place| place.at.len()).sum();
    let left_out = all - locations.len();
    (locations, left_out)
}

fn location(path: &str) -> Value {
    json!({
        "artifactLocation": { "uri": uri(path) },
        "region": { "startLine": 1 },
    })
}

/// A path as a relative reference (RFC 3986): percent-encodes every byte except
/// unreserved characters and `/`.
pub(super) fn uri(path: &str) -> String {
    let path = path.trim_start_matches("./");
    let mut out = String::new();
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
    }
}
