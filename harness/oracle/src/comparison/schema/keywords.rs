//! The keywords of a schema that are compared by themselves.

use super::super::change::{Found, Pair, both};
use super::super::question::bounds;
use super::super::rules::Rule;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

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
pub(super) const SECRET: [&str; 3] = ["x-redact", "x-secret", "writeOnly"];
/// Pairs of keywords that bound a value.
pub(super) const BOUNDS: [[&str; 2]; 5] = [
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

/// Keywords that hold lists of branches.
pub(super) const BRANCHES: [&str; 2] = ["anyOf", "oneOf"];
/// Keywords that only hold definitions.
pub(super) const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
/// Keywords of a condition.
const CONDITION: [&str; 3] = ["if", "then", "else"];
/// Whether people or hosts read the keyword, and no value is refused by it.
pub(super) fn is_text(key: &str) -> bool {
    TEXTS.contains(&key) || key == "default" || key == "format"
}

/// The same, or the keyword says that the value is a secret.
pub(super) fn is_note(key: &str) -> bool {
    is_text(key) || SECRET.contains(&key)
}

pub(super) fn is_compared(key: &str) -> bool {
    let lists = [
        &TEXTS[..],
        &SECRET,
        &COMPARED,
        &BRANCHES,
        &CONDITION,
        &DEFINITIONS,
    ];
    lists.iter().any(|list| list.contains(&key)) || BOUNDS.as_flattened().contains(&key)
}

/// The types that a schema allows; `None` if it allows all.
pub(super) fn type_set(schema: &Map<String, Value>) -> Option<BTreeSet<&str>> {
    let types: BTreeSet<&str> = match schema.get("type")? {
        Value::String(one) => [one.as_str()].into(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    Some(types)
}

pub(super) fn types(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
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

pub(super) fn values(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
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

/// The only values that a schema allows, as JSON; `None` if it does not list them.
pub(super) fn value_set(schema: &Map<String, Value>) -> Option<BTreeSet<String>> {
    let one = schema.get("const").map(std::slice::from_ref);
    let several = schema.get("enum").and_then(Value::as_array);
    let values = one.or(several.map(Vec::as_slice))?;
    Some(values.iter().map(Value::to_string).collect())
}

fn enums(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
    let (before, after) = (value_set(old), value_set(new));
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

pub(super) fn texts(place: &str, [old, new]: [&Map<String, Value>; 2], found: &mut Found<'_>) {
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
