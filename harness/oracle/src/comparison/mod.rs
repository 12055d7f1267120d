//! Compares a pack with an older one: what changes for those who use the older pack, and
//! whether the step of the version announces it.
//!
//! [`compare`] takes two packs that were observed with the same answers. Each file
//! compares one area and adds [`Change`]s, which follow the table of [`Rule`]s.

mod change;
mod components;
mod driving;
mod extensions;
mod flows;
mod identity;
mod needs;
mod operations;
mod outcome;
mod packs;
mod pairing;
mod plan;
mod question;
mod questions;
mod reaches;
mod rules;
mod schema;
mod schemas;
mod sets;
mod step;
mod texts;
mod wizards;

pub use change::{Change, NotCompared, Reach, ReachKind};
pub use driving::observe_both;
pub use outcome::{Comparison, Side};
pub use rules::{Class, Rule};
pub use step::VersionStep;

use crate::subject::{Opened, Subject};
use change::Found;
use packs::Packs;
use provision_core::Pack;
use provision_core::text::inert;
use semver::Version;
use std::error::Error;
use std::fmt;

/// Why two packs cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompareError {
    /// A pack could not be opened.
    Unopened(&'static str),
    /// The new version is lower than the old one.
    Lower {
        /// The version of the old pack.
        old: String,
        /// The version of the new pack.
        new: String,
    },
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unopened(which) => write!(f, "the {which} pack could not be opened"),
            Self::Lower { old, new } => write!(
                f,
                "the new pack has version {}, which is lower than version {} of the old pack; \
                 name the older pack first",
                inert(new, 80),
                inert(old, 80),
            ),
        }
    }
}

impl Error for CompareError {}

/// Whether the version of `new` is at least that of `old`, as far as both state one.
///
/// # Errors
/// [`CompareError::Lower`] if it is lower.
pub fn ordered(old: &Pack, new: &Pack) -> Result<(), CompareError> {
    let versions = [old, new].map(|pack| pack.manifest().version.clone());
    let [Some(old), Some(new)] = versions else {
        return Ok(());
    };
    let parsed = [&old, &new].map(|version| Version::parse(version).ok());
    let [before, after] = parsed.each_ref().map(Option::as_ref);
    let step = step::step(before, after, None);
    step.map(|_| ())
        .map_err(|step::Lower| CompareError::Lower { old, new })
}

/// Compares `new` with `old`, which were observed with the same answers.
///
/// # Errors
/// [`CompareError`] if a pack could not be opened, or is the older one.
pub fn compare(old: &Subject, new: &Subject) -> Result<Comparison, CompareError> {
    let unopened = |which| move |_| CompareError::Unopened(which);
    let first = old.opened.as_ref().map_err(unopened("old"))?;
    let second = new.opened.as_ref().map_err(unopened("new"))?;
    let packs = Packs {
        old: first,
        new: second,
        limits: &new.limits,
    };
    // What the wizards of both packs received.
    let (before, after) = (old.secrets(), new.secrets());
    let mut found = Found::without([&before, &after]);
    let sides = (side(old, first), side(new, second));
    let versions = [&sides.0, &sides.1].map(|side| side.version.as_deref());
    identity::compare(packs, &mut found);
    let pairs = wizards::compare(packs, &mut found);
    questions::compare(packs, &pairs, &mut found);
    for pair in &pairs {
        found.of_unrun(pair.is_unrun());
        plan::compare(pair, versions, packs.limits, &mut found);
    }
    found.of_unrun(false);
    schemas::compare(packs, &pairs, &mut found);
    needs::compare(packs, &pairs, &mut found);
    plan::drop_explained(&mut found);
    components::compare(packs, versions, &mut found);
    extensions::compare(packs, versions, &mut found);
    flows::compare(packs, versions, &mut found);
    texts::compare(packs, &mut found);
    reaches::compare(packs, &mut found);
    found.merge_wizards();
    found.say_what_is_left_out();
    conclude(sides, found, [old, new])
}

fn side(subject: &Subject, opened: &Opened) -> Side {
    let manifest = opened.pack.manifest();
    Side {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        digest: subject.digest.clone(),
    }
}

fn conclude(
    (old, new): (Side, Side),
    mut found: Found<'_>,
    subjects: [&Subject; 2],
) -> Result<Comparison, CompareError> {
    let version = |side: &Side| side.version.as_deref().and_then(|v| Version::parse(v).ok());
    let worst = found.worst();
    let step = step::step(version(&old).as_ref(), version(&new).as_ref(), worst);
    let step = step.map_err(|step::Lower| CompareError::Lower {
        old: old.version.clone().unwrap_or_default(),
        new: new.version.clone().unwrap_or_default(),
    })?;
    let breaking = Some(Class::Breaking);
    let largest = step::step(version(&old).as_ref(), version(&new).as_ref(), breaking);
    if step == VersionStep::Unknown {
        found.skip("version step", "a pack states no semantic version");
    }
    let mut errors = subjects.into_iter().map(|s| s.harness_error.clone());
    Ok(Comparison {
        changes: found.changes.into_iter().collect(),
        reaches: found.reaches.into_iter().collect(),
        not_compared: found.not_compared.into_iter().collect(),
        harness_error: errors.find_map(|error| error),
        announces_breaking: largest == Ok(VersionStep::Right),
        worst,
        step,
        old,
        new,
    })
}
