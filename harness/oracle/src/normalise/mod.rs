//! Rules that replace what differs from run to run before a result is compared with its
//! golden: timestamps, UUIDs, durations, paths, ports and digests.
//!
//! Each becomes a placeholder with a number, such as `<uuid:1>`: equal texts get equal
//! numbers, in the order in which they occur first. So a comparison still shows what is
//! missing, what is new, and whether two places that had the same text still have. A golden
//! may have placeholders itself.

mod kind;
mod rule;
mod walk;

pub use kind::Kind;
pub use rule::Rule;
use serde_json::Value;

/// Rules with the places where each applies.
#[derive(Debug, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// These rules.
    #[must_use]
    pub fn new(rules: Vec<Rule>) -> Self {
        Self(rules)
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// The rules that have replaced nothing so far: they hide nothing now, and may hide a
    /// difference later.
    pub fn unmatched(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(|rule| !rule.has_matched())
    }

    /// `golden` with placeholders. Those that it has already are numbered again, so that a
    /// golden may have texts or placeholders.
    #[must_use]
    pub fn golden(&self, golden: &Value) -> Value {
        walk::Walk::of_golden(&self.0).value(golden)
    }

    /// `result` with placeholders. A text of the result that looks like a placeholder is
    /// marked, so that no result can pretend to have what the golden has.
    #[must_use]
    pub fn result(&self, result: &Value) -> Value {
        walk::Walk::of_result(&self.0).value(result)
    }
}

#[cfg(test)]
mod tests;
