//! Compares two JSON Schemas keyword by keyword.

use super::change::{Found, Pair, both};
use super::pairing::Pairing;
use super::question::bounds;
use super::rules::Rule;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Keywords that people read.
const TEXTS: [&str; 6] = [
    "title",
    "description",
    "examples",
    "$comment",
    "$id",
    "$schema",
];
/// Keywords of secrets.
const SECRET: [&str; 3] = ["x-redact", "x-secret", "writeOnly"];
/// Pairs of keywords that bound a value.
const BOUNDS: [[&str; 2]; 5] = [
    ["minimum", "maximum"],
    ["exclusiveMinimum", "exclusiveMaximum"],
    ["minLength", "maxLength"],
    ["minItems", "maxItems"],
    ["minProperties", "maxProperties"],
];
/// Other keywords that are compared.
const COMPARED: [&str; 10] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "pattern",
    "format",
    "default",
];

/// Compares the schema `new` at `place` with `old`.
pub(super) fn compare(place: &str, [old, new]: [&Value; 2], found: &mut Found<'_>) {
    if old == new {
        return;
    }
    let (Some(before), Some(after)) = (old.as_object(), new.as_object()) else {
        let why = "a schema that is no object is not compared";
        return found.skip(place, why);
    };
    types(place, [before, after], found);
    values(place, [before, after], found);
    properties(place, [before, after], found);
    for key in ["items", "additionalProperties"] {
        let subschemas = [before, after].map(|map| map.get(key));
        match subschemas {
            [Some(old @ Value::Object(_)), Some(new @ Value::Object(_))] => {
                compare(&format!("{place}, {key}"), [old, new], found);
            }
            [old, new] if key == "items" && old != new => other(place, key, found),
            [_, _] => {}
        }
    }
    texts(place, [before, after], found);
    let keys = before.keys().chain(after.keys()).collect::<BTreeSet<_>>();
    for key in keys.into_iter().filter(|key| !is_compared(key)) {
        if before.get(key) != after.get(key) {
            other(place, key, found);
        }
    }
}

fn is_compared(key: &str) -> bool {
    let lists = [&TEXTS[..], &SECRET, &COMPARED];
    lists.iter().any(|list| list.contains(&key)) || BOUNDS.as_flattened().contains(&key)
}

fn other(place: &str, key: &str, found: &mut Found<'_>) {
    let why = "the packs differ in this keyword, which the harness does not compare";
    found.skip(&format!("{place}, keyword `{key}`"), why);
}

/// The types that a schema allows; `None` if it allows all.
fn type_set(schema: &Map<String, Value>) -> Option<BTreeSet<&str>> {
    let types: BTreeSet<&str> = match schema.get("type")? {
        Value::String(one) => [one.as_str()].into(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    Some(types)
}

fn types(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
    let (before, after) = (type_set(old), type_set(new));
    if before == after {
        return;
    }
    // Every integer is a number.
    let within = |one: &Option<BTreeSet<&str>>, other: &Option<BTreeSet<&str>>| match (one, other) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(one), Some(other)) => one
            .iter()
            .all(|name| other.contains(name) || (*name == "integer" && other.contains("number"))),
    };
    let words = |types: &Option<BTreeSet<&str>>| match types {
        None => "any".to_owned(),
        Some(types) => types.iter().copied().collect::<Vec<_>>().join(", "),
    };
    let rule = match (within(&before, &after), within(&after, &before)) {
        (true, _) => Rule::SchemaTypeWidened,
        (false, true) => Rule::SchemaTypeNarrowed,
        (false, false) => Rule::SchemaTypeChanged,
    };
    found.change(rule, place, both(&words(&before), &words(&after)));
}

fn values(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
    enums(place, [old, new], found);
    let number = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_f64);
    for [least, most] in BOUNDS {
        let edges = |map| (number(map, least), number(map, most));
        let rules = [Rule::SchemaBoundsNarrowed, Rule::SchemaBoundsWidened];
        bounds(place, (edges(old), edges(new)), rules, found);
    }
    let text = |map: &Map<String, Value>, key: &str| map.get(key).map(Value::to_string);
    let (before, after) = (text(old, "pattern"), text(new, "pattern"));
    let pair: Pair<'_> = (before.as_deref(), after.as_deref());
    match pair {
        (None, Some(_)) => found.change(Rule::SchemaPatternAdded, place, pair),
        (Some(_), None) => found.change(Rule::SchemaPatternRemoved, place, pair),
        (before, after) if before != after => {
            found.guess(Rule::SchemaPatternChanged, place, pair);
        }
        _ => {}
    }
    for (key, rule) in [
        ("format", Rule::SchemaFormat),
        ("default", Rule::SchemaDefault),
    ] {
        let (before, after) = (text(old, key), text(new, key));
        if before != after {
            found.change(rule, place, (before.as_deref(), after.as_deref()));
        }
    }
    let is_secret = |map: &Map<String, Value>| {
        let mut keys = SECRET.iter();
        keys.any(|key| map.get(*key) == Some(&Value::Bool(true)))
    };
    match (is_secret(old), is_secret(new)) {
        (true, false) => found.change(Rule::SchemaSecretPlain, place, both("secret", "plain")),
        (false, true) => found.change(Rule::SchemaPlainSecret, place, both("plain", "secret")),
        _ => {}
    }
}

fn enums(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
    let set = |map: &Map<String, Value>| -> Option<BTreeSet<String>> {
        let one = map.get("const").map(std::slice::from_ref);
        let several = map.get("enum").and_then(Value::as_array);
        let values = one.or(several.map(Vec::as_slice))?;
        Some(values.iter().map(Value::to_string).collect())
    };
    let (before, after) = (set(old), set(new));
    let (narrowed, widened) = match (&before, &after) {
        (None, None) => return,
        (None, Some(_)) => (true, false),
        (Some(_), None) => (false, true),
        (Some(old), Some(new)) => (!old.is_subset(new), !new.is_subset(old)),
    };
    let words = |set: &Option<BTreeSet<String>>| match set {
        None => "any".to_owned(),
        Some(set) => set
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let (before, after) = (words(&before), words(&after));
    if narrowed {
        found.change(Rule::SchemaEnumNarrowed, place, both(&before, &after));
    }
    if widened {
        found.change(Rule::SchemaEnumWidened, place, both(&before, &after));
    }
}

/// The required properties of a schema.
fn required(schema: &Map<String, Value>) -> BTreeSet<&str> {
    let list = schema.get("required").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn properties(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
    let of = |schema: &Map<String, Value>| -> BTreeMap<String, Value> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let properties = properties.cloned().unwrap_or_default();
        properties.into_iter().collect()
    };
    let (before, after) = (of(old), of(new));
    let (needed, needs) = (required(old), required(new));
    let at = |name: &str| format!("{place}, property `{name}`");
    let has_to_be = |needs: &BTreeSet<&str>, name: &str| needs.contains(name);
    let pairing = Pairing::of(&before, &after);
    for (name, old, new) in pairing.kept {
        compare(&at(name), [old, new], found);
    }
    for (name, property) in pairing.removed {
        let words = property.to_string();
        found.change(Rule::SchemaPropertyRemoved, &at(name), (Some(&words), None));
    }
    for (name, property) in pairing.added {
        let rule = match has_to_be(&needs, name) && !needed.contains(name) {
            true => Rule::SchemaPropertyRequired,
            false => Rule::SchemaPropertyAdded,
        };
        let words = property.to_string();
        found.change(rule, &at(name), (None, Some(&words)));
    }
    let is_new = |name: &&str| before.contains_key(*name) == after.contains_key(*name);
    for name in needs.difference(&needed).filter(|name| is_new(name)) {
        let pair = both("optional", "required");
        found.change(Rule::SchemaRequired, &at(name), pair);
    }
    for name in needed.difference(&needs).filter(|name| is_new(name)) {
        let pair = both("required", "optional");
        found.change(Rule::SchemaOptional, &at(name), pair);
    }
    let closed =
        |map: &Map<String, Value>| map.get("additionalProperties") == Some(&Value::Bool(false));
    match (closed(old), closed(new)) {
        (false, true) => found.change(Rule::SchemaClosed, place, both("open", "closed")),
        (true, false) => found.change(Rule::SchemaOpened, place, both("closed", "open")),
        _ => {}
    }
}

fn texts(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
    for key in TEXTS {
        let text = |map: &Map<String, Value>| map.get(key).map(Value::to_string);
        let (before, after) = (text(old), text(new));
        if before != after {
            let place = format!("{place}, {key}");
            let pair = (before.as_deref(), after.as_deref());
            found.change(Rule::SchemaText, &place, pair);
        }
    }
}
