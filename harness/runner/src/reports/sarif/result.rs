//! One cause as a result of SARIF.

use crate::count::counted;
use crate::fold::PackRun;
use provision_core::pack::digest;
use provision_core::{Status, manifest};
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
    let mut places = cause.places.iter().flat_map(|place| &place.at);
    let first = places.find_map(|at| in_file(path, at));
    let in_pack = digest(format!("{path}\n{}", cause.id).as_bytes());
    json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": if cause.level > level { "note" } else { severity(cause.level) },
        "message": { "text": message(pack, cause) },
        "locations": [{ "physicalLocation": first.unwrap_or_else(|| location(path)) }],
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

/// The file that stands for a pack.
pub(super) fn file_of(pack: &PackRun) -> &str {
    let finished = pack.finished.as_ref();
    finished.map_or("unknown", |f| f.file.as_ref().unwrap_or(&f.path))
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
        more => {
            let more = counted(more, "more file", "more files");
            format!("{} and {more}", shown.join(", "))
        }
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
            json!({
                "id": i + 1,
                "physicalLocation": in_file(path, &at).unwrap_or_else(|| location(path)),
                "message": { "text": text },
            })
        })
        .collect();
    let all: usize = cause.places.iter().map(|place| place.at.len()).sum();
    let left_out = all - locations.len();
    (locations, left_out)
}

/// The pack as a location. NB: GitHub requires a line.
fn location(path: &str) -> Value {
    json!({
        "artifactLocation": { "uri": uri(path) },
        "region": { "startLine": 1 },
    })
}

/// The location of a place `file:line` or `file:line:column` in the pack that `path` stands
/// for, if the pack is a folder: what is in an archive has no path of its own.
fn in_file(path: &str, at: &str) -> Option<Value> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if !manifest::FILE_NAMES.contains(&name) {
        return None;
    }
    let (rest, last) = at.rsplit_once(':')?;
    let last: u32 = last.parse().ok().filter(|n| *n > 0)?;
    let before = rest.rsplit_once(':');
    let before = before.and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    let (file, region) = match before.filter(|(_, line)| *line > 0) {
        Some((file, line)) => (file, json!({ "startLine": line, "startColumn": last })),
        None => (rest, json!({ "startLine": last })),
    };
    let is_path = |c: char| c.is_alphanumeric() || "-._/ ".contains(c);
    let leaves = file.starts_with('/') || file.split('/').any(|part| part == "..");
    if file.is_empty() || leaves || !file.chars().all(is_path) || !file.contains('.') {
        return None;
    }
    let inside = match folder {
        "" => file.to_owned(),
        folder => format!("{folder}/{file}"),
    };
    Some(json!({ "artifactLocation": { "uri": uri(&inside) }, "region": region }))
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
    use super::{in_file, uri};
    use serde_json::json;

    #[test]
    fn path_with_space_or_colon_is_percent_encoded() {
        assert_eq!(uri("./packs/a b#.gtpack"), "packs/a%20b%23.gtpack");
        assert_eq!(uri("javascript:x"), "javascript%3Ax");
        assert_eq!(uri("/a b/c"), "file:///a%20b/c");
    }

    #[test]
    fn place_with_a_line_is_a_region_of_the_file_in_a_folder() {
        let found = |path, at| in_file(path, at);
        let region = |uri: &str, region| {
            Some(json!({ "artifactLocation": { "uri": uri }, "region": region }))
        };
        let pack = "packs/p/pack.json";
        assert_eq!(
            found(pack, "assets/setup.yaml:3:5"),
            region(
                "packs/p/assets/setup.yaml",
                json!({ "startLine": 3, "startColumn": 5 })
            )
        );
        assert_eq!(
            found("pack.json", "qa/a b.json:12"),
            region("qa/a%20b.json", json!({ "startLine": 12 }))
        );
        for (path, at) in [
            ("packs/p.gtpack", "assets/setup.yaml:3:5"),
            (pack, "/webhook_ops/0/url"),
            (pack, "setup.yaml"),
            (pack, "setup.yaml:0"),
            (pack, "../x.yaml:3"),
            (pack, "https://x.example:3"),
            (pack, "apply:3"),
        ] {
            assert_eq!(found(path, at), None, "{path} {at}");
        }
    }
}
