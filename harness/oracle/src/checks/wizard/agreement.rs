//! Whether all that say what is asked say the same.

use crate::check::{Conclusion, Findings};
use crate::probe_outcome::asked;
use crate::subject::{Observed, Opened, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::questions::{GIVEN, Question, canonical, secret_requirements};
use provision_core::wizard::{Driver, WizardKind};
use std::collections::{BTreeMap, BTreeSet};

/// `wizard.questions-agree`
pub(super) fn agree(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        if observed.wizard.kind != WizardKind::Setup {
            let reason = "only setup is described by files of the pack";
            return Conclusion::NotApplicable(reason.into());
        }
        if observed.run().is_some_and(|run| !run.completed()) {
            return Conclusion::Blocked("the wizard did not complete".into());
        }
        let sources = sources(subject, opened, observed);
        let unmasked = unmasked(subject, opened, observed);
        match &sources[..] {
            _ if sources.len() < 2 && !unmasked.is_empty() => {
                Conclusion::Failed(unmasked).about(observed.component())
            }
            [] | [_] => Conclusion::NotApplicable("fewer than two say what is asked".into()),
            [first, others @ ..] => {
                let found = others.iter().flat_map(|other| differences(first, other));
                let found = unmasked.into_iter().chain(found);
                Conclusion::of(found.collect()).about(observed.component())
            }
        }
    });
}

/// Questions of the wizard's own form that show what another file calls a secret. Where
/// the setup tool shows a form of its own, it masks the field.
fn unmasked(subject: &Subject, opened: &Opened, observed: &Observed) -> Vec<Finding> {
    let is_own = !matches!(
        observed.wizard.driver,
        Driver::Operator { .. } | Driver::ComponentQa { .. }
    );
    let required = secret_requirements(&opened.pack, subject.limits.depth);
    let required = required.unwrap_or_default();
    let required: BTreeSet<String> = required.keys().map(|key| canonical(key)).collect();
    let own = observed.run().and_then(|run| asked(run, &subject.limits));
    let own = own.unwrap_or_default().into_iter();
    let shown = own.filter(|q| is_own && !q.secret && required.contains(&canonical(&q.id)));
    let finding = |question: Question| {
        let at = format!("`{}`", inert(&question.id, 80));
        let expected = "a masked field, because the secret requirements list it";
        Finding::new(
            CheckCode::QuestionsDisagree,
            at,
            expected,
            "asked in plain text",
        )
    };
    shown.map(finding).collect()
}

/// A source of questions.
struct Source {
    name: String,
    /// Whether it is the config schema.
    is_schema: bool,
    questions: BTreeMap<String, Asked>,
}

/// What two sources have to say alike of a question.
#[derive(Clone, Copy)]
struct Asked {
    required: bool,
    secret: bool,
    /// Whether there is an answer if the user gives none.
    has_default: bool,
    /// Whether it is asked on certain answers alone.
    conditional: bool,
}

impl Asked {
    fn of(question: &Question) -> Self {
        Self {
            required: question.required,
            secret: question.secret,
            has_default: question.default.is_some(),
            conditional: question.shown_if.is_some(),
        }
    }

    fn agrees(self, other: Self) -> bool {
        let (more, less) = if self.required {
            (self, other)
        } else {
            (other, self)
        };
        // A default makes an optional answer as good as a required one, and what is not
        // always asked cannot be required elsewhere.
        let alike = more.required == less.required || less.has_default || more.conditional;
        alike && self.secret == other.secret
    }

    fn words(self) -> String {
        let required = if self.required {
            "required"
        } else {
            "optional"
        };
        format!("{required}{}", if self.secret { " and secret" } else { "" })
    }
}

/// The sources of questions: the wizard, and the files that declare questions.
fn sources(subject: &Subject, opened: &Opened, observed: &Observed) -> Vec<Source> {
    let flags = |questions: &[Question]| {
        let flags = questions.iter().map(|q| (q.id.clone(), Asked::of(q)));
        flags.collect::<BTreeMap<_, _>>()
    };
    let mut sources = Vec::new();
    if let Some(mut own) = observed.run().and_then(|run| asked(run, &subject.limits)) {
        // A question is secret if any file of the pack says so.
        opened.form.mark_secrets(&mut own);
        sources.push(Source {
            name: observed.wizard.name.clone(),
            is_schema: false,
            questions: flags(&own),
        });
    }
    for declared in &opened.declared {
        if let Ok(questions) = &declared.questions {
            sources.push(Source {
                name: declared.file.clone(),
                is_schema: declared.is_schema,
                questions: flags(questions),
            });
        }
    }
    sources.retain(|source| !source.questions.is_empty());
    sources
}

fn differences(one: &Source, two: &Source) -> Vec<Finding> {
    let (first, second) = (&one.questions, &two.questions);
    let ids: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let by_schema = two.is_schema;
    let (one, two) = (inert(&one.name, 120), inert(&two.name, 120));
    let finding = |id: &str, actual: String| {
        let expected = "the same question, as required and as secret, in both";
        let at = format!("`{}`", inert(id, 80));
        Finding::new(CheckCode::QuestionsDisagree, at, expected, actual)
    };
    let difference = |id: &String| match (first.get(id), second.get(id)) {
        (Some(a), Some(b)) if a.agrees(*b) => None,
        // A schema need not contain secrets, which go into the secret store. A config
        // may have more keys than setup asks for, unless they are required.
        (Some(a), b) if by_schema && a.secret && b.is_none_or(|b| b.secret) => None,
        (None, Some(b)) if by_schema && (!b.required || id == GIVEN) => None,
        (Some(a), Some(b)) => {
            let (a, b) = (a.words(), b.words());
            Some(finding(id, format!("{a} in {one}, {b} in {two}")))
        }
        (Some(_), None) => Some(finding(id, format!("in {one}, not in {two}"))),
        (None, _) => Some(finding(id, format!("in {two}, not in {one}"))),
    };
    ids.into_iter().filter_map(difference).collect()
}
