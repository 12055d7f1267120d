//! The report of `pack fix` as JSON; `reports/schemas/fix.schema.json` describes it.

use super::done::{Done, codes};
use provision_core::text::inert;
use provision_oracle::checks::by_id;
use serde_json::{Value, json};

/// Rows of a list, at most: a pack may have any number.
const LISTED: usize = 2_000;

pub(super) fn document(done: &Done<'_>) -> Value {
    let fixed = done.fixed;
    let changes = fixed.changes.iter().take(LISTED).map(|change| {
        let hunks = change.hunks.iter().take(LISTED);
        let hunks = hunks.map(|h| json!({ "at": h.at, "old": h.old, "new": h.new }));
        json!({
            "fix": change.fix, "check": change.check, "file": change.file,
            "hunks": hunks.collect::<Vec<_>>(), "hunk_count": change.hunks.len(),
        })
    });
    let left = fixed
        .left
        .iter()
        .take(LISTED)
        .map(|l| json!({ "fix": l.fix, "check": l.check, "place": l.place, "why": l.why }));
    let failing = done.failing().map(|result| {
        json!({
            "check": result.check, "scope": inert(&result.scope.to_string(), 200),
            "level": result.level.name(), "codes": codes(result),
            "findings": result.findings.len(),
            "do": by_id(result.check).map(|check| check.fix),
        })
    });
    let failing: Vec<Value> = failing.collect();
    let lost = done.lost.iter().take(LISTED).map(|lost| {
        json!({
            "check": lost.check, "scope": inert(&lost.scope.to_string(), 200),
            "why": lost.why.as_deref().map(|why| inert(why, 300)),
        })
    });
    json!({
        "format": 1,
        "in": { "digest": done.before },
        "out": { "digest": done.out_digest(), "written": done.is_written() },
        "changes": changes.collect::<Vec<_>>(),
        "change_count": fixed.changes.len(),
        "signature_removed": fixed.signature_removed,
        "not_mended": left.collect::<Vec<_>>(),
        "not_mended_count": fixed.left.len(),
        "failing_count": failing.len(),
        "failing": failing.into_iter().take(LISTED).collect::<Vec<_>>(),
        "lost": lost.collect::<Vec<_>>(),
    })
}
