//! Step modules of the harness's own contract: one for each step, or one for all.

use crate::json::text;
use crate::wizard::call::Call;
use crate::wizard::inputs::ProvisionInputs;
use crate::wizard::output::StepOutput;
use crate::wizard::session::{PendingStep, Session};
use crate::wizard::steps::ProvisionStep;
use serde_json::json;

/// Runs each pending step with its file, until one refuses.
pub(in crate::wizard) fn drive(
    session: &mut Session<'_>,
    due: Vec<(ProvisionStep, Option<String>)>,
) {
    // NB: serialised once for all steps, because answers can have megabytes.
    // Members are sorted by name, as in all JSON of the harness.
    let answers = text(&session.inputs.answers);
    let rest = rest_of_inputs(session.inputs);
    let mode = text(&json!(session.mode));
    let (mut previous, mut passed) = (String::new(), 0);
    for (step, component) in due {
        for run in session.steps().get(passed..).unwrap_or_default() {
            if let Some(output) = run.output() {
                previous += if previous.is_empty() { "" } else { "," };
                previous += &result_text(run.step, output);
            }
        }
        passed = session.steps().len();
        let step_name = text(&json!(step));
        let parts = [
            r#"{"inputs":{"answers":"#,
            &answers,
            &rest,
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
        let due = PendingStep {
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

/// A completed step as later steps get it: a [`StepResult`](crate::wizard::StepResult) as
/// JSON, without a copy of what the step answered.
fn result_text(step: ProvisionStep, output: &StepOutput) -> String {
    let StepOutput {
        data,
        diagnostics,
        plan_patch,
        questions,
    } = output;
    let questions = questions.as_ref().map_or_else(|| "null".into(), text);
    let parts = [
        r#"{"output":{"data":"#,
        &text(data),
        r#","diagnostics":"#,
        &text(&json!(diagnostics)),
        r#","plan_patch":"#,
        &text(&json!(plan_patch)),
        r#","questions":"#,
        &questions,
        r#"},"step":"#,
        &text(&json!(step)),
        "}",
    ];
    parts.concat()
}

/// `inputs` as JSON, from the comma that follows their answers.
fn rest_of_inputs(inputs: &ProvisionInputs) -> String {
    let ProvisionInputs {
        tenant,
        provider_id,
        install_id,
        public_base_url,
        answers: _,
        existing_state,
    } = inputs;
    // `answers` sorts first; these are the other members.
    let rest = json!({
        "existing_state": existing_state,
        "install_id": install_id,
        "provider_id": provider_id,
        "public_base_url": public_base_url,
        "tenant": tenant,
    });
    text(&rest).replacen('{', ",", 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::{StepResult, TenantContext};

    #[test]
    fn spliced_results_equal_their_serialisation() {
        let answers = [
            json!({}),
            json!({ "questions": { "b": ["{\""], "a": 1.5 }, "other": null }),
            json!({
                "diagnostics": [{ "severity": "warn", "code": "c", "message": "\u{1}" }],
                "plan": { "config_patch": { "b": {}, "a": [] }, "notes": ["n"] },
            }),
        ];
        for answer in answers {
            let output = StepOutput::from_value(answer).expect("an output");
            for step in [ProvisionStep::Collect, ProvisionStep::Apply] {
                let spliced = result_text(step, &output);
                let output = output.clone();
                assert_eq!(spliced, text(&json!(StepResult { step, output })));
            }
        }
    }

    #[test]
    fn spliced_inputs_equal_their_serialisation() {
        for existing_state in [None, Some(json!({"config": {"b": 1, "a": [{}]}}))] {
            let given = ProvisionInputs {
                tenant: TenantContext::default(),
                provider_id: "p\"{".into(),
                install_id: "{i".into(),
                public_base_url: None,
                answers: json!({"secrets": {"b": "{}", "a": 1.5}, "config": null}),
                existing_state,
            };
            let whole = json!(given).to_string();
            let (answers, rest) = (&given.answers, rest_of_inputs(&given));
            assert_eq!(format!(r#"{{"answers":{answers}{rest}"#), whole);
        }
    }
}
