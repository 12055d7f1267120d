//! A comparison as JSON; `reports/schemas/compare.schema.json` describes it.

use super::ways::Ways;
use provision_core::codes::CompareCode;
use provision_oracle::comparison::{Change, Class, Comparison, Side, VersionStep};
use serde_json::{Map, Value, json};

/// Differences and reaches that are listed, at most: a pack may have any number.
const LISTED: usize = 2_000;

pub(super) fn document(comparison: &Comparison, ways: &Ways) -> Value {
    let [upgrades, downgrades] = ways.json();
    let Comparison {
        old,
        new,
        changes,
        reaches,
        not_compared,
        worst,
        step,
        // The step itself says whether it is large enough.
        announces_breaking: _,
        harness_error,
    } = comparison;
    let reached = reaches.iter().take(LISTED).map(|reach| {
        json!({
            "direction": if reach.gained { "gained" } else { "lost" },
            "kind": reach.kind.name(), "place": reach.place, "what": reach.what,
        })
    });
    let skipped = not_compared.iter().take(LISTED);
    let skipped =
        skipped.map(|part| json!({ "what": part.what, "why": part.why, "matters": part.matters }));
    json!({
        "format": 1,
        "old": side(old),
        "new": side(new),
        "worst": worst.map(Class::name),
        "counts": counts(changes),
        "changes": listed(changes),
        "reaches": reached.collect::<Vec<_>>(),
        "reach_count": reaches.len(),
        "not_compared": skipped.collect::<Vec<_>>(),
        "not_compared_count": not_compared.len(),
        "step": verdict(step),
        "upgrades": upgrades,
        "downgrades": downgrades,
        "harness_error": harness_error.as_ref().map(|error| error.code.clone()),
    })
}

fn side(side: &Side) -> Value {
    json!({ "id": side.id, "version": side.version, "digest": side.digest })
}

/// How many differences each class has.
fn counts(changes: &[Change]) -> Value {
    let count = |class: Class| changes.iter().filter(|c| c.rule.class() == class).count();
    let counts = Class::WORST_FIRST.map(|class| (class.name().to_owned(), count(class).into()));
    Value::Object(counts.into_iter().collect::<Map<_, _>>())
}

/// The differences, the worst first.
fn listed(changes: &[Change]) -> Vec<Value> {
    let by_class = Class::WORST_FIRST.into_iter();
    let sorted = by_class.flat_map(|class| changes.iter().filter(move |c| c.rule.class() == class));
    let listed = sorted.take(LISTED).map(|change| {
        json!({
            "rule": change.rule.slug(), "class": change.rule.class(), "place": change.place,
            "old": change.old, "new": change.new, "why": change.rule.why(),
            "guess": change.guess,
        })
    });
    listed.collect()
}

fn verdict(step: &VersionStep) -> Value {
    let (verdict, code, smallest) = match step {
        VersionStep::Right => ("right", None, None),
        VersionStep::Unknown => ("unknown", None, None),
        VersionStep::TooSmall { smallest } => (
            "too_small",
            Some(CompareCode::VersionStep.code()),
            Some(smallest.to_string()),
        ),
    };
    json!({ "verdict": verdict, "code": code, "smallest": smallest })
}
