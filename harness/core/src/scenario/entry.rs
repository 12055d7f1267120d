//! The steps of a scenario, in both dialects.

use super::shape::{kind_of, shape, text};
use crate::codes::ScenarioCode;
use crate::finding::Finding;
use crate::limits::SCENARIO_STEPS;
use crate::text::inert;
use serde_json::{Map, Value};

/// Who takes part in scenarios. Steps may write them in either case.
pub const ACTORS: [&str; 5] = ["bot", "user", "system", "event", "bridge"];

/// The kinds of a step of the second dialect.
pub const KINDS: [&str; 2] = ["send", "reply"];

/// The file with the steps of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The id of the scenario according to this file.
    pub id: Option<String>,
    /// The steps; `None` for one that does not decode.
    pub steps: Vec<Option<Step>>,
    /// What is wrong with the steps that do not decode.
    pub faults: Vec<Finding>,
}

/// The form in which a step is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialect {
    /// `{actor, message, options?}`.
    Actor,
    /// `{kind, from, text}`; this is the kind.
    Kind(String),
}

/// One step of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How it is written.
    pub dialect: Dialect,
    /// Who says it, as written.
    pub actor: String,
    /// The message.
    pub message: String,
    /// The answers that it offers; none if it is no question.
    pub options: Vec<String>,
}

impl Step {
    /// Whether the step is of this actor.
    #[must_use]
    pub fn is_of(&self, actor: &str) -> bool {
        self.actor.eq_ignore_ascii_case(actor)
    }
}

impl Entry {
    /// The steps in `map`, the content of `file`.
    ///
    /// # Errors
    /// A finding if there are more steps than the bound.
    pub(super) fn of(file: &str, map: &Map<String, Value>) -> Result<Self, Finding> {
        let mut entry = Self {
            id: text(map, "scenario"),
            steps: Vec::new(),
            faults: Vec::new(),
        };
        let place = inert(file, 200);
        let Some(Value::Array(rows)) = map.get("steps") else {
            let found = map.get("steps").map_or_else(|| "nothing".into(), kind_of);
            let fault = shape(format!("{place}, /steps"), "a list of steps", found);
            entry.faults.push(fault.about(file));
            return Ok(entry);
        };
        if rows.len() > SCENARIO_STEPS {
            let expected = format!("at most {SCENARIO_STEPS} steps");
            let actual = format!("{} steps", rows.len());
            let found = Finding::new(ScenarioCode::Bound, place, expected, actual);
            return Err(found.about(file));
        }
        for (i, row) in rows.iter().enumerate() {
            let mut faults = Vec::new();
            let step = step(&format!("{place}, step {}", i + 1), row, &mut faults);
            entry.steps.push(step.filter(|_| faults.is_empty()));
            let faults = faults.into_iter().map(|fault| fault.about(file));
            entry.faults.extend(faults);
        }
        Ok(entry)
    }
}

/// The step in `row`, the step at `at`; adds what keeps it from decoding to `faults`.
fn step(at: &str, row: &Value, faults: &mut Vec<Finding>) -> Option<Step> {
    let Value::Object(map) = row else {
        faults.push(shape(at, "an object", kind_of(row)));
        return None;
    };
    let first = ["actor", "message"]
        .iter()
        .any(|key| map.contains_key(*key));
    let second = ["kind", "from", "text"]
        .iter()
        .any(|key| map.contains_key(*key));
    let mut member = |key: &str| {
        let found = text(map, key);
        if found.is_none() {
            let actual = map.get(key).map_or_else(|| "nothing".into(), kind_of);
            faults.push(shape(at, format!("`{key}`, a text"), actual));
        }
        found.unwrap_or_default()
    };
    // A step of the first dialect may have members that no reader knows.
    let (dialect, actor, message) = if second && !first {
        let kind = member("kind");
        (Dialect::Kind(kind), member("from"), member("text"))
    } else {
        (Dialect::Actor, member("actor"), member("message"))
    };
    Some(Step {
        dialect,
        actor,
        message,
        options: options(at, map, faults),
    })
}

fn options(at: &str, map: &Map<String, Value>, faults: &mut Vec<Finding>) -> Vec<String> {
    let listed = match map.get("options") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(listed)) => listed,
        Some(other) => {
            faults.push(shape(at, "`options`, a list of texts", kind_of(other)));
            return Vec::new();
        }
    };
    let mut options = Vec::new();
    for option in listed {
        match option {
            Value::String(text) => options.push(text.clone()),
            other => {
                let actual = format!("{} among the options", kind_of(other));
                faults.push(shape(at, "options that are texts", actual));
            }
        }
    }
    options
}
