//! Pairs the branches of `anyOf` and `oneOf` of two schemas.

use super::keywords::{type_set, value_set};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

type Keywords = Map<String, Value>;

/// Branches of one keyword, at most: each is compared with each.
const MOST: usize = 100;

/// A branch, and its keywords if they can be computed.
pub(super) struct Branch {
    /// Its position, from 1.
    pub(super) number: usize,
    pub(super) schema: Value,
    pub(super) keywords: Option<Keywords>,
}

/// The branches in which two lists differ.
#[derive(Default)]
pub(super) struct Paired {
    /// Branches of both, each with a difference.
    pub(super) changed: Vec<(Branch, Branch)>,
    pub(super) removed: Vec<Branch>,
    pub(super) added: Vec<Branch>,
}

/// Pairs the branches of the keyword `key`. A value fits `anyOf` if it fits a branch, and
/// `oneOf` if it fits a single one, so that a branch can be compared by itself where no
/// value fits two of them.
///
/// # Errors
/// Why the branches cannot be compared.
pub(super) fn paired(
    key: &str,
    [mut removed, mut added]: [Vec<Branch>; 2],
    is_same: impl Fn(&Value, &Value) -> bool,
) -> Result<Paired, String> {
    if removed.len().max(added.len()) > MOST {
        return Err(format!("there are more than {MOST} branches"));
    }
    let exclusive = exclude_each_other(&removed) && exclude_each_other(&added);
    removed.retain(|branch| {
        let mut others = added.iter();
        let same = others.position(|other| is_same(&branch.schema, &other.schema));
        same.map(|at| added.remove(at)).is_none()
    });
    if removed.is_empty() && added.is_empty() {
        return Ok(Paired::default());
    }
    let is_wider = removed.is_empty() && key == "anyOf";
    if !exclusive && !is_wider {
        return Err("branches differ, and a value can fit several of them".into());
    }
    let changed = pairs(&mut removed, &mut added);
    if !removed.is_empty() && !added.is_empty() {
        return Err("several branches differ, and it is open which belongs to which".into());
    }
    Ok(Paired {
        changed,
        removed,
        added,
    })
}

/// Takes the pairs of branches that are one branch with a difference: those that allow the
/// same types and the same values of a property, and the last one of each list.
fn pairs(removed: &mut Vec<Branch>, added: &mut Vec<Branch>) -> Vec<(Branch, Branch)> {
    let mut pairs = Vec::new();
    let mut at = 0;
    while at < removed.len() {
        let fits = |other: &&Branch| belongs(&removed[at], other);
        match (
            added.iter().filter(fits).count(),
            added.iter().position(|b| fits(&b)),
        ) {
            (1, Some(other)) => pairs.push((removed.remove(at), added.remove(other))),
            _ => at += 1,
        }
    }
    if removed.len() == 1 && added.len() == 1 {
        pairs.extend(removed.pop().zip(added.pop()));
    }
    pairs
}

fn belongs(old: &Branch, new: &Branch) -> bool {
    let (Some(old), Some(new)) = (&old.keywords, &new.keywords) else {
        return false;
    };
    let types = type_set(old);
    let label = |keywords| labels(keywords).collect::<Vec<_>>();
    types.is_some() && types == type_set(new) && label(old) == label(new)
}

/// The properties that have to have one of some values, with these values.
fn labels(keywords: &Keywords) -> impl Iterator<Item = (&str, BTreeSet<String>)> {
    let needed = keywords.get("required").and_then(Value::as_array);
    let needed = needed.into_iter().flatten().filter_map(Value::as_str);
    needed.filter_map(|name| {
        let property = keywords.get("properties")?.get(name)?.as_object()?;
        Some((name, value_set(property)?))
    })
}

/// Whether no value fits two of the branches.
fn exclude_each_other(branches: &[Branch]) -> bool {
    let mut pairs = branches
        .iter()
        .enumerate()
        .flat_map(|(at, one)| branches[at + 1..].iter().map(move |other| (one, other)));
    pairs.all(|(one, other)| match (&one.keywords, &other.keywords) {
        (Some(one), Some(other)) => exclude(one, other),
        _ => false,
    })
}

fn exclude(one: &Keywords, other: &Keywords) -> bool {
    let (types, others) = (type_set(one), type_set(other));
    let share = |types: &BTreeSet<&str>, name: &str| {
        types.contains(name)
            || (name == "integer" && types.contains("number"))
            || (name == "number" && types.contains("integer"))
    };
    if let (Some(types), Some(others)) = (&types, &others)
        && !types.iter().any(|name| share(others, name))
    {
        return true;
    }
    if let (Some(values), Some(others)) = (value_set(one), value_set(other))
        && values.is_disjoint(&others)
    {
        return true;
    }
    let is_object = |types: &Option<BTreeSet<&str>>| {
        types
            .as_ref()
            .is_some_and(|types| types.iter().eq(["object"].iter()))
    };
    is_object(&types)
        && is_object(&others)
        && labels(one).any(|(name, values)| {
            let mut others = labels(other);
            others.any(|(other, more)| other == name && values.is_disjoint(&more))
        })
}
