//! Compares two JSON Schemas keyword by keyword, through their references and branches.

mod branches;
mod expand;
mod keywords;
mod references;

use super::change::{Found, both};
use super::pairing::Pairing;
use super::rules::Rule;
use branches::{Branch, paired};
use expand::expand;
use keywords::{BRANCHES, is_compared, is_note, texts, types, values};
use references::{Document, references};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Schemas that are compared, at most, and how deep: references may lead round in circles
/// that grow.
const MOST: usize = 20_000;
const DEPTH: usize = 64;

/// A walk through two schemas.
struct Walk<'d, 'f, 's> {
    documents: [Document<'d>; 2],
    found: &'f mut Found<'s>,
    /// The pairs of schemas with references that are compared already.
    seen: BTreeSet<(String, String)>,
    steps: usize,
    depth: usize,
}

impl Walk<'_, '_, '_> {
    /// Whether both schemas are the same, with all that they refer to.
    fn is_same(&self, old: &Value, new: &Value) -> bool {
        let [document, other] = &self.documents;
        old == new && document.is_same(other, old)
    }

    /// Whether the pair is compared already: a difference in a definition is listed once.
    fn is_known(&mut self, old: &Value, new: &Value) -> bool {
        fn refers(schema: &Value) -> bool {
            let members = schema.get("allOf").and_then(Value::as_array);
            schema.get("$ref").is_some() || members.into_iter().flatten().any(refers)
        }
        (refers(old) || refers(new)) && !self.seen.insert((old.to_string(), new.to_string()))
    }
}

/// Compares the schema `new` at `place` with `old`.
pub(super) fn compare(place: &str, [old, new]: [&Value; 2], found: &mut Found<'_>) {
    if old == new {
        return;
    }
    let mut walk = Walk {
        documents: [old, new].map(Document::of),
        found,
        seen: BTreeSet::new(),
        steps: 0,
        depth: 0,
    };
    compare_within(place, [old, new], &mut walk);
}

/// The references in `schema` that lead out of it.
pub(super) fn outer_references(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    references(schema, &mut names);
    names.retain(|name| !name.starts_with('#'));
    names
}

fn compare_within(place: &str, [old, new]: [&Value; 2], walk: &mut Walk<'_, '_, '_>) {
    if walk.is_same(old, new) || walk.is_known(old, new) {
        return;
    }
    walk.steps += 1;
    if walk.steps > MOST || walk.depth > DEPTH {
        let why = format!("the schemas have more than {MOST} parts, or {DEPTH} within each other");
        return walk.found.skip("config schema, further parts", &why);
    }
    let [document, other] = &walk.documents;
    match (expand(document, old), expand(other, new)) {
        (Ok(old), Ok(new)) => {
            walk.depth += 1;
            keywords(place, [&old, &new], walk);
            walk.depth -= 1;
        }
        (Err(why), Ok(_)) => walk.found.skip(place, &format!("the old pack: {why}")),
        (Ok(_), Err(why)) => walk.found.skip(place, &format!("the new pack: {why}")),
        (Err(old), Err(new)) if old == new => walk.found.skip(place, &old),
        (Err(old), Err(new)) => {
            walk.found
                .skip(place, &format!("the old pack: {old}; the new pack: {new}"));
        }
    }
}

fn keywords(place: &str, [before, after]: [&Map<String, Value>; 2], walk: &mut Walk<'_, '_, '_>) {
    if one_in_many(place, [before, after], walk) {
        return;
    }
    types(place, [before, after], walk.found);
    values(place, [before, after], walk.found);
    properties(place, [before, after], walk);
    let any = Value::Object(Map::new());
    for key in ["items", "additionalProperties"] {
        // A schema without the keyword allows everything.
        let sides = [before, after].map(|map| match map.get(key) {
            None | Some(Value::Bool(true)) => &any,
            Some(schema) => schema,
        });
        match sides {
            [Value::Object(_), Value::Object(_)] => {
                compare_within(&format!("{place}, {key}"), sides, walk);
            }
            [old, new] if key == "items" && !walk.is_same(old, new) => {
                other(place, key, walk.found);
            }
            [_, _] => {}
        }
    }
    for key in BRANCHES {
        branched(place, key, [before.get(key), after.get(key)], walk);
    }
    condition(place, [before, after], walk);
    texts(place, [before, after], walk.found);
    let keys = before.keys().chain(after.keys()).collect::<BTreeSet<_>>();
    for key in keys.into_iter().filter(|key| !is_compared(key)) {
        let none = Value::Null;
        let [old, new] = [before, after].map(|map| map.get(key).unwrap_or(&none));
        if !walk.is_same(old, new) {
            other(place, key, walk.found);
        }
    }
}

/// Compares a schema with one that has it among its branches, and no other rules: `null`
/// becomes allowed in this way.
fn one_in_many(
    place: &str,
    [old, new]: [&Map<String, Value>; 2],
    walk: &mut Walk<'_, '_, '_>,
) -> bool {
    let part = |map: &Map<String, Value>, notes: bool| -> Map<String, Value> {
        let part = map.iter().filter(|(key, _)| is_note(key) == notes);
        part.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    };
    let notes = [old, new].map(|map| part(map, true));
    for key in BRANCHES {
        let [before, after] = [old, new].map(|map| part(map, false));
        let only = |map: &Map<String, Value>| {
            let list = map
                .get(key)
                .and_then(Value::as_array)
                .filter(|_| map.len() == 1);
            list.cloned()
        };
        let is_plain = |map: &Map<String, Value>| {
            !map.is_empty() && BRANCHES.iter().all(|key| !map.contains_key(*key))
        };
        let (before, after) = match (only(&before), only(&after)) {
            (None, Some(many)) if is_plain(&before) => (vec![Value::Object(before)], many),
            (Some(many), None) if is_plain(&after) => (many, vec![Value::Object(after)]),
            _ => continue,
        };
        branches(place, key, [&before, &after], walk);
        let [old, new] = &notes;
        values(place, [old, new], walk.found);
        texts(place, [old, new], walk.found);
        return true;
    }
    false
}

fn branched(place: &str, key: &str, lists: [Option<&Value>; 2], walk: &mut Walk<'_, '_, '_>) {
    let text = |list: Option<&Value>| list.map(Value::to_string);
    let [old, new] = lists.map(text);
    let at = format!("{place}, {key}");
    match lists {
        [None, None] => {}
        [Some(Value::Array(old)), Some(Value::Array(new))] => {
            branches(place, key, [old, new], walk);
        }
        [None, Some(Value::Array(_))] => {
            walk.found
                .change(Rule::SchemaBranchesAdded, &at, (None, new.as_deref()));
        }
        [Some(Value::Array(_)), None] => {
            walk.found
                .change(Rule::SchemaBranchesRemoved, &at, (old.as_deref(), None));
        }
        _ => other(place, key, walk.found),
    }
}

/// Compares two lists of branches.
fn branches(place: &str, key: &str, lists: [&[Value]; 2], walk: &mut Walk<'_, '_, '_>) {
    let mut documents = walk.documents.iter();
    let branches = lists.map(|list| {
        let document = documents.next();
        let all = list.iter().enumerate().map(|(at, schema)| Branch {
            number: at + 1,
            schema: schema.clone(),
            keywords: document.and_then(|document| expand(document, schema).ok()),
        });
        all.collect::<Vec<_>>()
    });
    let place = format!("{place}, {key}");
    let at = |branch: &Branch| format!("{place}, branch {}", branch.number);
    let paired = match paired(key, branches, |old, new| walk.is_same(old, new)) {
        Ok(paired) => paired,
        Err(why) => return walk.found.skip(&place, &why),
    };
    for (old, new) in paired.changed {
        compare_within(&at(&new), [&old.schema, &new.schema], walk);
    }
    for branch in paired.removed {
        let pair = (Some(&*branch.schema.to_string()), None);
        walk.found
            .change(Rule::SchemaBranchRemoved, &at(&branch), pair);
    }
    for branch in paired.added {
        let pair = (None, Some(&*branch.schema.to_string()));
        walk.found
            .change(Rule::SchemaBranchAdded, &at(&branch), pair);
    }
}

/// Compares what follows from the same condition.
fn condition(place: &str, [old, new]: [&Map<String, Value>; 2], walk: &mut Walk<'_, '_, '_>) {
    let conditions = [old, new].map(|map| map.get("if"));
    let is_same = match conditions {
        // The others mean nothing without it.
        [None, None] => return,
        [Some(old), Some(new)] => walk.is_same(old, new),
        _ => false,
    };
    if !is_same {
        return other(place, "if", walk.found);
    }
    let any = Value::Object(Map::new());
    for key in ["then", "else"] {
        let [old, new] = [old, new].map(|map| map.get(key).unwrap_or(&any));
        compare_within(&format!("{place}, {key}"), [old, new], walk);
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

fn properties(place: &str, [old, new]: [&Map<String, Value>; 2], walk: &mut Walk<'_, '_, '_>) {
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
        compare_within(&at(name), [old, new], walk);
    }
    for (name, property) in pairing.removed {
        let words = property.to_string();
        walk.found
            .change(Rule::SchemaPropertyRemoved, &at(name), (Some(&words), None));
    }
    for (name, property) in pairing.added {
        let rule = if has_to_be(&needs, name) && !needed.contains(name) {
            Rule::SchemaPropertyRequired
        } else {
            Rule::SchemaPropertyAdded
        };
        let words = property.to_string();
        walk.found.change(rule, &at(name), (None, Some(&words)));
    }
    let is_new = |name: &&str| before.contains_key(*name) == after.contains_key(*name);
    for name in needs.difference(&needed).filter(|name| is_new(name)) {
        let pair = both("optional", "required");
        walk.found.change(Rule::SchemaRequired, &at(name), pair);
    }
    for name in needed.difference(&needs).filter(|name| is_new(name)) {
        let pair = both("required", "optional");
        walk.found.change(Rule::SchemaOptional, &at(name), pair);
    }
    let closed =
        |map: &Map<String, Value>| map.get("additionalProperties") == Some(&Value::Bool(false));
    match (closed(old), closed(new)) {
        (false, true) => walk
            .found
            .change(Rule::SchemaClosed, place, both("open", "closed")),
        (true, false) => walk
            .found
            .change(Rule::SchemaOpened, place, both("closed", "open")),
        _ => {}
    }
}

fn other(place: &str, key: &str, found: &mut Found<'_>) {
    let why = "the packs differ in this keyword, which the harness does not compare";
    found.skip(&format!("{place}, keyword `{key}`"), why);
}
