//! The cost of a JSON Schema, measured before a library compiles it or evaluates a value by
//! it.
//!
//! References and combined schemas multiply: a file of a few kilobytes can ask for
//! more steps than any machine can take. The library has no bound on them, so that
//! the bound has to come first. To know what `unevaluatedItems` and
//! `unevaluatedProperties` leave, the library compiles and evaluates the subschemas
//! beside them again, and those within these again: this multiplies as well.

use referencing::{Draft, Resolver, ResourceRef};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;

/// Most values of all kinds in a schema and the files that it refers to.
pub(super) const VALUES: usize = 20_000;
/// Most weighted visits of subschemas while a schema is compiled, and while one value is
/// evaluated.
const VISITS: u64 = 100_000;
/// Most schemas within each other, references followed.
const DEPTH: usize = 200;
/// Weight of one match of a pattern, whose backtracking has a bound as well.
const PATTERN_WEIGHT: u64 = 50;

/// Keywords with one subschema for the value itself.
const SAME: [&str; 4] = ["not", "if", "then", "else"];
/// Keywords with a list of subschemas for the value itself.
const SAME_LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
/// Keywords with subschemas by name for the value itself.
const SAME_MAPS: [&str; 2] = ["dependentSchemas", "dependencies"];
/// Keywords with one subschema for each item or property, or a list of such.
const EACH: [&str; 8] = [
    "additionalItems",
    "additionalProperties",
    "contains",
    "items",
    "prefixItems",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Keywords beside which the library visits subschemas again.
const UNEVALUATED: [&str; 2] = ["unevaluatedItems", "unevaluatedProperties"];
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// Which bound a schema exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Costly {
    /// Its size.
    Values,
    /// Its subschemas within each other.
    Depth,
    /// The subschemas that its references and alternatives lead to, one by one.
    Visits,
}

impl fmt::Display for Costly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values => write!(f, "it has more than {VALUES} values"),
            Self::Depth => f.write_str("its subschemas nest without a useful end"),
            Self::Visits => f.write_str("its references and alternatives multiply"),
        }
    }
}

/// A subschema, and where its references lead.
#[derive(Clone)]
struct At<'s> {
    schema: &'s Value,
    resolver: Resolver<'s>,
    draft: Draft,
    depth: usize,
}

impl<'s> At<'s> {
    /// A subschema within this one.
    fn sub(&self, schema: &'s Value) -> Self {
        let resource = ResourceRef::new(schema, self.draft);
        let resolver = self.resolver.in_subresource(resource);
        Self {
            schema,
            // The library reports an id that is none.
            resolver: resolver.unwrap_or_else(|_| self.resolver.clone()),
            draft: self.draft,
            depth: self.depth + 1,
        }
    }

    /// What a reference leads to; `None` where the library will report that it leads
    /// nowhere.
    fn target(&self, reference: &str) -> Option<Self> {
        let resolved = self.resolver.lookup(reference).ok()?;
        let (schema, resolver, draft) = resolved.into_inner();
        Some(Self {
            schema,
            resolver,
            draft,
            depth: self.depth + 1,
        })
    }

    /// The subschemas for the same value that stand within this one.
    fn within(&self, map: &'s Map<String, Value>) -> Vec<Self> {
        let mut found: Vec<&Value> = SAME.iter().filter_map(|key| map.get(*key)).collect();
        for key in SAME_LISTS {
            found.extend(map.get(key).and_then(Value::as_array).into_iter().flatten());
        }
        for key in SAME_MAPS {
            let by_name = map.get(key).and_then(Value::as_object);
            found.extend(by_name.into_iter().flat_map(Map::values));
        }
        found.into_iter().map(|schema| self.sub(schema)).collect()
    }

    /// The subschemas for the same value to which references of this one lead.
    fn referred(&self, map: &'s Map<String, Value>) -> Vec<Self> {
        let references = REFERENCES.iter().filter_map(|key| map.get(*key)?.as_str());
        let found = references.filter_map(|reference| self.target(reference));
        found.collect()
    }
}

/// Whether the library visits the subschemas of this one again.
fn visits_again(map: &Map<String, Value>) -> bool {
    UNEVALUATED.iter().any(|key| map.contains_key(*key))
}

/// What is left of a bound on visits.
struct Budget(u64);

impl Budget {
    fn visit(&mut self, at: &At<'_>, visits: u64) -> Result<(), Costly> {
        if at.depth > DEPTH {
            return Err(Costly::Depth);
        }
        self.0 = self.0.checked_sub(visits).ok_or(Costly::Visits)?;
        Ok(())
    }
}

/// The root of a schema in a registry.
fn root<'s>(schema: &'s Value, resolver: &Resolver<'s>) -> At<'s> {
    let draft = Draft::default().detect(schema);
    let outer = At {
        schema,
        resolver: resolver.clone(),
        draft,
        depth: 0,
    };
    outer.sub(schema)
}

/// Fails if compiling `schema` takes more than the bound.
pub(super) fn of_compiling(schema: &Value, resolver: &Resolver<'_>) -> Result<(), Costly> {
    let mut compiling = Compiling {
        budget: Budget(VISITS),
        known: BTreeSet::new(),
        targets: VecDeque::from([root(schema, resolver)]),
    };
    // The targets that are near come first, so that a depth is that of the shortest way.
    while let Some(target) = compiling.targets.pop_front() {
        compiling.compile(&target)?;
    }
    Ok(())
}

/// Visits what the library compiles.
struct Compiling<'s> {
    budget: Budget,
    /// Targets of references, by their place in memory; each is compiled once.
    known: BTreeSet<usize>,
    /// Those that are still to be compiled.
    targets: VecDeque<At<'s>>,
}

impl<'s> Compiling<'s> {
    fn compile(&mut self, at: &At<'s>) -> Result<(), Costly> {
        self.budget.visit(at, 1)?;
        let Value::Object(map) = at.schema else {
            return Ok(());
        };
        // NB: a member that is no subschema is read as if it were one; it costs no less.
        for member in map.values() {
            self.compile_within(at, member)?;
        }
        for target in at.referred(map) {
            if self.known.insert(std::ptr::from_ref(target.schema).addr()) {
                self.targets.push_back(target);
            }
        }
        let again = UNEVALUATED.iter().filter(|key| map.contains_key(**key));
        for _ in again {
            self.mark(at, map, &mut Vec::new())?;
        }
        Ok(())
    }

    /// Visits the subschemas in a member of a schema.
    fn compile_within(&mut self, at: &At<'s>, member: &'s Value) -> Result<(), Costly> {
        let subs: Vec<&'s Value> = match member {
            Value::Object(_) => vec![member],
            Value::Array(items) => items.iter().filter(|item| item.is_object()).collect(),
            _ => return Ok(()),
        };
        subs.into_iter()
            .try_for_each(|sub| self.compile(&at.sub(sub)))
    }

    /// Visits what the library compiles to know what `at` leaves unevaluated. It cuts a
    /// reference to what it is compiling, which is in `open`.
    fn mark(
        &mut self,
        at: &At<'s>,
        map: &'s Map<String, Value>,
        open: &mut Vec<usize>,
    ) -> Result<(), Costly> {
        self.budget.visit(at, 1)?;
        for key in EACH.into_iter().chain(["patternProperties"]) {
            if let Some(member) = map.get(key) {
                self.compile_within(at, member)?;
            }
        }
        for sub in at.within(map) {
            self.compile(&sub)?;
            if let Value::Object(map) = sub.schema {
                self.mark(&sub, map, open)?;
            }
        }
        for target in at.referred(map) {
            let place = std::ptr::from_ref(target.schema).addr();
            let Value::Object(map) = target.schema else {
                continue;
            };
            if !open.contains(&place) {
                open.push(place);
                self.mark(&target, map, open)?;
                open.pop();
            }
        }
        Ok(())
    }
}

/// Fails if evaluating `value` by `schema` takes more than the bound.
pub(super) fn of_evaluation(
    schema: &Value,
    resolver: &Resolver<'_>,
    value: &Value,
) -> Result<(), Costly> {
    let mut budget = Budget(VISITS);
    evaluate(&root(schema, resolver), value, &mut budget)
}

fn evaluate(at: &At<'_>, value: &Value, budget: &mut Budget) -> Result<(), Costly> {
    budget.visit(at, 1)?;
    let Value::Object(map) = at.schema else {
        return Ok(());
    };
    if map.contains_key("pattern") {
        budget.visit(at, PATTERN_WEIGHT)?;
    }
    let listed = map.get("enum").and_then(Value::as_array);
    budget.visit(at, listed.map_or(0, Vec::len) as u64)?;
    for sub in at.within(map).into_iter().chain(at.referred(map)) {
        evaluate(&sub, value, budget)?;
    }
    if let (Value::Object(members), Some(Value::Object(by_name))) = (value, map.get("properties")) {
        for (name, schema) in by_name {
            if let Some(member) = members.get(name) {
                evaluate(&at.sub(schema), member, budget)?;
            }
        }
    }
    evaluate_each(at, map, value, budget)?;
    if visits_again(map) {
        mark(at, value, budget)?;
    }
    Ok(())
}

/// Visits what the library evaluates to know what `at` leaves unevaluated of `value`.
fn mark(at: &At<'_>, value: &Value, budget: &mut Budget) -> Result<(), Costly> {
    budget.visit(at, 1)?;
    let Value::Object(map) = at.schema else {
        return Ok(());
    };
    evaluate_each(at, map, value, budget)?;
    for sub in at.within(map) {
        evaluate(&sub, value, budget)?;
        mark(&sub, value, budget)?;
    }
    for target in at.referred(map) {
        mark(&target, value, budget)?;
    }
    Ok(())
}

/// Visits the subschemas for the items or members of `value`, whatever their names.
fn evaluate_each(
    at: &At<'_>,
    map: &Map<String, Value>,
    value: &Value,
    budget: &mut Budget,
) -> Result<(), Costly> {
    let items: Vec<&Value> = match value {
        Value::Object(members) => members.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => return Ok(()),
    };
    if let Some(Value::Object(by_pattern)) = map.get("patternProperties") {
        for schema in by_pattern.values() {
            budget.visit(at, PATTERN_WEIGHT.saturating_mul(items.len() as u64))?;
            for item in &items {
                evaluate(&at.sub(schema), item, budget)?;
            }
        }
    }
    let each = EACH.iter().filter_map(|key| Some((key, map.get(*key)?)));
    for (key, schemas) in each {
        let schemas = match schemas {
            Value::Array(list) => list.iter().collect(),
            one => vec![one],
        };
        for schema in schemas {
            for item in &items {
                // Names are texts, which nothing is within.
                let item = if *key == "propertyNames" {
                    &Value::Null
                } else {
                    *item
                };
                evaluate(&at.sub(schema), item, budget)?;
            }
        }
    }
    Ok(())
}
