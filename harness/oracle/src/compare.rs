//! Compares JSON with a pack's own expectation, which may contain placeholders.

use provision_core::json;
use provision_core::text::inert;
use serde_json::{Value, json};

/// Characters of a value that a finding shows.
const SHOWN: usize = 200;

/// A place where the actual value differs from the expected one.
pub(crate) struct Difference {
    /// JSON pointer.
    pub(crate) at: String,
    /// The expected value there, or that nothing is expected.
    pub(crate) expected: String,
    /// The actual value there, or that there is none.
    pub(crate) actual: String,
}

/// Every difference, by pointer. In `expected`, `<value>` matches anything except
/// `null`, `<redacted>` a redacted secret, and `<public_base_url>` the text
/// `base_url`, also within a string.
pub(crate) fn differences(expected: &Value, actual: &Value, base_url: &str) -> Vec<Difference> {
    compare(expected, actual, &|e, a| matches_leaf(e, a, base_url))
}

/// Every difference of two values that the same pack made. A text that looks like a
/// placeholder stands for itself in both.
pub(crate) fn all_differences(expected: &Value, actual: &Value) -> Vec<Difference> {
    compare(expected, actual, &|e, a| e == a)
}

fn compare(
    expected: &Value,
    actual: &Value,
    equal: &dyn Fn(&Value, &Value) -> bool,
) -> Vec<Difference> {
    let found = json::differences(expected, actual, equal).into_iter();
    let shown = found.map(|difference| Difference {
        at: inert(&difference.at, SHOWN),
        expected: show(difference.first),
        actual: show(difference.second),
    });
    shown.collect()
}

fn matches_leaf(expected: &Value, actual: &Value, base_url: &str) -> bool {
    match expected.as_str() {
        Some("<value>") => !actual.is_null(),
        Some("<redacted>") => {
            *actual == json!("<redacted>") || *actual == json!({"redacted": true, "value": null})
        }
        Some(text) => actual.as_str() == Some(&text.replace("<public_base_url>", base_url)),
        None => expected == actual,
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".into(), |v| inert(&v.to_string(), SHOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(expected: &Value, actual: &Value) -> Vec<String> {
        let found = differences(expected, actual, "https://x.invalid");
        found.into_iter().map(|d| d.at).collect()
    }

    #[test]
    fn placeholders_match_their_values_and_nothing_else() {
        let expected = json!({"a": "<value>", "s": "<redacted>", "u": "<public_base_url>/hook"});
        let good = json!({"a": [1], "s": {"redacted": true, "value": null}, "u": "https://x.invalid/hook"});
        assert!(at(&expected, &good).is_empty());
        let bad = json!({"a": null, "s": {"redacted": true, "value": "x"}, "u": "https://y/hook"});
        assert_eq!(at(&expected, &bad), ["/a", "/s", "/u"]);
    }

    #[test]
    fn placeholder_in_two_plans_of_one_pack_is_an_ordinary_text() {
        let of = |a: &Value, b: &Value| {
            let found = all_differences(a, b);
            found.into_iter().map(|d| d.at).collect::<Vec<_>>()
        };
        let plan = json!({"u": "<public_base_url>/x", "v": "<value>", "s": "<redacted>"});
        assert!(of(&plan, &plan).is_empty());
        let other = json!({"u": "/x", "v": 1, "s": {"redacted": true, "value": null}});
        assert_eq!(of(&plan, &other), ["/s", "/u", "/v"]);
    }

    #[test]
    fn missing_and_extra_values_differ() {
        assert_eq!(at(&json!({"a": 1}), &json!({"b": 1})), ["/a", "/b"]);
        assert_eq!(at(&json!([1, 2]), &json!([1])), ["/1"]);
        assert_eq!(at(&json!({}), &json!([])), [""]);
    }
}
