//! Bounds what compiling all files of one pack may take together: each file has a bound
//! of its own, but a pack may have thousands of files.

use provision_core::Pack;
use provision_core::wasm::shape;
use provision_core::wizard::{StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest};
use std::collections::{BTreeMap, BTreeSet};

/// Files whose own bounds keep them within the bound of the pack, so that nothing needs
/// to be estimated for almost every pack.
const FEW: usize = 15;

/// Why no file of `pack` is compiled, if the `files` that it runs are estimated to take
/// too long. Files with the same bytes are compiled once, so they count once.
pub(super) fn refusal(pack: &Pack, files: &BTreeSet<String>) -> Option<StepFailure> {
    let distinct: BTreeMap<_, _> = files
        .iter()
        .filter_map(|file| Some((*pack.info(file)?.blake3.as_bytes(), file.as_str())))
        .collect();
    if distinct.len() <= FEW {
        return None;
    }
    let (mut bytes, mut millis) = (0, 0);
    for file in distinct.values() {
        let Some(content) = pack.read(file) else {
            continue;
        };
        // Text that is no WebAssembly is not compiled, and a file above its own bound is
        // refused as such.
        let Ok(binary) = wat::parse_bytes(&content) else {
            continue;
        };
        if let Ok(estimate) = shape::check(&binary) {
            bytes += binary.len();
            millis += estimate;
        }
    }
    let most = most(bytes);
    (millis > most).then(|| {
        let message = format!(
            "the pack runs {} different files, which are estimated to take {millis} ms to compile \
             together, bound {most} ms; none of them was compiled. Ship fewer or simpler \
             components",
            distinct.len()
        );
        StepFailure::new(StepCode::CompileLimit, message)
    })
}

/// The most milliseconds of all files of a pack, which have so many bytes together: as
/// much as the most of a few files.
fn most(bytes: usize) -> u64 {
    shape::most(bytes) + shape::most(0) * (FEW as u64 - 1)
}

/// Forwards steps to an executor, unless the pack is refused.
pub(super) struct Compilable<'e> {
    pub(super) executor: &'e dyn StepExecutor,
    pub(super) refusal: Option<StepFailure>,
}

impl StepExecutor for Compilable<'_> {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        match &self.refusal {
            None => self.executor.execute(pack, request),
            Some(failure) => StepAnswer::of(Err(failure.clone())),
        }
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        self.executor.uncompiled(pack, file)
    }

    fn compile(&self, pack: &Pack, file: &str) {
        if self.refusal.is_none() {
            self.executor.compile(pack, file);
        }
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        match self.refusal {
            None => self.executor.others(),
            Some(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::Counts;
    use super::super::{Conditions, Opening, observe_opened};
    use super::*;
    use provision_core::Source;
    use serde_json::{Value, json};

    /// A pack with `count` setup flows of one module each, all different; each module
    /// calls a function of two hundred values `calls` times.
    fn pack(count: usize, calls: usize) -> Source {
        let values = " i32".repeat(100);
        let body = "(local.get 0)".repeat(100) + &"(call 0)".repeat(calls);
        let function = format!("(func (param{values}) (result{values}) {body})");
        let ids = (0..count).map(|i| format!("setup_{i:03}"));
        let flow = |id: String| json!({"id": id, "entry": "setup"});
        let flows: Vec<Value> = ids.clone().map(flow).collect();
        let manifest = json!({"id": "p", "version": "0.1.0", "meta": {}, "flows": flows});
        let mut files = BTreeMap::from([("pack.json".into(), manifest.to_string().into_bytes())]);
        for id in ids {
            let text = format!("(module {function} (func (export \"{id}\")))");
            files.insert(format!("components/{id}.wat"), text.into_bytes());
        }
        Source::Folder {
            files,
            manifest: None,
        }
    }

    #[test]
    fn components_that_are_each_below_their_bound_are_refused_together() {
        // Estimated at 2.6 seconds each.
        let (count, calls) = (30, 1_300);
        let conditions = Conditions::default();
        let opening = Opening::of(Ok(pack(count, calls)), &conditions);
        assert!(opening.runs().is_empty(), "nothing is compiled ahead");
        let executor = Counts::default();
        let subject = observe_opened(opening, &executor, &conditions);
        assert_eq!(executor.0.into_inner(), 0, "nothing is compiled or run");
        assert!(subject.harness_error.is_none(), "the pack is wrong");
        assert_eq!(subject.wizards().len(), count);
        for observed in subject.wizards() {
            let step = observed.run().and_then(|run| run.steps.first());
            let failure = step.and_then(|step| step.failure()).expect("a failure");
            assert_eq!(failure.code, StepCode::CompileLimit);
            assert!(
                failure.message.contains("30 different files"),
                "{failure:?}"
            );
        }
    }

    #[test]
    fn few_expensive_or_many_ordinary_components_are_run() {
        for (count, calls) in [(FEW, 1_300), (200, 10)] {
            let conditions = Conditions::default();
            let opening = Opening::of(Ok(pack(count, calls)), &conditions);
            assert_eq!(opening.runs().len(), count);
            assert!(opening.compile_refusal().is_none());
        }
    }
}
