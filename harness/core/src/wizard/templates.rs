//! Handlebars in the inputs of flow nodes: expressions only, no loops or partials.

use super::executor::{StepCode, StepFailure};
use crate::text::inert;
use handlebars::Handlebars;
use serde_json::Value;
use std::io::{self, Write};

/// Most bytes of one template.
const TEMPLATE_BYTES: usize = 64 * 1024;
/// Most blocks and sub-expressions of one template.
const NESTING: usize = 32;

/// Renders every string of `mapping` that contains an expression. If the expression
/// is the whole string, its value keeps its JSON type. A missing value becomes an
/// empty string, as in Handlebars.
///
/// # Errors
/// A [`StepFailure`] with [`StepCode::Template`]. Partials, decorators and loops
/// are refused, because they can recurse and the manifest is not trusted.
pub(crate) fn render(mapping: &Value, context: &Value, bytes: usize) -> Result<Value, StepFailure> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(false);
    engine.register_escape_fn(handlebars::no_escape);
    // NB: nested loops over a long list would run practically forever.
    engine.unregister_helper("each");
    let mut budget = bytes;
    walk(&engine, mapping, context, &mut budget)
}

/// Whether a string of `mapping` is a template that [`render`] refuses and a host
/// renders: it contains a loop, a partial or a decorator.
pub(crate) fn is_program(mapping: &Value) -> bool {
    match mapping {
        Value::String(text) => {
            let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let marks = ["{{#each", "{{~#each", "{{>", "{{~>", "{{*", "{{#>", "{{#*"];
            marks.iter().any(|mark| compact.contains(mark))
        }
        Value::Array(items) => items.iter().any(is_program),
        Value::Object(map) => map.values().any(is_program),
        _ => false,
    }
}

fn walk(
    engine: &Handlebars<'_>,
    value: &Value,
    context: &Value,
    budget: &mut usize,
) -> Result<Value, StepFailure> {
    Ok(match value {
        Value::String(text) if text.contains("{{") => expand(engine, text, context, budget)?,
        Value::Array(items) => {
            let items = items.iter().map(|v| walk(engine, v, context, budget));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, v)| {
                let value = walk(engine, v, context, budget)?;
                Ok((key.clone(), value))
            });
            Value::Object(entries.collect::<Result<_, StepFailure>>()?)
        }
        other => other.clone(),
    })
}

fn expand(
    engine: &Handlebars<'_>,
    text: &str,
    context: &Value,
    budget: &mut usize,
) -> Result<Value, StepFailure> {
    refuse_programs(text)?;
    if let Some(path) = whole(text) {
        let value = path
            .split(['.', '[', ']'])
            .map(|key| key.trim_matches(['"', '\'']))
            .filter(|key| !key.is_empty())
            .try_fold(context, |value, key| match value {
                Value::Array(items) => items.get(key.parse::<usize>().ok()?),
                other => other.get(key),
            })
            .cloned()
            .unwrap_or_else(|| Value::String(String::new()));
        spend(budget, value.to_string().len())?;
        return Ok(value);
    }
    let mut out = Bounded {
        out: Vec::new(),
        limit: *budget,
    };
    engine
        .render_template_to_write(text, context, &mut out)
        .map_err(|e| failure(text, &e.to_string()))?;
    spend(budget, out.out.len())?;
    String::from_utf8(out.out)
        .map(Value::String)
        .map_err(|e| failure(text, &e.to_string()))
}

fn spend(budget: &mut usize, bytes: usize) -> Result<(), StepFailure> {
    *budget = budget.checked_sub(bytes).ok_or_else(|| {
        StepFailure::new(
            StepCode::Input,
            "the node's rendered input is over the bound",
        )
    })?;
    Ok(())
}

fn refuse_programs(text: &str) -> Result<(), StepFailure> {
    if text.len() > TEMPLATE_BYTES {
        return Err(failure(text, "a template of more than 64 KiB"));
    }
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '~')
        .collect();
    if ["{{>", "{{*", "{{#>", "{{#*"]
        .iter()
        .any(|p| compact.contains(p))
    {
        return Err(failure(text, "partials and decorators are not allowed"));
    }
    let nesting = compact.matches("{{#").count() + compact.matches('(').count();
    if nesting > NESTING {
        return Err(failure(text, "too many blocks"));
    }
    Ok(())
}

fn failure(template: &str, why: &str) -> StepFailure {
    let message = format!("template `{}`: {}", inert(template, 120), inert(why, 200));
    StepFailure::new(StepCode::Template, message)
}

/// The path in the expression, if `text` is one plain expression and nothing else.
fn whole(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text
        .strip_prefix("{{{")
        .and_then(|t| t.strip_suffix("}}}"))
        .or_else(|| text.strip_prefix("{{")?.strip_suffix("}}"))?
        .trim();
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']' | '"' | '\'')
    };
    (!inner.is_empty() && inner.chars().all(plain)).then_some(inner)
}

/// Collects the output of a template, up to a bound.
struct Bounded {
    out: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len() + bytes.len() > self.limit {
            return Err(io::Error::other("the rendered input is over the bound"));
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(mapping: &Value) -> Option<StepCode> {
        render(mapping, &json!({"a": [1, 2]}), 1000)
            .err()
            .map(|f| f.code)
    }

    #[test]
    fn whole_expression_keeps_its_type_and_a_part_becomes_text() {
        let context = json!({
            "state": {"input": {"dry_run": true, "n": 3, "name": "<x>"}},
            "node": {"a__b": {"list": [1, {"k": "v"}]}},
        });
        let mapping = json!({
            "whole": "{{ state.input.dry_run }}", "number": "{{state.input.n}}",
            "object": " {{ node.a__b }} ", "item": "{{ node.a__b.list.1.k }}",
            "bracket": "{{ node['a__b'].list[1].k }}",
            "part": "n={{ state.input.n }} {{ state.input.name }}", "missing": "{{ state.input.no }}",
            "nested": [{"deep": "{{{ state.input.name }}}"}], "plain": 7,
            "choice": "{{#if state.input.dry_run}}dry{{else}}wet{{/if}}",
        });
        let rendered = render(&mapping, &context, 10_000).expect("renders");
        let expected = json!({
            "whole": true, "number": 3, "object": {"list": [1, {"k": "v"}]}, "item": "v",
            "bracket": "v",
            "part": "n=3 <x>", "missing": "", "nested": [{"deep": "<x>"}], "plain": 7,
            "choice": "dry",
        });
        assert_eq!(rendered, expected);
    }

    #[test]
    fn recursive_looping_or_oversized_template_is_refused() {
        let recursive = r#"{{#*inline "x"}}{{> x}}{{/inline}}{{> x}}"#;
        assert_eq!(code(&json!(recursive)), Some(StepCode::Template));
        assert_eq!(code(&json!("{{~ > x}}")), Some(StepCode::Template));
        assert_eq!(
            code(&json!("{{#each a}}{{#each ../a}}x{{/each}}{{/each}}")),
            Some(StepCode::Template)
        );
        let deep = format!("{}x{}", "{{#if a}}".repeat(40), "{{/if}}".repeat(40));
        assert_eq!(code(&json!(deep)), Some(StepCode::Template));
        assert_eq!(code(&json!("{{ unclosed")), Some(StepCode::Template));
        let long = json!({"a": "x".repeat(900)});
        let twice = json!(["{{a}}", "{{a}}"]);
        let over = render(&twice, &long, 1000).err().map(|f| f.code);
        assert_eq!(over, Some(StepCode::Input));
        assert_eq!(
            render(&json!("-{{a}}"), &long, 100).err().map(|f| f.code),
            Some(StepCode::Template)
        );
    }
}
