//! How a run ends, by itself or not.

use super::{PackSummary, Run};

impl Run {
    /// The same run, which a signal has ended now.
    #[must_use]
    pub fn cut_by(mut self, signal: &str) -> Self {
        self.interrupted = Some(signal.to_owned());
        self
    }

    /// Why it did not come to its end, in words; `None` where it did.
    #[must_use]
    pub fn cut(&self) -> Option<String> {
        match (&self.interrupted, self.finished) {
            (_, true) => None,
            (Some(signal), false) => Some(format!("The run was interrupted by {signal}")),
            (None, false) => Some("The run was cut off".into()),
        }
    }

    /// The same run, which has come to its end now.
    #[must_use]
    pub fn ended(mut self) -> Self {
        self.finished = true;
        if self.started.filter.is_some() {
            // Packs of which nothing was selected were not judged.
            let judged = |p: &PackSummary| !p.checks.is_empty() || !p.is_concluded();
            self.packs.retain(judged);
        }
        self
    }
}
