//! Opens a pack and drives each of its wizards several times. Judges nothing.

mod accepted_answers;
pub(crate) mod answer_set;
mod answers_elsewhere;
mod asking;
mod carry;
mod compile_budget;
mod components;
mod conditions;
#[cfg(test)]
mod counts;
mod deploy;
mod empties;
mod harness_errors;
mod inputs;
mod memo;
mod opening;
pub(crate) mod other_installation;
mod probe;
mod probed_plans;
mod repeat;
mod second_runs;
mod steering;
mod tenants;
mod threads;
mod turns;
mod variations;

pub use conditions::Conditions;
pub use opening::Opening;

use crate::budget::Budget;
use crate::subject::{Described, Observed, Opened, Spent, Subject, Validated};
use crate::varied::Variation;
use accepted_answers::accepted;
use asking::Asking;
use carry::carry;
use compile_budget::Compilable;
use deploy::WithPlan;
use harness_errors::Watched;
use inputs::are_made_up;
use memo::{Known, MemoExecutor};
use other_installation::OtherInstallation;
use probe::Prober;
use provision_core::flow::{self, WalkedFlow};
use provision_core::wizard::questions::{Question, SetupForm, declared};
use provision_core::wizard::{ProvisionInputs, RunBy, StepExecutor, Wizard, grants, wizards};
use provision_core::{OpenError, Pack, Source};
use repeat::{isolate, run};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tenants::drive_tenants;
use variations::{elsewhere, vary};

/// Opens `source` and drives all its wizards in a dry run. A source that could
/// not be read gives a subject too, so that it gets a verdict.
#[must_use]
pub fn observe(
    source: Result<Source, OpenError>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Subject {
    observe_opened(Opening::of(source, conditions), executor, conditions)
}

/// Drives all wizards of a pack that was opened under the same conditions.
#[must_use]
pub fn observe_opened(
    opening: Opening,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Subject {
    let refusal = opening.compile_refusal().clone();
    let Opening {
        digest,
        is_archive,
        bundle,
        registry,
        readings,
        opened,
        compile_refusal: _,
        called: _,
        mut spent,
    } = opening;
    let Conditions {
        limits,
        public_base_url,
        trusted,
        now,
        drafts,
        normalise,
        ..
    } = conditions;
    let compilable = Compilable { executor, refusal };
    let watched = Watched::over(&compilable);
    let opened = opened.map(|pack| opened_pack(pack, &watched, conditions, &mut spent));
    Subject {
        digest,
        is_archive,
        public_base_url: public_base_url.clone(),
        limits: limits.clone(),
        trusted: trusted.clone(),
        now: *now,
        drafts: *drafts,
        normalise: Arc::clone(normalise),
        bundle,
        registry,
        previous: None,
        readings,
        opened,
        harness_error: watched.harness_error(),
        spent,
    }
}

fn opened_pack(
    pack: Arc<Pack>,
    executor: &Watched<'_>,
    conditions: &Conditions,
    spent: &mut Spent,
) -> Opened {
    let budget = Budget::of(executor, &conditions.limits.flow);
    let declared = declared(&pack, &conditions.limits);
    let wanted = |w: &Wizard| conditions.only.as_ref().is_none_or(|only| w.name == *only);
    let asking_started = Instant::now();
    let all = wizards(&pack);
    let for_questions = Budget::of(executor, &conditions.limits.flow);
    let known = Known::of_pack();
    let once = MemoExecutor::of(&budget, &known);
    let for_questions = MemoExecutor::of(&for_questions, &known);
    let asking = Asking::of(&for_questions, &pack, &declared, &all, conditions);
    spent.first += asking_started.elapsed();
    let wizards = all.into_iter().filter(wanted);
    let observed = wizards.map(|wizard| Observed {
        runs: inputs::of(&pack, &asking.questions(&wizard), conditions).map(|inputs| {
            let mut run = |inputs| run(executor, &once, &pack, &wizard, inputs, conditions, spent);
            let runs = run(inputs);
            let other = || accepted(&once, &pack, &wizard, &runs, &declared, conditions);
            let other = are_made_up(&pack, conditions).then(other).flatten();
            other.map_or(runs, run)
        }),
        wizard,
    });
    let wizards = observed.collect();
    let describing = Instant::now();
    let Walked {
        flows,
        elsewhere,
        secrets,
    } = walked(&pack, asking.of_setup(), executor, conditions);
    let (described, validated) = said_by_components(&budget, &pack, conditions);
    let mut opened = Opened {
        wizards,
        flows,
        flows_elsewhere: elsewhere,
        flow_secrets: secrets,
        described,
        validated,
        texts: components::texts(&budget, &pack, conditions),
        deployed: deploy::deployed(&budget, &pack, conditions),
        declared,
        form: SetupForm::of(&pack, &conditions.limits),
        pack,
        sboms: OnceLock::new(),
        scenarios: OnceLock::new(),
    };
    spent.first += describing.elapsed();
    if conditions.once {
        return opened;
    }
    let isolating = Instant::now();
    isolate(&mut opened, executor, conditions);
    vary(&mut opened, &once, conditions);
    let for_tenants = Budget::of(executor, &conditions.limits.flow);
    drive_tenants(&mut opened, &for_tenants, conditions);
    carry(&mut opened, &budget, conditions);
    spent.repeat += isolating.elapsed();
    let probing = Instant::now();
    probe(&mut opened, executor, conditions);
    spent.probe += probing.elapsed();
    opened
}

/// What components say of themselves, and validators of the pack.
fn said_by_components(
    budget: &Budget<'_>,
    pack: &Pack,
    conditions: &Conditions,
) -> (Vec<Described>, Vec<Validated>) {
    if conditions.once {
        return (Vec::new(), Vec::new());
    }
    (
        components::described(budget, pack, conditions),
        components::validated(budget, pack, conditions),
    )
}

/// The walked flows of a pack, and the secrets that their components could read.
#[derive(Default)]
struct Walked {
    flows: Vec<WalkedFlow>,
    elsewhere: Vec<WalkedFlow>,
    secrets: BTreeMap<String, String>,
}

/// Walks the pack's own flows, and again in another installation, unless only one wizard
/// is wanted.
fn walked(
    pack: &Pack,
    asked: &[Question],
    executor: &Watched<'_>,
    conditions: &Conditions,
) -> Walked {
    let none = conditions.once || conditions.only.is_some() || flow::app_flows(pack).is_empty();
    let Some(inputs) = inputs::of(pack, asked, conditions).ok().filter(|_| !none) else {
        return Walked::default();
    };
    let executor = WithPlan::of(executor, &conditions.limits);
    let limits = &conditions.limits;
    let walk = |executor: &dyn StepExecutor, inputs: &ProvisionInputs| {
        let budget = Budget::of(executor, &limits.flow);
        flow::walk(&budget, pack, inputs, limits)
    };
    let other = OtherInstallation::of(pack).inputs(&inputs, asked);
    let mut secrets = grants(&other).secrets;
    let keyed = |(key, value)| (format!("{key}, another"), value);
    secrets = secrets.into_iter().map(keyed).collect();
    secrets.extend(grants(&inputs).secrets);
    Walked {
        flows: walk(&executor, &inputs),
        elsewhere: walk(&elsewhere(&executor, Variation::Installation), &other),
        secrets,
    }
}

/// Probes each wizard that completed.
fn probe(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
    let budget = Budget::of(executor, &conditions.limits.flow);
    let all: Vec<Wizard> = opened.wizards.iter().map(|o| o.wizard.clone()).collect();
    let required = inputs::required(opened, conditions);
    let prober = Prober {
        executor: &budget,
        pack: &opened.pack,
        conditions,
        declared: &opened.declared,
        required: &required,
    };
    for (at, observed) in opened.wizards.iter_mut().enumerate() {
        let Ok(runs) = &mut observed.runs else {
            continue;
        };
        // No user answers the questions of an author's tool.
        let is_asked = observed.wizard.run_by != RunBy::Author;
        if conditions.probes > 0 && is_asked && runs.first.completed() {
            let probed = prober.probe(at, &all, &runs.inputs, &runs.first);
            runs.probed = probed.map(|mut probed| {
                prober.answers_elsewhere(&observed.wizard, runs, &mut probed);
                probed
            });
            let leaks = runs.probed.iter().flat_map(|probed| &probed.leaks.leaks);
            runs.leaks.extend(leaks.cloned());
        }
    }
}
