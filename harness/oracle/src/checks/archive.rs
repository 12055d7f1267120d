//! archive.*: can the bytes be read, and read in one way only?

use crate::judge::{Check, Conclusion, Findings, Level, ScopeKind};
use crate::observe::Subject;
use provision_core::archive::ArchiveError;
use provision_core::{Finding, OpenError};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "archive.readable",
        level: Level::Must,
        scope: ScopeKind::Pack,
        requirement: "The archive is one unambiguous zip: every byte belongs to exactly one record, \
                      and any reader extracts the same files.",
        run: readable,
    },
    Check {
        id: "archive.bounded",
        level: Level::Must,
        scope: ScopeKind::Pack,
        requirement: "The archive stays inside the size, count, ratio and name bounds.",
        run: bounded,
    },
];

fn refused(subject: &Subject) -> Option<&ArchiveError> {
    match &subject.opened {
        Err(OpenError::Archive(error)) => Some(error),
        _ => None,
    }
}

fn finding(error: &ArchiveError, expected: &str) -> Finding {
    let mut at = format!("byte {}", error.offset);
    if let Some(entry) = &error.entry {
        at = format!("{at}, entry `{entry}`");
    }
    Finding::new(error.rule.code(), at, expected, error.detail.clone())
}

fn readable(subject: &Subject, findings: &mut Findings) {
    if let Err(error @ OpenError::Unread(why)) = &subject.opened {
        let finding = Finding::new(error.code(), "the path", "a pack that can be read", why);
        return findings.pack(Conclusion::Error(vec![finding]));
    }
    findings.pack(match refused(subject) {
        Some(error) if error.rule.is_bound() => {
            Conclusion::Blocked(format!("reading stopped at a bound: {}", error.rule.code()))
        }
        Some(error) => Conclusion::Failed(vec![finding(error, "one unambiguous set of files")]),
        None if !subject.is_archive => {
            Conclusion::NotApplicable("the pack is a folder, not an archive".into())
        }
        None => Conclusion::Passed,
    });
}

fn bounded(subject: &Subject, findings: &mut Findings) {
    if let Err(OpenError::Unread(_)) = &subject.opened {
        return;
    }
    findings.pack(match refused(subject) {
        Some(error) if error.rule.is_bound() => {
            Conclusion::Failed(vec![finding(error, "sizes and counts inside the bounds")])
        }
        Some(error) => Conclusion::Blocked(format!("reading stopped: {}", error.rule.code())),
        None => Conclusion::Passed,
    });
}
