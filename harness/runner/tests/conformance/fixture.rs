//! A pack of the project with its expectation. The first trial that needs the pack
//! observes it, and all other trials share the result.

use super::expectation::Expectation;
use greentic_provision::discover::PackRef;
use greentic_provision::examine::{Examined, examine, load, open};
use provision_core::Pack;
use provision_core::wizard::wizards;
use provision_exec::WasmtimeExecutor;
use provision_oracle::normalise::Rules;
use provision_oracle::{Conditions, Level, Predecessor};
use provision_registry::Registries;
use std::sync::{Arc, OnceLock};

/// The executors and conditions for all packs.
pub(crate) struct FixtureRunner {
    pub(crate) executor: WasmtimeExecutor,
    /// For fixtures with the level `should`.
    pub(crate) strict: WasmtimeExecutor,
    pub(crate) conditions: Conditions,
}

pub(crate) struct Fixture {
    pub(crate) pack: PackRef,
    /// Names of its wizards, which the trials need before any guest runs.
    pub(crate) wizards: Vec<String>,
    /// Whether its manifest lists scenarios.
    pub(crate) has_scenarios: bool,
    pub(crate) expectation: Result<Expectation, String>,
    /// What is replaced before a result is compared with a golden.
    pub(crate) rules: Arc<Rules>,
    bench: Arc<FixtureRunner>,
    examined: OnceLock<Examined>,
}

impl Fixture {
    pub(crate) fn new(pack: PackRef, bench: Arc<FixtureRunner>) -> Self {
        let limits = &bench.conditions.limits;
        let read = load(&pack, &Registries::default(), &limits.archive);
        let opened = read.and_then(|read| Pack::open(read.source, limits));
        let opened = opened.as_ref().ok();
        let names = |pack: &Pack| wizards(pack).into_iter().map(|w| w.name).collect();
        let expectation = Expectation::of(&pack.path);
        let rules = expectation.as_ref().ok().and_then(|e| e.rules().ok());
        Self {
            wizards: opened.map(names).unwrap_or_default(),
            has_scenarios: opened.is_some_and(|pack| pack.manifest().scenarios.is_some()),
            expectation,
            rules: Arc::new(rules.unwrap_or_default()),
            pack,
            bench,
            examined: OnceLock::new(),
        }
    }

    /// The pack, observed and judged.
    pub(crate) fn examined(&self) -> &Examined {
        self.examined.get_or_init(|| {
            let FixtureRunner {
                executor,
                strict,
                conditions,
            } = &*self.bench;
            let executor = match self.level() {
                Level::Should => strict,
                Level::Must | Level::Publish => executor,
            };
            let conditions = Conditions {
                normalise: Arc::clone(&self.rules),
                ..conditions.clone()
            };
            let before = self.before(&conditions);
            examine(&self.pack, before, executor, &conditions, self.level())
        })
    }

    /// The release before it, if `expect.toml` names one.
    fn before(&self, conditions: &Conditions) -> Option<Predecessor> {
        let name = self.expectation.as_ref().ok()?.previous.as_ref()?;
        let mut folders = self.pack.path.ancestors();
        let packs = folders.find(|folder| folder.ends_with("packs"))?;
        let previous = PackRef::local(name.clone(), packs.join("previous").join(name));
        let read = load(
            &previous,
            &Registries::default(),
            &conditions.limits.archive,
        );
        Some(Predecessor::Pack(Box::new(open(read, conditions))))
    }

    /// The level up to which the harness judges checks of the pack.
    pub(crate) fn level(&self) -> Level {
        self.expectation.as_ref().map_or(Level::Must, |e| e.level)
    }

    /// The expectation, or why it cannot be used.
    pub(crate) fn expectation(&self) -> Result<&Expectation, String> {
        self.expectation.as_ref().map_err(Clone::clone)
    }
}
