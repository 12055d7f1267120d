//! [`Conditions`]: the settings under which packs are observed.

use crate::normalise::Rules;
use provision_core::Limits;
use provision_core::integrity::signature::TrustedKey;
use std::sync::Arc;

/// 2026-01-01T00:00:00Z: callers that have no clock get the same result each day.
const FIXED_NOW: u64 = 1_767_225_600;

/// The settings under which packs are observed.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Bounds on the pack's data.
    pub limits: Limits,
    /// The public base URL that wizards receive; an https URL.
    pub public_base_url: String,
    /// Trusted keys.
    pub trusted: Vec<TrustedKey>,
    /// The time at which certificates have to be valid, in seconds of Unix time.
    pub now: u64,
    /// Whether a folder is a draft, which gets SBOM and signature when it is packed; if
    /// not, a folder is refused, because nobody can publish one.
    pub drafts: bool,
    /// Whether to compare refused archives with other readers.
    pub ask_other_readers: bool,
    /// Probes of each wizard, at most; 0 for none.
    pub probes: usize,
    /// Whether to run a second setup and the remove wizard on the state that
    /// setup left. Only checks of the profile `strict` use the result.
    pub second_runs: bool,
    /// Whether each wizard is driven once and nothing else runs: no repeated run, no run
    /// on stores, no flow, no validator, no self-description.
    pub once: bool,
    /// Selects the probes if there are more than the limit.
    pub seed: u64,
    /// Answers instead of the pack's own or generated ones.
    pub answers: Option<serde_json::Value>,
    /// The only wizard to drive; `None` drives all.
    pub only: Option<String>,
    /// What is replaced before a result is compared with its golden. The packs of a run
    /// share it, so that it knows which rules replaced anything.
    pub normalise: Arc<Rules>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            // RFC 2606 reserves `.invalid`, so no such host exists.
            public_base_url: "https://conformance.invalid".into(),
            trusted: Vec::new(),
            now: FIXED_NOW,
            drafts: true,
            ask_other_readers: true,
            probes: 400,
            second_runs: true,
            once: false,
            seed: 0,
            answers: None,
            only: None,
            normalise: Arc::default(),
        }
    }
}
