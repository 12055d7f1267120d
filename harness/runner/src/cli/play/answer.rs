//! Turns a line of a user into the answer to a question, or says what is wrong with it.

use provision_core::text::inert;
use provision_core::wizard::questions::{Kind, Question};
use serde_json::{Value, json};

/// The answer that `line` gives to `question`.
///
/// # Errors
/// What the user should type instead.
pub(super) fn parse(question: &Question, line: &str) -> Result<Value, String> {
    let options: Vec<&Value> = question.choices().collect();
    if !options.is_empty() && question.answer() != Some(Kind::List) {
        return choice(&options, line);
    }
    let answer = match question.answer() {
        Some(Kind::Bool) => truth(line)?,
        Some(Kind::Integer) => json!(line.parse::<i64>().map_err(|_| "type a whole number")?),
        Some(Kind::Number) => json!(line.parse::<f64>().map_err(|_| "type a number")?),
        Some(Kind::List) => list(&options, line)?,
        Some(Kind::Object) => {
            let value: Value = serde_json::from_str(line).map_err(|e| format!("type JSON: {e}"))?;
            Some(value)
                .filter(Value::is_object)
                .ok_or("type a JSON object, such as {\"a\": 1}")?
        }
        Some(Kind::Text | Kind::Choice) | None => json!(line),
    };
    bounded(question, &answer)?;
    Ok(answer)
}

/// The items of `line`, which commas separate; options, if there are any.
fn list(options: &[&Value], line: &str) -> Result<Value, String> {
    let items = line
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    if options.is_empty() {
        return Ok(json!(items.collect::<Vec<_>>()));
    }
    let chosen = items.map(|item| choice(options, item));
    Ok(Value::Array(chosen.collect::<Result<_, _>>()?))
}

/// The option that `line` names, by its value or by its number in the list.
fn choice(options: &[&Value], line: &str) -> Result<Value, String> {
    let by_value = options.iter().find(|option| plain(option) == line);
    let number = line.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let by_number = || number.and_then(|n| options.get(n));
    let found = by_value.or_else(by_number).map(|option| (*option).clone());
    found.ok_or_else(|| {
        format!(
            "type one of the options, or its number from 1 to {}",
            options.len()
        )
    })
}

/// An option as a user types it.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn truth(line: &str) -> Result<Value, String> {
    match line.to_lowercase().as_str() {
        "y" | "yes" | "true" | "1" | "on" => Ok(json!(true)),
        "n" | "no" | "false" | "0" | "off" => Ok(json!(false)),
        _ => Err("type yes or no".into()),
    }
}

/// Refuses an answer outside the question's bounds, or one that does not match its pattern.
fn bounded(question: &Question, answer: &Value) -> Result<(), String> {
    let (least, most) = question.bounds;
    let text = answer.as_str();
    let size = answer
        .as_f64()
        .or(text.map(|text| text.chars().count() as f64));
    let what = if text.is_some() { "length" } else { "number" };
    if let (Some(size), Some(least)) = (size, least)
        && size < least
    {
        return Err(format!("the {what} must be at least {least}"));
    }
    if let (Some(size), Some(most)) = (size, most)
        && size > most
    {
        return Err(format!("the {what} must be at most {most}"));
    }
    let pattern = question.pattern.as_ref();
    match (text, pattern.and_then(|p| p.regex().ok())) {
        (Some(text), Some(regex)) if !regex.is_match(text) => {
            let pattern = inert(regex.as_str(), 120);
            Err(format!("the answer must match {pattern}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::questions::Pattern;

    fn question(kind: &str, options: &[&str]) -> Question {
        Question {
            options: options.iter().map(|o| json!({ "value": o })).collect(),
            ..Question::plain("q", kind)
        }
    }

    #[test]
    fn line_becomes_a_value_of_the_kind_or_is_refused() {
        for (kind, line, expected) in [
            ("bool", "Yes", Some(json!(true))),
            ("bool", "off", Some(json!(false))),
            ("bool", "perhaps", None),
            ("integer", "8080", Some(json!(8080))),
            ("integer", "8.5", None),
            ("number", "8.5", Some(json!(8.5))),
            ("list", "a, b,,", Some(json!(["a", "b"]))),
            ("json", r#"{"a": 1}"#, Some(json!({"a": 1}))),
            ("json", "[1]", None),
            ("json", "{", None),
            ("text", "8080", Some(json!("8080"))),
        ] {
            let parsed = parse(&question(kind, &[]), line);
            assert_eq!(parsed.clone().ok(), expected, "{kind} {line}: {parsed:?}");
        }
    }

    #[test]
    fn option_is_chosen_by_value_or_by_number() {
        let region = question("choice", &["eu", "us"]);
        assert_eq!(parse(&region, "us"), Ok(json!("us")));
        assert_eq!(parse(&region, "1"), Ok(json!("eu")));
        for wrong in ["0", "3", "asia", ""] {
            assert!(parse(&region, wrong).is_err(), "{wrong}");
        }
        let several = question("multiselect", &["eu", "us"]);
        assert_eq!(parse(&several, "2, eu"), Ok(json!(["us", "eu"])));
        assert!(parse(&several, "eu, asia").is_err());
    }

    #[test]
    fn answer_outside_bounds_or_pattern_is_refused_with_the_bound() {
        let mut port = question("integer", &[]);
        port.bounds = (Some(1024.0), Some(65535.0));
        assert_eq!(
            parse(&port, "80"),
            Err("the number must be at least 1024".into())
        );
        assert_eq!(
            parse(&port, "70000"),
            Err("the number must be at most 65535".into())
        );
        let mut token = question("text", &[]);
        token.pattern = Some(Pattern::new("^[a-z]+$"));
        assert_eq!(
            parse(&token, "A1"),
            Err("the answer must match ^[a-z]+$".into())
        );
        assert_eq!(parse(&token, "abc"), Ok(json!("abc")));
    }
}
