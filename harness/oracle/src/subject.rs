//! Everything that is observed of one pack, as plain data.

use crate::carried::Carried;
use crate::deployment::Deployed;
use crate::given::Given;
use crate::normalise::Rules;
use crate::previous::Previous;
pub use crate::probed::{PlanElsewhere, Probe, ProbeOutcome, Probed, ProbedPlan};
use crate::secret_scan::{Leak, Secrets};
use crate::tenants::{TenantRun, Tenants};
use crate::varied::{Variation, Varied};
use crate::zip_readers::Reading;
use provision_core::flow::WalkedFlow;
use provision_core::integrity::DocumentError;
use provision_core::integrity::sbom::{self, Sbom};
use provision_core::integrity::signature::TrustedKey;
use provision_core::pack::RegistryOrigin;
use provision_core::scenario::{self, Scenarios};
use provision_core::wizard::questions::{Declared, SetupForm};
use provision_core::wizard::{Driver, ProvisionInputs, Role, StepFailure, Wizard, WizardRun, role};
use provision_core::{BundlePacks, Finding, Limits, OpenError, Pack};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Everything that was observed of one pack.
#[derive(Debug)]
pub struct Subject {
    /// Lower-case hex SHA-256 of the source; empty if it could not be read.
    pub digest: String,
    /// Whether the source is an archive, not a folder.
    pub is_archive: bool,
    /// The public base URL that the wizards received.
    pub public_base_url: String,
    /// Bounds on the pack's data.
    pub limits: Limits,
    /// Trusted keys.
    pub trusted: Vec<TrustedKey>,
    /// The time at which certificates have to be valid, in seconds of Unix time.
    pub now: u64,
    /// Whether a folder is a draft; if not, it is refused.
    pub drafts: bool,
    /// What is replaced before a result is compared with its golden.
    pub normalise: Arc<Rules>,
    /// The packs of the bundle in which the pack lies, if it lies in one.
    pub bundle: Option<Arc<BundlePacks>>,
    /// Where in a registry or a layout the pack was, if it comes from one.
    pub registry: Option<RegistryOrigin>,
    /// The release before it, if the run names releases.
    pub previous: Option<Previous>,
    /// What other readers extract from a refused archive; else empty.
    pub readings: Vec<Reading>,
    /// The opened pack and its wizards, or why it could not be opened.
    pub opened: Result<Opened, OpenError>,
    /// The first step that failed because of the harness or the machine, not the
    /// pack. If there is one, no observation of any step is evidence for or
    /// against the pack.
    pub harness_error: Option<Finding>,
    /// How long observing took. Never judged.
    pub spent: Spent,
}

/// Time spent on each phase of observing a pack, compiling included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Hashing the pack, walking through its entries, decoding its metadata.
    pub verify: Duration,
    /// The runs that are judged, and the self-descriptions of components.
    pub first: Duration,
    /// Repeated runs, for determinism.
    pub repeat: Duration,
    /// Probes, and searching their output for secrets.
    pub probe: Duration,
}

/// A pack that could be opened.
#[derive(Debug)]
pub struct Opened {
    /// The pack.
    pub pack: Arc<Pack>,
    /// Its wizards, in the order in which they were driven.
    pub wizards: Vec<Observed>,
    /// Its own flows, walked as the runner would run them.
    pub flows: Vec<WalkedFlow>,
    /// The same in another installation: at another time and place, for another tenant.
    pub flows_elsewhere: Vec<WalkedFlow>,
    /// The secrets that the components of its flows could read, by key.
    pub flow_secrets: BTreeMap<String, String>,
    /// The self-descriptions of its declared components.
    pub described: Vec<Described>,
    /// The diagnostics of its validators.
    pub validated: Vec<Validated>,
    /// The texts of the components that export texts.
    pub texts: Vec<Texts>,
    /// The runs of the components that render a deployment plan.
    pub deployed: Vec<Deployed>,
    /// The questions that its files declare for setup.
    pub declared: Vec<Declared>,
    /// The form that the setup tool shows.
    pub form: SetupForm,
    pub(crate) sboms: OnceLock<Vec<Listing>>,
    pub(crate) scenarios: OnceLock<Option<Scenarios>>,
}

/// A file with an SBOM, and the SBOM in it, or why there is none.
pub type Listing = (&'static str, Result<Sbom, DocumentError>);

impl Opened {
    /// The SBOMs of the pack, nested at most `depth` levels, the one that readers
    /// prefer first. The first call decodes them.
    pub fn sboms(&self, depth: usize) -> &[Listing] {
        let decode = |name: &'static str| {
            let bytes = self.pack.read(name)?;
            Some((name, sbom::decode(name, &bytes, depth)))
        };
        let all = || sbom::FILE_NAMES.into_iter().filter_map(decode).collect();
        self.sboms.get_or_init(all)
    }

    /// The scenarios of the pack; `None` if its manifest lists none. The first call reads
    /// them.
    pub fn scenarios(&self, limits: &Limits) -> Option<&Scenarios> {
        let read = || scenario::read(&self.pack, limits);
        self.scenarios.get_or_init(read).as_ref()
    }
}

/// One wizard and its runs.
#[derive(Debug)]
pub struct Observed {
    /// The wizard.
    pub wizard: Wizard,
    /// Its runs, or why the harness found no inputs for it.
    pub runs: Result<Runs, Finding>,
}

/// Several runs of one wizard on the same inputs, every step in a fresh store.
#[derive(Debug)]
pub struct Runs {
    /// The inputs of all runs.
    pub inputs: ProvisionInputs,
    /// The secrets that the run that is judged received, by key.
    pub secrets: BTreeMap<String, String>,
    /// What the answers of the first run give.
    pub given: Given,
    /// The run that is judged.
    pub first: WizardRun,
    /// A run on another thread, after all wizards of the pack, which run in
    /// reverse order. `None` if a step hit a bound, because such runs are slow.
    pub isolated: Option<WizardRun>,
    /// Another run on the first thread, only if the isolated run differs. It
    /// distinguishes a step that answers differently each time from a step
    /// that depends on its thread or on earlier steps.
    pub second: Option<WizardRun>,
    /// Runs under other conditions, if the first run completes.
    pub varied: Vec<Varied>,
    /// Its runs for two tenants at the same time, if it was run in another installation.
    pub tenants: Option<Tenants>,
    /// Runs with other compilers, by the compiler's name.
    pub compilers: Vec<(&'static str, WizardRun)>,
    /// The probes of the wizard; `None` unless the first run completes.
    pub probed: Option<Probed>,
    /// The wizard carried out on a store; `None` unless it is a setup whose first run
    /// completes.
    pub carried: Option<Carried>,
    /// Secrets that leak in any run, probes included.
    pub leaks: BTreeSet<Leak>,
}

impl Runs {
    /// The run under this condition, if there is one.
    #[must_use]
    pub fn varied(&self, variation: Variation) -> Option<&Varied> {
        self.varied
            .iter()
            .find(|varied| varied.variation == variation)
    }

    /// The run for the tenant of `run` alone.
    #[must_use]
    pub fn alone<'r>(&'r self, run: &'r TenantRun) -> Option<&'r WizardRun> {
        let elsewhere = || Some(&self.varied(Variation::Installation)?.run);
        run.alone.as_ref().or_else(elsewhere)
    }
}

impl Subject {
    /// Every secret that any of its wizards and flows received, and those of the release
    /// before it, ready to be searched for.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let mut all = self.secret_values();
        if let Some(Previous::Compared(compared)) = &self.previous {
            all.extend(compared.secrets.clone());
        }
        Secrets::new(&all)
    }

    /// Every secret that any of its wizards and flows received, by key.
    #[must_use]
    pub fn secret_values(&self) -> BTreeMap<String, String> {
        let runs = self.wizards().iter().filter_map(|o| o.runs.as_ref().ok());
        let opened = self.opened.as_ref().ok();
        let of_flows = opened.map(|o| o.flow_secrets.clone());
        let mut all = of_flows.unwrap_or_default();
        for runs in runs {
            all.extend(runs.secrets.clone());
            let probed = runs.probed.as_ref();
            all.extend(probed.map(|p| p.secrets.clone()).unwrap_or_default());
            let other = runs.varied(Variation::Installation);
            let other = other.into_iter().flat_map(|varied| &varied.secrets);
            let other = other.filter(|(key, value)| runs.secrets.get(*key) != Some(value));
            all.extend(other.map(|(key, value)| (format!("{key}, another"), value.clone())));
            let tenant = runs.tenants.iter().flat_map(|both| &both.first.secrets);
            let tenant = tenant.filter(|(key, value)| runs.secrets.get(*key) != Some(value));
            all.extend(tenant.map(|(key, value)| (format!("{key}, a tenant's"), value.clone())));
        }
        all
    }

    /// The wizards; empty if the pack could not be opened.
    #[must_use]
    pub fn wizards(&self) -> &[Observed] {
        self.opened.as_ref().map_or(&[], |o| &o.wizards)
    }
}

impl Subject {
    /// Whether the pack is a provider whose flows no host runs: the operator asks its
    /// component, or nothing has to be set up.
    #[must_use]
    pub fn has_legacy_flows(&self) -> bool {
        let Ok(opened) = &self.opened else {
            return false;
        };
        opened.has_legacy_flows()
    }
}

impl Opened {
    /// See [`Subject::has_legacy_flows`].
    pub(crate) fn has_legacy_flows(&self) -> bool {
        let by_operator = |o: &Observed| matches!(o.wizard.driver, Driver::Operator { .. });
        let role = role(&self.pack);
        let is_v1 = self.pack.manifest().pack_v1.is_some();
        self.wizards.iter().any(by_operator)
            || (is_v1 && role.role == Role::Provider && !role.needs_wizard)
    }
}

impl Observed {
    /// The run that is judged, if the wizard ran.
    #[must_use]
    pub fn run(&self) -> Option<&WizardRun> {
        self.runs.as_ref().ok().map(|runs| &runs.first)
    }

    /// The files whose code its steps call.
    #[must_use]
    pub fn called(&self) -> BTreeSet<&str> {
        let steps = self.run().into_iter().flat_map(|run| &run.steps);
        let guests = steps.filter(|step| !step.by_host);
        guests.filter_map(|s| s.component.as_deref()).collect()
    }

    /// The file that all its steps call; `None` if they call several.
    #[must_use]
    pub fn component(&self) -> Option<&str> {
        let called = self.called();
        called.first().copied().filter(|_| called.len() == 1)
    }
}

/// A declared component and its self-description.
#[derive(Debug)]
pub struct Described {
    /// The component's id in the manifest.
    pub component: String,
    /// The file that holds it.
    pub file: String,
    /// Its description, or why it gave none.
    pub answer: Result<Value, StepFailure>,
}

/// A validator component and its answer for this pack.
#[derive(Debug)]
pub struct Validated {
    /// The file that holds it.
    pub file: String,
    /// Its diagnostics; `null` if the validator does not apply to the pack.
    pub answer: Result<Value, StepFailure>,
}

/// The texts that a component exports.
#[derive(Debug)]
pub struct Texts {
    /// The file that holds the component.
    pub file: String,
    /// The keys of its English texts, or why it gave none.
    pub keys: Result<BTreeSet<String>, StepFailure>,
    /// Why it does not answer for another language; `None` if it does, or if it is not
    /// asked by language.
    pub elsewhere: Option<StepFailure>,
}
