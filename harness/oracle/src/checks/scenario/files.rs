//! scenario.files: can the scenarios be read, and are they those that the manifest lists?

use super::judged::{conclude, without_list};
use crate::check::{Conclusion, Findings};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::codes::ScenarioCode;
use provision_core::scenario::{Part, Scenario};
use provision_core::text::inert;

pub(super) fn judge(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |_, scenarios| {
        if let (Some(nothing), true) = (without_list(scenarios), scenarios.faults.is_empty()) {
            return nothing;
        }
        let mut found = scenarios.faults.clone();
        found.extend(scenarios.list.iter().flat_map(of_one));
        Conclusion::of(found)
    });
}

fn of_one(scenario: &Scenario) -> Vec<Finding> {
    let Scenario {
        id, entry, golden, ..
    } = scenario;
    let unread = [
        id.as_ref().err(),
        entry.as_ref().err(),
        golden.as_ref().err(),
    ];
    let mut found: Vec<Finding> = unread.into_iter().flatten().cloned().collect();
    let Ok(id) = id else { return found };
    let entry = entry
        .as_ref()
        .ok()
        .map(|part| other(id, part, "scenario", &part.content.id));
    let golden = golden.as_ref().ok();
    let golden = golden.map(|part| other(id, part, "scenario_id", &part.content.id));
    found.extend([entry, golden].into_iter().flatten().flatten());
    found
}

/// A finding if the file `part` has another id than the manifest.
fn other<T>(id: &str, part: &Part<T>, member: &str, own: &Option<String>) -> Option<Finding> {
    if own.as_deref() == Some(id) {
        return None;
    }
    let actual = match own {
        Some(own) => format!("`{}`", inert(own, 120)),
        None => "no such text".to_owned(),
    };
    let at = format!("{}, /{member}", inert(&part.file, 200));
    let expected = format!("`{}`, the id in the manifest", inert(id, 120));
    let found = Finding::new(ScenarioCode::Id, at, expected, actual);
    Some(found.about(part.file.as_str()))
}
