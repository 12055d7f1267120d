//! Reports that were never a file: those of runs in this process, for comparing them.

use super::read::{Cause, Pack, Report, Step, Tool, Wizard};
use crate::fold::PackRun;
use provision_core::Status;

impl Report {
    /// The report of a whole run by this profile over these packs.
    #[must_use]
    pub fn of(profile: &str, packs: Vec<Pack>) -> Self {
        Self {
            tool: Tool {
                name: env!("CARGO_PKG_NAME").to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            profile: profile.to_owned(),
            shard: None,
            judged: None,
            finished: true,
            packs,
        }
    }
}

impl Pack {
    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.pack
    }

    /// The same pack as if nothing were wrong with it.
    #[must_use]
    pub fn without_causes(&self) -> Self {
        Self {
            causes: Vec::new(),
            ..self.clone()
        }
    }

    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> provision_core::Verdict {
        self.verdict
    }

    /// The same pack under another label.
    pub fn rename(&mut self, label: &str) {
        label.clone_into(&mut self.pack);
    }
}

impl From<&PackRun> for Pack {
    fn from(pack: &PackRun) -> Self {
        let finished = pack.finished.as_ref();
        let wizards = pack.wizards.iter().map(|driven| Wizard {
            wizard: driven.wizard.clone(),
            steps: driven.steps.iter().map(Step::from).collect(),
        });
        let causes = pack.causes.iter().map(|cause| Cause {
            level: cause.level,
            code: cause.code.to_string(),
            what: cause.what.clone(),
            blocked_by: cause.blocked_by.is_some(),
        });
        let excused = pack.checks.iter();
        Self {
            pack: pack.label().to_owned(),
            version: finished.and_then(|f| f.version.clone()),
            digest: finished.map(|f| f.digest.clone()),
            verdict: pack.verdict(),
            excused: excused.filter(|c| c.status == Status::Excused).count(),
            causes: causes.collect(),
            wizards: wizards.collect(),
        }
    }
}

impl From<&crate::events::StepDone> for Step {
    fn from(done: &crate::events::StepDone) -> Self {
        Self {
            step: done.step.clone(),
            node: done.node.clone(),
            function: done.call.function.clone(),
            fuel: done.call.meters.fuel,
            memory_bytes: done.call.meters.memory_bytes,
        }
    }
}
