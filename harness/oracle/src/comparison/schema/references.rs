//! [`Document`]: a JSON Schema and what its local references name.

use super::keywords::is_note;
use crate::schema::values;
use serde_json::{Map, Value};
use std::cell::Cell;
use std::collections::BTreeSet;

/// References and members of `allOf` within each other, at most.
const DEPTH: usize = 32;
/// Values of a schema that are copied or searched, at most.
const VALUES: usize = 1_000_000;

/// A schema that references lead into.
pub(super) struct Document<'d> {
    root: &'d Value,
    /// Whether `$ref` hides the keywords beside it, as it does up to draft 7.
    hides_siblings: bool,
    /// Whether a part of the schema has an `$id`, from which references below it start.
    has_inner_ids: bool,
    /// How many values may still be copied or searched.
    left: Cell<usize>,
}

impl<'d> Document<'d> {
    pub(super) fn of(root: &'d Value) -> Self {
        let draft = root.get("$schema").and_then(Value::as_str);
        let old = ["draft-04", "draft-06", "draft-07"];
        let members = root.as_object().into_iter().flat_map(Map::values);
        Self {
            root,
            hides_siblings: draft.is_some_and(|draft| old.iter().any(|name| draft.contains(name))),
            has_inner_ids: members.into_iter().any(has_id),
            left: Cell::new(VALUES),
        }
    }

    /// Accounts for a copy or a search of `schema`: references can name the same part any
    /// number of times.
    pub(super) fn spend(&self, schema: &Value) -> Result<(), String> {
        let left = match self.left.get() {
            0 => None,
            left => left.checked_sub(values(schema)),
        };
        self.left.set(left.unwrap_or_default());
        let why = || format!("it takes more than {VALUES} values to follow the references");
        left.map(|_| ()).ok_or_else(why)
    }

    /// The keywords beside a reference that count. Hosts look for secrets also where a
    /// validator does not.
    pub(super) fn siblings(&self, mut keywords: Map<String, Value>) -> Map<String, Value> {
        keywords.retain(|key, _| !self.hides_siblings || is_note(key));
        keywords
    }

    /// What the reference `name` names; or why that is unknown.
    pub(super) fn target(&self, name: &str) -> Result<&'d Value, String> {
        let Some(pointer) = name.strip_prefix('#') else {
            return Err(format!(
                "`$ref` names {name}, which is not in the same file"
            ));
        };
        if self.has_inner_ids {
            return Err("a part of the schema has an `$id`, from which references start".into());
        }
        // A percent sign stands for another character: a reference is a URI.
        let is_pointer = pointer.is_empty() || pointer.starts_with('/');
        if !is_pointer || pointer.contains('%') {
            return Err(format!(
                "`$ref` names {name}, which is no plain JSON pointer"
            ));
        }
        let found = self.root.pointer(pointer);
        found.ok_or_else(|| format!("`$ref` names {name}, which is not in the schema"))
    }

    /// Whether `schema` follows the same rules as the equal one of `other`: no definition
    /// that it names differs.
    pub(super) fn is_same(&self, other: &Self, schema: &Value) -> bool {
        self.has_same_targets(other, schema, &mut BTreeSet::new())
    }

    fn has_same_targets(&self, other: &Self, schema: &Value, seen: &mut BTreeSet<String>) -> bool {
        if self.spend(schema).is_err() {
            return false;
        }
        let mut names = BTreeSet::new();
        references(schema, &mut names);
        names.into_iter().all(|name| {
            if !seen.insert(name.clone()) {
                return true;
            }
            match (self.target(&name), other.target(&name)) {
                (Ok(old), Ok(new)) => old == new && self.has_same_targets(other, old, seen),
                // Nobody knows what it names, in neither pack.
                (Err(_), Err(_)) => !name.starts_with('#'),
                _ => false,
            }
        })
    }

    /// The bound on references within each other.
    pub(super) fn depth(depth: usize) -> Result<(), String> {
        if depth > DEPTH {
            return Err(format!(
                "more than {DEPTH} references and `allOf` are within each other"
            ));
        }
        Ok(())
    }
}

/// The texts of all references in `schema`.
pub(super) fn references(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, names)),
        Value::Object(map) => map.iter().for_each(|(key, value)| match value {
            Value::String(name) if key.ends_with("Ref") || key == "$ref" => {
                names.insert(name.clone());
            }
            value => references(value, names),
        }),
        _ => {}
    }
}

fn has_id(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_id),
        Value::Object(map) => {
            let own = |key| map.get(key).is_some_and(Value::is_string);
            own("$id") || map.values().any(has_id)
        }
        _ => false,
    }
}
