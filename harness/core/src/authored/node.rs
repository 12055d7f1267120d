//! A YAML or JSON document with the place of each value.

use crate::json;
use crate::limits::Limits;
use crate::text::inert;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Options, Spanned};
use std::fmt;

/// Levels of a document whose places are read.
// NB: each level takes tens of kilobytes of stack in an unoptimised build.
const PLACES_DEPTH: usize = 12;

/// A line and a column of a file, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Place {
    fn of(location: Location) -> Option<Self> {
        let (line, column) = (location.line(), location.column());
        (line > 0).then_some(Self { line, column })
    }
}

/// Why a document does not decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// Where; `None` if the message says it or the whole file is meant.
    pub place: Option<Place>,
    /// The parser's message, escaped and cut.
    pub message: String,
}

/// A value with its place; an alias has the place where it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// `None` if the reader does not know it.
    pub place: Option<Place>,
    /// The value.
    pub tree: Tree,
}

/// The value of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    /// Null, a truth value, a number or a text.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// Members in order. A key of YAML may be no text.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text, if the node is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Scalar(value) => value.as_str(),
            Tree::List(_) | Tree::Map(_) => None,
        }
    }

    /// The member of this name, if the node is a map.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Tree::Map(members) = &self.tree else {
            return None;
        };
        let found = members.iter().find(|(key, _)| key.text() == Some(name));
        found.map(|(_, value)| value)
    }

    /// What kind of value it is, for messages: `the text "yes"`.
    #[must_use]
    pub fn described(&self) -> String {
        match &self.tree {
            Tree::Scalar(Value::Null) => "nothing".to_owned(),
            Tree::Scalar(Value::String(text)) => format!("the text \"{}\"", inert(text, 40)),
            Tree::Scalar(value @ Value::Number(_)) => format!("the number {value}"),
            Tree::Scalar(value) => value.to_string(),
            Tree::List(_) => "a list".to_owned(),
            Tree::Map(_) => "an object".to_owned(),
        }
    }

    /// Reads YAML, with aliases, depth and items bounded.
    ///
    /// # Errors
    /// [`Syntax`] if the document is malformed, ambiguous or beyond a bound.
    pub fn yaml(bytes: &[u8], limits: &Limits) -> Result<Self, Syntax> {
        let value = yaml_value(bytes, limits)?;
        let with_places = Self::with_places(text(bytes)?);
        Ok(with_places.unwrap_or_else(|| Self::without_places(value)))
    }

    /// The document, unless it nests deeper than any that authors write.
    fn with_places(text: &str) -> Option<Self> {
        serde_saphyr::from_str_with_options(text, options(PLACES_DEPTH)).ok()
    }

    /// Reads strict JSON, without places.
    ///
    /// # Errors
    /// [`Syntax`], whose message has line and column.
    pub fn json(bytes: &[u8], limits: &Limits) -> Result<Self, Syntax> {
        json_value(bytes, limits).map(Self::without_places)
    }

    /// Reads strict JSON, with the place of each part.
    ///
    /// # Errors
    /// As [`Node::json`].
    pub fn json_with_places(bytes: &[u8], limits: &Limits) -> Result<Self, Syntax> {
        let value = json_value(bytes, limits)?;
        // Nearly all JSON is YAML as well, and the reader of YAML knows places.
        let with_places = text(bytes).ok().and_then(Self::with_places);
        let same = with_places.filter(|node| node.value().as_ref() == Some(&value));
        Ok(same.unwrap_or_else(|| Self::without_places(value)))
    }

    fn without_places(value: Value) -> Self {
        let tree = match value {
            Value::Array(items) => {
                Tree::List(items.into_iter().map(Self::without_places).collect())
            }
            Value::Object(map) => {
                let member = |(key, value)| {
                    let key = Self::without_places(Value::String(key));
                    (key, Self::without_places(value))
                };
                Tree::Map(map.into_iter().map(member).collect())
            }
            scalar => Tree::Scalar(scalar),
        };
        Self { place: None, tree }
    }

    /// The value without places; `None` if a key is no text.
    fn value(&self) -> Option<Value> {
        match &self.tree {
            Tree::Scalar(value) => Some(value.clone()),
            Tree::List(items) => items.iter().map(Self::value).collect(),
            Tree::Map(members) => {
                let member =
                    |(key, value): &(Self, Self)| Some((key.text()?.to_owned(), value.value()?));
                let map: Option<serde_json::Map<_, _>> = members.iter().map(member).collect();
                map.map(Value::Object)
            }
        }
    }
}

/// A YAML document as JSON, with the same bounds as [`Node::yaml`].
///
/// # Errors
/// [`Syntax`] as there.
pub fn yaml_value(bytes: &[u8], limits: &Limits) -> Result<Value, Syntax> {
    let text = text(bytes)?;
    serde_saphyr::from_str_with_options(text, options(limits.depth)).map_err(|e| syntax(&e))
}

fn json_value(bytes: &[u8], limits: &Limits) -> Result<Value, Syntax> {
    json::parse(bytes, limits.depth).map_err(|e| Syntax {
        place: None,
        message: inert(&e.to_string(), 200),
    })
}

fn text(bytes: &[u8]) -> Result<&str, Syntax> {
    std::str::from_utf8(bytes).map_err(|e| Syntax {
        place: None,
        message: format!("{e}{}", json::utf16_hint(bytes)),
    })
}

fn syntax(error: &serde_saphyr::Error) -> Syntax {
    let message = error.to_string();
    Syntax {
        place: error.location().and_then(Place::of),
        message: inert(message.lines().next().unwrap_or_default(), 200),
    }
}

fn options(depth: usize) -> Options {
    let budget = serde_saphyr::budget! {
        max_depth: depth,
        max_nodes: 10_000,
        max_aliases: 64,
        max_documents: 1,
        max_reader_input_bytes: Some(1024 * 1024),
    };
    serde_saphyr::options! {
        budget: budget,
        strict_booleans: true,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Tree>::deserialize(deserializer)?;
        Ok(Self {
            place: Place::of(spanned.referenced),
            tree: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        Ok(Tree::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u64, column: u64) -> Option<Place> {
        Some(Place { line, column })
    }

    #[test]
    fn each_value_and_each_key_of_yaml_has_its_place() {
        let yaml = "title: é\nquestions:\n  - name: room\n    required: \"yes\"\n    5: x\n";
        let node = Node::yaml(yaml.as_bytes(), &Limits::default()).expect("reads");
        let questions = node.get("questions").expect("questions");
        let Tree::List(items) = &questions.tree else {
            panic!("{questions:?}");
        };
        let required = items[0].get("required").expect("required");
        assert_eq!(
            (required.text(), required.place),
            (Some("yes"), place(4, 15))
        );
        let Tree::Map(members) = &items[0].tree else {
            panic!("{items:?}");
        };
        assert_eq!(members[0].0.place, place(3, 5));
        assert_eq!(
            (members[2].0.text(), members[2].0.place),
            (None, place(5, 5))
        );
    }

    #[test]
    fn json_with_tabs_and_escapes_has_places_too() {
        let text = "[\n\t{\"key\": \"A\\/B \\ud83d\\ude00\",\n\t\"required\": \"no\"}\n]";
        let node = Node::json_with_places(text.as_bytes(), &Limits::default()).expect("reads");
        let Tree::List(items) = &node.tree else {
            panic!("{node:?}");
        };
        assert_eq!(items[0].get("key").and_then(Node::text), Some("A/B 😀"));
        let required = items[0].get("required").expect("required");
        assert_eq!(
            (required.text(), required.place),
            (Some("no"), place(3, 14))
        );
    }

    #[test]
    fn malformed_documents_are_refused_with_a_place() {
        let yaml = Node::yaml(b"a: b\nquestions: [\n", &Limits::default());
        let syntax = yaml.expect_err("malformed");
        assert!(
            syntax.place.is_some() && !syntax.message.is_empty(),
            "{syntax:?}"
        );
        let json = Node::json(b"[{\"key\": }]", &Limits::default());
        let syntax = json.expect_err("malformed");
        assert!(syntax.message.contains("line 1 column"), "{syntax:?}");
    }
}
