//! The runs of each wizard on the same inputs: the first run and its repetitions.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use super::harness_errors::Watched;
use super::threads::on_other_thread;
use crate::probe_outcome::asked;
use crate::run_diff::differences;
use crate::secret_scan::Secrets;
use crate::subject::{Opened, Runs, Spent};
use provision_core::Pack;
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, StepExecutor, Task, Wizard, WizardRun, drive,
};
use std::time::Instant;

pub(super) fn run(
    executor: &Watched<'_>,
    once: &dyn StepExecutor,
    pack: &Pack,
    wizard: &Wizard,
    inputs: ProvisionInputs,
    conditions: &Conditions,
    spent: &mut Spent,
) -> Runs {
    let by = |executor| dry_run(executor, pack, wizard, &inputs, conditions);
    let started = Instant::now();
    let first = by(once);
    spent.first += started.elapsed();
    let started = Instant::now();
    // A run that does not complete has no result to compare.
    let others = executor.others().iter().filter(|_| first.completed());
    let compilers: Vec<_> = others.map(|(name, other)| (*name, by(&**other))).collect();
    compilers.iter().for_each(|(_, run)| executor.note_run(run));
    spent.repeat += started.elapsed();
    // Also search a failed run: its messages must not contain a secret either.
    let mut questions = asked(&first, &conditions.limits).unwrap_or_default();
    wizard.form.mark_secrets(&mut questions);
    let secrets = AnswerSet::of(wizard, &inputs, &first).secrets(&questions);
    let leaks = Secrets::new(&secrets).of_run(&first);
    Runs {
        given: AnswerSet::of(wizard, &inputs, &first).given(),
        inputs,
        secrets,
        first,
        isolated: None,
        second: None,
        varied: Vec::new(),
        tenants: None,
        compilers,
        probed: None,
        carried: None,
        leaks,
    }
}

/// Whether to repeat a run. A step that hit a bound or the deadline would take
/// as long again, so such a run is not repeated.
fn repeatable(run: &WizardRun) -> bool {
    let mut failures = run.steps.iter().filter_map(|s| s.failure());
    failures.all(|f| !f.code.is_bound() && !f.code.is_error())
}

fn dry_run(
    executor: &dyn StepExecutor,
    pack: &Pack,
    wizard: &Wizard,
    inputs: &ProvisionInputs,
    conditions: &Conditions,
) -> WizardRun {
    let task = Task {
        wizard,
        inputs,
        mode: ProvisionMode::DryRun,
        answers: None,
        stores: None,
    };
    drive(executor, pack, &task, &conditions.limits)
}

/// Drives every wizard again, on another thread and in reverse order, so that
/// other steps ran before it and every component is already compiled.
pub(super) fn isolate(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
    let pack = &opened.pack;
    let wizards = &opened.wizards;
    let again = || {
        let runs = wizards.iter().rev().map(|observed| {
            let runs = observed.runs.as_ref().ok()?;
            let again = || dry_run(executor, pack, &observed.wizard, &runs.inputs, conditions);
            repeatable(&runs.first).then(again)
        });
        runs.collect::<Vec<_>>()
    };
    let isolated = on_other_thread(again).unwrap_or_else(again);
    for (observed, run) in opened.wizards.iter_mut().rev().zip(isolated) {
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        let differs = |run: &WizardRun| !differences(&runs.first, run).is_empty();
        if run.as_ref().is_some_and(differs) {
            let again = dry_run(
                executor,
                &opened.pack,
                &observed.wizard,
                &runs.inputs,
                conditions,
            );
            runs.second = Some(again);
        }
        runs.isolated = run;
    }
}
