//! Where a flow continues after a node, by the rules of the runner.

use greentic_types::Routing;
use serde_json::Value;

/// Outcomes that stand for success, and for failure, by precedence.
const SUCCESS: [&str; 3] = ["on_success", "on_complete", "on_submit"];
const FAILURE: [&str; 3] = ["on_error", "on_cancel", "on_timeout"];

/// What the runner does after a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    /// It continues with this node.
    Next(String),
    /// It ends the flow.
    End,
    /// No condition holds: it waits for the user at the same node.
    Wait,
}

/// The entries of custom routing; empty for routing of another form.
fn entries(routing: &Routing) -> &[Value] {
    match routing {
        Routing::Custom(Value::Array(entries)) => entries,
        _ => &[],
    }
}

fn text<'v>(entry: &'v Value, key: &str) -> Option<&'v str> {
    entry.get(key).and_then(Value::as_str)
}

/// The nodes to which the runner can continue, without repetition.
///
/// NB: of a branch, the runner takes `default` and never a status.
#[must_use]
pub fn targets(routing: &Routing) -> Vec<&str> {
    let mut targets: Vec<&str> = Vec::new();
    let found: Vec<&str> = match routing {
        Routing::Next { node_id } => vec![node_id.as_str()],
        Routing::Branch { default, .. } => default.iter().map(|id| id.as_str()).collect(),
        Routing::End | Routing::Reply => Vec::new(),
        Routing::Custom(_) => {
            let entries = entries(routing).iter();
            entries.filter_map(|entry| text(entry, "to")).collect()
        }
    };
    for target in found {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    targets
}

/// Whether the next node depends on a condition.
pub(super) fn is_conditional(routing: &Routing) -> bool {
    let mut leading = entries(routing)
        .iter()
        .filter(|entry| text(entry, "to").is_some());
    leading
        .next()
        .is_some_and(|entry| text(entry, "condition").is_some())
}

/// Routes that the runner ignores, so that the flow ends, each as JSON.
#[must_use]
pub fn ignored(routing: &Routing) -> Vec<String> {
    let ends = |entry: &Value| {
        let flag = |key: &str| entry.get(key).is_some_and(|v| *v != Value::Bool(false));
        flag("out") || flag("reply") || flag("end")
    };
    match routing {
        Routing::Branch { on_status, default } if default.is_none() && !on_status.is_empty() => {
            vec![serde_json::json!({ "on_status": on_status }).to_string()]
        }
        Routing::Custom(Value::Array(entries)) => {
            let lost = |entry: &&Value| text(entry, "to").is_none() && !ends(entry);
            entries.iter().filter(lost).map(Value::to_string).collect()
        }
        Routing::Custom(Value::Object(map)) if !map.is_empty() => {
            let value = Value::Object(map.clone());
            if ends(&value) {
                Vec::new()
            } else {
                vec![value.to_string()]
            }
        }
        _ => Vec::new(),
    }
}

/// Whether a node has a route for its failure, so that an error of its component
/// does not end the flow.
#[must_use]
pub fn has_error_route(routing: &Routing) -> bool {
    entries(routing).iter().any(|entry| {
        let by_event = text(entry, "event").is_some_and(|event| FAILURE.contains(&event));
        let condition = text(entry, "condition").unwrap_or_default();
        by_event || FAILURE.iter().any(|port| condition.contains(port))
    })
}

/// The event that a node without an outcome of its own reports.
pub(super) fn default_event(routing: &Routing, ok: bool) -> &'static str {
    let ports = if ok { SUCCESS } else { FAILURE };
    let conditions = entries(routing)
        .iter()
        .filter_map(|entry| text(entry, "condition"));
    let named: Vec<&str> = conditions
        .filter_map(|condition| {
            let (path, value) = condition.split_once("==")?;
            (path.trim() == "event").then(|| value.trim().trim_matches('"'))
        })
        .collect();
    let used = ports.into_iter().find(|port| named.contains(port));
    used.unwrap_or(ports[0])
}

/// What the runner does after a node, with `context` for the conditions.
pub(super) fn decide(routing: &Routing, context: &Value) -> Decision {
    if !matches!(routing, Routing::Custom(_)) {
        let next = targets(routing).first().map(|id| (*id).to_owned());
        return next.map_or(Decision::End, Decision::Next);
    }
    let mut conditions = 0usize;
    for entry in entries(routing) {
        let to = text(entry, "to");
        let taken = match text(entry, "condition") {
            Some(condition) => {
                conditions += 1;
                holds(condition, context)
            }
            None => true,
        };
        if let (true, Some(to)) = (taken, to) {
            return Decision::Next(to.to_owned());
        }
    }
    match conditions {
        0 => Decision::End,
        _ => Decision::Wait,
    }
}

/// An order of two numbers.
type Order = fn(f64, f64) -> bool;

/// Whether a condition holds. A condition without a known operator never holds.
fn holds(condition: &str, context: &Value) -> bool {
    let split = |operator: &str| {
        let (path, value) = condition.split_once(operator)?;
        Some((path.trim(), value.trim().trim_matches('"')))
    };
    for (operator, wanted) in [("==", true), ("!=", false)] {
        if let Some((path, value)) = split(operator) {
            let actual = lookup(context, path);
            let same = actual.is_some_and(|actual| actual.eq_ignore_ascii_case(value));
            return same == wanted;
        }
    }
    let orders: [(&str, Order); 4] = [
        (">=", |a, b| a >= b),
        ("<=", |a, b| a <= b),
        (">", |a, b| a > b),
        ("<", |a, b| a < b),
    ];
    for (operator, order) in orders {
        if let Some((path, value)) = split(operator) {
            let actual = lookup(context, path).and_then(|a| a.trim().parse().ok());
            let value = value.parse();
            return matches!((actual, value), (Some(a), Ok(b)) if order(a, b));
        }
    }
    split(" contains ").is_some_and(|(path, value)| {
        let actual = lookup(context, path).unwrap_or_default();
        actual.to_lowercase().contains(&value.to_lowercase())
    })
}

/// The value at a dotted path, as text.
fn lookup(context: &Value, path: &str) -> Option<String> {
    let value = path
        .split('.')
        .try_fold(context, |value, key| value.get(key))?;
    Some(match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn custom(entries: Value) -> Routing {
        Routing::Custom(entries)
    }

    fn to(node: &str) -> Decision {
        Decision::Next(node.into())
    }

    #[test]
    fn first_route_whose_condition_holds_is_taken() {
        let context = json!({ "response": {"action": "About"}, "age": 18, "event": "on_success" });
        for (condition, taken) in [
            (r#"response.action == "about""#, true),
            (r#"response.action != "about""#, false),
            ("missing != \"x\"", true),
            ("age >= 18", true),
            ("age < 18", false),
            ("response.action contains \"BOU\"", true),
            ("age > many", false),
            ("age", false),
        ] {
            let routing = custom(json!([{"condition": condition, "to": "a"}, {"to": "b"}]));
            let expected = if taken { to("a") } else { to("b") };
            assert_eq!(decide(&routing, &context), expected, "{condition}");
        }
        let waits = custom(json!([{"condition": "age > 20", "to": "a"}]));
        assert_eq!(decide(&waits, &context), Decision::Wait);
        assert_eq!(
            decide(&custom(json!([{"next": "a"}])), &context),
            Decision::End
        );
        assert_eq!(decide(&custom(json!({"to": "a"})), &context), Decision::End);
        let branch = json!({"branch": {"on_status": {"ok": "a"}, "default": "b"}});
        let branch: Routing = serde_json::from_value(branch).expect("routing");
        assert_eq!(decide(&branch, &json!({"status": "ok"})), to("b"));
    }

    #[test]
    fn route_is_conditional_if_the_first_one_with_a_target_is() {
        let to = json!({"to": "a"});
        let under = json!({"condition": "n > 1", "to": "b"});
        let nowhere = json!({"condition": "n > 1", "next": "b"});
        for (entries, conditional) in [
            (json!([under, to]), true),
            (json!([to, under]), false),
            (json!([nowhere, to]), false),
            (json!([]), false),
        ] {
            assert_eq!(
                is_conditional(&custom(entries.clone())),
                conditional,
                "{entries}"
            );
        }
        assert!(!is_conditional(&Routing::End));
    }

    #[test]
    fn routes_without_a_target_that_the_runner_reads_are_ignored() {
        for (routing, count) in [
            (json!([{"next": "a"}, {"to": "b"}]), 1),
            (json!([{"out": true}]), 0),
            (json!([{"on_message": true}]), 1),
            (json!({"to": "a"}), 1),
            (json!({}), 0),
            (Value::Null, 0),
        ] {
            assert_eq!(ignored(&custom(routing.clone())).len(), count, "{routing}");
        }
        let branch = json!({"branch": {"on_status": {"ok": "a"}}});
        let branch: Routing = serde_json::from_value(branch).expect("routing");
        assert_eq!(ignored(&branch).len(), 1);
        assert!(targets(&branch).is_empty());
    }

    #[test]
    fn event_is_the_port_that_the_node_has_a_route_for() {
        let routing = custom(json!([
            {"condition": "event == \"on_complete\"", "to": "a"},
            {"condition": "event == \"on_timeout\"", "to": "b"},
        ]));
        assert_eq!(default_event(&routing, true), "on_complete");
        assert_eq!(default_event(&routing, false), "on_timeout");
        assert!(has_error_route(&routing));
        assert_eq!(default_event(&Routing::End, true), "on_success");
        assert!(!has_error_route(&custom(json!([{"to": "a"}]))));
    }
}
