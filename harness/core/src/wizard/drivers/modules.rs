//! Step modules of the harness's own contract, one a step or one for all.

use crate::wizard::call::Call;
use crate::wizard::lifecycle::results;
use crate::wizard::output::StepOutput;
use crate::wizard::session::{Due, Session};
use crate::wizard::steps::ProvisionStep;
use serde_json::json;

/// Runs each step that is due with its file, until one refuses.
pub(in crate::wizard) fn drive(
    session: &mut Session<'_>,
    due: Vec<(ProvisionStep, Option<String>)>,
) {
    for (step, component) in due {
        let input = json!({
            "step": step,
            "mode": session.mode,
            "inputs": session.inputs,
            "state": {
                "answers": session.inputs.answers,
                "previous": results(session.steps()),
            },
        });
        let due = Due {
            step,
            node: None,
            component,
            contract: true,
        };
        let input = input.to_string().into_bytes();
        session.call(due, Call::Step { input }, &StepOutput::from_value);
        if session.refused() {
            break;
        }
    }
}
