//! JSON Schemas of packs: validity, and values that break them, within bounds.

mod cost;

use cost::{Costly, VALUES};
use jsonschema::PatternOptions;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::{Finding, Pack, json};
use referencing::{Registry, RegistryBuilder, Retrieve, Uri, uri};
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use url::Url;

/// The scheme of the names of a pack's files.
const SCHEME: &str = "pack";

/// Violations of one schema that a report lists, at most.
const MOST_ERRORS: usize = 50;
/// Backtracking steps of one match of a pattern.
const BACKTRACKS: usize = 20_000;
/// Bytes of one compiled pattern.
const PATTERN_BYTES: usize = 1 << 20;

/// Why no value can be judged by a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is no valid schema.
    Invalid(String),
    /// Evaluating it takes more than the harness allows.
    Costly(Costly),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(why) => f.write_str(why),
            Self::Costly(bound) => bound.fmt(f),
        }
    }
}

impl Unusable {
    /// The finding on the schema at `at`.
    pub(crate) fn finding(&self, at: &str) -> Finding {
        let (code, expected) = match self {
            Self::Invalid(_) => (
                CheckCode::SchemaInvalid,
                "a valid JSON Schema of the draft that it names",
            ),
            Self::Costly(_) => (
                CheckCode::SchemaLimit,
                "a JSON Schema that can be evaluated in a bounded number of steps",
            ),
        };
        Finding::new(code, at, expected, inert(&self.to_string(), 300))
    }
}

/// Why `schema` cannot be used; `None` if it is valid by the draft that it names. This
/// follows no reference to another file.
pub(crate) fn problem(schema: &Value) -> Option<Unusable> {
    if values(schema) > VALUES {
        return Some(Unusable::Costly(Costly::Values));
    }
    let result = jsonschema::meta::validate(schema);
    let error = result.err()?;
    Some(Unusable::Invalid(error.to_string()))
}

/// The values of all kinds in `value`, itself counted.
pub(crate) fn values(value: &Value) -> usize {
    let within: usize = match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(map) => map.values().map(values).sum(),
        _ => 0,
    };
    1 + within
}

/// The files of a pack that schemas refer to, each under `pack:/` and its path.
struct Files {
    pack: Arc<Pack>,
    depth: usize,
    /// How many values they may still have, all together.
    left: AtomicUsize,
}

impl Retrieve for Files {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        if uri.scheme().as_str() != SCHEME {
            return Err("only files of the pack are read".into());
        }
        let path = uri.path().decode().to_string_lossy();
        let bytes = self
            .pack
            .read(path.trim_start_matches('/'))
            .ok_or("the pack has no such file")?;
        let value = json::parse(&bytes, self.depth)?;
        let spend = |left: usize| left.checked_sub(values(&value));
        let spent = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend);
        spent.map_err(|_| Costly::Values.to_string())?;
        Ok(value)
    }
}

/// A value that breaks a schema.
pub(crate) struct Broken {
    /// Its place among the values.
    pub(crate) index: usize,
    /// Where it breaks the schema, and how. Values are masked, because they may be
    /// secrets.
    pub(crate) errors: Vec<(String, String)>,
}

/// The first of `values` that breaks `schema`, which stands in `file`; references to
/// other files lead into `pack`.
pub(crate) fn first_broken(
    pack: &Arc<Pack>,
    depth: usize,
    (file, schema): (&str, &Value),
    values: &[&Value],
) -> Result<Option<Broken>, Unusable> {
    let invalid = |error: &dyn fmt::Display| Unusable::Invalid(error.to_string());
    if let Some(problem) = problem(schema) {
        return Err(problem);
    }
    let files = Files {
        pack: Arc::clone(pack),
        depth,
        left: AtomicUsize::new(VALUES),
    };
    let mut url = Url::parse(&format!("{SCHEME}:/")).map_err(|e| invalid(&e))?;
    url.set_path(file);
    let base = uri::from_str(url.as_str()).map_err(|e| invalid(&e))?;
    let registry = Registry::new().retriever(files).add(base.as_str(), schema);
    let registry = registry.and_then(RegistryBuilder::prepare);
    let registry = registry.map_err(|e| invalid(&e))?;
    let resolver = registry.resolver(base.clone());
    cost::of_compiling(schema, &resolver).map_err(Unusable::Costly)?;
    let patterns = PatternOptions::fancy_regex()
        .backtrack_limit(BACKTRACKS)
        .size_limit(PATTERN_BYTES);
    let options = jsonschema::options()
        .with_base_uri(base.as_str().to_owned())
        .with_pattern_options(patterns)
        .with_registry(&registry);
    let validator = options.build(schema).map_err(|e| invalid(&e))?;
    for (index, value) in values.iter().enumerate() {
        cost::of_evaluation(schema, &resolver, value).map_err(Unusable::Costly)?;
        let errors: Vec<(String, String)> = validator
            .iter_errors(value)
            .take(MOST_ERRORS)
            .map(|error| {
                (
                    error.instance_path().to_string(),
                    error.masked().to_string(),
                )
            })
            .collect();
        if !errors.is_empty() {
            return Ok(Some(Broken { index, errors }));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
