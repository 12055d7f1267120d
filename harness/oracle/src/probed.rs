//! [`Probed`]: the runs of a wizard with other answers, and what they show.

use crate::generators::answers::ProbeKind;
use crate::given::Given;
use crate::secret_scan::Searched;
use provision_core::wizard::questions::Question;
use provision_core::wizard::{InstalledState, ProvisionPlan, StepCode, WizardRun};
use std::collections::{BTreeMap, BTreeSet};

/// The probes of one wizard.
#[derive(Debug)]
pub struct Probed {
    /// The wizard's questions.
    pub questions: Vec<Question>,
    /// Where the questions come from: the wizard itself, or a file of the pack.
    /// Empty if there are no questions.
    pub asked_by: String,
    /// Each probe and its outcome.
    pub probes: Vec<Probe>,
    /// Other valid answers that were not tried, because there are too many.
    pub untried: usize,
    /// The different plans of the probes that the wizard accepted.
    pub plans: Vec<ProbedPlan>,
    /// Those that it accepted in another installation, beside the usual ones.
    pub elsewhere: Vec<PlanElsewhere>,
    /// The secrets that the wizard received, by key.
    pub secrets: BTreeMap<String, String>,
    /// Keys of the secrets in whose place a made-up one was looked for.
    pub masked: BTreeSet<String>,
    /// By question that was tried, whether another accepted answer gives another plan.
    pub steers: BTreeMap<String, bool>,
    /// By required question that was tried, whether an empty text gets into the config.
    pub empties: BTreeMap<String, bool>,
    /// Secrets that leak in any run, and what was not searched for them.
    pub leaks: Searched,
    /// The state that setup leaves.
    pub left: InstalledState,
    /// A second setup on that state; `None` for other wizards.
    pub again: Option<WizardRun>,
    /// The name and the run of the update wizard on that state, with the same answers;
    /// `None` for other wizards, and for a setup without an update wizard.
    pub updated: Option<(String, WizardRun)>,
    /// The name and the run of the remove wizard on that state; `None` for other
    /// wizards, and for a setup without a remove wizard.
    pub back: Option<(String, WizardRun)>,
}

impl Probed {
    /// The probes of this kind.
    pub fn of(&self, kind: ProbeKind) -> impl Iterator<Item = &Probe> {
        self.probes.iter().filter(move |p| p.kind == kind)
    }
}

/// The plan of a run with other answers.
#[derive(Debug, Clone)]
pub struct ProbedPlan {
    /// The kind of all mutations of the run.
    pub kind: ProbeKind,
    /// The questions and the changes of their answers, in words.
    pub what: String,
    /// The public base URL of the run; `None` for that of the first run.
    pub base_url: Option<String>,
    /// What the answers of the run give.
    pub given: Given,
    /// The plan.
    pub plan: ProvisionPlan,
}

/// The plans that the same answers give for a tenant and in another installation.
#[derive(Debug, Clone)]
pub struct PlanElsewhere {
    /// The changes of the answers and the condition, in words.
    pub what: String,
    /// The plan of a dry run for a tenant.
    pub usual: ProvisionPlan,
    /// The plan in another installation.
    pub other: ProvisionPlan,
}

/// One probe: a set of mutated answers and its outcome.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The kind of the mutation.
    pub kind: ProbeKind,
    /// The change in words.
    pub what: String,
    /// The questions whose answers were changed.
    pub questions: Vec<String>,
    /// The outcome of the run.
    pub outcome: ProbeOutcome,
    /// The plan, if the wizard completed.
    pub plan: Option<ProvisionPlan>,
    /// The constraint that the answer breaks, and whether the plan has the answer
    /// nevertheless.
    pub breaks: Option<(&'static str, bool)>,
}

/// The outcome of a run with mutated answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// The wizard completed.
    Accepted,
    /// The wizard refused the answers, with this message.
    Rejected(String),
    /// A step crashed or hit a bound.
    Crashed {
        /// The step.
        step: String,
        /// The code of the failure.
        code: StepCode,
        /// Details of the failure.
        message: String,
    },
    /// The harness could not judge the run, for this reason.
    Inconclusive(String),
}
