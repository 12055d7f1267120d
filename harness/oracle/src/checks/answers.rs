//! answers.*: does the wizard refuse or survive invalid and hostile answers?

mod constraints;
mod probes;
mod used;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::generators::answers::ProbeKind;
use crate::probe_outcome::{names, shows_extra};
use crate::subject::Subject;
use crate::{Probe, ProbeOutcome, Probed};
use probes::{conclude, name, probed};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::ProvisionPlan;
use provision_core::wizard::questions::{Kind, Question};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "answers.valid-accepted",
        stage: Stage::Answers,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator stops: the component refuses or crashes on an answer that the form offers.",
        requirement: "The wizard accepts every answer that a question offers: each choice, both truth values, the limits, the default, and no answer to an optional question. A refusal that names another question, and one truth value that must be given, are allowed.",
        why: "A user who picks the second choice of a form must get through setup as well as one who picks the first.",
        fix: "Handle the answer that the finding names, or do not offer it.",
        run: Run::OfPack(valid),
    },
    Check {
        id: "answers.missing-refused",
        stage: Stage::Answers,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The setup is incomplete, and the provider fails later without a cause that users see.",
        requirement: "A required answer left out is refused by validate (or apply), with a diagnostic that names it, or replaced by a default of the right type in the config.",
        why: "Users leave fields empty; setup that continues without a value produces a broken installation.",
        fix: "Check every required answer in validate, and name the question in the diagnostic; or write the default into the config.",
        run: Run::OfPack(|subject, findings| {
            refused(
                subject,
                findings,
                ProbeKind::Missing,
                CheckCode::AnswerMissing,
            )
        }),
    },
    Check {
        id: "answers.types-refused",
        stage: Stage::Answers,
        // No host checks types, and components replace a wrong one by their default.
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host checks types; the setup form has text fields.",
        requirement: "An answer of the wrong type is refused by validate (or apply), with a diagnostic that names it.",
        why: "Answers come from forms, files and scripts; a number where a text belongs must not get into the config.",
        fix: "Check the type of every answer in validate, and name the question in the diagnostic.",
        run: Run::OfPack(|subject, findings| {
            refused(
                subject,
                findings,
                ProbeKind::WrongType,
                CheckCode::AnswerType,
            )
        }),
    },
    Check {
        id: "answers.constraints-refused",
        stage: Stage::Answers,
        // `plan.config-valid` fails where a schema refuses the config.
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host checks limits, and of patterns only that of URLs.",
        requirement: "An answer beyond the limits or against the pattern that its question declares is refused, or replaced by one that is allowed; it never gets into the plan.",
        why: "A form that says `at most 65535` promises that the pack works with nothing else; answers also come from files and scripts, which know no form.",
        fix: "Check limits and patterns in validate, by the same values that the question states.",
        run: Run::OfPack(constraints::refused),
    },
    Check {
        id: "answers.extra-harmless",
        stage: Stage::Answers,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host sends answers that were not asked for.",
        requirement: "An unknown extra answer changes nothing or is refused; it never reaches the plan.",
        why: "An unasked answer must not change the setup, and must not be copied into it.",
        fix: "Read the answers that were asked for by name; never copy the whole map.",
        run: Run::OfPack(|subject, findings| {
            on_probes(subject, findings, ProbeKind::Extra, |probe, _, plan| {
                extra(probe, plan)
            })
        }),
    },
    Check {
        id: "answers.hostile",
        stage: Stage::Answers,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator stops: the component crashed.",
        requirement: "Empty, huge, deeply nested, odd Unicode, injection-shaped and boundary answers never make a step trap or hit a bound.",
        why: "Every answer is a stranger's text; a step that breaks on one can be broken on purpose.",
        fix: "Build JSON with a library, bound what is copied, and refuse instead of panicking.",
        run: Run::OfPack(|subject, findings| {
            on_probes(subject, findings, ProbeKind::Hostile, |probe, _, _| {
                broke(probe)
            })
        }),
    },
    Check {
        id: "answers.used",
        stage: Stage::Answers,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The host sets up the same, whatever the user answers.",
        requirement: "Two accepted answers to a question that setup requires give two plans. Optional questions, truth values, comments, and questions that decide which others are asked may steer nothing.",
        why: "A user who answers a question relies on the answer; one that setup ignores is set up as somebody else's.",
        fix: "Use the answer in the plan, make the question optional, or do not ask it.",
        run: Run::OfPack(used::used),
    },
    Check {
        id: "answers.empty-refused",
        stage: Stage::Answers,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The provider starts with an empty value where it needs one.",
        requirement: "An empty text as answer to a question that requires a text does not get into the config, unless the question says that it may be empty (a least length of 0, an empty default or choice).",
        why: "A form sends an empty text for a field that its user left empty.",
        fix: "Refuse an empty text like a missing answer, or set a default.",
        run: Run::OfPack(used::empty_refused),
    },
];

/// Judges each probe of the kind `aim`. An inconclusive probe keeps the check from
/// passing, and a crash is a violation for every kind.
fn on_probes(
    subject: &Subject,
    findings: &mut Findings,
    aim: ProbeKind,
    judge: impl Fn(&Probe, &Probed, &ProvisionPlan) -> Option<Finding>,
) {
    findings.each_wizard(subject, |_, observed| match probed(observed) {
        Err(conclusion) => conclusion,
        Ok((probed, plan)) => {
            let none = || Conclusion::NotApplicable(nothing_to_try(probed, aim));
            let conclusion = conclude(probed.of(aim), |probe| judge(probe, probed, plan));
            let conclusion = conclusion.unwrap_or_else(none);
            conclusion.about(observed.component())
        }
    });
}

fn nothing_to_try(probed: &Probed, aim: ProbeKind) -> String {
    match (aim, probed.asked_by.as_str()) {
        (_, "") => "nobody says what the wizard asks".into(),
        (ProbeKind::Missing, by) => format!("{by} requires no answer"),
        (_, by) => format!("{by} asks nothing that could be of a wrong type"),
    }
}

/// `answers.valid-accepted`
fn valid(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let probed = match probed(observed) {
            Err(conclusion) => return conclusion,
            Ok((probed, _)) => probed,
        };
        let probes = probed.of(ProbeKind::Valid);
        let conclusion = conclude(probes, |probe| not_accepted(probe, probed));
        let conclusion = match (conclusion, probed.untried) {
            (None, _) => {
                let reason = "no question of the wizard offers another answer";
                return Conclusion::NotApplicable(reason.into());
            }
            (Some(Conclusion::Passed), untried) if untried > 0 => {
                Conclusion::Blocked(format!("{untried} further valid answers were not tried"))
            }
            (Some(conclusion), _) => conclusion,
        };
        conclusion.about(observed.component())
    });
}

/// A crash on a valid answer, or a refusal of it that nothing else explains.
fn not_accepted(probe: &Probe, probed: &Probed) -> Option<Finding> {
    let ProbeOutcome::Rejected(said) = &probe.outcome else {
        return broke(probe);
    };
    let own = |id: &String| probe.questions.contains(id);
    let others = probed.questions.iter().map(|q| q.id.clone());
    let others: Vec<String> = others.filter(|id| !own(id) && id.len() > 2).collect();
    // A rule over several questions.
    if names(said, &others) || must_be_other(probe, probed) {
        return None;
    }
    let expected = "accepted: the question allows it";
    let actual = format!("refused with `{}`", inert(said, 200));
    let code = CheckCode::AnswerRefused;
    Some(Finding::new(code, name(probe), expected, actual))
}

/// Whether the refused answer is one truth value, and the wizard names the question and
/// accepts the other: the user has to agree to something.
fn must_be_other(probe: &Probe, probed: &Probed) -> bool {
    let ProbeOutcome::Rejected(said) = &probe.outcome else {
        return false;
    };
    let mut questions = probed.questions.iter();
    let is_bool = questions.any(|q| probe.questions == [q.id.clone()] && is_truth_value(q));
    let mut others = probed.of(ProbeKind::Valid);
    let other_is_fine = others.any(|other| {
        let is_other = matches!(other.what.as_str(), "true" | "false") && other.what != probe.what;
        let accepted = other.outcome == ProbeOutcome::Accepted;
        is_other && accepted && other.questions == probe.questions
    });
    is_bool && other_is_fine && names(said, &probe.questions)
}

fn is_truth_value(question: &Question) -> bool {
    question.answer() == Some(Kind::Bool)
}

fn refused(subject: &Subject, findings: &mut Findings, aim: ProbeKind, code: CheckCode) {
    on_probes(subject, findings, aim, |probe, probed, _| {
        let finding = |code: CheckCode, expected: &str, actual: String| {
            Some(Finding::new(code, name(probe), expected, actual))
        };
        let expected = "a refusal that names the question";
        match &probe.outcome {
            ProbeOutcome::Accepted
                if aim == ProbeKind::Missing && has_default(probe, &probed.questions) =>
            {
                None
            }
            ProbeOutcome::Accepted => finding(code, expected, "accepted".into()),
            ProbeOutcome::Rejected(said) if !names(said, &probe.questions) => {
                let actual = format!("refused with `{}`", inert(said, 200));
                finding(CheckCode::AnswerUnnamed, expected, actual)
            }
            ProbeOutcome::Rejected(_) | ProbeOutcome::Inconclusive(_) => None,
            ProbeOutcome::Crashed { .. } => broke(probe),
        }
    });
}

/// Whether the config has a value of the right kind for every answer that was left out.
/// A secret has no default.
fn has_default(probe: &Probe, questions: &[Question]) -> bool {
    let Some(plan) = &probe.plan else {
        return false;
    };
    probe.questions.iter().all(|id| {
        let question = questions.iter().find(|q| q.id == *id);
        let value = plan.config_patch.get(id);
        let (Some(question), Some(value)) = (question, value) else {
            return false;
        };
        let fits = question.answer().is_none_or(|kind| kind.takes(value));
        !question.secret && fits && !value.is_null() && value != ""
    })
}

fn extra(probe: &Probe, plan: &ProvisionPlan) -> Option<Finding> {
    let expected = "the plan of the same answers without it, or a refusal";
    let finding = |code: CheckCode, actual: &str| Finding::new(code, name(probe), expected, actual);
    match (&probe.outcome, &probe.plan) {
        (ProbeOutcome::Accepted, Some(other)) if shows_extra(other) => {
            Some(finding(CheckCode::ExtraInPlan, "it is in the plan"))
        }
        (ProbeOutcome::Accepted, Some(other)) if other != plan => {
            Some(finding(CheckCode::ExtraChanges, "another plan"))
        }
        _ => broke(probe),
    }
}

fn broke(probe: &Probe) -> Option<Finding> {
    match &probe.outcome {
        ProbeOutcome::Crashed {
            step,
            code,
            message,
        } => {
            let at = format!("{step}: {}", name(probe));
            let expected = "an answer to it, or a refusal";
            Some(Finding::new(*code, at, expected, message.clone()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn default_of_the_right_kind_replaces_a_missing_answer() {
        let secret = Question {
            secret: true,
            ..Question::plain("token", "text")
        };
        let questions = [
            Question::plain("enabled", "boolean"),
            Question::plain("room", "text"),
            secret,
        ];
        let accepted = |id: &str, config: Option<Value>| {
            let plan = config.map(|value| ProvisionPlan {
                config_patch: [(id.to_owned(), value)].into(),
                ..ProvisionPlan::default()
            });
            let probe = Probe {
                kind: ProbeKind::Missing,
                what: "no answer at all".into(),
                questions: vec![id.into()],
                outcome: ProbeOutcome::Accepted,
                plan,
                breaks: None,
            };
            has_default(&probe, &questions)
        };
        assert!(accepted("enabled", Some(json!(true))));
        assert!(accepted("room", Some(json!("blue"))));
        for (id, value) in [
            ("enabled", Some(json!("true"))),
            ("enabled", Some(json!(null))),
            ("room", Some(json!(""))),
            ("room", None),
            ("token", Some(json!("made-up-token"))),
            ("unasked", Some(json!("x"))),
        ] {
            assert!(!accepted(id, value.clone()), "{id} {value:?}");
        }
    }
}
