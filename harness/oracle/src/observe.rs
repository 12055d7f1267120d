//! The one driver: opens a pack, drives each of its wizards several times,
//! judges nothing.

use crate::budget::Budget;
use crate::readers::{Reading, readings};
use provision_core::archive::Rule;
use provision_core::integrity::signature::TrustedKey;
use provision_core::json;
use provision_core::pack::Hashed;
use provision_core::wizard::{
    Call, Performed, ProvisionInputs, ProvisionMode, StepCode, StepExecutor, StepFailure,
    StepRequest, TenantContext, Wizard, WizardRun, drive, wizards,
};
use provision_core::{Finding, Limits, OpenError, Pack, Source, cbor, components};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Under which conditions packs are observed.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Bounds on the pack's data.
    pub limits: Limits,
    /// The public base URL that wizards are given; an https URL.
    pub public_base_url: String,
    /// Keys whose signatures count.
    pub trusted: Vec<TrustedKey>,
    /// Whether to ask other readers about archives that are refused.
    pub ask_other_readers: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            // RFC 2606 reserves `.invalid`, so nothing can ever be reached.
            public_base_url: "https://conformance.invalid".into(),
            trusted: Vec::new(),
            ask_other_readers: true,
        }
    }
}

/// Everything that was observed of one pack.
#[derive(Debug)]
pub struct Subject {
    /// Lower-case hex SHA-256 of what was read; empty where nothing was.
    pub digest: String,
    /// Whether it is an archive, not a folder.
    pub is_archive: bool,
    /// The public base URL that its wizards were given.
    pub public_base_url: String,
    /// How deep JSON of the pack may nest, in levels.
    pub depth: usize,
    /// Keys whose signatures count.
    pub trusted: Vec<TrustedKey>,
    /// What other readers make of an archive that was refused; else empty.
    pub readings: Vec<Reading>,
    /// The opened pack and its wizards, or why it is no pack.
    pub opened: Result<Opened, OpenError>,
}

/// A pack that could be opened.
#[derive(Debug)]
pub struct Opened {
    /// The pack.
    pub pack: Pack,
    /// Its wizards, in the order in which they were driven.
    pub wizards: Vec<Observed>,
    /// What its declared components say of themselves.
    pub described: Vec<Described>,
}

/// A declared component, and what it says of itself when it is asked.
#[derive(Debug)]
pub struct Described {
    /// The component's id in the manifest.
    pub component: String,
    /// The file that holds it.
    pub file: String,
    /// Its description, or why there is none.
    pub answer: Result<Value, StepFailure>,
}

/// One wizard and what came of driving it.
#[derive(Debug)]
pub struct Observed {
    /// The wizard.
    pub wizard: Wizard,
    /// Its runs, or why it could not be given any inputs.
    pub runs: Result<Runs, Finding>,
}

/// Several runs of one wizard on the same inputs, every step in a fresh store.
#[derive(Debug)]
pub struct Runs {
    /// What all runs were given.
    pub inputs: ProvisionInputs,
    /// The run that is judged.
    pub first: WizardRun,
    /// The same again, at once; none after a bound was hit, which takes long.
    pub second: Option<WizardRun>,
    /// The same on another thread, after all wizards of the pack, in the
    /// reverse order; none likewise.
    pub isolated: Option<WizardRun>,
    /// The same by other compilers, by their names.
    pub compilers: Vec<(&'static str, WizardRun)>,
}

impl Subject {
    /// The wizards, none where the pack could not be opened.
    #[must_use]
    pub fn wizards(&self) -> &[Observed] {
        self.opened.as_ref().map_or(&[], |o| &o.wizards)
    }
}

impl Observed {
    /// The run that is judged, where there is one.
    #[must_use]
    pub fn run(&self) -> Option<&WizardRun> {
        self.runs.as_ref().ok().map(|runs| &runs.first)
    }
}

/// Opens `source` and drives all its wizards dry. A source that could not even
/// be read is observed as such, so that it gets a verdict like any other.
#[must_use]
pub fn observe(
    source: Result<Source, OpenError>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Subject {
    let Conditions {
        limits,
        public_base_url,
        trusted,
        ask_other_readers,
    } = conditions;
    let is_archive = source.as_ref().is_ok_and(Source::is_archive);
    let bytes = match &source {
        Ok(Source::Archive(bytes)) if *ask_other_readers => Some(Arc::clone(bytes)),
        _ => None,
    };
    let hashed = source.map(|source| Hashed::within(source, &limits.archive));
    let digest = hashed
        .as_ref()
        .map(|h| h.digest().to_owned())
        .unwrap_or_default();
    let opened = hashed.and_then(|source| Pack::open(source, limits));
    let readings = match (&opened, bytes) {
        (Err(OpenError::Archive(e)), Some(bytes)) if e.rule() != Rule::Size => readings(&bytes),
        _ => Vec::new(),
    };
    let opened = opened.map(|pack| opened_pack(pack, executor, conditions));
    Subject {
        digest,
        is_archive,
        public_base_url: public_base_url.clone(),
        depth: limits.depth,
        trusted: trusted.clone(),
        readings,
        opened,
    }
}

fn opened_pack(pack: Pack, executor: &dyn StepExecutor, conditions: &Conditions) -> Opened {
    let budget = Budget::of(executor, &conditions.limits.flow);
    let observed = wizards(&pack).into_iter().map(|wizard| Observed {
        runs: inputs(&pack, conditions)
            .map(|inputs| run((executor, &budget), &pack, &wizard, inputs, conditions)),
        wizard,
    });
    let mut opened = Opened {
        wizards: observed.collect(),
        described: described(&budget, &pack, conditions),
        pack,
    };
    isolate(&mut opened, executor, conditions);
    opened
}

fn run(
    (executor, budget): (&dyn StepExecutor, &Budget<'_>),
    pack: &Pack,
    wizard: &Wizard,
    inputs: ProvisionInputs,
    conditions: &Conditions,
) -> Runs {
    let by = |executor| dry(executor, pack, wizard, &inputs, conditions);
    let first = by(budget);
    let second = repeatable(&first).then(|| by(executor));
    // What does not complete has nothing that could be compared.
    let others = executor.others().iter().filter(|_| first.completed());
    let compilers = others.map(|(name, other)| (*name, by(&**other))).collect();
    Runs {
        inputs,
        first,
        second,
        isolated: None,
        compilers,
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
    let mode = ProvisionMode::DryRun;
    drive(executor, pack, wizard, inputs, mode, &conditions.limits)
}

/// Drives every wizard once more, on another thread and in the reverse order:
/// other steps ran before it, and everything is compiled already.
fn isolate(opened: &mut Opened, executor: &dyn StepExecutor, conditions: &Conditions) {
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
    // NB: a panic over there must be this pack's, like one over here.
    let isolated = std::thread::scope(|scope| match scope.spawn(again).join() {
        Ok(runs) => runs,
        Err(panic) => std::panic::resume_unwind(panic),
    });
    for (observed, run) in opened.wizards.iter_mut().rev().zip(isolated) {
        if let Ok(runs) = &mut observed.runs {
            runs.isolated = run;
        }
    }
}

/// Asks each declared component of `pack` what it is.
fn described(executor: &dyn StepExecutor, pack: &Pack, conditions: &Conditions) -> Vec<Described> {
    let Some(manifest) = &pack.manifest().pack_v1 else {
        return Vec::new();
    };
    let declared = components::declared(manifest).into_iter();
    let described = declared.filter_map(|component| {
        let file = components::resolve(pack, manifest, component.id)?;
        let request = StepRequest::new(file.clone(), Call::Describe);
        let depth = conditions.limits.depth;
        let bad = |code: StepCode, e: String| StepFailure::new(code, e);
        let answer = match executor.execute(pack, &request).result {
            Ok(Performed::Nothing) => return None,
            Ok(Performed::Ran(bytes)) => {
                let value = json::parse(&bytes, depth);
                value.map_err(|e| bad(StepCode::OutputJson, e.to_string()))
            }
            Ok(Performed::RanCbor(bytes)) => {
                let tree = cbor::parse(&bytes, depth);
                let value = tree.and_then(|tree| cbor::to_json(&tree));
                value.map_err(|e| bad(StepCode::OutputCbor, e.to_string()))
            }
            Err(failure) => Err(failure),
        };
        Some(Described {
            component: component.id.to_owned(),
            file,
            answer,
        })
    });
    described.collect()
}

/// The pack's own `setup.input.json` as answers, else none at all.
fn inputs(pack: &Pack, conditions: &Conditions) -> Result<ProvisionInputs, Finding> {
    let answers = match pack.fixture("setup.input.json") {
        None => Value::Object(Map::new()),
        Some((path, bytes)) => json::parse(&bytes, conditions.limits.depth).map_err(|e| {
            Finding::new("E_FIXTURE", path, "answers as strict JSON", e.to_string())
        })?,
    };
    let id = pack.manifest().id.clone().unwrap_or_else(|| "pack".into());
    Ok(ProvisionInputs {
        tenant: TenantContext::default(),
        install_id: format!("{id}-install"),
        provider_id: id,
        public_base_url: Some(conditions.public_base_url.clone()),
        answers,
        existing_state: None,
    })
}
