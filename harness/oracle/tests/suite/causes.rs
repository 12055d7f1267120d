//! Tests of how findings become causes: which belong together, which follow from others,
//! in which order, and that the same defect has the same id everywhere.

use crate::project;

use project::files_of;
use provision_core::codes::{CheckCode, Rule, StepCode};
use provision_core::wizard::NoopExecutor;
use provision_core::{Finding, FindingCode, Limits, Source, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::{
    Bite, Cause, CheckResult, Conditions, Level, Scope, Subject, causes, checks, judge, observe,
};
use serde_json::{Value, json};

/// A pack whose wizard `s` calls `s.wat`, with a copy of that file and another file.
fn subject() -> Subject {
    let manifest = r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;
    let files = [
        ("pack.json", manifest),
        ("s.wat", "(module)"),
        ("copy.wat", "(module)"),
        ("other.wat", "(module (memory 1))"),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let (files, manifest) = (files.into(), None);
    let source = Source::Folder { files, manifest };
    observe(Ok(source), &NoopExecutor, &Conditions::default())
}

fn failed(check: &str, scope: Scope, findings: &[Finding]) -> CheckResult {
    let row = checks::by_id(check).expect("a check");
    CheckResult {
        check: row.id,
        level: row.level,
        scope,
        status: Status::Failed,
        findings: findings.to_vec(),
        reason: None,
    }
}

fn setup() -> Scope {
    Scope::Wizard("s".into())
}

fn finding(code: impl Into<FindingCode>, at: &str) -> Finding {
    Finding::new(code, at, "something else", "this")
}

fn of<'c>(causes: &'c [Cause], code: &str) -> &'c Cause {
    let mut of_code = causes.iter().filter(|c| c.code.as_str() == code);
    let cause = of_code.next().expect("a cause");
    assert!(of_code.next().is_none(), "{code} is there twice");
    cause
}

#[test]
fn findings_about_the_same_bytes_are_one_cause() {
    let trap = |file: &str, at: &str| finding(StepCode::Trap, at).about(file);
    let results = [
        failed(
            "wizard.completes",
            setup(),
            &[trap("s.wat", "step one"), trap("copy.wat", "step two")],
        ),
        failed("answers.hostile", setup(), &[trap("s.wat", "`room` huge")]),
        failed("wizard.output", setup(), &[trap("other.wat", "step one")]),
    ];
    let causes = causes(&subject(), &results);
    assert_eq!(causes.len(), 2);
    let one = &causes[0];
    assert_eq!((one.findings, one.about.as_deref()), (3, Some("s.wat")));
    assert_eq!(one.also, ["copy.wat"]);
    assert_eq!(one.checks, ["answers.hostile", "wizard.completes"]);
    assert!(one.is_of("wizard.completes", "s") && !one.is_of("wizard.output", "s"));
    assert_eq!(causes[1].about.as_deref(), Some("other.wat"));
    assert_ne!(one.id, causes[1].id);
}

#[test]
fn findings_with_the_same_texts_are_one_cause_whatever_their_places() {
    let missing = |file: &str, at: &str| {
        let expected = format!("the file {file} in the pack");
        Finding::new(CheckCode::SchemaMissing, at, expected, "it is not there")
    };
    let other = Finding::new(CheckCode::SchemaMissing, "x", "the file", "it is a folder");
    let found = [missing("a/b.json", "one"), missing("c.json", "two"), other];
    let results = [failed("manifest.schemas-valid", Scope::Pack, &found)];
    let causes = causes(&subject(), &results);
    assert_eq!(causes.len(), 2);
    assert_eq!(causes[0].findings, 2);
    assert_eq!(causes[0].places[0].at, ["one", "two"]);
}

/// The reader goes on after the first difference between records.
#[test]
fn all_that_is_wrong_with_the_bytes_of_an_archive_is_one_cause() {
    let found = [Rule::Crc, Rule::Dangling, Rule::Trailing].map(|rule| finding(rule, "offset 7"));
    let results = [failed("archive.readable", Scope::Pack, &found)];
    let causes = causes(&subject(), &results);
    assert_eq!(causes.len(), 1);
    assert_eq!((of(&causes, "E_ZIP_CRC").findings), 3);
}

#[test]
fn wrong_component_explains_the_answers_of_wizards_that_call_it() {
    let identity = finding(CheckCode::ComponentIdentity, "s.wat").about("s.wat");
    let refused = Finding::new(
        CheckCode::Refused,
        "step apply",
        "accepted",
        "token is required",
    );
    let results = [
        failed("manifest.component-identity", Scope::Pack, &[identity]),
        failed("wizard.completes", setup(), &[refused.about("s.wat")]),
        failed(
            "answers.types-refused",
            setup(),
            &[finding(CheckCode::AnswerType, "`a`")],
        ),
        failed(
            "answers.missing-refused",
            Scope::Wizard("another".into()),
            &[finding(CheckCode::AnswerMissing, "`a`")],
        ),
        failed(
            "plan.webhooks",
            setup(),
            &[finding(CheckCode::WebhookUrl, "/webhook_ops/0")],
        ),
        failed(
            "plan.config-valid",
            setup(),
            &[finding(CheckCode::ConfigInvalid, "/config_patch").about("other.wat")],
        ),
    ];
    let causes = causes(&subject(), &results);
    let root = of(&causes, "E_COMPONENT_IDENTITY");
    assert_eq!((root.follow, root.blocked_by.as_deref()), (2, None));
    assert!(
        root.users_see.ends_with("\"token is required\""),
        "{root:?}"
    );
    for (code, follows) in [
        ("E_REFUSED", true),
        ("E_ANSWER_TYPE", true),
        ("E_ANSWER_MISSING", false),
        ("E_WEBHOOK_URL", false),
        ("E_CONFIG_INVALID", false),
    ] {
        let blocked_by = of(&causes, code).blocked_by.as_ref();
        assert_eq!(blocked_by == Some(&root.id), follows, "{code}");
    }
    // Without the root, nothing explains the others.
    let rest = provision_oracle::causes(&subject(), &results[1..]);
    assert!(rest.iter().all(|c| c.blocked_by.is_none()));
}

#[test]
fn cause_of_a_weaker_level_does_not_explain_a_stronger_one() {
    let empty = |check, level| CheckResult {
        level,
        ..failed(
            check,
            Scope::Pack,
            &[finding(CheckCode::NodeExports, "n").about("s.wat")],
        )
    };
    let trap = finding(StepCode::Trap, "step apply").about("s.wat");
    let completes = failed("wizard.completes", setup(), &[trap]);
    for (level, follows) in [(Level::Must, true), (Level::Should, false)] {
        let results = [empty("manifest.nodes-resolve", level), completes.clone()];
        let causes = causes(&subject(), &results);
        assert_eq!(of(&causes, "E_TRAP").blocked_by.is_some(), follows);
    }
}

#[test]
fn strong_causes_come_first_and_then_those_that_users_meet_early() {
    let one = |check: &str, code: CheckCode| failed(check, Scope::Pack, &[finding(code, "x")]);
    let results = [
        one("hygiene.no-local-paths", CheckCode::LocalPath),
        one("integrity.sbom", CheckCode::SbomDigest),
        one("plan.webhooks", CheckCode::WebhookUrl),
        one("manifest.unambiguous", CheckCode::ManifestDisagrees),
        one("manifest.identity", CheckCode::PackId),
    ];
    let causes = causes(&subject(), &results);
    let keys: Vec<_> = causes.iter().map(|c| (c.level, c.bite)).collect();
    assert!(keys.is_sorted(), "{keys:?}");
    assert_eq!(causes[0].code.as_str(), "E_PACK_ID");
    assert_eq!(keys.last(), Some(&(Level::Should, Bite::Nowhere)));
    assert_eq!(keys.len(), 5);
}

#[test]
fn excused_failure_and_passed_check_are_no_causes() {
    let mut result = failed(
        "plan.webhooks",
        setup(),
        &[finding(CheckCode::WebhookUrl, "x")],
    );
    result.status = Status::NotApplicable;
    assert_eq!(causes(&subject(), &[result]), []);
}

#[test]
fn error_of_the_harness_says_nothing_of_the_pack() {
    let deadline = finding(StepCode::Deadline, "step apply").about("s.wat");
    let differs = finding(CheckCode::OutputDiffers, "step apply");
    let mut result = failed("wizard.completes", setup(), &[deadline, differs]);
    result.status = Status::Error;
    let causes = causes(&subject(), &[result]);
    assert_eq!(causes.len(), 1);
    assert_eq!(causes[0].code.as_str(), "E_DEADLINE");
    assert!(
        causes[0].users_see.starts_with("nothing:"),
        "{:?}",
        causes[0]
    );
}

#[test]
fn many_causes_with_one_code_fold_into_one() {
    let text = |i: usize| {
        let letters: String = format!("{i:03}")
            .chars()
            .map(|c| char::from(c as u8 + 49))
            .collect();
        Finding::new(CheckCode::ActiveText, "x", "plain text", letters)
    };
    let count = |n: usize| {
        let found: Vec<Finding> = (0..n).map(text).collect();
        let results = [failed("hygiene.inert-text", Scope::Pack, &found)];
        let causes = causes(&subject(), &results);
        (
            causes.len(),
            causes.iter().map(|c| c.findings).sum::<usize>(),
        )
    };
    assert_eq!(count(50), (50, 50));
    assert_eq!(count(51), (1, 51));
    assert_eq!(count(999), (1, 999));
}

const NOBODY: &str = "demo.nobody";

fn component(id: &str) -> Value {
    json!({
        "id": id, "version": "1.0.0", "supports": ["messaging"], "world": "a:b/c",
        "profiles": { "default": "d", "supported": ["d"] },
        "capabilities": { "wasi": {}, "host": {} },
    })
}

/// A pack-v1 pack whose flow `s` calls an empty component twice, a text that is no Wasm,
/// and a component that is not there; with `files` added.
fn broken(files: &[(&str, &[u8])]) -> Source {
    let node = |id: &str, component: &str, next: Option<&str>| {
        let routing = next.map_or(json!("end"), |id| json!({ "next": { "node_id": id } }));
        json!({
            "id": id, "component": { "id": component, "operation": "run" },
            "input": { "mapping": {} }, "output": { "mapping": {} }, "routing": routing,
        })
    };
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.pack", "version": "1.0.0",
        "kind": "provider", "publisher": "demo",
        "components": [component("demo.empty"), component("demo.text")],
        "flows": [{
            "id": "s", "kind": "job", "entrypoints": ["setup"],
            "flow": {
                "schema_version": "flow-v1", "id": "s", "kind": "job",
                "entrypoints": { "default": "a" },
                "nodes": {
                    "a": node("a", "demo.empty", Some("b")), "b": node("b", "demo.empty", Some("c")),
                    "c": node("c", "demo.text", Some("d")), "d": node("d", NOBODY, None),
                },
            },
        }],
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let empty = wat::parse_str("(component)").expect("assembles");
    let own: [(&str, &[u8]); 3] = [
        ("manifest.cbor", &manifest),
        ("components/demo.empty.wasm", &empty),
        ("components/demo.text.wasm", b"{\"type\": \"object\"}"),
    ];
    let all = own.iter().chain(files);
    let files = all.map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    Source::Folder {
        files: files.collect(),
        manifest: None,
    }
}

fn observed(source: Source) -> Vec<Cause> {
    let limits = Limits::default();
    let executor = WasmtimeExecutor::new(&limits.step).expect("an executor");
    let subject = observe(Ok(source), &executor, &Conditions::default());
    causes(&subject, &judge(&subject))
}

#[test]
fn three_checks_of_an_empty_component_give_one_cause() {
    let causes = observed(broken(&[]));
    let empty = of(&causes, "E_NODE_EXPORTS");
    let checks = [
        "manifest.nodes-resolve",
        "abi.recognised",
        "wizard.completes",
    ];
    assert_eq!(empty.checks, checks, "{empty:#?}");
    assert_eq!(empty.findings, 5);
    assert_eq!(empty.what, "demo.empty.wasm exports nothing");
    assert!(causes.iter().all(|c| c.code.as_str() != "E_ABI"));
}

#[test]
fn missing_component_is_one_cause_of_one_check() {
    let causes = observed(broken(&[]));
    let missing = of(&causes, "E_NODE_COMPONENT");
    assert_eq!(missing.checks, ["manifest.nodes-resolve"]);
    assert!(missing.what.contains(NOBODY), "{}", missing.what);
}

#[test]
fn text_packed_as_wasm_explains_why_it_does_not_describe_itself() {
    let causes = observed(broken(&[]));
    let text = of(&causes, "E_NOT_WASM");
    let describe = of(&causes, "E_COMPONENT_DESCRIBE");
    assert_eq!(describe.blocked_by.as_ref(), Some(&text.id));
    assert!(text.follow >= describe.findings);
    assert_eq!(text.bite, Bite::Load);
    assert!(text.fix.contains("binary"), "{}", text.fix);
}

#[test]
fn same_defects_have_the_same_ids_in_another_pack() {
    let ids = |causes: Vec<Cause>| -> Vec<(String, String)> {
        let ids = causes.into_iter().map(|c| (c.code.to_string(), c.id));
        ids.collect()
    };
    let first = ids(observed(broken(&[])));
    assert_eq!(first, ids(observed(broken(&[]))), "a second run");
    let other = ids(observed(broken(&[("assets/readme.txt", b"more")])));
    assert_eq!(first, other, "another digest of the pack");
    for (_, id) in first {
        assert!(
            id.len() == 16 && id.chars().all(|c| c.is_ascii_hexdigit()),
            "{id}"
        );
    }
}

#[test]
fn question_that_the_form_never_asks_explains_the_refusal() {
    let causes = observed(Source::Folder {
        files: files_of("nonconforming/setup-asks-too-little"),
        manifest: None,
    });
    let unasked = of(&causes, "E_QUESTIONS_DISAGREE");
    let refused = of(&causes, "E_STEP");
    assert_eq!(refused.blocked_by.as_ref(), Some(&unasked.id));
    assert_eq!(unasked.blocked_by, None);
    let must = causes.iter().filter(|c| c.level == Level::Must);
    let roots: Vec<_> = must.filter(|c| c.blocked_by.is_none()).collect();
    assert_eq!(roots.len(), 1, "{roots:#?}");
}

#[test]
fn failure_of_a_node_is_about_the_bytes_of_its_component() {
    let mut files = files_of("nonconforming/flow-trap-on-text");
    let executor = WasmtimeExecutor::new(&Limits::default().step).expect("an executor");
    let mut ids = Vec::new();
    for text in ["", "more"] {
        files.insert("assets/readme.txt".into(), text.into());
        let source = Source::Folder {
            files: files.clone(),
            manifest: None,
        };
        let subject = observe(Ok(source), &executor, &Conditions::default());
        let causes = causes(&subject, &judge(&subject));
        let trap = of(&causes, "E_TRAP");
        assert_eq!(trap.about.as_deref(), Some("components/picky.wasm"));
        ids.push(trap.id.clone());
        // A byte after the last section changes the file and not what it does.
        let picky = files.get_mut("components/picky.wasm").expect("the file");
        picky.extend([0, 2, 1, b'x']);
    }
    assert_ne!(ids[0], ids[1], "other bytes are another cause");
}
