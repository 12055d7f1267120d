//! The conforming packs whose guests the targets call. They are compiled in, because
//! a target must run where only its binary exists.

use crate::sandbox::folder;
use provision_core::wizard::{Call, CallContext, StepAnswer, StepOutcome};
use provision_core::{Limits, Pack, Source};
use serde_json::Value;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

macro_rules! pack_file {
    ($path:literal) => {
        include_bytes!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../packs/conforming/",
            $path
        ))
    };
}

/// A fixture: its pack, the file that a target calls, and how.
pub(crate) struct Fixture {
    pub(crate) pack: Pack,
    pub(crate) file: &'static str,
    pub(crate) call: How,
    /// The last answer that kept all invariants, with its log.
    last: Mutex<Option<(StepOutcome, Vec<String>)>>,
}

impl Fixture {
    fn new(pack: Pack, file: &'static str, call: How) -> Self {
        let last = Mutex::new(None);
        Self {
            pack,
            file,
            call,
            last,
        }
    }

    /// Whether `answer` equals the last one that was [`Self::judged`].
    pub(crate) fn said_before(&self, answer: &StepAnswer) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let performed = answer.result.as_ref().ok();
        last.as_ref()
            .is_some_and(|l| Some(&l.0) == performed && l.1 == answer.attempts.logs)
    }

    /// Remembers an answer that keeps all invariants.
    pub(crate) fn judged(&self, answer: &StepAnswer) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let performed = answer.result.as_ref().ok().cloned();
        *last = performed.map(|p| (p, answer.attempts.logs.clone()));
    }
}

/// How to call a fixture.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// As a step, with the JSON of the input.
    Step,
    /// By the call that a byte and JSON of the input select.
    Call(fn(u8, &Value) -> Call),
}

/// All fixtures. The first is the cheapest, and `ci/fuzz-rates.sh` measures it.
pub(crate) static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let one = |file: &'static str, bytes: &[u8], call| {
        let pack = folder([(file, bytes.to_vec())]).expect("a pack");
        Fixture::new(pack, file, call)
    };
    let archive = |bytes: &[u8], file, call| {
        let source = Source::Archive(Arc::new(bytes.to_vec()));
        let pack = Pack::open(source, &Limits::default()).expect("a pack");
        Fixture::new(pack, file, call)
    };
    vec![
        one(
            "apply.wat",
            pack_file!("noop-provision/components/setup_default__apply.wat"),
            How::Step,
        ),
        one(
            "validate.wat",
            pack_file!("base-url-asked/components/setup_default__validate.wat"),
            How::Step,
        ),
        one(
            "component.wat",
            pack_file!("component-step/components/setup_default__apply.wat"),
            How::Step,
        ),
        one(
            "telegram.wat",
            pack_file!("demo-messaging-telegram/wasm/setup_default.wat"),
            How::Step,
        ),
        one(
            "provider.wasm",
            pack_file!("c-provider/components/provider.wasm"),
            How::Call(provisioner),
        ),
        one(
            "wasi.wasm",
            pack_file!("../nonconforming/rust-wasi-step/components/setup_default.wasm"),
            How::Step,
        ),
        archive(
            pack_file!("rust-provider.gtpack"),
            "components/fixture-chat.wasm",
            How::Call(provider),
        ),
        archive(
            pack_file!("../nonconforming/rust-node.gtpack"),
            "components/fixture.nodes.wasm",
            How::Call(node),
        ),
    ]
});

fn provisioner(which: u8, json: &Value) -> Call {
    let part = |key: &str| json.get(key).unwrap_or(json).clone();
    match which % 2 {
        0 => Call::Plan {
            inputs: part("inputs"),
        },
        _ => Call::Apply {
            inputs: part("inputs"),
            plan: part("plan"),
        },
    }
}

const MODES: [&str; 4] = ["default", "setup", "update", "remove"];

fn provider(which: u8, json: &Value) -> Call {
    let mode = || MODES[usize::from(which / 8) % MODES.len()].to_owned();
    let part = |key: &str| json.get(key).unwrap_or(json).clone();
    match which % 8 {
        0 | 1 => provisioner(which, json),
        2 => Call::QaSpec { mode: mode() },
        3 | 4 => Call::ApplyAnswers {
            mode: mode(),
            current: part("current"),
            answers: part("answers"),
        },
        5 => Call::ValidateConfig {
            config: json.clone(),
        },
        6 => Call::I18nBundle {
            locale: json.as_str().unwrap_or("en").to_owned(),
        },
        _ => Call::Describe,
    }
}

fn node(which: u8, json: &Value) -> Call {
    const OPERATIONS: [&str; 4] = ["run", "apply", "", "no-such"];
    match which % 8 {
        0 => Call::Describe,
        _ => Call::Invoke {
            operation: OPERATIONS[usize::from(which / 8) % OPERATIONS.len()].to_owned(),
            context: Box::new(CallContext::default()),
            input: json.clone(),
        },
    }
}
