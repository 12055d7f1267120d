//! What a node of a flow refers to, by the rules of the runner.

use super::builtins::{Kind, builtin, lacks};
use greentic_types::{Flow, Node};
use serde_json::Value;

/// The id of nodes whose input names the component.
const EXEC: &str = "component.exec";

/// Prefixes of ids that the runner never splits at a dot.
const WHOLE: [&str; 14] = [
    EXEC,
    "flow.",
    "emit.",
    "session.",
    "provider.",
    "dw.",
    "sorla.",
    "operala.",
    "agentic.",
    "approval.",
    "var.",
    "media.",
    "mcp:",
    "a2a:",
];

/// What a node refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target<'n> {
    /// A component of the pack.
    Component {
        /// Its id.
        id: String,
        /// The operation that the runner calls; `None` if the node names none.
        operation: Option<String>,
        /// Whether the input of the node names the component.
        by_input: bool,
    },
    /// A function of the runner.
    Builtin(&'static Kind),
    /// A component of another pack.
    OtherPack {
        /// The other pack's alias.
        alias: &'n str,
    },
    /// A function of the runner, or `component.exec`, that lacks something.
    Incomplete {
        /// What it lacks.
        lacks: String,
    },
}

/// What `node` refers to.
#[must_use]
pub fn target(node: &Node) -> Target<'_> {
    if let Some(alias) = &node.component.pack_alias {
        return Target::OtherPack { alias };
    }
    let (full, mapping) = (node.component.id.as_str(), &node.input.mapping);
    let in_input = operation_in(mapping);
    let (id, operation) = parts(node);
    if id == EXEC || operation == Some(EXEC) {
        return executed(id, operation, mapping);
    }
    let emits = operation.filter(|o| o.starts_with("emit."));
    if let Some(kind) = builtin(emits.unwrap_or(id), operation, mapping) {
        return Target::Builtin(kind);
    }
    if let Some(lacks) = lacks(full) {
        return Target::Incomplete { lacks };
    }
    component(id, operation, in_input, false)
}

/// What the runner writes of a node into a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The component, or the function of the runner.
    pub component: String,
    /// The operation, under each of the names that the runner may write.
    pub operations: Vec<String>,
}

/// What the runner writes of `node` into a trace.
#[must_use]
pub fn recorded(node: &Node) -> Recorded {
    let (id, operation) = parts(node);
    let is_exec = id == EXEC || operation == Some(EXEC);
    let named = operation.filter(|o| !is_exec || *o != EXEC);
    let in_input = operation_in(&node.input.mapping);
    // NB: the runner reads the input only when the node begins, not when it ends.
    let operations = match (named, in_input) {
        (Some(named), _) => vec![named],
        (None, Some(named)) => vec![named, "unknown"],
        (None, None) => vec!["unknown"],
    };
    Recorded {
        component: (if is_exec { EXEC } else { id }).to_owned(),
        operations: operations.into_iter().map(str::to_owned).collect(),
    }
}

/// The id of a node's component, and the operation that the node names beside its input.
fn parts(node: &Node) -> (&str, Option<&str>) {
    let full = node.component.id.as_str();
    let structured = node.component.operation.as_deref();
    let whole = WHOLE.iter().any(|prefix| full.starts_with(prefix));
    let in_input = operation_in(&node.input.mapping).is_some();
    // The runner splits the id at its last dot, unless something else names the
    // operation.
    let split = full
        .rsplit_once('.')
        .filter(|_| structured.is_none() && !whole && !in_input);
    match split {
        Some((id, operation)) => (id, Some(operation)),
        None => (full, structured),
    }
}

/// What a node with the id or the operation `component.exec` refers to.
fn executed<'n>(id: &str, operation: Option<&str>, mapping: &Value) -> Target<'n> {
    let operation = operation.filter(|o| *o != EXEC);
    let named = ["component", "component_ref"]
        .iter()
        .find_map(|key| mapping.get(*key).and_then(Value::as_str));
    // NB: greentic-flow writes some functions as operations of `component.exec`.
    let function = if id == EXEC { operation } else { None };
    let function = function.or(named);
    if let Some(kind) = function.and_then(|name| builtin(name, None, mapping)) {
        return Target::Builtin(kind);
    }
    match named.or((id != EXEC).then_some(id)) {
        Some(id) => component(id, operation, operation_in(mapping), true),
        None => Target::Incomplete {
            lacks: "`component` in its input".into(),
        },
    }
}

fn component<'n>(
    id: &str,
    operation: Option<&str>,
    in_input: Option<&str>,
    by_input: bool,
) -> Target<'n> {
    let operation = operation.map(str::trim).filter(|o| !o.is_empty());
    Target::Component {
        id: id.to_owned(),
        operation: operation.or(in_input).map(str::to_owned),
        by_input,
    }
}

/// The operation that the input of a node names.
fn operation_in(mapping: &Value) -> Option<&str> {
    let named = ["operation", "op"].iter().find_map(|key| mapping.get(*key));
    let named = named.and_then(Value::as_str).map(str::trim);
    named.filter(|name| !name.is_empty())
}

/// The node at which the runner starts: the entry point `default`, else the first
/// node.
#[must_use]
pub fn entry(flow: &Flow) -> Option<&str> {
    let named = flow.entrypoints.get("default").and_then(Value::as_str);
    named.or_else(|| flow.nodes.keys().next().map(|id| id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(component: &Value, mapping: &Value) -> Node {
        let node = json!({
            "id": "n", "component": component, "input": { "mapping": mapping },
            "output": { "mapping": {} }, "routing": "end",
        });
        serde_json::from_value(node).expect("a node")
    }

    /// The target of a node, in short: `component#operation`, or what it is.
    fn short(component: &Value, mapping: &Value) -> String {
        match target(&node(component, mapping)) {
            Target::Component { id, operation, .. } => {
                format!("{id}#{}", operation.unwrap_or_default())
            }
            Target::Builtin(kind) => format!("builtin {}", kind.name),
            Target::OtherPack { alias } => format!("pack {alias}"),
            Target::Incomplete { lacks } => format!("lacks {lacks}"),
        }
    }

    #[test]
    fn target_of_a_node_is_what_the_runner_calls() {
        let id = |id: &str| json!({ "id": id });
        let with = |id: &str, operation: &str| json!({ "id": id, "operation": operation });
        let none = json!({});
        for (component, mapping, expected) in [
            (
                with("ai.demo.templates", "text"),
                none.clone(),
                "ai.demo.templates#text",
            ),
            (
                id("templating.handlebars"),
                none.clone(),
                "templating#handlebars",
            ),
            (id("templates"), none.clone(), "templates#"),
            (
                id("ai.demo.templates"),
                json!({"op": "text"}),
                "ai.demo.templates#text",
            ),
            (
                id("setup_custom___summarize"),
                json!({"operation": " run "}),
                "setup_custom___summarize#run",
            ),
            (with(EXEC, "run"), json!({"component": "echo"}), "echo#run"),
            (
                id(EXEC),
                json!({"component_ref": "echo", "operation": "say"}),
                "echo#say",
            ),
            (with("echo", EXEC), json!({"op": "say"}), "echo#say"),
            (id(EXEC), none.clone(), "lacks `component` in its input"),
            (with(EXEC, "emit.log"), none.clone(), "builtin emit."),
            (with(EXEC, "dw.agent.x"), none.clone(), "builtin dw.agent"),
            (with("x", "emit.response"), none.clone(), "builtin emit."),
            (id("state.get"), none.clone(), "lacks an operation"),
            (id("telco-x.call"), none.clone(), "lacks an operation"),
            (
                with("telco-x.call", "sms"),
                none.clone(),
                "builtin telco-x.call",
            ),
            (
                id("mcp"),
                none.clone(),
                "lacks `server` and `tool` in its input",
            ),
            (
                json!({"id": "x", "pack_alias": "other"}),
                none,
                "pack other",
            ),
        ] {
            assert_eq!(
                short(&component, &mapping),
                expected,
                "{component} {mapping}"
            );
        }
    }
}
