//! A pack of the project with its expectation; observed once, by whichever
//! trial comes first, and shared by all.

use super::expect::Expectation;
use crate::discover::PackRef;
use crate::examine::{Examined, examine};
use crate::source;
use provision_core::Pack;
use provision_core::wizard::wizards;
use provision_exec::WasmtimeExecutor;
use provision_oracle::{Conditions, Level};
use std::sync::{Arc, OnceLock};

/// What all packs are observed with.
pub(super) struct Bench {
    pub(super) executor: WasmtimeExecutor,
    /// For fixtures that are judged up to the level `should`.
    pub(super) strict: WasmtimeExecutor,
    pub(super) conditions: Conditions,
}

pub(super) struct Fixture {
    pub(super) pack: PackRef,
    /// Names of its wizards, known before anything is run.
    pub(super) wizards: Vec<String>,
    pub(super) expectation: Result<Expectation, String>,
    bench: Arc<Bench>,
    examined: OnceLock<Examined>,
}

impl Fixture {
    pub(super) fn new(pack: PackRef, bench: Arc<Bench>) -> Self {
        let limits = &bench.conditions.limits;
        let opened =
            source::load(&pack.path, &limits.archive).and_then(|source| Pack::open(source, limits));
        let names = |pack: Pack| wizards(&pack).into_iter().map(|w| w.name).collect();
        Self {
            wizards: opened.map(names).unwrap_or_default(),
            expectation: Expectation::of(&pack.path),
            pack,
            bench,
            examined: OnceLock::new(),
        }
    }

    /// The pack, observed and judged.
    pub(super) fn examined(&self) -> &Examined {
        self.examined.get_or_init(|| {
            let Bench {
                executor,
                strict,
                conditions,
            } = &*self.bench;
            let executor = match self.level() {
                Level::Should => strict,
                Level::Must | Level::Publish => executor,
            };
            examine(&self.pack, executor, conditions, self.level())
        })
    }

    /// The level up to which checks are required of it.
    pub(super) fn level(&self) -> Level {
        self.expectation.as_ref().map_or(Level::Must, |e| e.level)
    }

    /// The expectation, or why there is none that could be used.
    pub(super) fn expectation(&self) -> Result<&Expectation, String> {
        self.expectation.as_ref().map_err(Clone::clone)
    }
}
