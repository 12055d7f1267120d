//! The cost of evaluating a value by a JSON Schema, measured before a library does so.
//!
//! References and combined schemas multiply: a file of a few kilobytes can ask for
//! more steps than any machine can take. The library has no bound on them, so that
//! the bound has to come first. It compiles each subschema once, so that compiling
//! needs a bound on the size alone.

use referencing::{Draft, Resolver, ResourceRef};
use serde_json::{Map, Value};
use std::fmt;

/// Most values of all kinds in a schema and the files that it refers to.
pub(super) const VALUES: usize = 20_000;
/// Most weighted visits of subschemas while one value is evaluated.
const EVALUATION_VISITS: u64 = 100_000;
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
/// To know what was evaluated, the library evaluates the subschemas beside these again:
/// each level of `anyOf` beside `unevaluatedProperties` takes up to 2.8 times as long.
const AGAIN: u64 = 3;
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

/// A subschema, where its references lead, and the weight of a visit.
#[derive(Clone)]
struct At<'s> {
    schema: &'s Value,
    resolver: Resolver<'s>,
    draft: Draft,
    weight: u64,
    depth: usize,
}

impl<'s> At<'s> {
    /// A subschema within this one.
    fn sub(&self, schema: &'s Value, weight: u64) -> Self {
        let resource = ResourceRef::new(schema, self.draft);
        let resolver = self.resolver.in_subresource(resource);
        Self {
            schema,
            // The library reports an id that is none.
            resolver: resolver.unwrap_or_else(|_| self.resolver.clone()),
            draft: self.draft,
            weight: self.weight.saturating_mul(weight),
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
            weight: self.weight,
            depth: self.depth + 1,
        })
    }

    /// The subschemas for the same value, references followed.
    fn same(&self, map: &'s Map<String, Value>) -> Vec<Self> {
        let again = if UNEVALUATED.iter().any(|key| map.contains_key(*key)) {
            AGAIN
        } else {
            1
        };
        let ones = SAME.iter().filter_map(|key| map.get(*key));
        let mut found: Vec<Self> = ones.map(|schema| self.sub(schema, again)).collect();
        for key in SAME_LISTS {
            let list = map.get(key).and_then(Value::as_array).into_iter().flatten();
            found.extend(list.map(|schema| self.sub(schema, again)));
        }
        for key in SAME_MAPS {
            let by_name = map
                .get(key)
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            found.extend(by_name.map(|(_, schema)| self.sub(schema, again)));
        }
        for key in REFERENCES {
            let reference = map.get(key).and_then(Value::as_str);
            let target = reference.and_then(|reference| self.target(reference));
            found.extend(target.map(|target| Self {
                weight: target.weight.saturating_mul(again),
                ..target
            }));
        }
        found
    }
}

/// What is left of a bound on visits.
struct Budget(u64);

impl Budget {
    fn visit(&mut self, at: &At<'_>, visits: u64) -> Result<(), Costly> {
        if at.depth > DEPTH {
            return Err(Costly::Depth);
        }
        let cost = at.weight.saturating_mul(visits);
        self.0 = self.0.checked_sub(cost).ok_or(Costly::Visits)?;
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
        weight: 1,
        depth: 0,
    };
    outer.sub(schema, 1)
}

/// Fails if evaluating `value` by `schema` takes more than the bound.
pub(super) fn of_evaluation(
    schema: &Value,
    resolver: &Resolver<'_>,
    value: &Value,
) -> Result<(), Costly> {
    let mut budget = Budget(EVALUATION_VISITS);
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
    let listed = map
        .get("enum")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    budget.visit(at, listed as u64)?;
    for sub in at.same(map) {
        evaluate(&sub, value, budget)?;
    }
    let items: Vec<&Value> = match value {
        Value::Object(members) => {
            if let Some(Value::Object(by_name)) = map.get("properties") {
                let both = by_name
                    .iter()
                    .filter_map(|(k, s)| Some((s, members.get(k)?)));
                for (schema, member) in both {
                    evaluate(&at.sub(schema, 1), member, budget)?;
                }
            }
            members.values().collect()
        }
        Value::Array(items) => items.iter().collect(),
        _ => return Ok(()),
    };
    if let Some(Value::Object(by_pattern)) = map.get("patternProperties") {
        for schema in by_pattern.values() {
            budget.visit(at, PATTERN_WEIGHT.saturating_mul(items.len() as u64))?;
            for item in &items {
                evaluate(&at.sub(schema, 1), item, budget)?;
            }
        }
    }
    let each = EACH.iter().filter_map(|key| Some((key, map.get(*key)?)));
    for (key, schemas) in each {
        let weight = if UNEVALUATED.contains(key) { AGAIN } else { 1 };
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
                evaluate(&at.sub(schema, weight), item, budget)?;
            }
        }
    }
    Ok(())
}
