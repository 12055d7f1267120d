//! Makes one set of keywords of a schema, its references and its `allOf`, where both say
//! the same of every value.

use super::keywords::{BOUNDS, DEFINITIONS, SECRET, is_text, type_set};
use super::references::Document;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

type Keywords = Map<String, Value>;

/// Keywords that read which members another keyword of the same schema has.
const READS: [(&str, &str); 3] = [
    ("additionalProperties", "properties"),
    ("additionalProperties", "patternProperties"),
    ("unevaluatedProperties", "properties"),
];
/// Keywords that only mean something together.
const GROUPS: [&[&str]; 3] = [
    &["if", "then", "else"],
    &["contains", "minContains", "maxContains"],
    &[
        "items",
        "prefixItems",
        "additionalItems",
        "unevaluatedItems",
    ],
];

/// The keywords of `schema` in `document`, without `$ref` and `allOf`; or why that cannot
/// be computed.
pub(super) fn expand(document: &Document<'_>, schema: &Value) -> Result<Keywords, String> {
    expand_within(document, schema, 0)
}

fn expand_within(
    document: &Document<'_>,
    schema: &Value,
    depth: usize,
) -> Result<Keywords, String> {
    Document::depth(depth)?;
    document.spend(schema)?;
    let mut own = match schema {
        Value::Bool(true) => Keywords::new(),
        Value::Object(map) => map.clone(),
        _ => return Err("a schema that is no object is not compared".into()),
    };
    own.retain(|key, _| !DEFINITIONS.contains(&key.as_str()));
    let mut parts = Vec::new();
    if let Some(name) = own.get("$ref").and_then(Value::as_str) {
        parts.push(expand_within(document, document.target(name)?, depth + 1)?);
        own.remove("$ref");
        own = document.siblings(own);
    }
    if let Some(Value::Array(members)) = own.remove("allOf") {
        for member in &members {
            parts.push(expand_within(document, member, depth + 1)?);
        }
    }
    let mut merged = own;
    for part in parts {
        merged = merge(merged, part)?;
    }
    Ok(merged)
}

/// The keywords that hold for a value if and only if both do.
fn merge(mut one: Keywords, other: Keywords) -> Result<Keywords, String> {
    for (reader, read) in READS {
        let (reads, named) = (one.get(reader), other.get(reader));
        let open = |value: Option<&Value>| value.is_none_or(|value| value == &Value::Bool(true));
        let same = one.get(read) == other.get(read) && reads == named;
        // It reads the members of its own part alone.
        let within = |reader: Option<&Value>, own: &Keywords, others: &Keywords| {
            open(reader) || names(others, read).is_subset(&names(own, read))
        };
        let is_exact = same || (within(reads, &one, &other) && within(named, &other, &one));
        if !is_exact {
            return Err(format!("`allOf` has parts of which one has `{reader}`"));
        }
    }
    for group in GROUPS {
        let of = |keywords: &Keywords| -> Vec<(String, Value)> {
            let members = group.iter().filter_map(|key| keywords.get_key_value(*key));
            members
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let (own, others) = (of(&one), of(&other));
        let is_plain = |members: &[(String, Value)]| {
            members
                .iter()
                .all(|(key, value)| key == "items" && value.is_object())
        };
        let is_apart = own.is_empty() || others.is_empty() || own == others;
        let is_exact = is_apart || (is_plain(&own) && is_plain(&others));
        if !is_exact {
            return Err(format!("`allOf` has parts with different `{}`", group[0]));
        }
    }
    for (key, value) in other {
        let merged = match one.remove(&key) {
            None => value,
            Some(own) if own == value => own,
            Some(own) => both(&key, own, value)?,
        };
        one.insert(key, merged);
    }
    Ok(one)
}

fn names<'k>(keywords: &'k Keywords, key: &str) -> BTreeSet<&'k str> {
    let members = keywords.get(key).and_then(Value::as_object);
    members
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect()
}

/// The value of the keyword `key` that holds if both do.
fn both(key: &str, one: Value, other: Value) -> Result<Value, String> {
    let inexact = || format!("`allOf` has parts with different `{key}`");
    Ok(match key {
        // The outer text is the one that people read.
        key if is_text(key) => one,
        key if SECRET.contains(&key) => Value::Bool(one == true || other == true),
        "properties" => properties(one, other),
        "items" | "additionalProperties" if one.is_object() && other.is_object() => {
            json!({ "allOf": [one, other] })
        }
        "items" | "additionalProperties" if one == true => other,
        "items" | "additionalProperties" if other == true => one,
        "additionalProperties" => Value::Bool(false),
        "required" => {
            let lists = [&one, &other].into_iter().filter_map(Value::as_array);
            let all: BTreeSet<&str> = lists.flatten().filter_map(Value::as_str).collect();
            json!(all)
        }
        "type" => types(&one, &other).ok_or_else(inexact)?,
        "enum" => {
            let (one, other) = (one.as_array(), other.as_array());
            let (one, other) = one.zip(other).ok_or_else(inexact)?;
            let common = one.iter().filter(|value| other.contains(value));
            Value::Array(common.cloned().collect())
        }
        key if BOUNDS.as_flattened().contains(&key) => {
            let numbers = one.as_f64().zip(other.as_f64());
            let (number, another) = numbers.ok_or_else(inexact)?;
            let is_least = BOUNDS.iter().any(|[least, _]| *least == key);
            if (number > another) == is_least {
                one
            } else {
                other
            }
        }
        _ => return Err(inexact()),
    })
}

fn properties(one: Value, other: Value) -> Value {
    let (Value::Object(mut all), Value::Object(more)) = (one, other) else {
        return Value::Null;
    };
    for (name, schema) in more {
        let merged = match all.remove(&name) {
            None => schema,
            Some(own) if own == schema => own,
            Some(own) => json!({ "allOf": [own, schema] }),
        };
        all.insert(name, merged);
    }
    Value::Object(all)
}

/// The types that both allow; `None` if there are none, or a schema names others.
fn types(one: &Value, other: &Value) -> Option<Value> {
    let set = |value: &Value| {
        let schema: Keywords = [("type".to_owned(), value.clone())].into_iter().collect();
        type_set(&schema).map(|types| types.into_iter().map(str::to_owned).collect())
    };
    let (one, other): (BTreeSet<String>, BTreeSet<String>) = (set(one)?, set(other)?);
    let allows = |types: &BTreeSet<String>, name: &str| {
        types.contains(name) || (name == "integer" && types.contains("number"))
    };
    let all = one.iter().chain(&other);
    let common: BTreeSet<&String> = all
        .filter(|name| allows(&one, name) && allows(&other, name))
        .collect();
    (!common.is_empty()).then(|| json!(common))
}
