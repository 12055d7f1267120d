//! [`Opening`]: a pack that was read and verified, before any guest runs.

use super::compile_budget;
use super::components;
use super::conditions::Conditions;
use crate::subject::{Spent, Subject};
use crate::zip_readers::{READERS, Reading, readings};
use provision_core::archive::Rule;
use provision_core::pack::{Hashed, RegistryOrigin};
use provision_core::wizard::{Driver, StepFailure, wizards};
use provision_core::{BundlePacks, OpenError, Pack, Source};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// A verified pack, or why it could not be opened.
#[derive(Debug)]
pub struct Opening {
    pub(super) digest: String,
    pub(super) is_archive: bool,
    pub(super) bundle: Option<Arc<BundlePacks>>,
    pub(super) registry: Option<RegistryOrigin>,
    pub(super) readings: Vec<Reading>,
    pub(super) opened: Result<Arc<Pack>, OpenError>,
    /// The files that its wizards and flows call, once that was asked.
    pub(super) called: OnceLock<BTreeSet<String>>,
    /// Why none of its files is compiled, once that was asked.
    pub(super) compile_refusal: OnceLock<Option<StepFailure>>,
    pub(super) spent: Spent,
}

impl Opening {
    /// The same pack, in the bundle of these packs.
    #[must_use]
    pub fn in_bundle(self, bundle: Option<Arc<BundlePacks>>) -> Self {
        Self { bundle, ..self }
    }

    /// The same pack, which was there in a registry.
    #[must_use]
    pub fn from_registry(self, registry: Option<RegistryOrigin>) -> Self {
        Self { registry, ..self }
    }

    /// Verifies `source`. Passes on the error of a source that could not be read.
    #[must_use]
    pub fn of(source: Result<Source, OpenError>, conditions: &Conditions) -> Self {
        let started = Instant::now();
        let limits = &conditions.limits;
        let is_archive = source.as_ref().is_ok_and(Source::is_archive);
        let bytes = match &source {
            Ok(Source::Archive(bytes)) if conditions.ask_other_readers => Some(Arc::clone(bytes)),
            _ => None,
        };
        let hashed = source.map(|source| Hashed::within(source, &limits.archive));
        let digest = hashed.as_ref().map(|h| h.digest().to_owned());
        let digest = digest.unwrap_or_default();
        let opened = hashed.and_then(|source| Pack::open(source, limits).map(Arc::new));
        let readings = match (&opened, bytes) {
            (Err(OpenError::Archive(e)), Some(bytes)) if e.rule() != Rule::Size => {
                readings(&bytes, &READERS)
            }
            _ => Vec::new(),
        };
        Self {
            digest,
            bundle: None,
            registry: None,
            is_archive,
            readings,
            opened,
            called: OnceLock::new(),
            compile_refusal: OnceLock::new(),
            spent: Spent {
                verify: started.elapsed(),
                ..Spent::default()
            },
        }
    }

    /// Lower-case hex SHA-256 of the source; empty if it could not be read.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The pack, if it could be opened.
    #[must_use]
    pub fn pack(&self) -> Option<&Pack> {
        self.opened.as_ref().ok().map(|pack| &**pack)
    }

    /// Why the pack could not be opened, if so.
    #[must_use]
    pub fn refusal(&self) -> Option<&OpenError> {
        self.opened.as_ref().err()
    }

    /// The pack of `subject` again, without verifying it again; `None` if it could
    /// not be opened.
    #[must_use]
    pub fn again(subject: &Subject) -> Option<Self> {
        let opened = subject.opened.as_ref().ok()?;
        Some(Self {
            digest: subject.digest.clone(),
            is_archive: subject.is_archive,
            bundle: subject.bundle.clone(),
            registry: subject.registry.clone(),
            readings: Vec::new(),
            opened: Ok(Arc::clone(&opened.pack)),
            called: OnceLock::new(),
            // Nobody drives a refused pack again, see `shrink`.
            compile_refusal: OnceLock::from(None),
            spent: Spent::default(),
        })
    }

    /// The files that observing will run, sorted; none if compiling them would take too
    /// long.
    #[must_use]
    pub fn runs(&self) -> BTreeSet<String> {
        match self.compile_refusal() {
            None => self.called().clone(),
            Some(_) => BTreeSet::new(),
        }
    }

    /// Why no file of the pack is compiled, if so.
    pub(super) fn compile_refusal(&self) -> &Option<StepFailure> {
        self.compile_refusal.get_or_init(|| {
            let pack = self.opened.as_ref().ok()?;
            compile_budget::refusal(pack, self.called())
        })
    }

    /// The files that the pack's wizards and flows call.
    fn called(&self) -> &BTreeSet<String> {
        self.called.get_or_init(|| {
            let pack = self.opened.as_ref().ok();
            pack.map(|pack| called(pack)).unwrap_or_default()
        })
    }
}

/// The files that the wizards and flows of `pack` call.
fn called(pack: &Pack) -> BTreeSet<String> {
    let mut files = components::called(pack);
    for wizard in wizards(pack) {
        match wizard.driver {
            Driver::StepModules { modules } => files.extend(modules.into_values().flatten()),
            Driver::SingleModule { module } => drop(files.insert(module)),
            Driver::Provisioner { component } | Driver::ComponentQa { component, .. } => {
                files.insert(component);
            }
            Driver::Operator { component, .. } => files.extend(component),
            // Its nodes call declared components, which are in `files` already.
            Driver::FlowGraph { .. } => {}
        }
    }
    files
}
