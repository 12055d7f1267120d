//! Tests of the checks of side effects, with executors that misbehave in ways that
//! no guest can.

use provision_core::wizard::{
    Call, HostCall, HostVerdict, Meters, StepAnswer, StepExecutor, StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status};
use provision_oracle::{CheckResult, Conditions, judge, observe};
use serde_json::json;
use std::thread::ThreadId;

/// An executor whose answer depends on whether it runs on the thread that created it.
struct Local {
    home: ThreadId,
    others: Vec<(&'static str, Box<dyn StepExecutor>)>,
    answer: fn(bool, &StepRequest) -> StepAnswer,
}

impl Local {
    fn new(answer: fn(bool, &StepRequest) -> StepAnswer) -> Self {
        Self {
            home: std::thread::current().id(),
            others: Vec::new(),
            answer,
        }
    }
}

impl StepExecutor for Local {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        (self.answer)(std::thread::current().id() == self.home, request)
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        &self.others
    }
}

fn ran(text: &str) -> StepAnswer {
    StepAnswer {
        meters: Meters {
            fuel: 1,
            ..Meters::default()
        },
        ..StepAnswer::of(Ok(StepOutcome::Json(text.into())))
    }
}

fn tried(interface: &str, verdict: HostVerdict) -> StepAnswer {
    let call = HostCall {
        interface: interface.into(),
        function: "f".into(),
        arguments: "0".into(),
        bytes: 0,
        count: 2,
        verdict,
    };
    let mut answer = ran("{}");
    answer.attempts.calls.push(call);
    answer
}

/// A pack of step modules.
fn modules() -> Source {
    let manifest = r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;
    let files = [("pack.json", manifest), ("s.wat", "(module)")];
    let files = files
        .map(|(n, c)| (n.to_owned(), c.as_bytes().to_vec()))
        .into();
    let manifest = None;
    Source::Folder { files, manifest }
}

fn result(source: Source, executor: &dyn StepExecutor, check: &str) -> CheckResult {
    let subject = observe(Ok(source), executor, &Conditions::default());
    let mut results = judge(&subject).into_iter();
    results.find(|r| r.check == check).expect("a result")
}

fn codes(result: &CheckResult) -> Vec<&str> {
    result.findings.iter().map(|f| f.code.as_str()).collect()
}

#[test]
fn step_that_depends_on_its_thread_is_found() {
    let answer = |home: bool, _: &StepRequest| ran(if home { "{}" } else { r#"{"summary":1}"# });
    let found = result(modules(), &Local::new(answer), "determinism.isolated");
    assert_eq!(
        (found.status, codes(&found)[0]),
        (Status::Failed, "E_OUTPUT_DIFFERS")
    );
    let repeated = result(modules(), &Local::new(answer), "determinism.repeat");
    assert_eq!(repeated.status, Status::Passed, "equal runs on one thread");
    let same = result(
        modules(),
        &Local::new(|_, _| ran("{}")),
        "determinism.isolated",
    );
    assert_eq!(same.status, Status::Passed);
}

#[test]
fn compiler_that_disagrees_is_named() {
    let with = |other: fn(bool, &StepRequest) -> StepAnswer| {
        let mut executor = Local::new(|_, _| ran("{}"));
        executor
            .others
            .push(("pulley", Box::new(Local::new(other))));
        result(modules(), &executor, "determinism.compilers")
    };
    let found = with(|_, _| {
        let mut answer = ran("{}");
        answer.meters.fuel = 2;
        answer
    });
    assert_eq!(
        (found.status, codes(&found)[0]),
        (Status::Failed, "E_FUEL_DIFFERS")
    );
    assert!(
        found.findings[0].at.contains("pulley"),
        "{}",
        found.findings[0].at
    );
    let found = with(|_, _| tried("a:b/c", HostVerdict::Answered));
    assert_eq!(codes(&found)[0], "E_HOSTCALLS_DIFFER");
    assert_eq!(with(|_, _| ran("{}")).status, Status::Passed);
    let alone = result(
        modules(),
        &Local::new(|_, _| ran("{}")),
        "determinism.compilers",
    );
    assert_eq!(alone.status, Status::NotApplicable);
}

#[test]
fn effects_and_attempts_are_distinguished() {
    type Case = (fn(bool, &StepRequest) -> StepAnswer, Status, Status);
    let (pass, fail) = (Status::Passed, Status::Failed);
    let cases: [Case; 5] = [
        (|_, _| ran("{}"), pass, pass),
        (
            |_, _| tried("greentic:state/state-store@1.0.0", HostVerdict::Answered),
            pass,
            pass,
        ),
        (
            |_, _| tried("greentic:state/state-store@1.0.0", HostVerdict::Withheld),
            fail,
            pass,
        ),
        (
            |_, _| tried("greentic:http/http-client@1.0.0", HostVerdict::Denied),
            fail,
            fail,
        ),
        (
            |_, _| tried("wasi:filesystem/preopens@0.2.12", HostVerdict::Denied),
            pass,
            fail,
        ),
    ];
    for (answer, effects, attempts) in cases {
        let executor = Local::new(answer);
        let found = result(modules(), &executor, "sandbox.no-effects");
        assert_eq!(found.status, effects, "{:?}", codes(&found));
        let found = result(modules(), &executor, "sandbox.least-attempts");
        assert_eq!(found.status, attempts, "{:?}", codes(&found));
    }
}

/// A pack-v1 library with the component `chat-provider`.
fn library() -> Source {
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.pack", "version": "1.0.0",
        "kind": "library", "publisher": "nobody",
        "components": [{
            "id": "chat-provider", "version": "1.0.0", "supports": ["messaging"], "world": "a:b/c",
            "profiles": { "default": "d", "supported": ["d"] },
            "capabilities": { "wasi": {}, "host": {} },
        }],
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let files = [
        ("manifest.cbor".to_owned(), manifest),
        (
            "components/chat-provider.wasm".to_owned(),
            b"\0asm".to_vec(),
        ),
    ];
    let manifest = None;
    let files = files.into();
    Source::Folder { files, manifest }
}

#[test]
fn component_that_describes_itself_as_another_is_found() {
    let identity = |answer| result(library(), &Local::new(answer), "manifest.uncalled-identity");
    let dummy = identity(|_, request| {
        let dummy = matches!(request.call, Call::Describe);
        ran(if dummy {
            r#"{"provider": "chat-provider-dummy"}"#
        } else {
            "{}"
        })
    });
    assert_eq!(
        (dummy.status, codes(&dummy)[0]),
        (Status::Failed, "E_COMPONENT_IDENTITY")
    );
    let own: [fn(bool, &StepRequest) -> StepAnswer; 4] = [
        |_, _| ran(r#"{"provider": "chat-provider"}"#),
        |_, _| ran(r#"{"name": "Chat"}"#),
        |_, _| ran(r#"{"component": {"name": "chat"}}"#),
        |_, _| ran(r#"{"world": "it names nobody"}"#),
    ];
    for answer in own {
        assert_eq!(identity(answer).status, Status::Passed);
    }
    let broken = identity(|_, _| ran("{"));
    assert_eq!(broken.status, Status::Passed, "no host asks");
}

#[test]
fn unasked_answers_in_one_batch_are_distinguished() {
    // Copies one of the two unasked answers, and not the other.
    let answer = |_: bool, request: &StepRequest| {
        let Call::Step { input } = &request.call else {
            return ran("{}");
        };
        let input: serde_json::Value = serde_json::from_slice(input).expect("JSON");
        let unasked = &input["inputs"]["answers"]["config"]["unexpected_answer"];
        match unasked.as_str() {
            Some(text) => ran(&json!({"plan": {"config_patch": {"k": text}}}).to_string()),
            None => ran("{}"),
        }
    };
    let found = result(modules(), &Local::new(answer), "answers.extra-harmless");
    assert_eq!(codes(&found), ["E_EXTRA_IN_PLAN"]);
    assert!(found.findings[0].at.contains("unexpected_answer"));
}
