//! Traces that the runner writes: the steps of a flow, with hashes of inputs and outputs.

use super::aids::Aids;
use super::judged::{Log, quoted};
use super::members::{ArraySeed, Items, ObjectSeed, Scalar, ScalarSeed};
use super::named::Named;
use super::pack::{FlowFacts, PackFacts};
use super::step::{Step, StepMembers, UNKNOWN};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::counted;
use serde::de::{MapAccess, SeqAccess};
use std::collections::BTreeMap;

/// Different steps of one trace that are compared with the pack.
const DIFFERENT: usize = 10_000;

/// What is known of a trace.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// Its version, or what stands there instead.
    version: Option<Result<u64, &'static str>>,
    has_steps: bool,
    count: u64,
    different: Different,
}

/// The steps of a trace, each once.
#[derive(Debug, Default)]
struct Different {
    /// The first step and the number of steps, by node, component and operation.
    steps: BTreeMap<[String; 3], (u64, u64)>,
    is_cut: bool,
}

impl Different {
    fn add(&mut self, step: [&str; 3], number: u64) {
        let key = step.map(str::to_owned);
        if let Some((_, count)) = self.steps.get_mut(&key) {
            *count += 1;
        } else if self.steps.len() < DIFFERENT {
            self.steps.insert(key, (number, 1));
        } else {
            self.is_cut = true;
        }
    }
}

impl Trace {
    /// Reads the member `name`.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut A,
        log: &mut Log,
        aids: &Aids<'_>,
        flow: Option<&str>,
    ) -> Result<(), A::Error> {
        if name == "steps" {
            self.has_steps = true;
            let mut steps = Steps {
                log,
                aids,
                flow,
                trace: self,
                step: Step::default(),
            };
            return members.next_value_seed(ArraySeed(&mut steps));
        }
        let version = |value: Scalar<'_>| match value {
            Scalar::Count(version) => Ok(version),
            other => Err(other.words()),
        };
        self.version = Some(members.next_value_seed(ScalarSeed(version))?);
        Ok(())
    }

    /// Judges the trace as a whole.
    pub(super) fn end(&self, pack: &Named, flow: &Named, log: &mut Log, aids: &Aids<'_>) {
        self.shape(pack, flow, log);
        match aids.pack {
            Some(facts) => self.of_pack(facts, pack, flow, log),
            None => log.outcomes.digests.leave(|| {
                "no pack is given to compare the trace with; --pack PACK gives it".into()
            }),
        }
    }

    fn shape(&self, pack: &Named, flow: &Named, log: &mut Log) {
        match self.version {
            Some(Ok(1)) => {}
            Some(Ok(version)) => {
                let at = log.at("/trace_version");
                let found = version.to_string();
                let finding = || Finding::new(RecordedCode::Format, at, "1", found);
                log.outcomes.shape.violate(finding);
            }
            Some(Err(found)) => log.wrong("/trace_version", "1", found),
            None => log.missing("/trace_version", "1"),
        }
        match &pack.parts {
            Some([name, digest]) => {
                name.require("/pack/pack_ref", "the reference of the pack", log);
                digest.allow("/pack/resolved_digest", "a digest", log);
            }
            None => pack
                .plain
                .require_object("/pack", "the pack, an object", log),
        }
        match &flow.parts {
            Some([id, version]) => {
                id.require("/flow/id", "the id of the flow", log);
                version.require("/flow/version", "the version of the flow", log);
            }
            None => flow
                .plain
                .require_object("/flow", "the flow, an object", log),
        }
        if !self.has_steps {
            log.missing("/steps", "the steps of the flow");
        } else if self.count == 0 {
            let at = log.at("/steps");
            let finding = || Finding::new(RecordedCode::Empty, at, "at least one step", "none");
            log.outcomes.shape.violate(finding);
        }
    }

    /// Compares the trace with its pack.
    fn of_pack(&self, facts: &PackFacts, pack: &Named, flow: &Named, log: &mut Log) {
        let [_, digest] = pack.parts.clone().unwrap_or_default();
        match (digest.text(), facts.digest.as_deref()) {
            (Some(stated), Some(digest)) => {
                log.outcomes.digests.examine();
                let due = format!("sha256:{digest}");
                if !stated.eq_ignore_ascii_case(&due) {
                    let at = log.at("/pack/resolved_digest");
                    let found = quoted(stated);
                    let expected = format!("the digest of the pack's bytes, {due}");
                    let finding = || Finding::new(RecordedCode::Pack, at, expected, found);
                    log.outcomes.digests.violate(finding);
                }
            }
            (Some(_), None) => log
                .outcomes
                .digests
                .leave(|| "the given pack is a folder, and only an archive has a digest".into()),
            (None, _) => log
                .outcomes
                .digests
                .leave(|| "the trace states no digest of its pack".into()),
        }
        let [id, version] = flow.parts.clone().unwrap_or_default();
        let Some(id) = id.text() else {
            log.outcomes
                .digests
                .leave(|| "the trace names no flow".into());
            return;
        };
        let Some(flows) = &facts.flows else {
            let why = || "the manifest of the given pack has no flows that the runner reads".into();
            log.outcomes.digests.leave(why);
            return;
        };
        log.outcomes.digests.examine();
        let Some(flow) = flows.get(id) else {
            let at = log.at("/flow/id");
            let expected = format!("a flow of pack {}", quoted(&facts.id));
            let finding = || Finding::new(RecordedCode::Flow, at, expected, quoted(id));
            log.outcomes.digests.violate(finding);
            return;
        };
        match version.text() {
            Some(UNKNOWN) | None => log
                .outcomes
                .digests
                .leave(|| "the runner did not know the version of the flow".into()),
            Some(version) if version != facts.version => {
                let at = log.at("/flow/version");
                let expected = format!("{}, the version of the pack", quoted(&facts.version));
                let finding = || Finding::new(RecordedCode::Flow, at, expected, quoted(version));
                log.outcomes.digests.violate(finding);
            }
            Some(_) => {}
        }
        self.nodes(id, flow, facts, log);
    }

    /// Each step is what a node of the flow, or of a flow that it can lead to, names.
    fn nodes(&self, id: &str, flow: &FlowFacts, facts: &PackFacts, log: &mut Log) {
        if self.different.is_cut {
            let why = || format!("the trace has more than {DIFFERENT} different steps");
            log.outcomes.digests.leave(why);
        }
        for ([node, component, operation], (first, count)) in &self.different.steps {
            log.outcomes.digests.examine();
            let Err(wrong) = facts.explains(flow, node, component, operation) else {
                continue;
            };
            let at = log.at(format_args!("/steps/{first}{}", wrong.member));
            let more = match count {
                1 => String::new(),
                n => format!(
                    ", here and at {}",
                    counted(n - 1, "more step", "more steps")
                ),
            };
            let expected = format!("{} (flow {})", wrong.expected, quoted(id));
            let found = quoted(match wrong.member {
                "/node_id" => node,
                "/component_id" => component,
                _ => operation,
            });
            let finding = || Finding::new(RecordedCode::Node, at, expected, found + &more);
            log.outcomes.digests.violate(finding);
        }
    }
}

struct Steps<'t, 'a> {
    log: &'t mut Log,
    aids: &'t Aids<'a>,
    flow: Option<&'t str>,
    trace: &'t mut Trace,
    step: Step,
}

impl Items for Steps<'_, '_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        self.step.clear();
        let number = self.trace.count;
        let mut members = StepMembers {
            log: &mut *self.log,
            number,
            step: &mut self.step,
        };
        if items.next_element_seed(ObjectSeed(&mut members))?.is_none() {
            return Ok(false);
        }
        if self.step.is_object {
            self.step.judge(number, self.log);
            if let Some(names) = self.step.names() {
                self.trace.different.add(names, number);
            }
            if let Some(replay) = &self.aids.replay {
                replay.step(&self.step, number, self.flow, self.log);
            }
        }
        self.trace.count += 1;
        self.log.entries += 1;
        Ok(true)
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.log.wrong("/steps", "an array of steps", found.words());
        self.trace.count = 1;
    }
}
