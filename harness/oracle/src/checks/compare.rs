//! compare.*: can those who have the release before go to this one, and does its version
//! say what they have to expect?

use super::plan::incomplete;
use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::comparison::{Change, Comparison, VersionStep};
use crate::previous::{Compared, Loss, Previous, Taker, Transition};
use crate::subject::Subject;
use provision_apply::{ApplyError, Part};
use provision_core::Finding;
use provision_core::codes::{CheckCode, CompareCode};
use provision_core::json::pointer_token;
use provision_core::text::{counted, inert};
use provision_core::wizard::WizardKind;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "compare.semver",
        stage: Stage::Compare,
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::WithPrevious,
        bites: Bite::Integrity,
        host: "The distributor and people take a release with a small step for one that breaks nothing.",
        requirement: "The step from the version of the release before covers the worst difference between the two.",
        why: "A version is the only warning that those who have the release before get.",
        fix: "Raise the version to the one that the finding names, or take the difference back. `compare OLD NEW` lists all differences.",
        run: Run::OfPack(semver),
    },
    Check {
        id: "compare.upgrade",
        stage: Stage::Compare,
        level: Level::Publish,
        scope: ScopeKind::Wizard,
        applies: Applies::WithPrevious,
        bites: Bite::Setup,
        host: "The operator carries the update out, and the provider runs without what was lost.",
        requirement: "The update wizard takes over what the release before installed, without losing a key, and the remove wizard clears it.",
        why: "Most installations of a release are updates of an earlier one.",
        fix: "Start the update from the existing state; move each key that was renamed; take back in the remove wizard also what earlier releases set.",
        run: Run::OfPack(upgrade),
    },
    Check {
        id: "compare.downgrade",
        stage: Stage::Compare,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::WithPrevious,
        bites: Bite::Nowhere,
        host: "No host goes back to an earlier release by itself.",
        requirement: "The update wizard of the release before takes over what this one installs, without losing a key.",
        why: "People who go back after a bad release need what they had.",
        fix: "Keep the keys that the release before reads for one more release.",
        run: Run::OfPack(downgrade),
    },
];

/// Differences that a finding each names, at most.
const NAMED: usize = 50;

/// What was compared, or the conclusion without it.
fn compared(subject: &Subject) -> Result<&Compared, Conclusion> {
    match &subject.previous {
        None => Err(Conclusion::NotApplicable(
            "the run names no release before this one; --previous names one".into(),
        )),
        Some(Previous::None(why)) => Err(Conclusion::NotApplicable(why.clone())),
        Some(Previous::Unknown(why)) => Err(Conclusion::Blocked(why.clone())),
        Some(Previous::Error(finding)) => Err(Conclusion::Error(vec![finding.clone()])),
        Some(Previous::Lower { old, new }) => Err(Conclusion::Blocked(format!(
            "the release before has version {}, and this one {}",
            inert(old, 80),
            inert(new, 80)
        ))),
        Some(Previous::Compared(compared)) => match &compared.comparison.harness_error {
            Some(finding) => Err(Conclusion::Error(vec![finding.clone()])),
            None => Ok(compared),
        },
    }
}

/// `compare.semver`
fn semver(subject: &Subject, findings: &mut Findings) {
    if subject.opened.is_err() {
        return;
    }
    findings.pack(match (&subject.previous, compared(subject)) {
        (Some(Previous::Lower { old, new }), _) => {
            let expected = format!("a version above {}", inert(old, 80));
            let actual = inert(new, 80);
            let code = CompareCode::VersionStep;
            Conclusion::Failed(vec![Finding::new(code, "manifest", expected, actual)])
        }
        (_, Ok(compared)) => stepped(&compared.comparison),
        (_, Err(conclusion)) => conclusion,
    });
}

fn stepped(comparison: &Comparison) -> Conclusion {
    let VersionStep::TooSmall { smallest } = &comparison.step else {
        return if comparison.may_hide_a_worse_difference() {
            Conclusion::Blocked(not_compared(comparison))
        } else {
            Conclusion::Passed
        };
    };
    let shown = |version: &Option<String>| inert(version.as_deref().unwrap_or("(none)"), 80);
    let (old, new) = (
        shown(&comparison.old.version),
        shown(&comparison.new.version),
    );
    let expected = format!("at least version {smallest} after {old}");
    let found = |at: String, what: &str| {
        let actual = format!("version {new}, and {what}");
        Finding::new(CompareCode::VersionStep, at, expected.clone(), actual)
    };
    let worst = |change: &&Change| Some(change.rule.class()) == comparison.worst;
    let all: Vec<&Change> = comparison.changes.iter().filter(worst).collect();
    let mut findings: Vec<Finding> = all
        .iter()
        .take(NAMED)
        .map(|change| found(change.place.clone(), &words(change)))
        .collect();
    if all.len() > NAMED {
        let more = counted(all.len() - NAMED, "more difference", "more differences")
            + " of the same class";
        findings.push(found("the other differences".into(), &more));
    }
    if findings.is_empty() {
        let what = "the packs get at different things, or differ in what is not listed";
        findings.push(found("manifest".into(), what));
    }
    Conclusion::Failed(findings)
}

/// A difference in words, with its rule.
fn words(change: &Change) -> String {
    let side = |text: &Option<String>| match text {
        Some(text) => format!("`{}`", inert(text, 100)),
        None => "nothing".to_owned(),
    };
    let guess = if change.guess { ", a guess" } else { "" };
    format!(
        "a {} difference, {}{guess}: {} became {}",
        change.rule.class(),
        change.rule,
        side(&change.old),
        side(&change.new)
    )
}

fn not_compared(comparison: &Comparison) -> String {
    let parts = comparison.not_compared.iter().filter(|part| part.matters);
    let all: Vec<String> = parts
        .map(|part| format!("{}: {}", part.what, part.why))
        .collect();
    let more = match all.len() {
        0 | 1 => String::new(),
        count => format!("; and {}", counted(count - 1, "more part", "more parts")),
    };
    let first = all.first().map_or("", String::as_str);
    format!("not everything was compared: {}{more}", inert(first, 300))
}

/// `compare.upgrade`
fn upgrade(subject: &Subject, findings: &mut Findings) {
    let compared = compared(subject);
    findings.each_wizard(subject, |_, observed| {
        let all = match &compared {
            Ok(compared) => &compared.upgrades,
            Err(conclusion) => return conclusion.clone(),
        };
        let of: fn(&Transition) -> &Option<Taker> = match observed.wizard.kind {
            WizardKind::Update => |t| &t.update,
            WizardKind::Remove => |t| &t.remove,
            _ => {
                let reason = "only the update and the remove wizard meet earlier installations";
                return Conclusion::NotApplicable(reason.into());
            }
        };
        let wizard = &observed.wizard.name;
        let own = |t: &&Transition| of(t).as_ref().is_some_and(|taker| taker.name == *wizard);
        let mine: Vec<&Transition> = all.iter().filter(own).collect();
        let judged = mine.into_iter().map(|t| match observed.wizard.kind {
            WizardKind::Remove => cleared(t),
            _ => taken_over(t),
        });
        worst(judged).about(observed.component())
    });
}

/// What a wizard of one release makes of an installation of the other.
#[derive(Debug)]
pub struct Way {
    /// The setup wizard that makes the installation.
    pub setup: String,
    /// The wizard that takes it over, or takes it back.
    pub taker: Taker,
    /// Whether it does.
    pub conclusion: Conclusion,
}

/// What the wizards of a release make of the installations of the other one: updates, then
/// removals.
#[must_use]
pub fn ways(transitions: &[Transition]) -> Vec<Way> {
    let way = |t: &Transition, taker: &Option<Taker>, conclusion: Conclusion| {
        Some(Way {
            setup: t.setup.clone(),
            taker: taker.clone()?,
            conclusion,
        })
    };
    let updates = transitions.iter();
    let updates = updates.filter_map(|t| way(t, &t.update, taken_over(t)));
    let removals = transitions.iter();
    let removals = removals.filter_map(|t| way(t, &t.remove, cleared(t)));
    updates.chain(removals).collect()
}

/// `compare.downgrade`
fn downgrade(subject: &Subject, findings: &mut Findings) {
    if subject.opened.is_err() {
        return;
    }
    let all = match compared(subject) {
        Ok(compared) => &compared.downgrades,
        Err(conclusion) => return findings.pack(conclusion),
    };
    findings.pack(match all {
        None => Conclusion::Blocked("only profile strict goes back to the release before".into()),
        Some(all) => worst(all.iter().filter(|t| t.update.is_some()).map(taken_over)),
    });
}

/// One conclusion of several: errors before failures, these before what is not judged.
fn worst(all: impl Iterator<Item = Conclusion>) -> Conclusion {
    let (mut failed, mut errors) = (Vec::new(), Vec::new());
    let (mut blocked, mut passed) = (None, false);
    for conclusion in all {
        match conclusion {
            Conclusion::Failed(found) => failed.extend(found),
            Conclusion::Error(found) => errors.extend(found),
            Conclusion::Blocked(why) => blocked = blocked.or(Some(why)),
            Conclusion::Passed => passed = true,
            Conclusion::NotApplicable(_) => {}
        }
    }
    if !errors.is_empty() {
        return Conclusion::Error(errors);
    }
    match blocked {
        _ if !failed.is_empty() => Conclusion::Failed(failed),
        Some(why) => Conclusion::Blocked(why),
        None if passed => Conclusion::Passed,
        None => Conclusion::NotApplicable(
            "no setup of the other release has a wizard of this kind".into(),
        ),
    }
}

/// Whether the update takes the installation over.
fn taken_over(transition: &Transition) -> Conclusion {
    let setup = inert(&transition.setup, 80);
    let taken = match &transition.taken {
        Ok(taken) => taken,
        Err(why) => return Conclusion::Blocked(format!("{setup}: {why}")),
    };
    let Some(run) = &taken.updated else {
        return Conclusion::NotApplicable("there is no update wizard for it".into());
    };
    let what = format!("the update of what {setup} of the other release installs");
    if let Some(conclusion) = incomplete(run, &what) {
        return conclusion;
    }
    match &taken.lost {
        Some(Ok(lost)) => Conclusion::of(lost.iter().map(|loss| lost_by(&setup, loss)).collect()),
        Some(Err(error)) => not_carried(&what, error),
        None => Conclusion::Blocked(format!(
            "{setup}: a setup with the same answers does not complete, so that nobody knows \
             what an update has to leave"
        )),
    }
}

/// Whether the removal clears the installation.
fn cleared(transition: &Transition) -> Conclusion {
    let setup = inert(&transition.setup, 80);
    let taken = match &transition.taken {
        Ok(taken) => taken,
        Err(why) => return Conclusion::Blocked(format!("{setup}: {why}")),
    };
    let what = format!("the removal of what {setup} of the other release installed");
    let Some(run) = &taken.removed else {
        return match &taken.left {
            Some(Err(error)) => not_carried(&what, error),
            _ => Conclusion::Blocked(format!("{setup}: the update did not complete")),
        };
    };
    if let Some(conclusion) = incomplete(run, &what) {
        return conclusion;
    }
    let left = match &taken.left {
        Some(Ok(left)) => left,
        Some(Err(error)) => return not_carried(&what, error),
        None => return Conclusion::Blocked(format!("{setup}: nothing was removed")),
    };
    let found = left.iter().map(|left| {
        let expected = format!("the remove wizard takes back what {setup} installed");
        let actual = "it is still there";
        Finding::new(CheckCode::LeftBehind, inert(left, 200), expected, actual)
    });
    Conclusion::of(found.collect())
}

fn not_carried(what: &str, error: &ApplyError) -> Conclusion {
    let why = inert(&error.to_string(), 300);
    let Some(code) = error.code() else {
        return Conclusion::Blocked(format!("{what}: {why}"));
    };
    let found = vec![Finding::new(
        code,
        what,
        "a plan that can be carried out",
        why,
    )];
    if error.is_store() {
        Conclusion::Error(found)
    } else {
        Conclusion::Failed(found)
    }
}

/// The finding about one loss.
fn lost_by(setup: &str, loss: &Loss) -> Finding {
    let at = |part: Part, key: &str| {
        let key = inert(&pointer_token(key), 120);
        format!("/{}/{key}", super::apply::part(part))
    };
    let had = format!("the update keeps what {setup} of the other release installed");
    match loss {
        Loss::Dropped { part, key } => Finding::new(
            CompareCode::Lost,
            at(*part, key),
            had,
            "the update takes it away, and a new installation has it",
        ),
        Loss::NotMoved {
            part,
            from,
            to,
            guess,
        } => {
            let guess = if *guess { " (a guess)" } else { "" };
            let actual = format!(
                "a new installation has it as `{}`{guess}, and the update leaves nothing there",
                inert(to, 120)
            );
            Finding::new(CompareCode::Lost, at(*part, from), had, actual)
        }
        Loss::Reset { key, was, is } => Finding::new(
            CompareCode::Reset,
            at(Part::Config, key),
            format!("{} stays, as nobody changed it", inert(was, 120)),
            format!("the update sets {}", inert(is, 120)),
        ),
    }
}
