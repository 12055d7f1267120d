//! abi.*: does the harness know the interfaces of a step's component?

mod capabilities;
mod described;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::Subject;
use provision_core::Finding;
use provision_core::wizard::{StepCode, StepRun};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "abi.recognised",
        stage: Stage::Abi,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Load,
        host: "The runner cannot instantiate the component for any interface that it knows.",
        requirement: "Each wizard step's component exports an interface that the harness knows.",
        why: "A component that exports no known interface cannot be called by any host.",
        fix: "Export one of the interfaces that reports/README.md lists, in a version that it lists.",
        run: Run::OfPack(recognised),
    },
    Check {
        id: "abi.imports-allowed",
        stage: Stage::Abi,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Load,
        host: "The runner's linker has no such import, so the component does not instantiate.",
        requirement: "A component imports nothing outside the allowed host interfaces.",
        why: "A component that imports more than hosts grant does not start, or asks for more than it may have.",
        fix: "Remove the import; WASI 0.2 and the greentic host interfaces are granted, nothing else.",
        run: Run::OfPack(imports_allowed),
    },
    Check {
        id: "abi.capabilities-declared",
        stage: Stage::Abi,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "No host compares imports with the declared capabilities.",
        requirement: "A component imports, and uses, only capabilities that its manifest declares.",
        why: "Operators read in the manifest what a component may do; they did not approve what is not declared there.",
        fix: "Declare the capability in the component's manifest, or do without it.",
        run: Run::OfPack(capabilities::declared),
    },
    Check {
        id: "abi.described-schemas",
        stage: Stage::Abi,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "The pack doctor refuses the pack if its lock names the component; no other host compares.",
        requirement: "Each schema in a component's own description can be met, does not admit every object, and has the hash beside it.",
        why: "Authors and their tools build the input of nodes from these schemas; one that admits everything or nothing is no help.",
        fix: "Describe the properties, or forbid additional ones, and compute the hashes again.",
        run: Run::OfPack(described::schemas),
    },
];

/// Codes of failures before the harness could inspect the component.
const UNREAD: [StepCode; 11] = [
    StepCode::Missing,
    StepCode::NotWasm,
    StepCode::Precompiled,
    StepCode::ComponentSize,
    StepCode::Compile,
    StepCode::CompileLimit,
    StepCode::CompileTimeout,
    StepCode::WorkerCrash,
    StepCode::WorkerMemory,
    StepCode::WorkerProtocol,
    StepCode::Harness,
];

fn recognised(subject: &Subject, findings: &mut Findings) {
    // The executor checks imports before exports.
    let unread = |code| UNREAD.contains(&code) || code == StepCode::Import;
    let expected = "an exported interface that the harness can call";
    judge(subject, findings, StepCode::Abi, expected, unread);
}

fn imports_allowed(subject: &Subject, findings: &mut Findings) {
    let unread = |code| UNREAD.contains(&code);
    let expected = "no import but the host interfaces of the contract";
    judge(subject, findings, StepCode::Import, expected, unread);
}

fn judge(
    subject: &Subject,
    findings: &mut Findings,
    wrong: StepCode,
    expected: &str,
    unread: impl Fn(StepCode) -> bool,
) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let guests = || run.steps.iter().filter(|s| !s.by_host);
        let code = |s: &StepRun| s.failure().map(|f| f.code);
        let found: Vec<Finding> = guests()
            .filter(|s| code(s) == Some(wrong))
            .filter_map(|s| Some((s, s.failure()?)))
            .map(|(s, f)| {
                let finding = Finding::new(wrong, s.name(), expected, f.message.clone());
                finding.about(s.component.as_deref())
            })
            .collect();
        if !found.is_empty() {
            return Conclusion::Failed(found);
        }
        let read = |s: &&StepRun| s.result.is_some() && code(s).is_none_or(|c| !unread(c));
        if guests().all(|s| read(&s)) && guests().next().is_some() {
            Conclusion::Passed
        } else {
            Conclusion::Blocked("a step's component could not be looked at".into())
        }
    });
}
