//! Lowers the bounds of an untrusted bundle to those that a run may have.

use provision_core::Limits;
use provision_core::limits::{ArchiveLimits, FlowLimits, StepLimits};

/// `asked`, each bound no larger than in `most`, and the names of the bounds
/// that were larger.
#[must_use]
pub(crate) fn lowered(asked: &Limits, most: &Limits) -> (Limits, Vec<&'static str>) {
    let Limits {
        archive,
        step,
        flow,
        depth,
    } = asked;
    let mut names = Lowered::default();
    let limits = Limits {
        archive: lower_archive(&mut names, archive, &most.archive),
        step: lower_step(&mut names, step, &most.step),
        flow: lower_flow(&mut names, flow, &most.flow),
        depth: names.least("depth", *depth, most.depth),
    };
    (limits, names.0)
}

/// The names of the bounds that were lowered so far.
#[derive(Default)]
struct Lowered(Vec<&'static str>);

impl Lowered {
    fn least<T: Ord>(&mut self, name: &'static str, asked: T, most: T) -> T {
        if asked > most && !cfg!(planted_bug = "bundle") {
            self.0.push(name);
            return most;
        }
        asked
    }
}

fn lower_archive(
    names: &mut Lowered,
    asked: &ArchiveLimits,
    most: &ArchiveLimits,
) -> ArchiveLimits {
    let ArchiveLimits {
        archive_bytes,
        entries,
        name_bytes,
        name_depth,
        entry_bytes,
        total_bytes,
        ratio,
        ratio_floor,
    } = *asked;
    ArchiveLimits {
        archive_bytes: names.least("archive.archive_bytes", archive_bytes, most.archive_bytes),
        entries: names.least("archive.entries", entries, most.entries),
        name_bytes: names.least("archive.name_bytes", name_bytes, most.name_bytes),
        name_depth: names.least("archive.name_depth", name_depth, most.name_depth),
        entry_bytes: names.least("archive.entry_bytes", entry_bytes, most.entry_bytes),
        total_bytes: names.least("archive.total_bytes", total_bytes, most.total_bytes),
        ratio: names.least("archive.ratio", ratio, most.ratio),
        ratio_floor: names.least("archive.ratio_floor", ratio_floor, most.ratio_floor),
    }
}

fn lower_step(names: &mut Lowered, asked: &StepLimits, most: &StepLimits) -> StepLimits {
    let StepLimits {
        component_bytes,
        fuel,
        deadline_ms,
        memory_bytes,
        table_elements,
        instances,
        memories,
        tables,
        stack_bytes,
        input_bytes,
        output_bytes,
        stdio_bytes,
        log_lines,
        log_bytes,
        host_calls,
        host_call_bytes,
        handles,
    } = *asked;
    StepLimits {
        component_bytes: names.least(
            "step.component_bytes",
            component_bytes,
            most.component_bytes,
        ),
        fuel: names.least("step.fuel", fuel, most.fuel),
        deadline_ms: names.least("step.deadline_ms", deadline_ms, most.deadline_ms),
        memory_bytes: names.least("step.memory_bytes", memory_bytes, most.memory_bytes),
        table_elements: names.least("step.table_elements", table_elements, most.table_elements),
        instances: names.least("step.instances", instances, most.instances),
        memories: names.least("step.memories", memories, most.memories),
        tables: names.least("step.tables", tables, most.tables),
        stack_bytes: names.least("step.stack_bytes", stack_bytes, most.stack_bytes),
        input_bytes: names.least("step.input_bytes", input_bytes, most.input_bytes),
        output_bytes: names.least("step.output_bytes", output_bytes, most.output_bytes),
        stdio_bytes: names.least("step.stdio_bytes", stdio_bytes, most.stdio_bytes),
        log_lines: names.least("step.log_lines", log_lines, most.log_lines),
        log_bytes: names.least("step.log_bytes", log_bytes, most.log_bytes),
        host_calls: names.least("step.host_calls", host_calls, most.host_calls),
        host_call_bytes: names.least(
            "step.host_call_bytes",
            host_call_bytes,
            most.host_call_bytes,
        ),
        handles: names.least("step.handles", handles, most.handles),
    }
}

fn lower_flow(names: &mut Lowered, asked: &FlowLimits, most: &FlowLimits) -> FlowLimits {
    let FlowLimits {
        nodes,
        visits,
        questions,
        answer_bytes,
        pack_fuel,
        pack_bytes,
    } = *asked;
    FlowLimits {
        nodes: names.least("flow.nodes", nodes, most.nodes),
        visits: names.least("flow.visits", visits, most.visits),
        questions: names.least("flow.questions", questions, most.questions),
        answer_bytes: names.least("flow.answer_bytes", answer_bytes, most.answer_bytes),
        pack_fuel: names.least("flow.pack_fuel", pack_fuel, most.pack_fuel),
        pack_bytes: names.least("flow.pack_bytes", pack_bytes, most.pack_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// Calls `each` with the pointer of every number in `value`.
    fn each_number(value: &Value, at: &str, each: &mut dyn FnMut(&str, u64)) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    each_number(value, &format!("{at}/{key}"), each);
                }
            }
            value => each(at, value.as_u64().expect("a number")),
        }
    }

    #[test]
    fn every_bound_above_the_default_is_lowered_alone_and_named() {
        let most = Limits::default();
        let defaults = serde_json::to_value(&most).expect("JSON");
        let mut bounds = 0;
        each_number(&defaults, "", &mut |at, default| {
            let mut asked = defaults.clone();
            *asked.pointer_mut(at).expect("a bound") = json!(default + 1);
            let asked: Limits = serde_json::from_value(asked).expect("limits");
            let (allowed, names) = lowered(&asked, &most);
            assert_eq!(allowed, most, "{at}");
            assert_eq!(names, [at[1..].replace('/', ".")]);
            bounds += 1;
        });
        assert_eq!(bounds, 32, "a bound that no case raises");
    }

    #[test]
    fn bounds_below_the_default_stay_as_they_are() {
        let (allowed, names) = lowered(&Limits::FUZZ, &Limits::default());
        assert_eq!(allowed, Limits::FUZZ);
        assert_eq!(names, [""; 0]);
    }
}
