//! Everything that is observed of one pack, as plain data.

use crate::generators::answers::ProbeKind;
use crate::secret_scan::{Leak, Secrets};
use crate::zip_readers::Reading;
use provision_core::integrity::sbom::{self, Sbom};
use provision_core::integrity::signature::TrustedKey;
use provision_core::wizard::questions::{Declared, Question};
use provision_core::wizard::{
    InstalledState, ProvisionInputs, ProvisionPlan, StepCode, StepFailure, Wizard, WizardRun,
    grants,
};
use provision_core::{Finding, Limits, OpenError, Pack};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

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
    pub(crate) sboms: OnceLock<Vec<Listing>>,
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

/// A component that judges packs, and what it says of this one.
#[derive(Debug)]
pub struct Validated {
    /// The file that holds it.
    pub file: String,
    /// Its diagnostics; `null` where the pack is none of its business.
    pub answer: Result<Value, StepFailure>,
}

/// The texts that a component has.
#[derive(Debug)]
pub struct Texts {
    /// The file that holds the component.
    pub file: String,
    /// The keys of its English texts, or why there are none.
    pub keys: Result<BTreeSet<String>, StepFailure>,
}

/// What was tried with one wizard.
#[derive(Debug)]
pub struct Probed {
    /// What it asks.
    pub questions: Vec<Question>,
    /// Who says so: the wizard itself, or a file of the pack; empty where
    /// nobody does.
    pub asked_by: String,
    /// Each other set of answers, and what came of it.
    pub probes: Vec<Probe>,
    /// The secrets that it was given, by key.
    pub secrets: BTreeMap<String, String>,
    /// Secrets that show anywhere in any run.
    pub leaks: BTreeSet<Leak>,
    /// What setting up leaves.
    pub left: InstalledState,
    /// Setting up once more on what it left; none for other wizards.
    pub again: Option<WizardRun>,
    /// Taking back what it left, and by which wizard; none for other wizards,
    /// and where there is no way back.
    pub back: Option<(String, WizardRun)>,
}

impl Probed {
    /// The probes with this aim.
    pub fn of(&self, aim: ProbeKind) -> impl Iterator<Item = &Probe> {
        self.probes.iter().filter(move |p| p.aim == aim)
    }
}

/// One set of answers that was tried.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Probe {
    /// What it is to show.
    pub aim: ProbeKind,
    /// The change in words.
    pub what: String,
    /// The questions whose answers were changed.
    pub questions: Vec<String>,
    /// What came of it.
    pub took: ProbeOutcome,
    /// The plan, where the wizard completed.
    pub plan: Option<ProvisionPlan>,
}

/// How a wizard took other answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProbeOutcome {
    /// It completed.
    Accepted,
    /// It refused, and said this.
    Rejected(String),
    /// A step broke.
    Crashed {
        /// The step.
        step: String,
        /// How.
        code: StepCode,
        /// What the code means here.
        message: String,
    },
    /// Nobody can tell, for a reason of the harness.
    Inconclusive(String),
}
