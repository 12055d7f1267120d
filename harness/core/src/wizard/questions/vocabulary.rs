//! The words of forms: kinds of questions, and the members of questions and forms, as
//! the ecosystem's own types have them.
//!
//! A host may be newer than this table. A word that is not in it is not the pack's
//! failure: the harness says that it cannot judge it, and names [`READ_AT`].

use serde_json::Value;

/// The sources of the table, with their versions.
pub const READ_AT: &str = "greentic-types 1.2, greentic-setup 1.3.1-dev and Adaptive Cards 1.6";

/// The kind of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A truth value.
    Bool,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// One of the options.
    Choice,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Kind {
    /// Whether `value` is of the kind. Every scalar fits a choice.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Bool => value.is_boolean(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Choice => !value.is_array() && !value.is_object() && !value.is_null(),
            Self::List => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// Kinds by name. Some are of older packs, which hosts read as texts.
const KINDS: [(Kind, &[&str]); 7] = [
    (
        Kind::Text,
        &[
            "text",
            "string",
            "str",
            "url",
            "uri",
            "email",
            "secret",
            "password",
            "multiline",
            "textarea",
            "date",
            "time",
            "datetime",
            "phone",
            "asset_ref",
            "assetref",
        ],
    ),
    (Kind::Bool, &["bool", "boolean", "toggle", "checkbox"]),
    (Kind::Number, &["number", "float", "decimal"]),
    (Kind::Integer, &["integer", "int"]),
    (
        Kind::Choice,
        &["choice", "select", "enum", "option", "radio"],
    ),
    (
        Kind::List,
        &["list", "array", "multiselect", "multi_select", "table"],
    ),
    (
        Kind::Object,
        &["object", "map", "json", "inline_json", "inlinejson"],
    ),
];

/// Members of other form languages that say when a question is asked. No host of
/// [`READ_AT`] reads them; one that does asks other questions than the harness thinks.
pub(super) const STEERING: [&str; 8] = [
    "show_if",
    "shown_if",
    "hidden_if",
    "hide_if",
    "enabled_if",
    "required_if",
    "depends_on",
    "when",
];

impl Kind {
    /// The kind with this lower-case name; `None` if the table does not have it.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let mut kinds = KINDS.iter();
        let (kind, _) = kinds.find(|(_, names)| names.contains(&name))?;
        Some(*kind)
    }
}

/// A word that may be one of a newer vocabulary: letters, digits, `_`, `-`, and `.`.
pub(super) fn is_word(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// The first member of `item` that says when the question is asked, in a language that
/// no host reads.
pub(super) fn steered_by(item: &Value) -> Option<&'static str> {
    let given = |key: &&&str| item.get(**key).is_some_and(|value| !value.is_null());
    STEERING.iter().find(given).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FlowLimits;
    use crate::wizard::questions::questions;
    use serde_json::json;

    #[test]
    fn kinds_of_todays_hosts_are_known() {
        for (names, kind) in [
            (&["string", "text", "asset_ref", "secret"][..], Kind::Text),
            (&["boolean", "bool"], Kind::Bool),
            (&["integer"], Kind::Integer),
            (&["number"], Kind::Number),
            (&["enum", "choice"], Kind::Choice),
            (&["list", "table"], Kind::List),
            (&["inline_json"], Kind::Object),
        ] {
            for name in names {
                assert_eq!(Kind::of_name(name), Some(kind), "{name}");
            }
        }
        assert_eq!(Kind::of_name("hologram"), None);
    }

    #[test]
    fn newer_words_are_told_from_what_is_no_word() {
        let words = |item: serde_json::Value| {
            let spec = json!({ "questions": [item] });
            questions(&spec, &FlowLimits::DEFAULT).expect("questions")[0].unknown_words()
        };
        assert_eq!(
            words(json!({ "id": "a", "kind": "text", "x-order": 1 })),
            [""; 0]
        );
        assert_eq!(
            words(json!({ "id": "a", "kind": "Hologram" })),
            ["the kind `hologram`"]
        );
        assert_eq!(words(json!({ "id": "a", "show_if": "b" })), ["`show_if`"]);
        for kind in [json!(7), json!(""), json!("no kind"), json!({})] {
            assert_eq!(words(json!({ "id": "a", "kind": kind })), [""; 0], "{kind}");
        }
    }
}
