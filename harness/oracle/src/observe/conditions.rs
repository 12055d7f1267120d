//! The conditions under which packs are observed.

use provision_core::Limits;
use provision_core::integrity::signature::TrustedKey;

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
    /// Sets of answers that are tried with each wizard, at most; 0 for none.
    pub probes: usize,
    /// Whether setting up once more, and taking back what was set up, are
    /// tried. Only the profile `strict` asks for what comes of it.
    pub second_runs: bool,
    /// Decides which answers are tried where not all can be.
    pub seed: u64,
    /// Answers that are used instead of the pack's own, or of made-up ones.
    pub answers: Option<serde_json::Value>,
    /// The only wizard that is driven; all where none is named.
    pub only: Option<String>,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            // RFC 2606 reserves `.invalid`, so nothing can ever be reached.
            public_base_url: "https://conformance.invalid".into(),
            trusted: Vec::new(),
            ask_other_readers: true,
            probes: 400,
            second_runs: true,
            seed: 0,
            answers: None,
            only: None,
        }
    }
}
