//! The one driver: opens a pack, drives each of its wizards twice, judges nothing.

use crate::readers::{Reading, readings};
use provision_core::archive::Rule;
use provision_core::integrity::signature::TrustedKey;
use provision_core::json;
use provision_core::pack::Hashed;
use provision_core::wizard::{
    ProvisionInputs, ProvisionMode, StepExecutor, TenantContext, Wizard, WizardRun, drive, wizards,
};
use provision_core::{Finding, Limits, OpenError, Pack, Source};
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
}

/// One wizard and what came of driving it.
#[derive(Debug)]
pub struct Observed {
    /// The wizard.
    pub wizard: Wizard,
    /// Its runs, or why it could not be given any inputs.
    pub runs: Result<Runs, Finding>,
}

/// Two runs of one wizard on the same inputs, every step in a fresh store.
#[derive(Debug)]
pub struct Runs {
    /// What both runs were given.
    pub inputs: ProvisionInputs,
    /// The run that is judged.
    pub first: WizardRun,
    /// The run that it is compared with.
    pub second: WizardRun,
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
    let opened = opened.map(|pack| {
        let wizards = wizards(&pack)
            .into_iter()
            .map(|wizard| Observed {
                runs: inputs(&pack, conditions)
                    .map(|inputs| run_twice(executor, &pack, &wizard, inputs, limits)),
                wizard,
            })
            .collect();
        Opened { pack, wizards }
    });
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

fn run_twice(
    executor: &dyn StepExecutor,
    pack: &Pack,
    wizard: &Wizard,
    inputs: ProvisionInputs,
    limits: &Limits,
) -> Runs {
    let run = || {
        drive(
            executor,
            pack,
            wizard,
            &inputs,
            ProvisionMode::DryRun,
            limits,
        )
    };
    let (first, second) = (run(), run());
    Runs {
        inputs,
        first,
        second,
    }
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
