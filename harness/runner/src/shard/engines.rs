//! Which shard this process is, according to the variables of the engine that started it.

use crate::events::Shard;
use provision_core::text::inert;

/// An engine that starts the same command several times and numbers the processes.
#[derive(Debug)]
pub struct Engine {
    /// Its name.
    pub name: &'static str,
    /// The variable with the number of this process.
    pub index: &'static str,
    /// How the engine numbers processes.
    pub numbers: Numbers,
    /// The variable with the number of processes.
    pub count: &'static str,
    /// Whether the engine sets the count in every job, also in one that it does not split.
    pub counts_always: bool,
}

/// How an engine numbers processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// From this number on, one by one.
    From(u64),
    /// As the user chose: these variables hold the first number, the last, and the step.
    Between {
        /// The first number.
        first: &'static str,
        /// The last number.
        last: &'static str,
        /// The difference between two numbers; 1 if it is not set.
        step: &'static str,
    },
}

/// The engines that `--shard auto` reads, in the order of the README.
pub const ENGINES: [Engine; 7] = [
    Engine {
        name: "Kubernetes Indexed Job",
        index: "JOB_COMPLETION_INDEX",
        numbers: Numbers::From(0),
        // Kubernetes says nowhere how many completions the job has, so its manifest does.
        count: "PROVISION_SHARD_COUNT",
        counts_always: false,
    },
    Engine {
        name: "Slurm job array",
        index: "SLURM_ARRAY_TASK_ID",
        numbers: Numbers::Between {
            first: "SLURM_ARRAY_TASK_MIN",
            last: "SLURM_ARRAY_TASK_MAX",
            step: "SLURM_ARRAY_TASK_STEP",
        },
        count: "SLURM_ARRAY_TASK_COUNT",
        counts_always: false,
    },
    Engine {
        name: "AWS Batch array job",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        numbers: Numbers::From(0),
        count: "AWS_BATCH_JOB_ARRAY_SIZE",
        counts_always: false,
    },
    Engine {
        name: "Cloud Run job",
        index: "CLOUD_RUN_TASK_INDEX",
        numbers: Numbers::From(0),
        count: "CLOUD_RUN_TASK_COUNT",
        counts_always: false,
    },
    Engine {
        name: "GitLab parallel job",
        index: "CI_NODE_INDEX",
        numbers: Numbers::From(1),
        count: "CI_NODE_TOTAL",
        counts_always: true,
    },
    Engine {
        name: "Buildkite parallel step",
        index: "BUILDKITE_PARALLEL_JOB",
        numbers: Numbers::From(0),
        count: "BUILDKITE_PARALLEL_JOB_COUNT",
        counts_always: false,
    },
    Engine {
        name: "CircleCI parallel job",
        index: "CIRCLE_NODE_INDEX",
        numbers: Numbers::From(0),
        count: "CIRCLE_NODE_TOTAL",
        counts_always: false,
    },
];

/// Why the variables of the engines name no shard. Each message shows the variables, what
/// they hold, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// No engine set any of its variables.
    #[error(
        "--shard auto: none of the variables that number the processes of a job is set: {}; run \
         this command in such a job, or pass --shard I/N",
        pairs()
    )]
    Unset,
    /// An engine set only a part of its variables.
    #[error(
        "--shard auto: {engine}: {held}, and {missing} is not set; set it too, or pass --shard I/N"
    )]
    Half {
        /// The engine.
        engine: &'static str,
        /// The variables that are set, with their values.
        held: String,
        /// The first one that is not.
        missing: &'static str,
    },
    /// A variable holds no number.
    #[error(
        "--shard auto: {engine}: {held} is not a whole number; correct it, or pass --shard I/N"
    )]
    Number {
        /// The engine.
        engine: &'static str,
        /// The variable with its value.
        held: String,
    },
    /// The number of the process is outside of what the count allows.
    #[error(
        "--shard auto: {engine}: {held}: the number of the process has to be from {from} to {to}; \
         correct the variables, or pass --shard I/N"
    )]
    Range {
        /// The engine.
        engine: &'static str,
        /// The variables with their values.
        held: String,
        /// The first number.
        from: u64,
        /// The last number.
        to: u64,
    },
    /// The numbers of the processes have gaps.
    #[error(
        "--shard auto: {engine}: {held}: these numbers are not every STEP-th one from MIN to MAX, \
         so they do not say which shard this is; submit the array as a range, for example \
         --array=0-{last}, or pass --shard I/N"
    )]
    Gaps {
        /// The engine.
        engine: &'static str,
        /// The variables with their values.
        held: String,
        /// The last number of a range of as many.
        last: u64,
    },
    /// Two engines name different shards.
    #[error(
        "--shard auto: two engines contradict each other: {first} say shard {}/{}, and {second} \
         say shard {}/{}; unset the variables of the engine that does not split this run, or \
         pass --shard I/N",
        shards[0].index, shards[0].count, shards[1].index, shards[1].count
    )]
    Contradiction {
        /// The variables of one engine, with their values.
        first: String,
        /// Those of the other.
        second: String,
        /// What they say.
        shards: [Shard; 2],
    },
}

/// The two variables of every engine, for a message.
fn pairs() -> String {
    let pair = |e: &Engine| format!("{} and {} ({})", e.index, e.count, e.name);
    let pairs: Vec<String> = ENGINES.iter().map(pair).collect();
    pairs.join(", ")
}

/// The shard that the variables of the engines name; `variable` returns the value of one.
///
/// # Errors
/// [`EngineError`] if they name none, or several.
pub fn shard(variable: impl Fn(&str) -> Option<String>) -> Result<Shard, EngineError> {
    let mut found: Option<(Shard, String)> = None;
    for engine in &ENGINES {
        let job = Job {
            engine,
            variable: &variable,
        };
        let Some(shard) = job.shard()? else {
            continue;
        };
        match &found {
            Some((first, held)) if *first != shard => {
                return Err(EngineError::Contradiction {
                    first: held.clone(),
                    second: job.held(),
                    shards: [*first, shard],
                });
            }
            Some(_) => {}
            None => found = Some((shard, job.held())),
        }
    }
    found.map(|(shard, _)| shard).ok_or(EngineError::Unset)
}

/// The variables of one engine.
struct Job<'j> {
    engine: &'static Engine,
    variable: &'j dyn Fn(&str) -> Option<String>,
}

impl Job<'_> {
    /// The shard; `None` if the engine did not split this job.
    fn shard(&self) -> Result<Option<Shard>, EngineError> {
        let Engine { index, count, .. } = *self.engine;
        let (number, total) = match (self.number(index)?, self.number(count)?) {
            (Some(number), Some(total)) => (number, total),
            (None, None) => return Ok(None),
            (None, Some(_)) if self.engine.counts_always => return Ok(None),
            (None, Some(_)) => return Err(self.half(index)),
            (Some(_), None) => return Err(self.half(count)),
        };
        let (from, step) = match self.engine.numbers {
            Numbers::From(from) => (from, 1),
            Numbers::Between { first, last, step } => self.range(total, first, last, step)?,
        };
        let span = total.saturating_sub(1).saturating_mul(step);
        let to = from.saturating_add(span);
        let after = number.checked_sub(from);
        match after {
            Some(after) if total > 0 && number <= to && after % step == 0 => Ok(Some(Shard {
                index: after / step + 1,
                count: total,
            })),
            Some(_) if total > 0 && number <= to => Err(self.gaps(total)),
            _ => Err(EngineError::Range {
                engine: self.engine.name,
                held: self.held(),
                from,
                to,
            }),
        }
    }

    /// The first number and the step of an array of `total` tasks.
    fn range(
        &self,
        total: u64,
        first: &'static str,
        last: &'static str,
        step: &'static str,
    ) -> Result<(u64, u64), EngineError> {
        let from = self.number(first)?.ok_or_else(|| self.half(first))?;
        let to = self.number(last)?.ok_or_else(|| self.half(last))?;
        let step = self.number(step)?.unwrap_or(1);
        let tasks = to
            .checked_sub(from)
            .and_then(|span| (span.checked_rem(step)? == 0).then(|| span / step));
        match tasks.and_then(|tasks| tasks.checked_add(1)) {
            Some(tasks) if tasks == total => Ok((from, step)),
            _ => Err(self.gaps(total)),
        }
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, EngineError> {
        let Some(value) = (self.variable)(name) else {
            return Ok(None);
        };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(EngineError::Number {
                engine: self.engine.name,
                held: format!("{name}={}", inert(&value, 80)),
            }),
        }
    }

    fn half(&self, missing: &'static str) -> EngineError {
        EngineError::Half {
            engine: self.engine.name,
            held: self.held(),
            missing,
        }
    }

    fn gaps(&self, total: u64) -> EngineError {
        EngineError::Gaps {
            engine: self.engine.name,
            held: self.held(),
            last: total.saturating_sub(1),
        }
    }

    /// The variables of the engine that are set, with their values.
    fn held(&self) -> String {
        let Engine { index, count, .. } = *self.engine;
        let more = match self.engine.numbers {
            Numbers::From(_) => Vec::new(),
            Numbers::Between { first, last, step } => vec![first, last, step],
        };
        let names = [index].into_iter().chain(more).chain([count]);
        let held = names.filter_map(|name| {
            let value = (self.variable)(name)?;
            Some(format!("{name}={}", inert(&value, 80)))
        });
        held.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
