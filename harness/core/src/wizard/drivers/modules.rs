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
    // NB: the same for each step, and answers may have megabytes. Members are
    // in the order of their names, as in every JSON of the harness.
    let inputs = json!(session.inputs).to_string();
    let answers = session.inputs.answers.to_string();
    let mode = json!(session.mode).to_string();
    let (mut previous, mut told) = (String::new(), 0);
    for (step, component) in due {
        for result in results(session.steps().get(told..).unwrap_or_default()) {
            previous += if previous.is_empty() { "" } else { "," };
            previous += &json!(result).to_string();
        }
        told = session.steps().len();
        let step_name = json!(step).to_string();
        let parts = [
            r#"{"inputs":"#,
            &inputs,
            r#","mode":"#,
            &mode,
            r#","state":{"answers":"#,
            &answers,
            r#","previous":["#,
            &previous,
            r#"]},"step":"#,
            &step_name,
            "}",
        ];
        let input = parts.concat();
        let due = Due {
            step,
            node: None,
            component,
            contract: true,
        };
        let input = input.into_bytes();
        session.call(due, Call::Step { input }, &StepOutput::from_value);
        if session.refused() {
            break;
        }
    }
}
