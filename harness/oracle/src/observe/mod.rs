//! The one driver: opens a pack, drives each of its wizards several times,
//! judges nothing.

pub(crate) mod answer_set;
mod components;
mod harness_errors;
mod inputs;
mod memo;
mod opening;
pub(crate) mod probe;
mod probe_outcome;
mod repeat;

pub use components::{Described, Texts, Validated};
pub use opening::Opening;
pub(crate) use probe::asked;

use crate::budget::Budget;
use crate::secret_scan::{Leak, Secrets};
use crate::zip_readers::Reading;
use harness_errors::Watched;
use probe::{Probed, Prober};
use provision_core::integrity::sbom::{self, Sbom};
use provision_core::integrity::signature::TrustedKey;
use provision_core::wizard::questions::{Declared, declared};
use provision_core::wizard::{ProvisionInputs, StepExecutor, Wizard, WizardRun, grants, wizards};
use provision_core::{Finding, Limits, OpenError, Pack, Source};
use repeat::{isolate, run};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

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
    /// Sets of answers that are tried with each wizard, at most; 0 for none.
    pub probes: usize,
    /// Whether setting up once more, and taking back what was set up, are
    /// tried. Only the profile `strict` asks for what comes of it.
    pub second_runs: bool,
    /// Decides which answers are tried where not all can be.
    pub seed: u64,
    /// Answers that are used instead of the pack's own, or of made-up ones.
    pub answers: Option<serde_json::Value>,
    /// The only wizard that is driven; all where none is named.
    pub only: Option<String>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            // RFC 2606 reserves `.invalid`, so nothing can ever be reached.
            public_base_url: "https://conformance.invalid".into(),
            trusted: Vec::new(),
            ask_other_readers: true,
            probes: 400,
            second_runs: true,
            seed: 0,
            answers: None,
            only: None,
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
    /// Bounds on its data.
    pub limits: Limits,
    /// How deep JSON of the pack may nest, in levels.
    pub depth: usize,
    /// Keys whose signatures count.
    pub trusted: Vec<TrustedKey>,
    /// What other readers make of an archive that was refused; else empty.
    pub readings: Vec<Reading>,
    /// The opened pack and its wizards, or why it is no pack.
    pub opened: Result<Opened, OpenError>,
    /// The first step that the machine, not the pack, is to blame for. Then
    /// nothing that was seen of the steps counts against the pack, or for it.
    pub trouble: Option<Finding>,
    /// How long it took. Never judged.
    pub spent: Spent,
}

/// Where the time went while a pack was observed, compiling included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Hashing it, walking through it, decoding what it says of itself.
    pub verify: Duration,
    /// The runs that are judged, and asking components what they are.
    pub first: Duration,
    /// The same again, for determinism.
    pub repeat: Duration,
    /// Other answers, and looking for secrets in what came of them.
    pub probe: Duration,
}

/// A pack that could be opened.
#[derive(Debug)]
pub struct Opened {
    /// The pack.
    pub pack: Arc<Pack>,
    /// Its wizards, in the order in which they were driven.
    pub wizards: Vec<Observed>,
    /// What its declared components say of themselves.
    pub described: Vec<Described>,
    /// What its validators say of it.
    pub validated: Vec<Validated>,
    /// The texts of the components that ask.
    pub texts: Vec<Texts>,
    /// What its files say that its setup asks.
    pub declared: Vec<Declared>,
    sboms: OnceLock<Vec<Listing>>,
}

/// A file with an SBOM, and the SBOM in it, or why there is none.
pub type Listing = (&'static str, Result<Sbom, String>);

impl Opened {
    /// The SBOMs that the pack has, nested at most `depth` levels, the one that
    /// readers prefer first. They are decoded once, by whoever asks first.
    pub fn sboms(&self, depth: usize) -> &[Listing] {
        let decode = |name: &'static str| {
            let bytes = self.pack.read(name)?;
            Some((name, sbom::decode(name, &bytes, depth)))
        };
        let all = || sbom::FILE_NAMES.into_iter().filter_map(decode).collect();
        self.sboms.get_or_init(all)
    }
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
    /// The same on another thread, after all wizards of the pack, in the
    /// reverse order; none after a bound was hit, which takes long.
    pub isolated: Option<WizardRun>,
    /// The same again on the first thread, where the isolated run is another:
    /// it tells what answers differently each time from what depends on its
    /// surroundings.
    pub second: Option<WizardRun>,
    /// The same by other compilers, by their names.
    pub compilers: Vec<(&'static str, WizardRun)>,
    /// What was tried with it; none unless it completes.
    pub probed: Option<Probed>,
    /// Secrets that show anywhere in any run, what was tried included.
    pub leaks: BTreeSet<Leak>,
}

impl Subject {
    /// Every secret that any of its wizards was given, ready to be looked for.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let runs = self.wizards().iter().filter_map(|o| o.runs.as_ref().ok());
        let mut all = BTreeMap::new();
        for runs in runs {
            all.extend(grants(&runs.inputs).secrets);
            let probed = runs.probed.as_ref();
            all.extend(probed.map(|p| p.secrets.clone()).unwrap_or_default());
        }
        Secrets::new(&all)
    }

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
    observe_opened(Opening::of(source, conditions), executor, conditions)
}

/// Drives all wizards of a pack that was opened under the same conditions.
#[must_use]
pub fn observe_opened(
    opening: Opening,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Subject {
    let Opening {
        digest,
        is_archive,
        readings,
        opened,
        mut spent,
    } = opening;
    let Conditions {
        limits,
        public_base_url,
        trusted,
        ..
    } = conditions;
    let watched = Watched::over(executor);
    let opened = opened.map(|pack| opened_pack(pack, &watched, conditions, &mut spent));
    Subject {
        digest,
        is_archive,
        public_base_url: public_base_url.clone(),
        limits: limits.clone(),
        depth: limits.depth,
        trusted: trusted.clone(),
        readings,
        opened,
        trouble: watched.trouble(),
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
    let wizards = wizards(&pack).into_iter().filter(wanted);
    let observed = wizards.map(|wizard| Observed {
        runs: inputs::of(&pack, &declared, conditions).map(|inputs| {
            run(
                (executor, &budget),
                &pack,
                &wizard,
                inputs,
                conditions,
                spent,
            )
        }),
        wizard,
    });
    let wizards = observed.collect();
    let asking = Instant::now();
    let mut opened = Opened {
        wizards,
        described: components::described(&budget, &pack, conditions),
        validated: components::validated(&budget, &pack, conditions),
        texts: components::texts(&budget, &pack, conditions),
        declared,
        pack,
        sboms: OnceLock::new(),
    };
    spent.first += asking.elapsed();
    let isolating = Instant::now();
    isolate(&mut opened, executor, conditions);
    spent.repeat += isolating.elapsed();
    let probing = Instant::now();
    probe(&mut opened, executor, conditions);
    spent.probe += probing.elapsed();
    opened
}

/// Tries what there is to try with each wizard that completed.
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
        if conditions.probes > 0 && runs.first.completed() {
            runs.probed = prober.probe((at, &all), &runs.inputs, &runs.first);
            let leaks = runs.probed.iter().flat_map(|probed| &probed.leaks);
            runs.leaks.extend(leaks.cloned());
        }
    }
}
