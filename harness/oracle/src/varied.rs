//! [`Varied`]: a run of a wizard under another condition.

use crate::given::Given;
use crate::secret_scan::Leak;
use provision_core::wizard::WizardRun;
use std::collections::{BTreeMap, BTreeSet};

/// A condition of a run that differs from those of the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variation {
    /// The clocks are years ahead.
    Time,
    /// Random numbers and the seeds of hash maps are others.
    Chance,
    /// There is a tenant, with a team and a user.
    Tenant,
    /// The public base URL has another host, and a path.
    BaseUrl,
    /// There is no public base URL.
    NoBaseUrl,
    /// The mode is that of an installation, not of a dry run.
    Mode,
    /// The user's language is another one. Only components of `greentic:component/node`
    /// are given a language, with the context of a call; the step contract,
    /// `provisioner`, component QA and the operator's operations have no place for it.
    Locale,
    /// All of this differs at once, and secrets, ids and hosts as well, so that a pack
    /// that recognises the harness by one of them does not recognise this run.
    Installation,
}

impl Variation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Time,
        Self::Chance,
        Self::Tenant,
        Self::BaseUrl,
        Self::NoBaseUrl,
        Self::Mode,
        Self::Locale,
        Self::Installation,
    ];

    /// The condition in words, after a place.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Time => "at another time",
            Self::Chance => "with other random numbers",
            Self::Tenant => "with a tenant",
            Self::BaseUrl => "with another public base URL",
            Self::NoBaseUrl => "without a public base URL",
            Self::Mode => "in the mode of an installation",
            Self::Locale => "in another language",
            Self::Installation => "in another installation, with other secrets, ids and hosts",
        }
    }
}

/// A run under another condition.
#[derive(Debug)]
pub struct Varied {
    /// The condition.
    pub variation: Variation,
    /// The public base URL of the run.
    pub base_url: Option<String>,
    /// What its answers give.
    pub given: Given,
    /// The run.
    pub run: WizardRun,
    /// The secrets that it received, by key.
    pub secrets: BTreeMap<String, String>,
    /// Those that it shows.
    pub leaks: BTreeSet<Leak>,
}
