//! [`VersionStep`]: is the step from the old version to the new one large enough?

use super::rules::Class;
use semver::{BuildMetadata, Prerelease, Version};
use std::cmp::Ordering;

/// The step between two versions, and the smallest right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionStep {
    /// It is large enough.
    Right,
    /// It is too small for the worst difference.
    TooSmall {
        /// The smallest version that is right.
        smallest: Version,
    },
    /// A pack states no version that could be compared.
    Unknown,
}

/// The new version is lower than the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lower;

/// Compares the step from `old` to `new` with what the `worst` difference needs.
pub(super) fn step(
    old: Option<&Version>,
    new: Option<&Version>,
    worst: Option<Class>,
) -> Result<VersionStep, Lower> {
    let (Some(old), Some(new)) = (old, new) else {
        // Packs without a difference have nothing to announce.
        return Ok(match worst {
            None => VersionStep::Right,
            Some(_) => VersionStep::Unknown,
        });
    };
    if new.cmp_precedence(old) == Ordering::Less {
        return Err(Lower);
    }
    let smallest = smallest(old, worst);
    // A pre-release of a version makes the step of that version.
    let is_ahead = new.cmp_precedence(old) == Ordering::Greater;
    let reached = released(new) >= smallest && (is_ahead || worst.is_none());
    Ok(if reached {
        VersionStep::Right
    } else {
        VersionStep::TooSmall { smallest }
    })
}

/// The version without pre-release and build.
fn released(version: &Version) -> Version {
    Version {
        pre: Prerelease::EMPTY,
        build: BuildMetadata::EMPTY,
        ..version.clone()
    }
}

/// The smallest version after `old` that announces a difference of class `worst`. Below
/// 1.0, the minor version announces what breaks. A pre-release promises nothing, so the
/// version itself is enough after it.
fn smallest(old: &Version, worst: Option<Class>) -> Version {
    let Version {
        major,
        minor,
        patch,
        ref pre,
        build: _,
    } = *old;
    let up = |number: u64| number.saturating_add(1);
    match worst {
        _ if !pre.is_empty() => released(old),
        None => released(old),
        Some(Class::Breaking) if major > 0 => Version::new(up(major), 0, 0),
        Some(Class::Breaking) => Version::new(0, up(minor), 0),
        Some(Class::Compatible) if major > 0 => Version::new(major, up(minor), 0),
        Some(Class::Compatible | Class::Internal) => Version::new(major, minor, up(patch)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stepped(old: &str, new: &str, worst: Option<Class>) -> Result<String, Lower> {
        let version = |text: &str| Version::parse(text).ok();
        let step = step(version(old).as_ref(), version(new).as_ref(), worst)?;
        Ok(match step {
            VersionStep::Right => "right".into(),
            VersionStep::Unknown => "unknown".into(),
            VersionStep::TooSmall { smallest } => smallest.to_string(),
        })
    }

    #[test]
    fn step_has_to_announce_the_worst_class() {
        let (breaking, compatible) = (Some(Class::Breaking), Some(Class::Compatible));
        let internal = Some(Class::Internal);
        for (old, new, worst, expected) in [
            ("1.2.3", "1.2.4", breaking, "2.0.0"),
            ("1.2.3", "1.3.0", breaking, "2.0.0"),
            ("1.2.3", "2.0.0", breaking, "right"),
            ("1.2.3", "2.0.0-rc.1", breaking, "right"),
            ("0.4.38", "0.4.39", breaking, "0.5.0"),
            ("0.4.38", "0.5.0", breaking, "right"),
            ("0.0.3", "0.0.4", breaking, "0.1.0"),
            ("0.4.38", "1.0.0", breaking, "right"),
            ("1.2.3", "1.2.4", compatible, "1.3.0"),
            ("1.2.3", "1.3.0", compatible, "right"),
            ("0.4.38", "0.4.39", compatible, "right"),
            ("0.4.38", "0.4.38", compatible, "0.4.39"),
            ("1.2.3", "1.2.4", internal, "right"),
            ("1.2.3", "1.2.3", internal, "1.2.4"),
            ("1.2.3", "1.2.3", None, "right"),
            ("1.2.3", "1.2.3+5", None, "right"),
            ("1.2.3+4", "1.2.3+5", internal, "1.2.4"),
            ("2.0.0-rc.1", "2.0.0-rc.2", breaking, "right"),
            ("2.0.0-rc.1", "2.0.0", breaking, "right"),
            ("2.0.0-rc.1", "2.0.0-rc.1", breaking, "2.0.0"),
            ("1.2", "1.3.0", internal, "unknown"),
            ("1.2", "1.3.0", None, "right"),
        ] {
            let stepped = stepped(old, new, worst);
            assert_eq!(stepped.as_deref(), Ok(expected), "{old} {new} {worst:?}");
        }
    }

    #[test]
    fn lower_version_is_refused() {
        for (old, new) in [("1.2.3", "1.2.2"), ("2.0.0", "2.0.0-rc.1")] {
            assert_eq!(stepped(old, new, None), Err(Lower), "{old} {new}");
        }
    }
}
