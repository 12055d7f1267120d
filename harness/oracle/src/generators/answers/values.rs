//! Values of the wrong type for a question, and hostile values for any question.

use provision_core::wizard::questions::{Kind, Question};
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Answers of the wrong type for `question`, each with a description; none if the
/// question's kind is unknown. If answers become text (not `typed`), only texts
/// that are invalid for the kind remain.
pub(super) fn wrong(question: &Question, typed: bool) -> Vec<(&'static str, Value)> {
    let Some(kind) = question.answer() else {
        return Vec::new();
    };
    let mut values = match kind {
        Kind::Text => vec![
            ("a number for a text", json!(7)),
            ("a boolean for a text", json!(true)),
            ("a list for a text", json!(["x"])),
            ("an object for a text", json!({ "a": 1 })),
        ],
        Kind::Bool => vec![
            ("a text for a boolean", json!("perhaps")),
            ("a number for a boolean", json!(7)),
            ("a list for a boolean", json!([])),
        ],
        Kind::Number | Kind::Integer => vec![
            ("a text for a number", json!("seven")),
            ("a boolean for a number", json!(true)),
            ("a list for a number", json!([])),
        ],
        Kind::Choice => vec![("what is no choice", json!("no-such-choice"))],
        Kind::List => vec![
            ("a number for a list", json!(7)),
            ("an object for a list", json!({ "a": 1 })),
        ],
        Kind::Object => vec![
            ("a number for an object", json!(7)),
            ("a list for an object", json!([1])),
        ],
    };
    if kind == Kind::Integer {
        values.push(("a fraction for a whole number", json!(1.5)));
    }
    if kind == Kind::Choice && question.options.is_empty() {
        values.clear();
    }
    // Null may stand for an answer that is left out, which a default replaces.
    if question.required && question.default.is_none() {
        values.push(("null for a required answer", Value::Null));
    }
    if !typed {
        values.retain(|(_, value)| value.is_string() && kind != Kind::Text);
    }
    values
}

/// The description of the longest text.
pub(super) const LONGEST: &str = "a text as long as can be";

/// Hostile values, each with a description: empty, `longest` bytes long, `deepest`
/// levels deep, unusual Unicode, boundary numbers, and injections.
pub(super) fn hostile(longest: usize, deepest: usize) -> Vec<(&'static str, Value)> {
    // NB: the macro would copy what is inside, at each level again.
    let deep = (0..deepest).fold(json!(1), |inner, _| Value::Array(vec![inner]));
    let text = |text: &str| Value::String(text.to_owned());
    let mut values = vec![
        ("an empty text", text("")),
        ("nothing but blanks", text(" \t\r\n ")),
        (LONGEST, Value::String("a".repeat(longest))),
        ("a value as deep as can be", deep),
        ("a text with NUL", text("a\0b")),
        (
            "a text that turns right to left",
            text("a\u{202e}b\u{2066}"),
        ),
        (
            "a text of combining marks",
            text(&"e\u{301}\u{327}".repeat(64)),
        ),
        (
            "a text beyond the first plane",
            text("\u{1f469}\u{200d}\u{1f680}\u{10ffff}\u{feff}"),
        ),
        ("quotes and backslashes", text(r#""'`\","a":{"b":"#)),
        (
            "a template",
            text("{{secrets.token}}{{#each this}}${env.HOME}#{7*7}<%= 7 %>"),
        ),
        ("another host after a user", text("@elsewhere.invalid/")),
        ("the rest of another host", text(".elsewhere.invalid")),
        ("another host after slashes", text("//elsewhere.invalid/x")),
        (
            "another host after a backslash",
            text(r"\elsewhere.invalid/"),
        ),
        ("a path that leaves", text("../../../../etc/passwd")),
        ("a shell's command", text("; $(reboot) `reboot` | reboot &")),
        ("an SQL quote", text("' OR '1'='1'; DROP TABLE tenants; --")),
        (
            "markup",
            text("<script>alert(1)</script><img src=x onerror=alert(1)>"),
        ),
        (
            "a header's end",
            text("https://a.invalid\r\nSet-Cookie: a=b"),
        ),
        ("a lookup", text("${jndi:ldap://a.invalid/x}%s%n%x")),
        ("an empty list", json!([])),
        ("an empty object", json!({})),
        (
            "a prototype",
            json!({ "__proto__": { "admin": true }, "constructor": {} }),
        ),
    ];
    values.extend(numbers());
    values
}

/// Values at which code for `question` often breaks, each with a description, those of
/// its own limits first, and the constraint of the question that it breaks. A text has at
/// most `longest` bytes.
pub(super) fn boundary(
    question: &Question,
    longest: usize,
) -> Vec<(String, Value, Option<&'static str>)> {
    // NB: compiling a pattern may take as long as a run, so it is done once.
    let pattern = question.pattern.as_ref().and_then(|p| p.regex().ok());
    let values = at_boundaries(question, longest, pattern.as_ref()).into_iter();
    let values = values.map(|(what, value)| {
        let breaks = broken(question, &value, pattern.as_ref());
        (what, value, breaks)
    });
    values.collect()
}

fn at_boundaries(
    question: &Question,
    longest: usize,
    pattern: Option<&Regex>,
) -> Vec<(String, Value)> {
    if !question.options.is_empty() {
        return Vec::new();
    }
    let limits = [question.bounds.0, question.bounds.1];
    let whole = |limit: &f64| limit.fract() == 0.0 && limit.abs() < 1e15;
    let limits: Vec<i64> = limits
        .into_iter()
        .flatten()
        .filter(whole)
        .map(|l| l as i64)
        .collect();
    let beside = limits
        .iter()
        .flat_map(|limit| [limit - 1, *limit, limit + 1]);
    match question.answer() {
        Some(Kind::Number | Kind::Integer) => {
            let two = |power: u32| 1_i64 << power;
            let fixed = [
                0,
                1,
                -1,
                two(31) - 1,
                two(31),
                -two(31),
                -two(31) - 1,
                two(53),
            ];
            // Beyond a limit, they say no more than what is one beside it.
            let (least, most) = question.bounds;
            let within = |number: &i64| {
                let number = *number as f64;
                least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
            };
            let words = [two(15), two(16), two(32), -two(15) - 1];
            let words = words.into_iter().filter(within);
            let numbers = unique(beside.chain(fixed).chain(words)).into_iter();
            let value = |number: i64| (format!("the number {number}"), json!(number));
            // Forms and files often give a number as text. Code may read it or refuse it,
            // and must not keep it as a text where the config's schema says number.
            let spelled = limits.first().unwrap_or(&1);
            let spelled = (
                format!("the number {spelled} as a text"),
                json!(spelled.to_string()),
            );
            numbers.map(value).chain([spelled]).collect()
        }
        Some(Kind::Text) => {
            let powers = (8..=16).map(|power| 1_i64 << power);
            let lengths = unique(beside.chain(powers)).into_iter();
            let lengths = lengths.filter_map(|length| usize::try_from(length).ok());
            let lengths = lengths.filter(|length| (1..=longest).contains(length));
            let value = |length: usize| {
                let text = Value::String("a".repeat(length));
                (format!("a text of {length} characters"), text)
            };
            let refused = pattern.and_then(|pattern| refused_by(pattern, question));
            let refused = refused.map(|text| ("a text that does not match".into(), json!(text)));
            refused.into_iter().chain(lengths.map(value)).collect()
        }
        _ => Vec::new(),
    }
}

/// A short text within the limits that the question's pattern refuses.
fn refused_by(pattern: &Regex, question: &Question) -> Option<String> {
    let texts = ["!", "a", "0", "a b", "?"].into_iter();
    // It has to be as long as the shortest that is allowed.
    let least = question
        .bounds
        .0
        .filter(|least| (1.0..=1024.0).contains(least));
    let times = least.map_or(1, |least| least as usize);
    let mut texts = texts.map(|text| text.repeat(times));
    texts.find(|text| !pattern.is_match(text))
}

/// The constraint of `question` that `value` breaks.
fn broken(question: &Question, value: &Value, pattern: Option<&Regex>) -> Option<&'static str> {
    let (least, most) = question.bounds;
    let size = match (question.answer()?, value) {
        (Kind::Text, Value::String(text)) => text.chars().count() as f64,
        (Kind::Number | Kind::Integer, value) => value.as_f64()?,
        _ => return None,
    };
    if least.is_some_and(|least| size < least) {
        return Some("the minimum");
    }
    if most.is_some_and(|most| size > most) {
        return Some("the maximum");
    }
    let refuses = |text: &str| pattern.is_some_and(|pattern| !pattern.is_match(text));
    value.as_str().is_some_and(refuses).then_some("the pattern")
}

/// `numbers` without repetitions, in the same order.
fn unique(numbers: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut seen = BTreeSet::new();
    numbers.filter(|number| seen.insert(*number)).collect()
}

/// Boundary numbers, each with a description.
fn numbers() -> Vec<(&'static str, Value)> {
    vec![
        ("the least whole number", json!(i64::MIN)),
        ("the greatest whole number", json!(u64::MAX)),
        (
            "a number past exact floats",
            json!(9_007_199_254_740_993_u64),
        ),
        ("the greatest float", json!(f64::MAX)),
        ("the least float", json!(5e-324)),
        ("minus zero", json!(-0.0)),
    ]
}
