//! Asks the questions of a form one after the other; a user can go back.

use super::answer::{parse, plain};
use super::input::Lines;
use crate::exit::Error;
use provision_core::text::inert;
use provision_core::wizard::questions::{Question, SetupForm};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The answers of a user.
#[derive(Debug)]
pub(super) struct Asked {
    /// As a wizard receives them: config and secrets apart.
    pub answers: Value,
    /// The secrets among them, by question.
    pub secrets: BTreeMap<String, String>,
}

/// Choices of a question that are shown, at most.
const CHOICES: usize = 50;
/// Lines that answer nothing, at most: wrong ones, and those that go back or ask for help.
/// Each question may have two more.
const SPARE_LINES: usize = 100;

/// Asks those of `questions` that `form` shows. The answers in `given` are defaults.
///
/// # Errors
/// [`Error::Usage`] if the input ends before the last question, or if too many lines of it
/// answer none.
pub(super) fn ask(
    questions: &[Question],
    given: &Value,
    form: &SetupForm,
    lines: &mut dyn Lines,
) -> Result<Asked, Error> {
    let mut answers: Vec<Option<Value>> = questions.iter().map(|q| default(q, given)).collect();
    let (mut at, mut is_back) = (0, false);
    let mut lines_left = SPARE_LINES + 2 * questions.len();
    while let Some(question) = questions.get(at) {
        if !form.is_shown(question, &so_far(questions, &answers)) {
            answers[at] = None;
            is_back &= at > 0;
            at = if is_back { at - 1 } else { at + 1 };
            continue;
        }
        let count = questions.len();
        let prompt = prompt(question, at + 1, count, answers[at].as_ref());
        let Some(line) = lines.line(&prompt, question.secret)? else {
            let id = inert(&question.id, 80);
            let message = format!(
                "the input ended at question {} of {count}, `{id}`; answer it, or give a file of \
                 answers with --answers",
                at + 1
            );
            return Err(Error::Usage(message));
        };
        // NB: a pipe may go on for ever with what is no answer.
        let Some(left) = lines_left.checked_sub(1) else {
            let id = inert(&question.id, 80);
            let message = format!(
                "too many lines without an answer to question `{id}`; answer it, or give a file of answers with --answers"
            );
            return Err(Error::Usage(message));
        };
        lines_left = left;
        is_back = line.trim() == "<";
        match line.trim() {
            "<" => at = at.saturating_sub(1),
            "?" => lines.show(&explanation(question))?,
            "" if answers[at].is_some() || !question.required => at += 1,
            "" => lines.show("  an answer is required\n")?,
            typed => match parse(question, typed) {
                Ok(answer) => {
                    answers[at] = Some(answer);
                    at += 1;
                }
                Err(why) => lines.show(&format!("  {why}\n"))?,
            },
        }
    }
    Ok(collected(questions, answers))
}

/// The answers by question.
fn so_far(questions: &[Question], answers: &[Option<Value>]) -> Map<String, Value> {
    let pairs = questions.iter().zip(answers);
    let pairs = pairs.filter_map(|(q, answer)| Some((q.id.clone(), answer.clone()?)));
    pairs.collect()
}

fn collected(questions: &[Question], answers: Vec<Option<Value>>) -> Asked {
    let (mut config, mut secret, mut secrets) = (Map::new(), Map::new(), BTreeMap::new());
    for (question, answer) in questions.iter().zip(answers) {
        let Some(answer) = answer else { continue };
        if question.secret {
            secrets.insert(question.id.clone(), plain(&answer));
            secret.insert(question.id.clone(), answer);
        } else {
            config.insert(question.id.clone(), answer);
        }
    }
    Asked {
        answers: parts(config, secret),
        secrets,
    }
}

/// The answers as a wizard receives them: config and secrets apart.
fn parts(config: Map<String, Value>, secrets: Map<String, Value>) -> Value {
    let parts = [("config", config), ("secrets", secrets)].into_iter();
    let parts = parts.filter(|(_, part)| !part.is_empty());
    Value::Object(parts.map(|(k, v)| (k.to_owned(), v.into())).collect())
}

/// The answer that an empty line gives: one in the user's file, else the question's default.
fn default(question: &Question, given: &Value) -> Option<Value> {
    let places = [Some(given), given.get("config"), given.get("secrets")];
    let mut places = places.into_iter().flatten();
    let found = places.find_map(|place| place.get(&question.id));
    found.or(question.default.as_ref()).cloned()
}

fn prompt(question: &Question, number: usize, count: usize, default: Option<&Value>) -> String {
    let mut out = format!("{number}/{count} {}", inert(&question.id, 80));
    if let Some(title) = &question.title {
        let _ = write!(out, " – {}", inert(title, 120));
    }
    let _ = write!(out, " ({}", inert(&question.kind, 20));
    if !question.required {
        out += ", optional";
    }
    if question.secret {
        out += ", secret";
    }
    out += ")\n";
    for (i, option) in question.choices().enumerate().take(CHOICES) {
        let _ = writeln!(out, "  {} {}", i + 1, inert(&plain(option), 80));
    }
    if question.options.len() > CHOICES {
        let more = question.options.len() - CHOICES;
        let _ = writeln!(out, "  … and {more} more");
    }
    match default {
        Some(_) if question.secret => out += "  [given] ",
        Some(default) => {
            let _ = write!(out, "  [{}] ", inert(&plain(default), 80));
        }
        None => out += "  ",
    }
    out
}

fn explanation(question: &Question) -> String {
    let mut out = String::new();
    if let Some(help) = &question.help {
        let _ = writeln!(out, "  {}", inert(help, 400));
    }
    let (least, most) = question.bounds;
    for (what, bound) in [("at least", least), ("at most", most)] {
        if let Some(bound) = bound {
            let _ = writeln!(out, "  {what} {bound}");
        }
    }
    if let Some(pattern) = &question.pattern {
        let _ = writeln!(out, "  matches {}", inert(pattern.text(), 120));
    }
    if out.is_empty() {
        out += "  the pack says nothing more about this question\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The lines that a user types, and all that the user saw.
    struct Typed {
        lines: Vec<&'static str>,
        seen: String,
    }

    impl Lines for Typed {
        fn show(&mut self, text: &str) -> Result<(), Error> {
            self.seen += text;
            Ok(())
        }

        fn line(&mut self, prompt: &str, _: bool) -> Result<Option<String>, Error> {
            self.seen += prompt;
            Ok((!self.lines.is_empty()).then(|| self.lines.remove(0).to_owned()))
        }
    }

    fn questions() -> Vec<Question> {
        let required = |id: &str, kind: &str| Question {
            required: true,
            ..Question::plain(id, kind)
        };
        vec![
            Question {
                secret: true,
                help: Some("The token of the bot.".into()),
                ..required("token", "text")
            },
            Question {
                default: Some(json!(8080)),
                ..required("port", "integer")
            },
            Question::plain("room", "text"),
        ]
    }

    fn play(lines: &[&'static str], given: Value) -> (Result<Asked, Error>, String) {
        let mut typed = Typed {
            lines: lines.to_vec(),
            seen: String::new(),
        };
        let asked = ask(&questions(), &given, &SetupForm::default(), &mut typed);
        (asked, typed.seen)
    }

    #[test]
    fn answers_are_split_into_config_and_secrets() {
        let (asked, seen) = play(&["?", "s3cret", "", ""], json!({}));
        let asked = asked.expect("answers");
        let expected = json!({"config": {"port": 8080}, "secrets": {"token": "s3cret"}});
        assert_eq!(asked.answers, expected);
        assert_eq!(asked.secrets["token"], "s3cret");
        assert!(seen.contains("1/3 token (text, secret)"), "{seen}");
        assert!(
            seen.contains("The token of the bot.") && seen.contains("[8080]"),
            "{seen}"
        );
        assert!(!seen.contains("s3cret"), "{seen}");
    }

    #[test]
    fn user_can_go_back_and_wrong_answer_is_asked_again() {
        let (asked, seen) = play(&["", "one", "<", "two", "many", "9", "blue"], json!({}));
        let expected = json!({"config": {"port": 9, "room": "blue"}, "secrets": {"token": "two"}});
        assert_eq!(asked.expect("answers").answers, expected);
        assert!(seen.contains("an answer is required"), "{seen}");
        assert!(seen.contains("type a whole number"), "{seen}");
    }

    #[test]
    fn given_answer_is_the_default_and_given_secret_is_not_shown() {
        let given = json!({"config": {"port": 1}, "secrets": {"token": "given-secret"}});
        let (asked, seen) = play(&["", "", ""], given.clone());
        assert_eq!(asked.expect("answers").answers, given);
        assert!(
            seen.contains("[given]") && !seen.contains("given-secret"),
            "{seen}"
        );
    }

    #[test]
    fn input_that_ends_early_names_the_question() {
        let (asked, _) = play(&["one"], json!({}));
        let error = asked.expect_err("two questions are left").to_string();
        assert!(error.contains("question 2 of 3, `port`"), "{error}");
    }
}
