//! scenario.*: do the conversations that a pack records hold together?

mod consistent;
mod files;
mod judged;
mod report;
mod transcript;

use crate::check::{Applies, Bite, Check, Level, Run, ScopeKind, Stage};

const HOST: &str = "No host reads scenarios; the tests of the ecosystem compare the golden with itself. It is required all the same, because a record that nobody can check shows nothing.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "scenario.files",
        stage: Stage::Scenario,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithScenarios,
        bites: Bite::Integrity,
        host: "The renderer of the ecosystem's simulators stops at the first scenario that it cannot read, and reads files outside of the pack without a word.",
        requirement: "The entry and the golden of every scenario are in the pack, decode as strict JSON within the bounds, and agree with the manifest on the scenario's id; no path leads out of the pack.",
        why: "A scenario that cannot be read, or that is another one, tests nothing.",
        fix: "Add the file, or correct the path or the id that the finding names.",
        run: Run::OfPack(files::judge),
    },
    Check {
        id: "scenario.consistent",
        stage: Stage::Scenario,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithScenarios,
        bites: Bite::Integrity,
        host: HOST,
        requirement: "There is at least one scenario, ids are unique, every scenario has steps, every step has a known actor and a message, and the next step of the user after a question is one of its options.",
        why: "A conversation in which the user gives an answer that was not offered cannot take place.",
        fix: "Correct the step that the finding names: actors are bot, user, system, event and bridge, kinds are send and reply.",
        run: Run::OfPack(consistent::judge),
    },
    Check {
        id: "scenario.transcript",
        stage: Stage::Scenario,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithScenarios,
        bites: Bite::Integrity,
        host: HOST,
        requirement: "The steps of every scenario, rendered as `ACTOR: message [first option, second option]`, are the lines of its golden transcript.",
        why: "A transcript that does not follow from the steps shows reviewers another conversation than the one that is tested.",
        fix: "Correct the step or the line; `greentic-provision scenario render PACK` prints the transcripts of the steps.",
        run: Run::OfPack(transcript::judge),
    },
    Check {
        id: "scenario.report",
        stage: Stage::Scenario,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithScenarios,
        bites: Bite::Integrity,
        host: HOST,
        requirement: "If the pack has `golden/render_reports.json`, it has one row for each scenario, sorted, with the counts and the hash of the rendered steps.",
        why: "A report that is stale hides that a conversation changed.",
        fix: "Write the report again: `greentic-provision scenario render PACK --report`.",
        run: Run::OfPack(report::judge),
    },
];
