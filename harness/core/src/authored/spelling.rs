//! What an author means by a name that no host reads, and by a value of another type.

use super::members::{Member, Record};
use super::node::{Node, Tree};
use serde_json::Value;

/// Names that authors use for remarks, and of extensions.
pub(super) fn is_comment(name: &str) -> bool {
    name.starts_with(['$', '_']) || name.starts_with("x-") || name.eq_ignore_ascii_case("comment")
}

/// Whether an author means yes by the value.
pub(super) fn affirms(node: &Node) -> bool {
    let Tree::Scalar(value) = &node.tree else {
        return false;
    };
    match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            matches!(
                text.as_str(),
                "true" | "yes" | "y" | "on" | "1" | "required" | "always"
            )
        }
        _ => false,
    }
}

/// The member that `name` probably stands for.
pub(super) fn meant(name: &str, record: &Record) -> Option<&'static str> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    let name = plain(name);
    let name = name.strip_prefix("is").unwrap_or(&name);
    let by_sense = match name {
        "mandatory" => Some("required"),
        "sensitive" | "masked" | "confidential" => Some("secret"),
        _ => None,
    };
    let distance = |member: &&Member| strsim::damerau_levenshtein(name, &plain(member.name));
    let nearest = record.members.iter().min_by_key(distance);
    let is_near = |member: &&Member| {
        let most = if member.name.len() < 5 { 1 } else { 2 };
        distance(member) <= most
    };
    let found = by_sense.and_then(|sense| record.members.iter().find(|m| m.name == sense));
    found.or(nearest.filter(is_near)).map(|member| member.name)
}
