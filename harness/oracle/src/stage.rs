//! [`Stage`]: the group of a check.

/// The group of a check: what it judges. The first part of the check's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// What a registry gives, and the names that lead to it.
    Registry,
    /// The bytes of the archive.
    Archive,
    /// The manifest and the components that it names.
    Manifest,
    /// The SBOM, the lock and the signature.
    Integrity,
    /// The interfaces of components.
    Abi,
    /// The flows that the runner runs.
    Flow,
    /// Setup as the hosts of the ecosystem do it.
    Setup,
    /// The steps of a wizard and its questions.
    Wizard,
    /// The answer of the requirements step.
    Requirements,
    /// The plan that a wizard proposes.
    Plan,
    /// Plans that are carried out on stores.
    Apply,
    /// Secrets in any output.
    Secrets,
    /// The consumption of steps and their calls to the host.
    Sandbox,
    /// Repeated runs on the same inputs.
    Determinism,
    /// Wizards that run for several tenants.
    Tenant,
    /// Answers that are missing, of the wrong type, unasked or hostile.
    Answers,
    /// The deployment plan that a component renders.
    Deploy,
    /// The validators that a pack carries.
    Validators,
    /// Paths, credentials and active text in a pack.
    Hygiene,
    /// The scenarios that a pack records, and their transcripts.
    Scenario,
    /// What a pack says of a simulator.
    Capability,
    /// The differences from the release before.
    Compare,
    /// What runners recorded of flows that ran.
    Trace,
    /// What runners exported as telemetry.
    Span,
}

impl Stage {
    /// Every stage, in the order in which checks are judged.
    pub const ALL: [Self; 24] = [
        Self::Registry,
        Self::Archive,
        Self::Manifest,
        Self::Integrity,
        Self::Abi,
        Self::Flow,
        Self::Setup,
        Self::Wizard,
        Self::Requirements,
        Self::Plan,
        Self::Apply,
        Self::Secrets,
        Self::Sandbox,
        Self::Determinism,
        Self::Tenant,
        Self::Answers,
        Self::Deploy,
        Self::Validators,
        Self::Hygiene,
        Self::Scenario,
        Self::Capability,
        Self::Compare,
        Self::Trace,
        Self::Span,
    ];

    /// The name, with which the ids of its checks begin.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::Integrity => "integrity",
            Self::Abi => "abi",
            Self::Flow => "flow",
            Self::Setup => "setup",
            Self::Wizard => "wizard",
            Self::Requirements => "requirements",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Secrets => "secrets",
            Self::Sandbox => "sandbox",
            Self::Determinism => "determinism",
            Self::Tenant => "tenant",
            Self::Answers => "answers",
            Self::Deploy => "deploy",
            Self::Validators => "validators",
            Self::Hygiene => "hygiene",
            Self::Scenario => "scenario",
            Self::Capability => "capability",
            Self::Compare => "compare",
            Self::Trace => "trace",
            Self::Span => "span",
        }
    }

    /// The stage of the check with this id, also if this version has no such check.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        let (name, _) = id.split_once('.')?;
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}
