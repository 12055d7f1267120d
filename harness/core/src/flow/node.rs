//! Carries out one node of a flow, as the runner would.

use super::builtins::{Builtin, Kind, Needs};
use super::component::{Invocation, may_answer_otherwise};
use super::host::{Control, Done, HandOver, Host, Place};
use super::resolve::{Target, target};
use super::run::{NodeResult, NodeRun};
use super::state::{Output, State};
use crate::text::inert;
use crate::wizard::call::HostActivity;
use crate::wizard::executor::{Meters, StepCode};
use greentic_types::Node;
use serde_json::{Value, json};

impl Host<'_> {
    /// Carries out the node at `place`, and changes `state` where the node does.
    pub(super) fn carry_out(&self, place: Place<'_>, state: &mut State) -> (NodeRun, Control) {
        let mut run = NodeRun {
            flow: place.flow.to_owned(),
            node: place.id.to_owned(),
            function: inert(place.node.component.id.as_str(), 120),
            component: None,
            result: NodeResult::NotRun,
            meters: Meters::default(),
            attempts: HostActivity::default(),
        };
        let done = match target(place.node) {
            Target::OtherPack { alias } => {
                let alias = inert(alias, 80);
                Done::withheld(format!("its component is in the pack `{alias}`"))
            }
            Target::Incomplete { lacks } => Done::blocked(format!("the node lacks {lacks}")),
            Target::Builtin(kind) => {
                kind.name
                    .trim_end_matches(['.', ':'])
                    .clone_into(&mut run.function);
                self.builtin(kind, place.node, state)
            }
            Target::Component {
                id,
                operation,
                by_input,
            } => {
                run.function = inert(operation.as_deref().unwrap_or("(no operation)"), 120);
                let invocation = Invocation {
                    host: self,
                    place,
                    component: &id,
                    by_input,
                };
                let done = invocation.run(operation.as_deref(), state, &mut run);
                state.live |= may_answer_otherwise(&run.attempts);
                done
            }
        };
        run.result = done.result;
        (run, done.control)
    }

    /// Carries out a function of the runner.
    fn builtin(&self, kind: &'static Kind, node: &Node, state: &mut State) -> Done {
        let mapping = match kind.builtin {
            Builtin::Emit => emitted(&node.input.mapping),
            _ => node.input.mapping.clone(),
        };
        let input = match self.rendered(mapping, state) {
            Ok(input) => input,
            Err(done) => return done,
        };
        if kind.needs == Needs::Live {
            return Done::withheld(format!("`{}` needs a live host", kind.name));
        }
        let key = || {
            let key = input.get("key").and_then(Value::as_str);
            key.filter(|key| !key.is_empty()).map(str::to_owned)
        };
        let output = |payload: Value| Done::carried_out(Control::Continue(Output::of(payload)));
        match kind.builtin {
            Builtin::Emit | Builtin::Remote => output(input),
            Builtin::SessionWait => Done::carried_out(Control::Reply(Output::of(input))),
            Builtin::VarSet => {
                let name = input.get("name").and_then(Value::as_str);
                if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
                    let value = input.get("value").cloned().unwrap_or_default();
                    state.vars.insert(name.to_owned(), value);
                }
                output(json!({ "ok": true }))
            }
            Builtin::StateGet | Builtin::StateSet => {
                let Some(key) = key() else {
                    return Done::failed(StepCode::Step, "the state node names no `key`");
                };
                if kind.builtin == Builtin::StateSet {
                    let value = input.get("value").cloned().unwrap_or_default();
                    state.stored.insert(key.clone(), value.clone());
                    return output(json!({ "key": key, "value": value }));
                }
                let value = state.stored.get(&key);
                output(json!({ "key": key, "value": value, "found": value.is_some() }))
            }
            Builtin::FlowGoto | Builtin::FlowCall => match HandOver::read(&input, "input") {
                None => Done::blocked("the node names no flow"),
                Some(to) if kind.builtin == Builtin::FlowGoto => {
                    Done::carried_out(Control::HandOver(to))
                }
                Some(HandOver { flow, input, .. }) => {
                    Done::carried_out(Control::Call { flow, input })
                }
            },
        }
    }
}

/// What a node sends that emits its input.
fn emitted(mapping: &Value) -> Value {
    let inner = ["input", "payload"]
        .iter()
        .find_map(|key| mapping.get(*key));
    inner.unwrap_or(mapping).clone()
}
