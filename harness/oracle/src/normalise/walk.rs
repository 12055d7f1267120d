//! Replaces texts in a value, and numbers them.

use super::kind::Kind;
use super::rule::Rule;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Range;

/// One walk over one value.
pub(super) struct Walk<'r> {
    rules: &'r [Rule],
    /// Whether texts that look like placeholders are ones.
    is_golden: bool,
    /// The number of each text so far.
    numbers: BTreeMap<Kind, BTreeMap<String, usize>>,
}

impl<'r> Walk<'r> {
    pub(super) fn of_golden(rules: &'r [Rule]) -> Self {
        Self {
            rules,
            is_golden: true,
            numbers: BTreeMap::new(),
        }
    }

    pub(super) fn of_result(rules: &'r [Rule]) -> Self {
        Self {
            is_golden: false,
            ..Self::of_golden(rules)
        }
    }

    pub(super) fn value(&mut self, value: &Value) -> Value {
        self.at("", "", value)
    }

    /// The value at `place`; `key` is its own, or that of the array around it.
    fn at(&mut self, place: &str, key: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(place, text)),
            Value::Number(number) => match self.rule_of_number(place, key) {
                Some(rule) => Value::String(self.replaced(rule, &number.to_string())),
                None => value.clone(),
            },
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let items = items.map(|(i, item)| self.at(&format!("{place}/{i}"), key, item));
                Value::Array(items.collect())
            }
            Value::Object(members) => self.object(place, members),
            Value::Null | Value::Bool(_) => value.clone(),
        }
    }

    fn rule_of_number(&self, place: &str, key: &str) -> Option<&'r Rule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.kind.is_number_of(key) && rule.applies(place))
    }

    fn object(&mut self, place: &str, members: &Map<String, Value>) -> Value {
        let mut ordered: Vec<(String, &String, &Value)> = members
            .iter()
            .map(|(key, value)| (member(place, key), key, value))
            .collect();
        // NB: keys that differ from run to run have another order in each run, so members are
        // numbered in the order of what does not differ.
        let differing = |(at, key, _): &&(String, &String, &Value)| self.plain(at, key) != **key;
        if ordered.iter().filter(differing).count() > 1 {
            ordered.sort_by_cached_key(|(at, key, value)| {
                (self.plain(at, key), self.skeleton(at, key, value))
            });
        }
        let replaced = ordered.into_iter().map(|(at, key, value)| {
            let name = self.text(&at, key);
            (name, self.at(&at, key, value))
        });
        Value::Object(replaced.collect())
    }

    /// The value with placeholders that have no numbers, as a text to sort by.
    fn skeleton(&self, place: &str, key: &str, value: &Value) -> String {
        match value {
            Value::String(text) => self.plain(place, text),
            Value::Number(_) => match self.rule_of_number(place, key) {
                Some(rule) => unnumbered(rule),
                None => value.to_string(),
            },
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let items =
                    items.map(|(i, item)| self.skeleton(&format!("{place}/{i}"), key, item));
                items.collect::<Vec<_>>().join(",")
            }
            Value::Object(members) => {
                let members = members.iter().map(|(key, value)| {
                    let at = member(place, key);
                    (self.plain(&at, key), self.skeleton(&at, key, value))
                });
                let mut members: Vec<_> = members.collect();
                members.sort();
                format!("{members:?}")
            }
            Value::Null | Value::Bool(_) => value.to_string(),
        }
    }

    /// The text at `place` with placeholders that have no numbers.
    fn plain(&self, place: &str, text: &str) -> String {
        replace(&self.active(place), text, |found, _| unnumbered(found.rule))
    }

    /// The text at `place` with placeholders.
    fn text(&mut self, place: &str, text: &str) -> String {
        replace(&self.active(place), text, |found, part| {
            if found.is_placeholder && !self.is_golden {
                format!("<text {}", part.trim_start_matches('<'))
            } else {
                self.replaced(found.rule, part)
            }
        })
    }

    /// The rules for `place`, in the order in which they win.
    fn active(&self, place: &str) -> Vec<&'r Rule> {
        let rules = self.rules;
        let of = |kind: Kind| {
            let mut rules = rules.iter();
            rules.find(|rule| rule.kind == kind && rule.applies(place))
        };
        Kind::ALL.into_iter().filter_map(of).collect()
    }

    /// The placeholder for `part`, which `rule` replaces.
    fn replaced(&mut self, rule: &Rule, part: &str) -> String {
        let kind = rule.kind;
        rule.match_once();
        let of_kind = self.numbers.entry(kind).or_default();
        let next = of_kind.len() + 1;
        let number = of_kind.entry(part.to_owned()).or_insert(next);
        format!("<{kind}:{number}>")
    }
}

fn unnumbered(rule: &Rule) -> String {
    format!("<{}>", rule.kind)
}

/// The JSON pointer to the member `key` of the object at `place`.
fn member(place: &str, key: &str) -> String {
    format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A part of a text that a rule replaces.
struct Found<'r> {
    rule: &'r Rule,
    /// Whether it is a placeholder already.
    is_placeholder: bool,
    at: Range<usize>,
}

/// `text` with what `put` returns for each part that a rule replaces. Of two parts at one
/// place, that of the first rule is replaced.
fn replace<'r>(
    rules: &[&'r Rule],
    text: &str,
    mut put: impl FnMut(&Found<'r>, &str) -> String,
) -> String {
    // NB: placeholders come first, and what finds nothing more does not search again.
    let searches = rules
        .iter()
        .flat_map(|rule| [(*rule, true), (*rule, false)]);
    let mut ahead: Vec<_> = searches
        .map(|(rule, placeholder)| (rule, placeholder, find(rule, placeholder, text, 0)))
        .collect();
    let mut out = String::new();
    let mut done = 0;
    loop {
        for (rule, placeholder, found) in &mut ahead {
            if found.as_ref().is_some_and(|found| found.at.start < done) {
                *found = find(rule, *placeholder, text, done);
            }
        }
        let found = ahead.iter().filter_map(|(_, _, found)| found.as_ref());
        let Some(first) = found.min_by_key(|found| found.at.start) else {
            return out + &text[done..];
        };
        out += &text[done..first.at.start];
        out += &put(first, &text[first.at.clone()]);
        done = first.at.end;
    }
}

/// The first part from the byte `from` on that `rule` replaces: a placeholder, or a text.
fn find<'r>(rule: &'r Rule, is_placeholder: bool, text: &str, from: usize) -> Option<Found<'r>> {
    let at = if is_placeholder {
        placeholder(rule.kind, text, from)
    } else {
        rule.kind.find(text, from)
    };
    Some(Found {
        rule,
        is_placeholder,
        at: at?,
    })
}

/// The first placeholder of `kind` from the byte `from` on.
fn placeholder(kind: Kind, text: &str, from: usize) -> Option<Range<usize>> {
    let opening = format!("<{kind}:");
    let mut at = from;
    loop {
        let start = at + text.get(at..)?.find(&opening)?;
        let digits = start + opening.len();
        let rest = &text[digits..];
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        if count > 0 && rest[count..].starts_with('>') {
            return Some(start..digits + count + 1);
        }
        at = digits;
    }
}
