//! Whether questions are well-formed: shown and filled in, by any user.

use crate::check::{Conclusion, Findings};
use crate::credentials::credentials;
use crate::probe_outcome::asked;
use crate::subject::{Observed, Opened, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::questions::{
    Kind, Pattern, Question, READ_AT, card, questions as read,
};
use provision_core::wizard::{StepCode, StepRun};
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;

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
    let pattern = question.pattern.as_ref().map(Pattern::regex).transpose();
    if let Err(error) = &pattern {
        let actual = inert(&error.to_string(), 200);
        found.push(finding(
            CheckCode::QuestionConstraint,
            "a regular expression that is not too large",
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
    if let Some(twice) = repeated(question) {
        let actual = format!("{} twice", inert(&twice.to_string(), 80));
        let expected = "each choice once";
        found.push(finding(CheckCode::QuestionConstraint, expected, actual));
    }
    found.extend(of_default(
        &at,
        question,
        kind,
        pattern.ok().flatten().as_ref(),
    ));
    found
}

/// The defects of the default.
fn of_default(at: &str, question: &Question, kind: Kind, pattern: Option<&Regex>) -> Vec<Finding> {
    let finding =
        |code: CheckCode, expected: &str, actual: String| Finding::new(code, at, expected, actual);
    let mut found = Vec::new();
    if let Some(default) = &question.default {
        if question.secret
            && default
                .as_str()
                .is_some_and(|text| credentials(text).next().is_some())
        {
            let expected = "no secret in the form";
            let actual = "its default looks like a live credential".to_owned();
            found.push(finding(CheckCode::QuestionDefault, expected, actual));
        }
        let fits = fits(question, kind, default);
        let matches = match (pattern, default.as_str()) {
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

/// The first choice that is offered twice.
fn repeated(question: &Question) -> Option<&Value> {
    let mut seen = BTreeSet::new();
    let mut choices = question.choices();
    choices.find(|choice| !seen.insert(choice.to_string()))
}

/// Whether there is the day or the time of day in `text` that a question of kind `date`,
/// `time` or `datetime` asks for. A word, such as `today`, is not judged.
fn is_possible(question: &Question, text: &str) -> bool {
    match (question.kind.as_str(), text.split_once(['T', ' '])) {
        ("date", _) => is_day(text),
        ("time", _) => is_time(text),
        ("datetime", Some((day, time))) => is_day(day) && is_time(time),
        ("datetime", None) => is_day(text),
        _ => true,
    }
}

/// Whether a text of hours, minutes and perhaps seconds is a time of day.
fn is_time(text: &str) -> bool {
    let time = text.split(['Z', '+', '-', '.']).next().unwrap_or_default();
    let parts: Option<Vec<u32>> = time.split(':').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([24, 0] | [24, 0, 0]) => true,
        Some([hour, minute]) => *hour < 24 && *minute < 60,
        // A leap second is the 60th.
        Some([hour, minute, second]) => *hour < 24 && *minute < 60 && *second <= 60,
        _ => true,
    }
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return true;
    };
    let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else {
        return true;
    };
    day_exists(year, month, day)
}

fn day_exists(year: u32, month: u32, day: u32) -> bool {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
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
    let possible = value
        .as_str()
        .is_none_or(|text| is_possible(question, text));
    kind.takes(value) && within && chosen && possible
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
    fn default_is_a_day_and_a_time_that_there_are() {
        for (kind, default, fits) in [
            ("date", "2024-02-29", true),
            ("date", "2023-02-29", false),
            ("date", "2026-02-30", false),
            ("date", "2026-13-01", false),
            ("date", "today", true),
            ("text", "2026-02-30", true),
            ("time", "23:59", true),
            ("time", "23:59:60", true),
            ("time", "24:00", true),
            ("time", "25:00", false),
            ("time", "24:01", false),
            ("time", "12:60", false),
            ("time", "12:00:61", false),
            ("time", "noon", true),
            ("text", "25:00", true),
            ("datetime", "2024-02-29T12:00:00Z", true),
            ("datetime", "2024-02-29 12:00+02:00", true),
            ("datetime", "2024-02-30T12:00:00Z", false),
            ("datetime", "2024-02-29T12:61:00.5Z", false),
        ] {
            let mut question = Question::plain("q", kind);
            question.default = Some(json!(default));
            assert_eq!(codes(&question).is_empty(), fits, "{kind} {default}");
        }
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
        assert_eq!(
            with("text", &|q| q.pattern = Some(Pattern::new("("))),
            constraint
        );
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
        let twice = |q: &mut Question| q.options = vec![json!({"value": "eu"}), json!("eu")];
        assert_eq!(with("choice", &twice), constraint);
        let secret = |q: &mut Question, default: &str| {
            q.secret = true;
            q.default = Some(json!(default));
        };
        let live = format!("ghp_{}", "a1B2c3D4e5".repeat(4).split_at(36).0);
        assert_eq!(with("text", &|q| secret(q, &live)), ["E_QUESTION_DEFAULT"]);
        assert_eq!(with("text", &|q| secret(q, "your-token")), [""; 0]);
        let long = |q: &mut Question| {
            q.bounds = (None, Some(3.0));
            q.default = Some(json!("four"));
        };
        assert_eq!(with("text", &long), ["E_QUESTION_DEFAULT"]);
    }
}
