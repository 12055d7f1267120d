//! Judges a recording by the checks of recordings.

use super::Recording;
use super::span::redact;
use crate::check::{Check, CheckResult, Conclusion, Run, Scope};
use crate::checks;
use crate::judge::result;
use provision_core::codes::RecordedCode;
use provision_core::{Status, Verdict};

/// Judges `recording` by the checks for which `asked` returns true, in the order of the
/// table. The results show nothing that is private: more people read a report than a
/// recording.
#[must_use]
pub fn judge(recording: &Recording, asked: impl Fn(&Check) -> bool) -> Vec<CheckResult> {
    let checks = checks::of_recordings().filter(|check| asked(check));
    let judged = checks.filter_map(|check| {
        let Run::OfRecording(run) = check.run else {
            return None;
        };
        let conclusion = match &recording.defect {
            Some(why) if why.code == RecordedCode::Unread.into() => {
                Conclusion::Error(vec![why.clone()])
            }
            _ => run(recording),
        };
        let mut judged = result(check, check.level, Scope::Recording, conclusion);
        let findings = judged.findings.iter_mut();
        let texts = findings.flat_map(|f| [&mut f.at, &mut f.expected, &mut f.actual]);
        for text in texts.chain(&mut judged.reason) {
            redact(text, &recording.canaries);
        }
        Some(judged)
    });
    judged.collect()
}

/// The verdict on `recording`, from the results of its checks. As for a pack, nothing that
/// was not read proves anything.
#[must_use]
pub fn verdict(recording: &Recording, results: &[CheckResult]) -> Verdict {
    let has = |status| results.iter().any(|r| r.status == status);
    if has(Status::Error) {
        Verdict::Error
    } else if has(Status::Failed) {
        Verdict::Fail
    } else if has(Status::Blocked) {
        Verdict::Partial
    } else if !has(Status::Passed) && !has(Status::Excused) {
        Verdict::NotApplicable
    } else if !has(Status::Passed) || recording.entries == 0 {
        Verdict::Partial
    } else {
        Verdict::Pass
    }
}
