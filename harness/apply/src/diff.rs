//! The semantic difference between what a store has and what a plan makes of it.

use crate::contents::Contents;
use provision_core::text::inert;
use provision_core::wizard::InstalledState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A part of an installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Config, with its values.
    Config,
    /// Secrets, by key alone.
    Secret,
    /// State of guests, by key alone.
    State,
    /// Webhooks.
    Webhook,
    /// Subscriptions.
    Subscription,
    /// OAuth flows.
    #[serde(rename = "oauth")]
    OAuth,
}

/// How an item changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has another value.
    Changed,
    /// It is gone.
    Removed,
}

/// One changed item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The part.
    pub part: Part,
    /// The item's key in that part.
    pub key: String,
    /// How it changes.
    pub kind: ChangeKind,
    /// The value that the store has; `None` for secrets and state.
    pub before: Option<Value>,
    /// The value that the plan sets; `None` for secrets and state.
    pub after: Option<Value>,
}

/// All changes, sorted by part and key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diff {
    /// The changes.
    pub changes: Vec<Change>,
}

impl Diff {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The keys of one part that change in one way.
    #[must_use]
    pub fn keys(&self, part: Part, kind: ChangeKind) -> Vec<String> {
        let changes = self.changes.iter();
        let matching = changes.filter(|c| c.part == part && c.kind == kind);
        matching.map(|change| change.key.clone()).collect()
    }

    /// How `after` differs from `before`. Secrets are compared by their keys alone.
    #[must_use]
    pub fn between(before: &Contents, after: &Contents) -> Self {
        let mut diff = Self::default();
        let (old, new) = (&before.installed, &after.installed);
        diff.shown(old, new);
        diff.state(&before.state, &after.state);
        for key in old.secrets.difference(&new.secrets) {
            diff.hidden(Part::Secret, key, ChangeKind::Removed);
        }
        for key in new.secrets.difference(&old.secrets) {
            diff.hidden(Part::Secret, key, ChangeKind::Added);
        }
        diff.sort();
        diff
    }

    /// Adds the differences of the parts that are shown with their values.
    pub(crate) fn shown(&mut self, before: &InstalledState, after: &InstalledState) {
        self.values(Part::Config, &before.config, &after.config);
        self.values(Part::Webhook, &before.webhooks, &after.webhooks);
        self.values(
            Part::Subscription,
            &before.subscriptions,
            &after.subscriptions,
        );
        self.values(Part::OAuth, &before.oauth, &after.oauth);
    }

    /// Adds the differences of the state of guests.
    pub(crate) fn state(
        &mut self,
        before: &BTreeMap<String, Vec<u8>>,
        after: &BTreeMap<String, Vec<u8>>,
    ) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            if let Some(kind) = kind(before.get(key), after.get(key)) {
                self.hidden(Part::State, key, kind);
            }
        }
    }

    /// Adds the differences of two maps, with their values.
    fn values(
        &mut self,
        part: Part,
        before: &BTreeMap<String, Value>,
        after: &BTreeMap<String, Value>,
    ) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let (old, new) = (before.get(key), after.get(key));
            let Some(kind) = kind(old, new) else {
                continue;
            };
            self.changes.push(Change {
                part,
                key: key.clone(),
                kind,
                before: old.cloned(),
                after: new.cloned(),
            });
        }
    }

    /// Adds a change of an item whose value no report shows.
    pub(crate) fn hidden(&mut self, part: Part, key: &str, kind: ChangeKind) {
        self.changes.push(Change {
            part,
            key: key.to_owned(),
            kind,
            before: None,
            after: None,
        });
    }

    pub(crate) fn sort(&mut self) {
        self.changes
            .sort_by(|a, b| (a.part, &a.key).cmp(&(b.part, &b.key)));
    }
}

/// How an item changes, if it does.
fn kind<V: PartialEq>(before: Option<&V>, after: Option<&V>) -> Option<ChangeKind> {
    match (before, after) {
        (None, Some(_)) => Some(ChangeKind::Added),
        (Some(_), None) => Some(ChangeKind::Removed),
        (Some(old), Some(new)) if old != new => Some(ChangeKind::Changed),
        _ => None,
    }
}

impl fmt::Display for Diff {
    /// A line per change: `+ config room = "blue"`, `~ config room: "blue" → "red"`,
    /// `- secret TOKEN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Value| inert(&value.to_string(), 200);
        for change in &self.changes {
            let part = match change.part {
                Part::Config => "config",
                Part::Secret => "secret",
                Part::State => "state",
                Part::Webhook => "webhook",
                Part::Subscription => "subscription",
                Part::OAuth => "oauth",
            };
            let mark = match change.kind {
                ChangeKind::Added => '+',
                ChangeKind::Changed => '~',
                ChangeKind::Removed => '-',
            };
            write!(f, "{mark} {part} {}", inert(&change.key, 120))?;
            match (&change.before, &change.after) {
                (None, Some(after)) => writeln!(f, " = {}", text(after))?,
                (Some(before), Some(after)) => {
                    writeln!(f, ": {} → {}", text(before), text(after))?;
                }
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }
}
