//! Compares a document with the members that hosts read.

use super::members::{QA, Record, Shape};
use super::node::{Node, Place, Tree};
use super::spelling::{affirms, is_comment, meant};
use crate::text::inert;
use serde_json::Value;
use std::fmt;

/// One way in which a file differs from what its reader expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Where; `None` if the reader does not know it.
    pub place: Option<Place>,
    /// The member, from the root: `questions[0].required`.
    pub member: String,
    /// The id of the question, or the key of the secret, that has the member.
    pub owner: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a member.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// No tool reads a member of this name.
    Unknown {
        /// The member that the author probably means.
        meant: Option<&'static str>,
        /// Whether the value says yes.
        affirms: bool,
        /// Whether the member that is meant is there as well.
        both: bool,
    },
    /// The value has another type than the host reads.
    Type {
        /// The type that it reads.
        expected: &'static str,
        /// The value, described.
        actual: String,
        /// Whether the value says yes.
        affirms: bool,
    },
    /// The record lacks the member by which the host knows it.
    Unnamed {
        /// That member.
        expected: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let member = &self.member;
        if !member.is_empty() {
            write!(f, "`{member}` ")?;
        }
        match &self.problem {
            Problem::Unknown { meant: None, .. } => f.write_str("is a member that no tool reads"),
            Problem::Unknown {
                meant: Some(meant), ..
            } => write!(f, "is a member that no tool reads; `{meant}` is one"),
            Problem::Type {
                expected, actual, ..
            } => write!(f, "is {actual}, not {expected}"),
            Problem::Unnamed { expected } => write!(f, "has no `{expected}`"),
        }
    }
}

/// The faults of `node`, which should be a record of `record`; in the order of the file.
/// `source` is the text that `node` was read from.
pub(super) fn of_record(node: &Node, record: &Record, source: &str) -> Vec<Fault> {
    let mut walk = Walk {
        source,
        found: Vec::new(),
    };
    walk.record(node, record, "");
    walk.found
}

/// The faults of `node`, which should be a list of records.
pub(super) fn of_list(node: &Node, record: &'static Record, source: &str) -> Vec<Fault> {
    let mut walk = Walk {
        source,
        found: Vec::new(),
    };
    if !walk.value(node, Shape::List(record), "", None) {
        walk.wrong(node, Shape::List(record), "", None);
    }
    walk.found
}

/// The faults of `node`, which should map keys to texts.
pub(super) fn of_texts(node: &Node) -> Vec<Fault> {
    let fault = |node: &Node, member: &str, expected| Fault {
        place: node.place,
        member: inert(member, 120),
        owner: None,
        problem: wrong_type(expected, node),
    };
    let Tree::Map(members) = &node.tree else {
        return vec![fault(node, "", "an object of texts")];
    };
    let others = members.iter().filter(|(_, value)| value.text().is_none());
    let named = others.map(|(key, value)| (key.text().unwrap_or_default(), value));
    named
        .map(|(key, value)| fault(value, key, "a text"))
        .collect()
}

/// Whether an author means `questions` by this name.
pub(super) fn means_questions(name: &str) -> bool {
    meant(name, &QA) == Some("questions")
}

struct Walk<'s> {
    source: &'s str,
    found: Vec<Fault>,
}

impl Walk<'_> {
    fn record(&mut self, node: &Node, record: &Record, at: &str) {
        let Tree::Map(members) = &node.tree else {
            // NB: serde reads a record from a list of JSON as well, and defaults from null.
            let is_left_out = matches!(node.tree, Tree::Scalar(Value::Null));
            if !is_left_out {
                self.problem(node, at, None, wrong_type("an object", node));
            }
            return;
        };
        let owner = (!at.is_empty()).then(|| node.get(record.id).and_then(Node::text));
        let owner = owner.flatten();
        if !at.is_empty() && node.get(record.id).is_none() {
            let expected = record.id;
            self.problem(node, at, None, Problem::Unnamed { expected });
        }
        for (key, value) in members {
            match key.text() {
                Some(name) => {
                    let path = match at {
                        "" => inert(name, 80),
                        at => format!("{at}.{}", inert(name, 80)),
                    };
                    self.member(node, record, (key, name, value), &path, owner);
                }
                None => self.problem(key, at, owner, wrong_type("a text as name", key)),
            }
        }
    }

    /// Looks at one member of `node`, given with its name.
    fn member(
        &mut self,
        node: &Node,
        record: &Record,
        (key, name, value): (&Node, &str, &Node),
        path: &str,
        owner: Option<&str>,
    ) {
        if let Some(member) = record.members.iter().find(|m| m.name == name) {
            let is_null = matches!(value.tree, Tree::Scalar(Value::Null));
            let is_left_out = is_null && member.nullable;
            if !is_left_out && !self.value(value, member.shape, path, owner) {
                self.wrong(value, member.shape, path, owner);
            }
        } else if !record.knows(name) && !is_comment(name) {
            let meant = meant(name, record);
            let problem = Problem::Unknown {
                meant,
                affirms: affirms(value),
                both: meant.is_some_and(|meant| node.get(meant).is_some()),
            };
            self.problem(key, path, owner, problem);
        }
    }

    /// Whether `value` has the shape; reports what is wrong within it.
    fn value(&mut self, value: &Node, shape: Shape, at: &str, owner: Option<&str>) -> bool {
        match (shape, &value.tree) {
            (Shape::Any, _)
            | (Shape::Text | Shape::Condition, Tree::Scalar(Value::String(_)))
            | (Shape::Flag, Tree::Scalar(Value::Bool(_))) => true,
            // NB: YAML reads `tRUE` as true, and `"true"` as a text.
            (Shape::Flag, Tree::Scalar(Value::String(text))) => {
                let word = text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
                word && self.is_unquoted(value)
            }
            (Shape::Count, Tree::Scalar(Value::Number(number))) => {
                number.as_u64().is_some_and(|n| n <= u64::from(u16::MAX))
            }
            (Shape::Texts, Tree::List(items)) => {
                for (i, item) in items.iter().enumerate() {
                    if item.text().is_none() {
                        self.wrong(item, Shape::Text, &format!("{at}[{i}]"), owner);
                    }
                }
                true
            }
            (Shape::Condition, Tree::Map(_)) => {
                let is_text = |name| value.get(name).is_some_and(|v| v.text().is_some());
                let no_eq = matches!(
                    value.get("eq").map(|eq| &eq.tree),
                    None | Some(Tree::Scalar(Value::Null))
                );
                is_text("field") && (no_eq || is_text("eq"))
            }
            (Shape::List(record), Tree::List(items)) => {
                for (i, item) in items.iter().enumerate() {
                    self.record(item, record, &format!("{at}[{i}]"));
                }
                true
            }
            _ => false,
        }
    }

    fn wrong(&mut self, value: &Node, shape: Shape, at: &str, owner: Option<&str>) {
        let expected = match shape {
            Shape::Text => "a text",
            Shape::Flag => "true or false, without quotes",
            Shape::Texts => "a list of texts",
            Shape::Count => "a whole number from 0 to 65535",
            Shape::Condition => "a text, or an object with the texts `field` and `eq`",
            Shape::List(_) => "a list of objects",
            Shape::Any => "a value",
        };
        self.problem(value, at, owner, wrong_type(expected, value));
    }

    fn problem(&mut self, node: &Node, at: &str, owner: Option<&str>, problem: Problem) {
        self.found.push(Fault {
            place: node.place,
            member: at.to_owned(),
            owner: owner.map(str::to_owned),
            problem,
        });
    }

    /// Whether the scalar stands in the source without quotes.
    fn is_unquoted(&self, node: &Node) -> bool {
        let Some(place) = node.place else {
            return false;
        };
        let index = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
        let line = self.source.lines().nth(index(place.line));
        let first = line.and_then(|line| line.chars().nth(index(place.column)));
        first.is_some_and(|c| c.is_ascii_alphabetic())
    }
}

fn wrong_type(expected: &'static str, node: &Node) -> Problem {
    Problem::Type {
        expected,
        actual: node.described(),
        affirms: affirms(node),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, faults};
    use super::*;
    use crate::limits::Limits;

    fn said(kind: Kind, text: &str) -> Vec<String> {
        let found = faults(text.as_bytes(), kind, &Limits::default()).expect("decodes");
        let said = |fault: &Fault| {
            let place = fault.place.expect("a place");
            let drops = fault.refusal(kind).map_or("", |_| " (drops)");
            format!("{}:{} {fault}{drops}", place.line, place.column)
        };
        found.iter().map(said).collect()
    }

    /// Each was given to the setup tool's own types and to the library that decodes them,
    /// serde_yaml_gtc 2.5.3 and 2.6.
    #[test]
    fn setup_yaml_is_refused_where_the_setup_tool_refuses_it() {
        for member in [
            "required: yes",
            "required: on",
            "required: Y",
            "required: \"true\"",
            "required: 'yes'",
            "required: 1",
            "required: ~",
            "required: ",
            "secret: \"false\"",
            "kind: 5",
            "kind: ~",
            "help: 5",
            "help: [x]",
            "choices: [1, true]",
            "choices: a",
            "choices: {a: b}",
            "choices: [{value: a}]",
            "choices: [~]",
            "min_rows: \"1\"",
            "min_rows: -1",
            "max_rows: 1.0",
            "columns: [{key: 1}]",
            "5: b",
            "visible_if: 5",
            "visible_if: {eq: a}",
        ] {
            let yaml = format!("questions:\n  - name: a\n    {member}\n");
            let found = said(Kind::SetupForm, &yaml);
            assert!(
                found.iter().any(|said| said.ends_with("(drops)")),
                "{member}: {found:?}"
            );
        }
        for yaml in [
            "title: 5",
            "questions: {a: b}",
            "questions: [a]",
            "questions: [[a]]",
            "[]",
        ] {
            let found = said(Kind::SetupForm, yaml);
            assert!(
                found.iter().any(|said| said.ends_with("(drops)")),
                "{yaml}: {found:?}"
            );
        }
    }

    #[test]
    fn setup_yaml_is_accepted_where_the_setup_tool_accepts_it() {
        for member in [
            "required: true",
            "required: True",
            "required: TRUE",
            "required: tRue",
            "help: ~",
            "required: !!bool \"true\"",
            "choices: ~",
            "choices: [a, \"1\"]",
            "default: yes",
            "default: 5",
            "default: {a: b}",
            "min_rows: 2",
            "visible_if: {field: a, eq: b}",
            "visible_if: \"a != 'b'\"",
            "validate: {regex: x}",
            "x-order: 1",
            "_comment: no",
        ] {
            let yaml = format!("questions:\n  - name: a\n    {member}\n");
            assert_eq!(said(Kind::SetupForm, &yaml), [""; 0], "{member}");
        }
        let merged = "x-base: &base {kind: number}\nquestions:\n  - {<<: *base, name: a}\n";
        assert_eq!(said(Kind::SetupForm, merged), [""; 0]);
    }

    #[test]
    fn misspelt_members_are_found_with_the_one_that_is_meant() {
        let yaml = "questions:\n  - name: a\n    requird: true\n    Secret: yes\n    mandatory: on\n    tooltip: x\n";
        let expected = [
            "3:5 `questions[0].requird` is a member that no tool reads; `required` is one",
            "4:5 `questions[0].Secret` is a member that no tool reads; `secret` is one",
            "5:5 `questions[0].mandatory` is a member that no tool reads; `required` is one",
            "6:5 `questions[0].tooltip` is a member that no tool reads",
        ];
        assert_eq!(said(Kind::SetupForm, yaml), expected);
    }

    #[test]
    fn json_files_have_the_same_rules_with_their_own_members() {
        let form = "{\"questions\": [\n {\"name\": \"a\", \"required\": \"yes\"}]}";
        let expected = [
            "2:2 `questions[0]` has no `id`",
            "2:28 `questions[0].required` is the text \"yes\", not true or false, without quotes",
        ];
        assert_eq!(said(Kind::QaForm, form), expected);
        assert_eq!(said(Kind::QaForm, "{\"cards\": 5}"), [""; 0]);
        let list = "[{\"key\": \"A\", \"required\": \"no\"},\n \"B\", {\"name\": \"C\"}]";
        let expected = [
            "1:27 `[0].required` is the text \"no\", not true or false, without quotes (drops)",
            "2:2 `[1]` is the text \"B\", not an object (drops)",
            "2:7 `[2]` has no `key` (drops)",
            "2:8 `[2].name` is a member that no tool reads",
        ];
        assert_eq!(said(Kind::Secrets, list), expected);
        let texts = "{\"a\": \"b\", \"c\": {\"d\": \"e\"}}";
        assert_eq!(
            said(Kind::Texts, texts),
            ["1:17 `c` is an object, not a text (drops)"]
        );
    }
}
