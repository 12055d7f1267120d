//! The calls by which hosts ask a component for its questions: an author's tool over the
//! QA interface, the operator over operations.

use crate::text::inert;
use crate::wizard::call::Call;
use crate::wizard::executor::{StepCode, StepFailure};
use crate::wizard::output::StepOutput;
use crate::wizard::questions::{Question, spec_texts};
use crate::wizard::session::{PendingStep, Session};
use crate::wizard::steps::ProvisionStep;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Who asks a component for its questions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// An author's tool, over the QA interface that the component exports.
    Author,
    /// The operator, over the operations of `schema-core-api`.
    Operator,
}

fn operation(operation: &str, input: Value) -> Call {
    Call::ProviderOperation {
        operation: operation.to_owned(),
        input,
    }
}

/// The component that is asked, and who asks.
#[derive(Clone, Copy)]
pub(super) struct Asked<'c> {
    pub(super) component: &'c str,
    pub(super) by: Asker,
}

impl Asked<'_> {
    pub(super) fn qa_spec(&self, mode: &str) -> Call {
        match self.by {
            Asker::Author => Call::QaSpec { mode: mode.into() },
            Asker::Operator => operation("qa-spec", json!({ "mode": mode })),
        }
    }

    pub(super) fn apply(&self, mode: &str, current: &Value, answers: &Value) -> Call {
        match self.by {
            Asker::Author => Call::ApplyAnswers {
                mode: mode.into(),
                current: current.clone(),
                answers: answers.clone(),
            },
            Asker::Operator => {
                let input = json!({"mode": mode, "current_config": current, "answers": answers});
                operation("apply-answers", input)
            }
        }
    }
}

/// Asks for the keys of the component's texts, and refuses a spec that shows another key,
/// as the operator does. `None` ends the setup.
pub(super) fn texts_are_known(
    session: &mut Session<'_>,
    by: Asked<'_>,
    spec: &Value,
    asked: &[Question],
) -> Option<()> {
    let mut shown = spec_texts(spec);
    shown.extend(asked.iter().flat_map(|q| q.texts.iter().cloned()));
    let due = PendingStep {
        node: Some("i18n-keys".into()),
        ..PendingStep::of(ProvisionStep::Node, by.component)
    };
    let call = operation("i18n-keys", json!({}));
    let known = session.call(due, call, &|answer| {
        let keys = answer.as_array().map(|keys| {
            let keys = keys.iter().filter_map(Value::as_str);
            keys.map(str::to_owned).collect::<BTreeSet<_>>()
        });
        let keys = keys.ok_or_else(|| {
            let message = "the answer to i18n-keys is not a list of keys";
            StepFailure::new(StepCode::OutputShape, message)
        })?;
        match shown.iter().find(|key| !keys.contains(*key)) {
            None => Ok(StepOutput::data(json!({ "keys": keys }))),
            Some(key) => {
                let key = inert(key, 120);
                let message = format!("qa-spec shows the text `{key}`, which i18n-keys lacks");
                Err(StepFailure::new(StepCode::Questions, message))
            }
        }
    });
    known.map(|_| ())
}
