//! Answers of steps: mostly of the contract's shape, with hostile texts in every
//! place, and some malformed ones.

use arbitrary::{Arbitrary, Result, Unstructured};
use serde_json::{Map, Value, json};

/// Texts that attack code that prints, parses or joins them.
pub const TEXTS: [&str; 16] = [
    "",
    "room",
    "a\u{1b}[31mred\u{1b}]0;t\u{7}",
    "::error::not yours",
    "##vso[task.complete]",
    "]]><testcase/>",
    "<script>alert(1)</script>",
    "a\u{0}b",
    "\u{202e}txt.exe",
    "| a | b |\n|---|",
    "```\n# heading",
    "https://conformance.invalid/hook",
    "http://elsewhere.invalid/",
    "\u{feff}\u{fffd}\u{10ffff}",
    "line\r\nbreak\u{2028}",
    "&amp;\"'`",
];

/// The bytes of a step's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer(pub Vec<u8>);

impl<'a> Arbitrary<'a> for Answer {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match u.int_in_range(0..=15)? {
            0 => u.arbitrary()?,
            1 => {
                let depth = u.int_in_range(1..=200)?;
                let deep = format!("{{\"summary\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
                deep.into_bytes()
            }
            2 => loose(u, 4)?.to_string().into_bytes(),
            3 => questions(u)?.to_string().into_bytes(),
            _ => output(u)?.to_string().into_bytes(),
        }))
    }
}

/// A text: one of [`TEXTS`], or any.
///
/// # Errors
/// If `u` has no more bytes.
pub fn text(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(match u.int_in_range(0..=31)? {
        0 => "x".repeat(u.int_in_range(0..=5_000)?),
        1..=4 => u.arbitrary::<&str>()?.to_owned(),
        _ => (*u.choose(&TEXTS)?).to_owned(),
    })
}

/// Any JSON, nested at most `depth` levels.
///
/// # Errors
/// If `u` has no more bytes.
pub fn loose(u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
    let most = if depth == 0 { 5 } else { 7 };
    Ok(match u.int_in_range(0..=most)? {
        0 => Value::Null,
        1 => Value::Bool(u.arbitrary()?),
        2 => json!(u.arbitrary::<i64>()?),
        3 => json!(u.arbitrary::<f64>()?),
        4 | 5 => Value::String(text(u)?),
        6 => {
            let len = u.int_in_range(0..=4)?;
            let items = (0..len).map(|_| loose(u, depth - 1));
            Value::Array(items.collect::<Result<_>>()?)
        }
        _ => {
            let len = u.int_in_range(0..=4)?;
            let members = (0..len).map(|_| Ok((text(u)?, loose(u, depth - 1)?)));
            Value::Object(members.collect::<Result<_>>()?)
        }
    })
}

/// An answer that is mostly of the contract's shape.
///
/// # Errors
/// If `u` has no more bytes.
pub fn output(u: &mut Unstructured<'_>) -> Result<Value> {
    let mut output = Map::new();
    if u.ratio(1, 3)? {
        output.insert("diagnostics".into(), list(u, diagnostic)?);
    }
    if u.ratio(2, 3)? {
        output.insert("plan".into(), plan(u)?);
    }
    if u.ratio(1, 3)? {
        output.insert("questions".into(), questions(u)?);
    }
    if u.ratio(1, 3)? {
        output.insert("summary".into(), loose(u, 2)?);
    }
    if u.ratio(1, 16)? {
        output.insert(text(u)?, loose(u, 2)?);
    }
    if u.ratio(1, 16)? {
        output.insert("requirements".into(), loose(u, 2)?);
    }
    Ok(Value::Object(output))
}

fn list(
    u: &mut Unstructured<'_>,
    item: fn(&mut Unstructured<'_>) -> Result<Value>,
) -> Result<Value> {
    let len = u.int_in_range(0..=3)?;
    let items = (0..len).map(|_| item(u));
    Ok(Value::Array(items.collect::<Result<_>>()?))
}

fn diagnostic(u: &mut Unstructured<'_>) -> Result<Value> {
    if u.ratio(1, 16)? {
        return loose(u, 2);
    }
    let severity = *u.choose(&["error", "warn", "info"])?;
    Ok(json!({ "severity": severity, "code": text(u)?, "message": text(u)?, "path": text(u)? }))
}

fn questions(u: &mut Unstructured<'_>) -> Result<Value> {
    if u.ratio(1, 16)? {
        let many = u.int_in_range(400..=700)?;
        let one = |n: usize| json!({ "id": format!("q{n}"), "kind": "text" });
        return Ok(json!({ "questions": (0..many).map(one).collect::<Vec<_>>() }));
    }
    if u.ratio(1, 8)? {
        return loose(u, 3);
    }
    let asked = list(u, |u| {
        let kind = *u.choose(&["text", "bool", "number", "choice", "list", "?"])?;
        Ok(json!({
            "id": text(u)?, "kind": kind, "required": u.arbitrary::<bool>()?,
            "secret": u.arbitrary::<bool>()?, "options": [text(u)?],
        }))
    })?;
    Ok(json!({ "questions": asked }))
}

fn plan(u: &mut Unstructured<'_>) -> Result<Value> {
    if u.ratio(1, 16)? {
        return loose(u, 3);
    }
    let mut plan = Map::new();
    if u.ratio(1, 2)? {
        let len = u.int_in_range(0..=3)?;
        let members = (0..len).map(|_| Ok((text(u)?, loose(u, 2)?)));
        let config: Map<String, Value> = members.collect::<Result<_>>()?;
        plan.insert("config_patch".into(), Value::Object(config));
    }
    if u.ratio(1, 2)? {
        let value = match u.int_in_range(0..=3)? {
            0 => Value::String(text(u)?),
            1 => json!({ "redacted": false, "value": text(u)? }),
            _ => json!("<redacted>"),
        };
        let set: Map<String, Value> = [(text(u)?, value)].into_iter().collect();
        let delete = list(u, |u| Ok(Value::String(text(u)?)))?;
        plan.insert(
            "secrets_patch".into(),
            json!({ "set": set, "delete": delete }),
        );
    }
    for (key, verbs) in [
        ("webhook_ops", ["register", "verify", "delete", "explode"]),
        ("subscription_ops", ["create", "sync", "remove", "explode"]),
        ("oauth_ops", ["start", "refresh", "revoke", "explode"]),
    ] {
        if u.ratio(1, 3)? {
            let op = *u.choose(&verbs)?;
            let op = json!([{
                "op": op, "id": text(u)?, "url": text(u)?, "provider": text(u)?,
                "scopes": [text(u)?], "metadata": { "of": text(u)? },
            }]);
            plan.insert(key.into(), op);
        }
    }
    if u.ratio(1, 2)? {
        plan.insert("notes".into(), list(u, |u| Ok(Value::String(text(u)?)))?);
    }
    if u.ratio(1, 16)? {
        plan.insert(text(u)?, loose(u, 1)?);
    }
    Ok(Value::Object(plan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::rng::Rng;
    use provision_core::wizard::{StepCode, StepOutput};
    use std::collections::BTreeSet;

    #[test]
    fn every_output_code_and_valid_plans_are_reached() {
        let mut rng = Rng::new(3);
        let mut codes = BTreeSet::new();
        let mut plans = 0;
        for _ in 0..3_000 {
            let bytes = rng.bytes(600);
            let answer = Answer::arbitrary(&mut Unstructured::new(&bytes)).expect("an answer");
            match StepOutput::decode(&answer.0, 64) {
                Ok(output) => plans += usize::from(output.plan_patch.is_some()),
                Err(failure) => drop(codes.insert(failure.code)),
            }
        }
        let all = [
            StepCode::OutputUtf8,
            StepCode::OutputJson,
            StepCode::Depth,
            StepCode::OutputShape,
        ];
        assert_eq!(codes, all.into());
        assert!(plans > 500, "{plans} plans");
    }
}
