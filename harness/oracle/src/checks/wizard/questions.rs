//! Checks of questions: well-formed, in agreement with the files, and translated.

use crate::check::{Conclusion, Findings};
use crate::probe_outcome::asked;
use crate::subject::{Observed, Opened, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::questions::{GIVEN, Kind, Question, READ_AT, card, questions as read};
use provision_core::wizard::{StepCode, StepRun, WizardKind};
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// `wizard.questions`
pub(super) fn well_formed(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let mut found = Vec::new();
        let mut asks = false;
        let unknown = unknown_words(subject, opened, observed);
        for step in &run.steps {
            let before = found.len();
            asks |= of_step(subject, step, &mut found);
            for finding in &mut found[before..] {
                *finding = finding.clone().about(step.component.as_deref());
            }
        }
        if observed.wizard.primary {
            asks |= of_files(opened, &mut found);
        }
        match (found.is_empty(), asks) {
            (false, _) => Conclusion::Failed(found),
            (true, true) if !unknown.is_empty() => Conclusion::Blocked(format!(
                "{}: not in the vocabulary of {READ_AT}",
                unknown.join(", ")
            )),
            (true, _) if !run.completed() => {
                Conclusion::Blocked("the wizard did not complete".into())
            }
            (true, true) => Conclusion::Passed,
            (true, false) => Conclusion::NotApplicable("the wizard asks nothing".into()),
        }
    });
}

/// Words that a newer host may know, of the wizard's own questions and of the forms.
fn unknown_words(subject: &Subject, opened: &Opened, observed: &Observed) -> Vec<String> {
    let run = observed.run();
    let own = run.and_then(|run| asked(run, &subject.limits));
    let forms = opened.declared.iter().filter(|d| !d.is_schema);
    let forms = forms.filter(|_| observed.wizard.primary);
    let of_forms = forms.filter_map(|d| d.questions.as_ref().ok()).flatten();
    let own = own.unwrap_or_default();
    let words = own.iter().chain(of_forms).flat_map(|question| {
        let words = question.unknown_words().into_iter();
        words.map(|word| {
            let id = inert(&question.id, 80);
            format!("question `{id}` has {}", inert(&word, 100))
        })
    });
    let words: BTreeSet<String> = words.collect();
    words.into_iter().take(8).collect()
}

/// Whether the step asks anything. Adds the defects of its questions to `found`.
fn of_step(subject: &Subject, step: &StepRun, found: &mut Vec<Finding>) -> bool {
    if let Some(failure) = step.failure().filter(|f| f.code == StepCode::Questions) {
        let expected = "questions with ids of their own, within the bound";
        let (code, said) = (failure.code, failure.message.clone());
        found.push(Finding::new(code, step.name(), expected, said));
        return true;
    }
    let Some(value) = step.output().and_then(|o| o.questions.as_ref()) else {
        return false;
    };
    let at = step.name();
    let questions = match card(value) {
        Some(card) => {
            let defect = |(pointer, why): (String, String)| {
                Finding::new(
                    CheckCode::Card,
                    format!("{at} {pointer}"),
                    "a valid Adaptive Card",
                    why,
                )
            };
            found.extend(card.defects.into_iter().map(defect));
            card.questions
        }
        None => match read(value, &subject.limits.flow) {
            Ok(questions) => questions,
            Err(failure) => {
                let expected = "an Adaptive Card, or a list `questions`";
                let code = CheckCode::QuestionsShape;
                found.push(Finding::new(code, at, expected, failure.message));
                return true;
            }
        },
    };
    found.extend(questions.iter().flat_map(|q| defects(&at, q)));
    true
}

fn of_files(opened: &Opened, found: &mut Vec<Finding>) -> bool {
    let forms = opened.declared.iter().filter(|d| !d.is_schema);
    let mut any = false;
    for declared in forms {
        any = true;
        let file = inert(&declared.file, 200);
        match &declared.questions {
            Ok(questions) => found.extend(questions.iter().flat_map(|q| defects(&file, q))),
            Err(why) => {
                let expected = "questions that can be read";
                found.push(Finding::new(
                    CheckCode::QuestionsShape,
                    file,
                    expected,
                    inert(why, 200),
                ));
            }
        }
    }
    any
}

/// The defects of one question.
fn defects(at: &str, question: &Question) -> Vec<Finding> {
    let at = format!("{at}, question `{}`", inert(&question.id, 80));
    let finding = |code: CheckCode, expected: &str, actual: String| {
        Finding::new(code, at.clone(), expected, actual)
    };
    let mut found = Vec::new();
    let Some(kind) = question.answer() else {
        if !question.unknown_words().is_empty() {
            return found;
        }
        let kind = format!("`{}`", inert(&question.kind, 80));
        found.push(finding(CheckCode::QuestionKind, "a known kind", kind));
        return found;
    };
    if let (Some(least), Some(most)) = question.bounds
        && least > most
    {
        let actual = format!("at least {least}, at most {most}");
        found.push(finding(
            CheckCode::QuestionConstraint,
            "bounds that leave something",
            actual,
        ));
    }
    let pattern = question.pattern.as_deref().map(Regex::new).transpose();
    if let Err(error) = &pattern {
        let actual = inert(&error.to_string(), 200);
        found.push(finding(
            CheckCode::QuestionConstraint,
            "a regular expression",
            actual,
        ));
    }
    if kind == Kind::Choice && question.options.is_empty() {
        let actual = "a choice without options".to_owned();
        found.push(finding(
            CheckCode::QuestionConstraint,
            "something to choose",
            actual,
        ));
    }
    if let Some(default) = &question.default {
        let fits = fits(question, kind, default);
        let matches = match (pattern.ok().flatten(), default.as_str()) {
            (Some(pattern), Some(text)) => pattern.is_match(text),
            _ => true,
        };
        if !fits || !matches {
            let expected = "a default that is a valid answer";
            let actual = inert(&default.to_string(), 120);
            found.push(finding(CheckCode::QuestionDefault, expected, actual));
        }
    }
    found
}

/// Whether `default` is a valid answer. NB: published forms write defaults of
/// numbers and booleans as strings.
fn fits(question: &Question, kind: Kind, default: &Value) -> bool {
    let spelled = default.as_str().and_then(|text| match kind {
        Kind::Bool => text.parse::<bool>().ok().map(Value::from),
        Kind::Integer => text.parse::<i64>().ok().map(Value::from),
        Kind::Number => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    });
    let value = spelled.as_ref().unwrap_or(default);
    let (least, most) = question.bounds;
    let size = match value {
        Value::String(text) => Some(text.chars().count() as f64),
        value => value.as_f64(),
    };
    let within = size.is_none_or(|size| {
        least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most)
    });
    let chosen = question.options.is_empty()
        || kind == Kind::List
        || question.choices().any(|choice| choice == value);
    kind.takes(value) && within && chosen
}

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
        match &sources[..] {
            [] | [_] => Conclusion::NotApplicable("fewer than two say what is asked".into()),
            [first, others @ ..] => {
                let found = others.iter().flat_map(|other| differences(first, other));
                Conclusion::of(found.collect()).about(observed.component())
            }
        }
    });
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(question: &Question) -> Vec<String> {
        defects("here", question)
            .into_iter()
            .map(|f| f.code.to_string())
            .collect()
    }

    #[test]
    fn each_defect_of_a_question_has_its_code() {
        let with = |kind: &str, change: &dyn Fn(&mut Question)| {
            let mut question = Question::plain("q", kind);
            change(&mut question);
            codes(&question)
        };
        let constraint = ["E_QUESTION_CONSTRAINT"];
        assert_eq!(with("text", &|_| {}), [""; 0]);
        assert_eq!(with("", &|_| {}), ["E_QUESTION_KIND"]);
        assert_eq!(with("choice", &|_| {}), constraint);
        assert_eq!(with("text", &|q| q.pattern = Some("(".into())), constraint);
        assert_eq!(
            with("integer", &|q| q.bounds = (Some(2.0), Some(1.0))),
            constraint
        );
        for (kind, default, fits) in [
            ("integer", json!("7"), true),
            ("integer", json!("seven"), false),
            ("bool", json!("false"), true),
            ("bool", json!("no"), false),
            ("text", json!(7), false),
            ("list", json!([]), true),
        ] {
            let found = with(kind, &|q| q.default = Some(default.clone()));
            assert_eq!(found.is_empty(), fits, "{kind} {default}");
        }
        let eu = |q: &mut Question, default: &str| {
            q.options = vec![json!({"value": "eu"}), json!("us")];
            q.default = Some(json!(default));
        };
        assert_eq!(with("choice", &|q| eu(q, "eu")), [""; 0]);
        assert_eq!(with("choice", &|q| eu(q, "moon")), ["E_QUESTION_DEFAULT"]);
        let long = |q: &mut Question| {
            q.bounds = (None, Some(3.0));
            q.default = Some(json!("four"));
        };
        assert_eq!(with("text", &long), ["E_QUESTION_DEFAULT"]);
    }
}
