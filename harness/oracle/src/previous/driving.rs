//! Compares a pack that was observed with the release before it, and takes installations
//! of one to the other.

use super::outcome::{Compared, Previous};
use super::transitions::{Release, transitions};
use crate::budget::Budget;
use crate::comparison::{CompareError, compare, observe_both, ordered};
use crate::observe::{Conditions, Opening};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::text::inert;
use provision_core::wizard::StepExecutor;
use std::time::Instant;

/// What is known of the release before a pack.
#[derive(Debug)]
pub enum Predecessor {
    /// There is none, for this reason.
    None(String),
    /// Nobody can say which one it is, for this reason.
    Unknown(String),
    /// The way to it is broken: a registry, or the machine.
    Error(Finding),
    /// It was read.
    Pack(Box<Opening>),
}

/// Adds to `subject` what differs from the release before it. Drives the wizards of both
/// with the answers of the older one, and carries out what updates and removals plan.
#[must_use]
pub fn with_previous(
    subject: Subject,
    predecessor: Predecessor,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Subject {
    let started = Instant::now();
    let previous = match predecessor {
        Predecessor::None(why) => Previous::None(why),
        Predecessor::Unknown(why) => Previous::Unknown(why),
        Predecessor::Error(finding) => Previous::Error(finding),
        Predecessor::Pack(old) => compared(&subject, *old, executor, conditions),
    };
    let mut spent = subject.spent;
    spent.repeat += started.elapsed();
    Subject {
        previous: Some(previous),
        spent,
        ..subject
    }
}

fn compared(
    subject: &Subject,
    old: Opening,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Previous {
    if let Some(error) = old.refusal() {
        // It begins with its code.
        let why = inert(&error.to_string(), 300);
        return Previous::Unknown(format!("the release before cannot be opened: {why}"));
    }
    let Some(new) = Opening::again(subject) else {
        // Its checks say why.
        return Previous::Unknown("the pack itself could not be opened".into());
    };
    if let (Some(before), Some(after)) = (old.pack(), new.pack())
        && let Err(error) = ordered(before, after)
    {
        return refused(error);
    }
    let [old, new] = observe_both([old, new], executor, conditions);
    match between([&old, &new], subject, executor, conditions) {
        Ok(compared) => Previous::Compared(Box::new(compared)),
        Err(error) => refused(error),
    }
}

/// Compares two releases, the older one first, and takes installations of each to the
/// other.
///
/// # Errors
/// [`CompareError`] if a pack could not be opened, or is the older one.
pub fn compare_releases(
    releases: [Opening; 2],
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Result<Compared, CompareError> {
    let both_ways = Conditions {
        second_runs: true,
        ..conditions.clone()
    };
    let [old, new] = observe_both(releases, executor, conditions);
    between([&old, &new], &new, executor, &both_ways)
}

/// Compares `old` and `new`, which got the same answers. `own` is the newer release with
/// its own answers, which it takes to questions that the older one does not ask.
fn between(
    [old, new]: [&Subject; 2],
    own: &Subject,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Result<Compared, CompareError> {
    let comparison = compare(old, new)?;
    let secrets = [old, own].map(Subject::secrets);
    let mut known = own.secret_values();
    let of_old = old.secret_values().into_iter();
    known.extend(of_old.map(|(key, value)| (format!("{key}, of the release before"), value)));
    let budget = Budget::of(executor, &conditions.limits.flow);
    let release = |subject| Release {
        subject,
        executor: &budget,
        conditions,
        secrets: &secrets,
    };
    let upgrades = transitions(release(old), release(own));
    let back = || transitions(release(own), release(old));
    Ok(Compared {
        comparison,
        upgrades,
        downgrades: conditions.second_runs.then(back),
        secrets: known,
    })
}

fn refused(error: CompareError) -> Previous {
    match error {
        CompareError::Lower { old, new } => Previous::Lower { old, new },
        error @ CompareError::Unopened(_) => Previous::Unknown(error.to_string()),
    }
}
