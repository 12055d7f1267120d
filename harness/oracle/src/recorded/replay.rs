//! [`Replay`]: runs recorded steps again, and compares what they answer.

use super::judged::Log;
use super::step::{Step, has_digest};
use provision_core::codes::RecordedCode;
use provision_core::flow::{Again, RecordedRun, again};
use provision_core::text::inert;
use provision_core::wizard::{ProvisionInputs, StepExecutor, TenantContext};
use provision_core::{Finding, Limits, Pack, json};
use serde_json::Value;
use std::fmt;

/// The pack whose steps are run again, and what runs them.
pub struct Replay<'r> {
    pack: &'r Pack,
    executor: &'r (dyn StepExecutor + Sync),
    limits: &'r Limits,
}

impl fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replay")
    }
}

/// What a step that runs again shows.
enum Shown {
    /// No component runs in it.
    Nothing,
    Same,
    /// The answer, in words.
    Other(String),
    /// It shows nothing, with the reason.
    Unknown(String),
}

impl<'r> Replay<'r> {
    /// Runs steps of `pack` again by `executor`.
    #[must_use]
    pub fn new(
        pack: &'r Pack,
        executor: &'r (dyn StepExecutor + Sync),
        limits: &'r Limits,
    ) -> Self {
        Self {
            pack,
            executor,
            limits,
        }
    }

    /// Runs a step of `flow` again.
    pub(super) fn step(&self, step: &Step, number: u64, flow: Option<&str>, log: &mut Log) {
        // A step that failed has no output to compare.
        let (Some([node, component, operation]), false) = (step.names(), step.is_error()) else {
            return;
        };
        let at = format!("/steps/{number}");
        let shown = match (flow, step.output.digest(), step.payload()) {
            (None, _, _) => Shown::Unknown("the trace does not name its flow before it".into()),
            (_, None, _) => Shown::Unknown("it has no usable hash of its output".into()),
            (_, _, None) => Shown::Unknown(
                "the trace has no input of it; the runner writes inputs if \
                 GREENTIC_TRACE_CAPTURE_INPUTS is 1"
                    .into(),
            ),
            (Some(flow), Some(due), Some(payload)) => {
                match json::parse(payload, self.limits.depth) {
                    Err(why) => Shown::Unknown(inert(&why.to_string(), 200)),
                    Ok(payload) => {
                        let run = RecordedRun {
                            flow,
                            node,
                            component,
                            operation,
                            payload: &payload,
                        };
                        self.compare(&run, due)
                    }
                }
            }
        };
        let outcome = &mut log.outcomes.replay;
        match shown {
            Shown::Nothing => {}
            Shown::Same => outcome.examine(),
            Shown::Unknown(why) => outcome.leave(|| format!("{at} cannot be judged: {why}")),
            Shown::Other(found) => {
                let due = step.output.digest().unwrap_or_default();
                let expected = format!("an output with BLAKE3 {due}");
                let at = log.at(format_args!("{at}/output_hash"));
                let finding = || Finding::new(RecordedCode::Output, at, expected, found);
                log.outcomes.replay.violate(finding);
            }
        }
    }

    fn compare(&self, run: &RecordedRun<'_>, due: &str) -> Shown {
        let first = self.run(run, "replay");
        let (value, otherwise) = match first {
            Again::NoComponent => return Shown::Nothing,
            Again::NotRun(why) => return Shown::Unknown(why),
            // NB: the runner that recorded has no bounds, or others.
            Again::Failed(failure) if failure.code.is_bound() || failure.code.is_error() => {
                return Shown::Unknown(failure.to_string());
            }
            Again::Failed(failure) => return Shown::Other(failure.to_string()),
            Again::Answered { value, otherwise } => (value, otherwise),
        };
        let text = value.to_string();
        if has_digest(text.as_bytes(), due) {
            return Shown::Same;
        }
        if otherwise {
            let why = "it asks a live host, the clock or for random numbers";
            return Shown::Unknown(why.into());
        }
        // A trace names no tenant and no session. An answer that depends on them shows
        // nothing.
        match self.run(run, "replay-other") {
            Again::Answered { value: other, .. } if other == value => {
                Shown::Other(format!("BLAKE3 {}: {}", digest(&value), inert(&text, 200)))
            }
            _ => Shown::Unknown(
                "its answer depends on the tenant, which a trace does not name".into(),
            ),
        }
    }

    fn run(&self, run: &RecordedRun<'_>, tenant: &str) -> Again {
        let inputs = ProvisionInputs {
            tenant: TenantContext {
                environment: None,
                tenant: Some(tenant.to_owned()),
                team: None,
                user: None,
            },
            provider_id: self
                .pack
                .manifest()
                .id
                .clone()
                .unwrap_or_else(|| "pack".into()),
            install_id: format!("{tenant}-install"),
            public_base_url: None,
            answers: Value::Object(serde_json::Map::new()),
            existing_state: None,
        };
        again(self.executor, self.pack, &inputs, self.limits, run)
    }
}

fn digest(value: &Value) -> String {
    blake3::hash(value.to_string().as_bytes())
        .to_hex()
        .to_string()
}
