//! The executor of the targets, and the laws that hold of each of its answers.

use aho_corasick::AhoCorasick;
use provision_core::wizard::{
    Call, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Limits, Pack, Source};
use provision_exec::WasmtimeExecutor;
use provision_oracle::executor_invariants::{timeless, violations};
use provision_oracle::secret_scan::Secrets;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A step that answers `{}`, for after each input.
const CLEAN: &str = r#"(module (memory (export "memory") 1) (data (i32.const 0) "{}")
    (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 2)))"#;

/// Bytes below which what the host knows is a word of the language.
const TELLING: usize = 10;

/// One executor for all inputs, as a run has one for all packs.
pub struct Sandbox {
    executor: WasmtimeExecutor,
    clean: Pack,
    host: Host,
}

/// What the host knows and no guest may: its environment and paths.
struct Host {
    facts: Vec<(String, String)>,
    search: AhoCorasick,
}

impl Host {
    fn new() -> Self {
        let mut facts: Vec<(String, String)> = std::env::vars()
            .map(|(key, value)| (format!("the variable {key}"), value))
            .collect();
        for (what, path) in [
            ("its working folder", std::env::current_dir()),
            ("its program", std::env::current_exe()),
        ] {
            let path = path.map(|p| p.to_string_lossy().into_owned());
            facts.push((what.into(), path.unwrap_or_default()));
        }
        facts.retain(|(_, value)| value.len() >= TELLING);
        let search = AhoCorasick::new(facts.iter().map(|(_, value)| value));
        let search = search.expect("facts can be searched for");
        Self { facts, search }
    }
}

static SHARED: LazyLock<Sandbox> = LazyLock::new(Sandbox::new);

impl Sandbox {
    /// The one of this process.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    fn new() -> Self {
        Self {
            executor: executor(),
            clean: folder([("s.wat", CLEAN.as_bytes().to_vec())]).expect("a pack"),
            host: Host::new(),
        }
    }

    /// The answer to `request`, all laws of a single step checked: bounds, no
    /// fact of the host in it. `input` is what the fuzzer knows anyway.
    pub fn step(&self, pack: &Pack, request: &StepRequest, input: &[u8]) -> StepAnswer {
        let answer = self.executor.execute(pack, request);
        let limits = Limits::FUZZ.step;
        assert_eq!(violations(&answer, &limits), [""; 0], "{answer:?}");
        self.keeps_to_itself(&answer, input);
        answer
    }

    /// The answer to `request`, as it is.
    pub fn call(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        self.executor.execute(pack, request)
    }

    /// The same in an engine that nobody has used gives the same. A new engine
    /// and its linker cost more than most inputs, so `input` decides whether
    /// it is its turn: one in sixteen is.
    pub fn repeats(pack: &Pack, request: &StepRequest, answer: StepAnswer, input: &[u8]) {
        let sum = input
            .iter()
            .fold(0u8, |sum, b| sum.wrapping_mul(31).wrapping_add(*b));
        if !sum.is_multiple_of(16) {
            return;
        }
        let again = executor().execute(pack, request);
        assert_eq!(timeless(again), timeless(answer), "a fresh engine differs");
    }

    /// A clean step still answers what it always did.
    pub fn is_clean(&self) {
        let request = StepRequest::new(
            "s.wat",
            Call::Step {
                input: b"{}".to_vec(),
            },
        );
        let answer = self.executor.execute(&self.clean, &request);
        assert_eq!(answer.result, Ok(StepOutcome::Json(b"{}".to_vec())));
    }

    fn keeps_to_itself(&self, answer: &StepAnswer, input: &[u8]) {
        let said = match &answer.result {
            Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => bytes.as_slice(),
            Ok(StepOutcome::NotRun) => &[],
            Err(failure) => failure.message.as_bytes(),
        };
        let Host { facts, search } = &self.host;
        for said in [said, &answer.attempts.stdout, &answer.attempts.stderr] {
            for hit in search.find_overlapping_iter(said) {
                let (what, value) = &facts[hit.pattern().as_usize()];
                let known = String::from_utf8_lossy(input).contains(value.as_str());
                assert!(known, "{what} shows in {}", String::from_utf8_lossy(said));
            }
        }
    }
}

/// The secret that guests are granted, under whichever key.
pub(crate) const SECRET: &str = "canary-of-the-fuzzer-4711";

static SEARCH: LazyLock<Secrets> =
    LazyLock::new(|| Secrets::new(&[("it".to_owned(), SECRET.to_owned())].into()));

/// The secret that a step was granted shows nowhere in its answer.
pub(crate) fn keeps_the_secret(answer: &StepAnswer) {
    let mut found = BTreeSet::new();
    if let Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) = &answer.result {
        SEARCH.find("the answer", &String::from_utf8_lossy(bytes), &mut found);
    }
    for text in &answer.attempts.logs {
        SEARCH.find("a log line", text, &mut found);
    }
    assert!(found.is_empty(), "{found:?}");
}

fn executor() -> WasmtimeExecutor {
    WasmtimeExecutor::new(&Limits::FUZZ.step).expect("an executor")
}

/// A pack of these files, and a manifest that says nothing.
#[must_use]
pub fn folder<const N: usize>(files: [(&str, Vec<u8>); N]) -> Option<Pack> {
    let mut files: BTreeMap<String, Vec<u8>> = files
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect();
    files.insert("pack.json".into(), b"{}".to_vec());
    let manifest = None;
    Pack::open(Source::Folder { files, manifest }, &Limits::FUZZ).ok()
}

/// Runs the file `name` by each call that a stranger's component may answer,
/// checks every law, and gives how those failed that did.
pub(crate) fn every_call(name: &str, bytes: &[u8]) -> Vec<StepFailure> {
    let Some(pack) = folder([(name, bytes.to_vec())]) else {
        return Vec::new();
    };
    let sandbox = Sandbox::shared();
    let mode = || "setup".to_owned();
    let mut failures: Vec<StepFailure> = Vec::new();
    for (at, call) in [
        Call::Step {
            input: b"{}".to_vec(),
        },
        Call::QaSpec { mode: mode() },
        Call::Describe,
    ]
    .into_iter()
    .enumerate()
    {
        let request = StepRequest::new(name, call);
        let answer = sandbox.step(&pack, &request, bytes);
        failures.extend(answer.result.as_ref().err().cloned());
        // What was never compiled fails in the same way whatever is called.
        let compiled = !matches!(
            answer.result.as_ref().err().map(|f| f.code),
            Some(
                StepCode::NotWasm
                    | StepCode::Precompiled
                    | StepCode::ComponentSize
                    | StepCode::Compile
                    | StepCode::CompileLimit
                    | StepCode::Import
                    | StepCode::Instances
            )
        );
        if at == 0 {
            Sandbox::repeats(&pack, &request, answer, bytes);
        }
        if !compiled {
            break;
        }
    }
    sandbox.is_clean();
    failures
}
