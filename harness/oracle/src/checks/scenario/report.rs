//! scenario.report: does the render report state what the scenarios render to?

use super::judged::{Judged, conclude, without_list};
use crate::check::{Conclusion, Findings};
use crate::subject::{Opened, Subject};
use provision_core::codes::ScenarioCode;
use provision_core::limits::SCENARIO_BYTES;
use provision_core::scenario::Scenarios;
use provision_core::scenario::render::{REPORT, ReportRow};
use provision_core::text::inert;
use provision_core::{Finding, json};
use std::collections::BTreeMap;

pub(super) fn judge(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |opened, scenarios| {
        if !opened.pack.has(REPORT) {
            return Conclusion::NotApplicable(format!("the pack carries no {REPORT}"));
        }
        if let Some(nothing) = without_list(scenarios) {
            return nothing;
        }
        if scenarios.pack_id.is_empty() {
            return Conclusion::Blocked("the pack has no well-formed id".into());
        }
        match rows(opened, subject.limits.depth) {
            Ok(stated) => compared(scenarios, &stated).conclusion(),
            Err(finding) => Conclusion::Failed(vec![finding]),
        }
    });
}

/// The rows of the report in the pack.
fn rows(opened: &Opened, depth: usize) -> Result<Vec<ReportRow>, Finding> {
    let refused = |code: ScenarioCode, expected: &str, actual: String| {
        Finding::new(code, REPORT, expected, actual).about(REPORT)
    };
    let size = opened.pack.size(REPORT).unwrap_or_default();
    if size > SCENARIO_BYTES as u64 {
        let expected = format!("at most {SCENARIO_BYTES} bytes");
        let actual = format!("{size} bytes");
        return Err(refused(ScenarioCode::Bound, &expected, actual));
    }
    let bytes = opened.pack.read(REPORT).unwrap_or_default();
    let value = json::parse(&bytes, depth).map_err(|error| {
        let actual = inert(&error.to_string(), 200);
        refused(ScenarioCode::Json, "strict JSON", actual)
    })?;
    serde_json::from_value(value).map_err(|error| {
        let expected = "a list of rows with pack_id, scenario_id, message_count, bot_messages, \
                        user_messages, system_messages and transcript_hash";
        let actual = inert(&error.to_string(), 200);
        refused(ScenarioCode::Shape, expected, actual)
    })
}

fn finding(at: String, expected: impl Into<String>, actual: impl Into<String>) -> Finding {
    Finding::new(ScenarioCode::Report, at, expected, actual).about(REPORT)
}

/// Compares the rows that the report states with those that the scenarios give.
fn compared(scenarios: &Scenarios, stated: &[ReportRow]) -> Judged {
    let mut judged = Judged::default();
    let mut rendered: BTreeMap<(String, String), ReportRow> = BTreeMap::new();
    for row in scenarios.report() {
        rendered.insert((row.pack_id.clone(), row.scenario_id.clone()), row);
    }
    let mut unrendered: BTreeMap<(String, String), String> = BTreeMap::new();
    for one in scenarios.rendered() {
        let (Ok(id), Err(why)) = (&one.scenario.id, &one.lines) else {
            continue;
        };
        let why = format!("scenario `{}`: {}", one.scenario.name(), why.words());
        unrendered.insert((scenarios.pack_id.clone(), id.clone()), why);
    }
    let all_named = scenarios.faults.is_empty() && scenarios.list.iter().all(|s| s.id.is_ok());
    if !all_named {
        judged.unjudged.push("a scenario cannot be read".into());
    }
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (i, row) in stated.iter().enumerate() {
        let key = (row.pack_id.clone(), row.scenario_id.clone());
        let at = format!("{REPORT}, row {}", i + 1);
        let count = counts.entry(key.clone()).or_default();
        *count += 1;
        if *count > 1 {
            judged
                .found
                .push(finding(at, "one row for each scenario", named(row)));
        } else if let Some(expected) = rendered.get(&key) {
            judged.found.extend(fields(&at, expected, row));
        } else if !unrendered.contains_key(&key) && (all_named || row.pack_id != scenarios.pack_id)
        {
            let expected = "a row of a scenario of this pack";
            judged.found.push(finding(at, expected, named(row)));
        }
    }
    let missing = rendered
        .iter()
        .filter(|(key, _)| !counts.contains_key(*key));
    judged.found.extend(missing.map(|(_, row)| {
        let expected = format!("a row for {}", named(row));
        finding(REPORT.into(), expected, "none")
    }));
    let is_own = |row: &&ReportRow| row.pack_id == scenarios.pack_id;
    let own: Vec<&ReportRow> = stated.iter().filter(is_own).collect();
    judged.found.extend(order(&own));
    judged.unjudged.extend(unrendered.into_values());
    judged
}

fn named(row: &ReportRow) -> String {
    let (pack, scenario) = (inert(&row.pack_id, 80), inert(&row.scenario_id, 80));
    format!("scenario `{scenario}` of pack `{pack}`")
}

/// A finding on each field of a row that differs.
fn fields(at: &str, expected: &ReportRow, stated: &ReportRow) -> Vec<Finding> {
    let number = |name: &str, expected: u64, stated: u64| {
        let at = format!("{at}, {name}");
        (expected != stated).then(|| finding(at, expected.to_string(), stated.to_string()))
    };
    let hash = || {
        let at = format!("{at}, transcript_hash");
        let stated = inert(&stated.transcript_hash, 80);
        finding(at, expected.transcript_hash.clone(), stated)
    };
    let differs = expected.transcript_hash != stated.transcript_hash;
    let found = [
        number(
            "message_count",
            expected.message_count,
            stated.message_count,
        ),
        number("bot_messages", expected.bot_messages, stated.bot_messages),
        number(
            "user_messages",
            expected.user_messages,
            stated.user_messages,
        ),
        number(
            "system_messages",
            expected.system_messages,
            stated.system_messages,
        ),
        differs.then(hash),
    ];
    found.into_iter().flatten().collect()
}

/// A finding if the rows are not sorted by scenario.
fn order(rows: &[&ReportRow]) -> Option<Finding> {
    let mut pairs = rows.windows(2).filter_map(|pair| match pair {
        [first, second] => Some((first, second)),
        _ => None,
    });
    let (_, row) = pairs.find(|(first, second)| first.scenario_id > second.scenario_id)?;
    let expected = "rows sorted by pack and scenario";
    let actual = format!("{} comes too late", named(row));
    Some(finding(REPORT.into(), expected, actual))
}
