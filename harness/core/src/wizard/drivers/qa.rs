//! A component's own questions and answers: `qa-spec` is step collect,
//! `apply-answers` is step apply, `validate-config` checks the resulting config
//! (step validate), and the harness lists the changes as step summary.

use super::qa_calls::{Asked, Asker, texts_are_known};
use crate::text::inert;
use crate::wasm;
use crate::wizard::call::Call;
use crate::wizard::executor::{StepCode, StepFailure};
use crate::wizard::output::StepOutput;
use crate::wizard::plan::{ProvisionPlanPatch, RedactedValue, SecretsPatch};
use crate::wizard::questions::{Question, answers, questions, real_answers, unanswered};
use crate::wizard::session::{PendingStep, Session, bounded};
use crate::wizard::steps::ProvisionStep;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Asks the questions, applies the answers, and validates the resulting config.
/// `update` and `remove` need an installation: without a given state, the driver
/// runs setup first.
pub(in crate::wizard) fn drive(session: &mut Session<'_>, component: &str, mode: &str) {
    run(
        session,
        Asked {
            component,
            by: Asker::Author,
        },
        mode,
    );
}

/// Sets the provider up as the operator does: by operations of `component`, with the
/// answers of the setup form.
pub(in crate::wizard) fn drive_operator(
    session: &mut Session<'_>,
    component: Option<&str>,
    mode: &str,
) {
    let by = Asker::Operator;
    match component {
        Some(component) => run(session, Asked { component, by }, mode),
        None => {
            let message = "the pack has no file for the component of its provider extension";
            let due = PendingStep {
                component: None,
                ..PendingStep::of(ProvisionStep::Collect, "")
            };
            let failure = StepFailure::new(StepCode::Missing, message);
            session.answer(due, "qa-spec", Err(failure));
        }
    }
}

fn run(session: &mut Session<'_>, asked: Asked<'_>, mode: &str) {
    let state = session.inputs.existing_state.as_ref();
    let installed = match (mode, state) {
        ("update" | "upgrade" | "remove", None) => {
            match ask(session, asked, "setup", &InstalledConfig::default(), true) {
                Some(output) => InstalledConfig::after(&output),
                None => return,
            }
        }
        (_, state) => state.map(InstalledConfig::of).unwrap_or_default(),
    };
    let Some(output) = ask(session, asked, mode, &installed, false) else {
        return;
    };
    let component = asked.component;
    let config = output.data.get("config").filter(|c| c.is_object());
    if let Some(config) = config
        .filter(|_| mode != "remove" && asked.by == Asker::Author && validates(session, component))
    {
        let due = PendingStep::of(ProvisionStep::Validate, component);
        let call = Call::ValidateConfig {
            config: config.clone(),
        };
        session.call(due, call, &validated);
    }
    summarise(session, component, &output);
}

/// The installation before the component is called.
struct InstalledConfig {
    config: Value,
    secrets: Vec<String>,
}

impl Default for InstalledConfig {
    fn default() -> Self {
        Self {
            config: json!({}),
            secrets: Vec::new(),
        }
    }
}

impl InstalledConfig {
    /// The installation that an `existing_state` describes.
    fn of(state: &Value) -> Self {
        let secrets = state.get("secrets").and_then(Value::as_object);
        Self {
            config: state.get("config").cloned().unwrap_or_else(|| json!({})),
            secrets: secrets.into_iter().flat_map(Map::keys).cloned().collect(),
        }
    }

    /// The installation after setup.
    fn after(output: &StepOutput) -> Self {
        let secrets = output.data.get("secrets").and_then(Value::as_array);
        let secrets = secrets.into_iter().flatten().filter_map(Value::as_str);
        Self {
            config: output
                .data
                .get("config")
                .cloned()
                .unwrap_or_else(|| json!({})),
            secrets: secrets.map(str::to_owned).collect(),
        }
    }
}

/// Gets the questions of `mode`, applies the answers, and returns the output.
/// `None` if a step failed or refused. With `prior`, the output is kept out of the
/// plan.
fn ask(
    session: &mut Session<'_>,
    by: Asked<'_>,
    mode: &str,
    installed: &InstalledConfig,
    prior: bool,
) -> Option<StepOutput> {
    let due = |step| due(step, by.component, prior);
    let call = by.qa_spec(mode);
    let limits = &session.limits.flow;
    let spec = session.call(due(ProvisionStep::Collect), call, &|spec| {
        questions(&spec, limits)?;
        Ok(StepOutput {
            questions: Some(spec.clone()).filter(|_| !prior),
            ..StepOutput::data(json!({ "questions": spec }))
        })
    });
    let spec = spec?.data.get("questions")?.clone();
    let mut asked = questions(&spec, limits).ok()?;
    let form = Arc::clone(&session.wizard.form);
    form.mark_secrets(&mut asked);
    if by.by == Asker::Operator && !prior {
        texts_are_known(session, by, &spec, &asked)?;
    }
    // The task's answers test `mode` only; a prior setup uses generated answers.
    let exactly = session.answers.filter(|_| !prior);
    let answers = match (exactly, by.by) {
        (Some(answers), _) => answers.clone(),
        (None, Asker::Author) => given(session, &asked),
        // The operator passes the form's answers on at setup, and none at removal.
        (None, Asker::Operator) if mode == "remove" => json!({}),
        (None, Asker::Operator) => given(session, &form.questions),
    };
    let why = match by.by {
        Asker::Author => lacking(session, &asked, &answers),
        Asker::Operator if mode == "remove" => None,
        // The setup tool refuses these answers before the operator sees them.
        Asker::Operator => form.refusal(&answers),
    };
    if let Some(why) = why {
        let due = due(ProvisionStep::Validate);
        let by = match by.by {
            Asker::Author => "answers",
            Asker::Operator => "setup form",
        };
        let failure = StepFailure::new(StepCode::Step, inert(&why, 300));
        return session.answer(due, by, Err(failure)).cloned();
    }
    let due = due(ProvisionStep::Apply);
    if let Err(failure) = bounded(&answers, session.limits) {
        return session.answer(due, "apply-answers", Err(failure)).cloned();
    }
    let call = by.apply(mode, &installed.config, &answers);
    // A remove sets nothing, so the answers of the form are not among its secrets.
    let of_form = match by.by {
        Asker::Operator if mode != "remove" => form.questions.as_slice(),
        _ => &[],
    };
    let secret = asked.iter().chain(of_form).filter(|q| q.secret);
    let secret: Vec<&str> = secret.map(|q| q.id.as_str()).collect();
    let read = |answer: Value| {
        let output = applied(answer, installed, &secret, &answers)?;
        Ok(if prior {
            StepOutput::data(output.data)
        } else {
            output
        })
    };
    let output = session.call(due, call, &read)?.clone();
    session.keep_secrets(&answers, &secret);
    (!session.refused()).then_some(output)
}

/// Why a run that is carried out cannot continue with `answers`: a required one is not
/// there. A dry run has made it up.
fn lacking(session: &Session<'_>, asked: &[Question], answers: &Value) -> Option<String> {
    let question = unanswered(asked, answers).filter(|_| session.applies())?;
    let part = if question.secret { "secrets" } else { "config" };
    let id = &question.id;
    Some(format!(
        "the question `{id}` has no answer; add one below `{part}` of the answers"
    ))
}

/// The answers to `asked`: those of the task, defaults, and in a dry run made-up ones.
fn given(session: &Session<'_>, asked: &[Question]) -> Value {
    let inputs = session.inputs;
    let base_url = inputs.public_base_url.as_deref();
    let answers = if session.applies() {
        real_answers
    } else {
        answers
    };
    answers(asked, &inputs.answers, base_url)
}

/// The next step, or a node of that name for a setup before the wizard's own run.
fn due(step: ProvisionStep, component: &str, prior: bool) -> PendingStep {
    if !prior {
        return PendingStep::of(step, component);
    }
    PendingStep {
        node: Some(format!("setup before, {step}")),
        ..PendingStep::of(ProvisionStep::Node, component)
    }
}

/// Whether `component` exports `validate-config`.
fn validates(session: &Session<'_>, component: &str) -> bool {
    let info = session.pack.info(component);
    info.is_some_and(|info| {
        let mut exports = info.exports.iter();
        exports.any(|e| wasm::is_interface(e, "greentic:provider-schema-core/schema-core-api", "1"))
    })
}

/// Reads the answer of `apply-answers`: `{ok, config, error, diagnostics, remove}`,
/// or the config alone.
fn applied(
    answer: Value,
    installed: &InstalledConfig,
    secret: &[&str],
    answers: &Value,
) -> Result<StepOutput, StepFailure> {
    if !answer.is_object() {
        let message = "the answer to apply-answers is not an object";
        return Err(StepFailure::new(StepCode::OutputShape, message));
    }
    let (config, remove) = match answer.get("ok").and_then(Value::as_bool) {
        Some(true) => (answer.get("config").cloned(), answer.get("remove").cloned()),
        Some(false) => {
            let error = answer.get("error").unwrap_or(&Value::Null).to_string();
            let message = format!("apply-answers returned ok: false, {}", inert(&error, 200));
            return Err(StepFailure::new(StepCode::Step, message));
        }
        None => (Some(answer.clone()), None),
    };
    let config = config.unwrap_or(Value::Null);
    let removes_all = |r: &Value| r.get("remove_all") == Some(&Value::Bool(true));
    let remove_all = remove.as_ref().is_some_and(removes_all);
    let secrets = secret.iter().copied();
    let secrets: BTreeSet<&str> = secrets.filter(|id| answers.get(*id).is_some()).collect();
    let secrets: Vec<&str> = secrets.into_iter().collect();
    let diagnostics = answer.get("diagnostics").filter(|d| d.is_array());
    let diagnostics = diagnostics.cloned().unwrap_or_else(|| json!([]));
    let read = StepOutput::from_value(json!({ "diagnostics": diagnostics }))?;
    Ok(StepOutput {
        diagnostics: read.diagnostics,
        plan_patch: Some(patch(&config, &secrets, remove_all, installed)),
        ..StepOutput::data(json!({ "config": config, "remove": remove, "secrets": secrets }))
    })
}

/// The patch from the installation to `config` with these secrets set. With
/// `remove_all`, the patch also removes every installed key and secret.
fn patch(
    config: &Value,
    secrets: &[&str],
    remove_all: bool,
    installed: &InstalledConfig,
) -> ProvisionPlanPatch {
    let map = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let changed = map(config).into_iter();
    let changed = changed.filter(|(key, value)| installed.config.get(key) != Some(value));
    let mut changed: BTreeMap<String, Value> = changed.collect();
    let removed = if remove_all {
        map(&installed.config)
    } else {
        Map::new()
    };
    changed.extend(removed.into_iter().map(|(key, _)| (key, Value::Null)));
    // The host keeps secret answers in its store; a plan only names them.
    let redacted = RedactedValue {
        redacted: true,
        value: None,
    };
    let set = secrets
        .iter()
        .map(|id| ((*id).to_owned(), redacted.clone()));
    ProvisionPlanPatch {
        config_patch: Some(changed),
        secrets_patch: Some(SecretsPatch {
            set: set.collect(),
            delete: if remove_all {
                installed.secrets.clone()
            } else {
                Vec::new()
            },
        }),
        ..ProvisionPlanPatch::default()
    }
}

/// Reads the answer of `validate-config`: `ok: false` or `valid: false` fails,
/// everything else passes.
fn validated(answer: Value) -> Result<StepOutput, StepFailure> {
    let says_no = ["ok", "valid"]
        .iter()
        .any(|key| answer.get(*key) == Some(&Value::Bool(false)));
    if says_no {
        let answer = inert(&answer.to_string(), 300);
        let message = format!("the component rejects the config that it returned: {answer}");
        return Err(StepFailure::new(StepCode::Step, message));
    }
    Ok(StepOutput::data(json!({ "validation": answer })))
}

fn summarise(session: &mut Session<'_>, component: &str, applied: &StepOutput) {
    let patch = applied.plan_patch.clone().unwrap_or_default();
    let config: Vec<String> = patch.config_patch.unwrap_or_default().into_keys().collect();
    let secrets = patch.secrets_patch.unwrap_or_default().set;
    let secrets: Vec<String> = secrets.into_keys().collect();
    let remove = applied.data.get("remove");
    let summary = json!({ "config": config, "secrets": secrets, "remove": remove });
    let output = StepOutput::data(json!({ "summary": summary }));
    let due = PendingStep::of(ProvisionStep::Summary, component);
    session.answer(due, "what changed", Ok(output));
}
