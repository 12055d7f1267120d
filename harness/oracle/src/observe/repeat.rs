//! The runs of each wizard on the same inputs: the first, and the same again.

use super::conditions::Conditions;
use super::harness_errors::Watched;
use crate::budget::Budget;
use crate::run_diff::differences;
use crate::secret_scan::Secrets;
use crate::subject::{Opened, Runs, Spent};
use provision_core::Pack;
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, StepExecutor, Task, Wizard, WizardRun, drive, grants,
};
use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::sync::LazyLock;
use std::time::Instant;

pub(super) fn run(
    (executor, budget): (&Watched<'_>, &Budget<'_>),
    pack: &Pack,
    wizard: &Wizard,
    inputs: ProvisionInputs,
    conditions: &Conditions,
    spent: &mut Spent,
) -> Runs {
    let by = |executor| dry(executor, pack, wizard, &inputs, conditions);
    let started = Instant::now();
    let first = by(budget);
    spent.first += started.elapsed();
    let started = Instant::now();
    // What does not complete has nothing that could be compared.
    let others = executor.others().iter().filter(|_| first.completed());
    let compilers: Vec<_> = others.map(|(name, other)| (*name, by(&**other))).collect();
    compilers.iter().for_each(|(_, run)| executor.look_at(run));
    spent.repeat += started.elapsed();
    // Whatever it is that went wrong, a secret must not be in the words.
    let leaks = Secrets::new(&grants(&inputs).secrets).of_run(&first);
    Runs {
        inputs,
        first,
        isolated: None,
        second: None,
        compilers,
        probed: None,
        leaks,
    }
}

/// Whether a run is worth another: a step that ran into a bound, or into the
/// clock, would do so again, for as long.
fn repeatable(run: &WizardRun) -> bool {
    let mut failures = run.steps.iter().filter_map(|s| s.failure());
    failures.all(|f| !f.code.is_bound() && !f.code.is_error())
}

fn dry(
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
    };
    drive(executor, pack, &task, &conditions.limits)
}

/// Does `act` on another thread, and waits for it. A panic over there is this
/// pack's, like one over here.
fn elsewhere<T: Send>(act: impl FnOnce() -> T + Send) -> T {
    // NB: a thread that is made for each pack costs as much as several steps.
    static OTHERS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
        let name = |n| format!("again-{n}");
        ThreadPoolBuilder::new().thread_name(name).build().ok()
    });
    if let Some(others) = &*OTHERS {
        return others.install(act);
    }
    std::thread::scope(|scope| match scope.spawn(act).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Drives every wizard once more, on another thread and in the reverse order:
/// other steps ran before it, and everything is compiled already.
pub(super) fn isolate(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
    let pack = &opened.pack;
    let wizards = &opened.wizards;
    let again = || {
        let runs = wizards.iter().rev().map(|observed| {
            let runs = observed.runs.as_ref().ok()?;
            let again = || dry(executor, pack, &observed.wizard, &runs.inputs, conditions);
            repeatable(&runs.first).then(again)
        });
        runs.collect::<Vec<_>>()
    };
    let isolated = elsewhere(again);
    for (observed, run) in opened.wizards.iter_mut().rev().zip(isolated) {
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        let differs = |run: &WizardRun| !differences(&runs.first, run).is_empty();
        if run.as_ref().is_some_and(differs) {
            let again = dry(
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
