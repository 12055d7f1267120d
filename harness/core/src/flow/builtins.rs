//! The functions of the runner that a flow node can name instead of a component.

use serde_json::Value;

/// What the runner needs to carry out a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Needs {
    /// Nothing but the flow and its state.
    Nothing,
    /// The user's next message.
    Reply,
    /// A system that only a live host has: a language model, another runtime, a
    /// person who approves.
    Live,
}

/// What a function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Builtin {
    /// Sends its input to the user or to a log.
    Emit,
    /// Sets a variable of the flow.
    VarSet,
    /// Reads a key of the state store.
    StateGet,
    /// Writes a key of the state store.
    StateSet,
    /// Waits for the user's next message.
    SessionWait,
    /// Runs another flow and continues with its output.
    FlowCall,
    /// Hands over to another flow.
    FlowGoto,
    /// Asks a provider, an agent, a tool or another runtime.
    Remote,
}

/// When the runner takes a node for a function and not for a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matching {
    /// The id begins with this name.
    Family,
    /// The id is the name, or the name and a suffix after a dot.
    Dotted,
    /// The id is the name.
    Exact,
    /// The id is the name, and the node names an operation. Without one, the runner
    /// splits the id into a component and an operation.
    WithOperation,
    /// The id is the name, and the input or the operation names whom to ask.
    /// Without it, the runner looks for a component of this name.
    WithTarget(&'static [&'static str]),
}

/// A function of the runner.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name in component ids.
    pub name: &'static str,
    /// What it does.
    pub builtin: Builtin,
    /// What it needs.
    pub needs: Needs,
    matching: Matching,
}

const fn kind(name: &'static str, matching: Matching, builtin: Builtin, needs: Needs) -> Kind {
    Kind {
        name,
        builtin,
        needs,
        matching,
    }
}

/// Every function that the runner dispatches itself.
pub const KINDS: &[Kind] = &[
    kind("emit.", Matching::Family, Builtin::Emit, Needs::Nothing),
    kind("var.set", Matching::Exact, Builtin::VarSet, Needs::Nothing),
    kind(
        "state.get",
        Matching::WithOperation,
        Builtin::StateGet,
        Needs::Nothing,
    ),
    kind(
        "state.set",
        Matching::WithOperation,
        Builtin::StateSet,
        Needs::Nothing,
    ),
    kind(
        "session.wait",
        Matching::Dotted,
        Builtin::SessionWait,
        Needs::Reply,
    ),
    kind(
        "flow.call",
        Matching::Dotted,
        Builtin::FlowCall,
        Needs::Nothing,
    ),
    kind(
        "flow.goto",
        Matching::Exact,
        Builtin::FlowGoto,
        Needs::Nothing,
    ),
    remote("provider.invoke", Matching::Dotted),
    remote("dw.agent", Matching::Dotted),
    remote("dw.agent_graph", Matching::Dotted),
    remote("sorla.call", Matching::Dotted),
    remote("operala.call", Matching::Dotted),
    remote("agentic.call", Matching::Dotted),
    remote("approval.call", Matching::Dotted),
    remote("telco-x.call", Matching::WithOperation),
    remote("media.create", Matching::Exact),
    remote("mcp", Matching::WithTarget(&["server", "tool"])),
    remote("a2a", Matching::WithTarget(&["agent"])),
    remote("mcp:", Matching::Family),
    remote("a2a:", Matching::Family),
];

const fn remote(name: &'static str, matching: Matching) -> Kind {
    kind(name, matching, Builtin::Remote, Needs::Live)
}

/// The function that a node with this id, operation and input names.
pub(super) fn builtin(id: &str, operation: Option<&str>, mapping: &Value) -> Option<&'static Kind> {
    let says = |key: &&str| {
        let text = mapping.get(*key).and_then(Value::as_str);
        text.is_some_and(|text| !text.trim().is_empty())
    };
    let mut kinds = KINDS.iter();
    kinds.find(|kind| match kind.matching {
        Matching::Family => id.starts_with(kind.name) && id.len() > kind.name.len(),
        Matching::Exact => id == kind.name,
        Matching::WithOperation => id == kind.name && operation.is_some(),
        Matching::WithTarget(keys) => {
            let separators = keys.len() - 1;
            let named = |o: &str| !o.is_empty() && o.matches('/').count() >= separators;
            id == kind.name && (keys.iter().all(says) || operation.is_some_and(named))
        }
        Matching::Dotted => {
            let rest = id.strip_prefix(kind.name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        }
    })
}

/// Whether `id` names a function that the runner does not reach with this node,
/// and what the node lacks.
pub(super) fn lacks(id: &str) -> Option<String> {
    let kind = KINDS.iter().find(|kind| kind.name == id)?;
    match kind.matching {
        Matching::WithOperation => Some("an operation".into()),
        Matching::WithTarget(keys) => Some(format!("`{}` in its input", keys.join("` and `"))),
        Matching::Family | Matching::Dotted | Matching::Exact => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn function_is_found_as_the_runner_dispatches_it() {
        let found = |id: &str, operation: Option<&str>, mapping: Value| {
            builtin(id, operation, &mapping).map(|kind| kind.name)
        };
        for (id, name) in [
            ("emit.response", "emit."),
            ("dw.agent", "dw.agent"),
            ("dw.agent.support", "dw.agent"),
            ("dw.agent_graph", "dw.agent_graph"),
            ("flow.goto", "flow.goto"),
            ("media.create", "media.create"),
        ] {
            assert_eq!(found(id, None, json!({})), Some(name), "{id}");
        }
        for id in ["emit.", "dw.agentish", "mcp.exec", "var.set.x", "state.get"] {
            assert_eq!(found(id, None, json!({})), None, "{id}");
        }
        assert_eq!(
            found("state.get", Some("get"), json!({})),
            Some("state.get")
        );
        assert_eq!(found("mcp", None, json!({"server": "s"})), None);
        let tool = json!({"server": "s", "tool": "t"});
        assert_eq!(found("mcp", None, tool), Some("mcp"));
        assert_eq!(found("mcp", Some("s/t"), json!({})), Some("mcp"));
        assert_eq!(found("mcp", Some("s"), json!({})), None);
        assert_eq!(found("a2a", Some("agent"), json!({})), Some("a2a"));
        assert_eq!(found("a2a", None, json!({"agent": " "})), None);
    }
}
