//! The executor of the targets, and the invariants of each of its answers.

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

/// A step that answers `{}`; the targets run it after an input.
const CLEAN: &str = r#"(module (memory (export "memory") 1) (data (i32.const 0) "{}")
    (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 2)))"#;

/// Shorter facts of the host may occur in an answer by chance.
const TELLING: usize = 10;

/// One executor for all inputs, just as one run uses one executor for all packs.
pub struct Sandbox {
    executor: WasmtimeExecutor,
    clean: Pack,
    host: Host,
}

/// Facts that no guest may learn: the environment and the paths of the host.
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
    /// The sandbox of this process.
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

    /// The answer to `request`. Checks the invariants of a single step: the bounds
    /// hold, and the answer has no fact of the host, except those in `input`.
    pub fn step(&self, pack: &Pack, request: &StepRequest, input: &[u8]) -> StepAnswer {
        let answer = self.executor.execute(pack, request);
        let limits = Limits::FUZZ.step;
        assert_eq!(violations(&answer, &limits), [""; 0], "{answer:?}");
        self.keeps_to_itself(&answer, input);
        answer
    }

    /// The answer to `request`, without checks.
    pub fn call(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        self.executor.execute(pack, request)
    }

    /// A fresh engine gives the same answer. A new engine and its linker cost more
    /// than most inputs, so a hash of `input` selects one input in sixteen.
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

    /// A clean step still answers `{}`.
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

/// The canary that the targets grant to guests as a secret.
pub(crate) const SECRET: &str = "canary-of-the-fuzzer-4711";

static SEARCH: LazyLock<Secrets> =
    LazyLock::new(|| Secrets::new(&[("it".to_owned(), SECRET.to_owned())].into()));

/// Neither the answer of a step nor its log contains the granted secret.
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

/// A pack of these files and an empty manifest.
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

/// Calls the file `name` as a step, for its questions and for its description, checks
/// every invariant, and returns the failures.
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
        // A file that does not compile fails in the same way for every call.
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
