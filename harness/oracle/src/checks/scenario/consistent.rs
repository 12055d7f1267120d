//! scenario.consistent: could the conversation of a scenario take place?

use super::judged::{Judged, conclude};
use crate::check::{Conclusion, Findings};
use crate::checks::manifest::twice;
use crate::subject::{Opened, Subject};
use provision_core::Finding;
use provision_core::codes::ScenarioCode;
use provision_core::scenario::{ACTORS, Dialect, Entry, KINDS, Part, Scenarios, Step};
use provision_core::text::inert;

/// The actor whose steps answer questions.
const USER: &str = "user";

pub(super) fn judge(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |opened, scenarios| {
        if !scenarios.list.is_empty() {
            return of_list(scenarios).conclusion();
        }
        if !scenarios.faults.is_empty() {
            return Conclusion::Blocked("the list of scenarios cannot be read".into());
        }
        Conclusion::Failed(vec![empty_list(opened)])
    });
}

fn empty_list(opened: &Opened) -> Finding {
    let at = format!("{}, /scenarios", opened.pack.manifest_file());
    Finding::new(ScenarioCode::Empty, at, "at least one scenario", "none")
}

fn of_list(scenarios: &Scenarios) -> Judged {
    let ids = scenarios.list.iter().filter_map(|s| s.id.as_deref().ok());
    let mut judged = Judged {
        found: twice("scenario", ids),
        unjudged: Vec::new(),
    };
    for scenario in &scenarios.list {
        match &scenario.entry {
            Ok(entry) => judged.found.extend(of_entry(entry)),
            Err(_) => {
                let name = scenario.name();
                let why = format!("the steps of `{name}` cannot be read");
                judged.unjudged.push(why);
            }
        }
    }
    judged
}

fn of_entry(entry: &Part<Entry>) -> Vec<Finding> {
    let Entry { steps, faults, .. } = &entry.content;
    let file = entry.file.as_str();
    let mut found = faults.clone();
    if steps.is_empty() && faults.is_empty() {
        let at = format!("{}, /steps", inert(file, 200));
        let empty = Finding::new(ScenarioCode::Empty, at, "at least one step", "none");
        found.push(empty.about(file));
    }
    // From the last step to the first, so that each knows the user's next step.
    let mut answer = Answer::None;
    let mut of_steps = Vec::new();
    for (i, step) in steps.iter().enumerate().rev() {
        let Some(step) = step else {
            answer = Answer::Unknown;
            continue;
        };
        let at = format!("{}, step {}", inert(file, 200), i + 1);
        let mut of_step = unknown(&at, step);
        of_step.extend(answered(&at, step, &answer));
        of_steps.extend(of_step.into_iter().rev().map(|finding| finding.about(file)));
        if step.is_of(USER) {
            answer = Answer::Is(&step.message);
        }
    }
    found.extend(of_steps.into_iter().rev());
    found
}

/// The user's next step.
enum Answer<'s> {
    /// There is none.
    None,
    /// A step that does not decode may be it.
    Unknown,
    /// Its message.
    Is(&'s str),
}

/// Findings on an actor or a kind that scenarios do not have.
fn unknown(at: &str, step: &Step) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut require = |known: bool, all: &[&str], actual: &str| {
        if !known {
            let expected = format!("one of {}", all.join(", "));
            let actual = format!("`{}`", inert(actual, 80));
            found.push(Finding::new(ScenarioCode::Actor, at, expected, actual));
        }
    };
    let known = ACTORS.iter().any(|actor| step.is_of(actor));
    require(known, &ACTORS, &step.actor);
    if let Dialect::Kind(kind) = &step.dialect {
        require(KINDS.contains(&kind.as_str()), &KINDS, kind);
    }
    found
}

/// A finding if `step` is a question that the user's next step does not answer.
fn answered(at: &str, step: &Step, answer: &Answer<'_>) -> Option<Finding> {
    let Step { options, .. } = step;
    let (code, actual) = match answer {
        _ if options.is_empty() => return None,
        Answer::Unknown => return None,
        Answer::Is(message) if options.iter().any(|option| option == message) => return None,
        Answer::Is(message) => (ScenarioCode::Answer, format!("`{}`", inert(message, 120))),
        Answer::None => {
            let actual = "no step of the user follows";
            (ScenarioCode::Unanswered, actual.to_owned())
        }
    };
    let shown: Vec<String> = options.iter().take(20).map(|o| inert(o, 60)).collect();
    let shown = inert(&shown.join(", "), 300);
    let expected = format!("an answer of the user: one of {shown}");
    Some(Finding::new(code, at, expected, actual))
}
