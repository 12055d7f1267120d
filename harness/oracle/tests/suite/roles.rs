//! The role of a pack decides whether setup checks apply to it.

use provision_core::wizard::{
    NoopExecutor, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Pack, Source, Status, Verdict};
use provision_oracle::{CheckResult, Conditions, Level, judge, observe, verdict};
use serde_json::json;

/// The verdict on a pack-v1 pack of this kind without flows, and its results.
fn judged(kind: &str) -> (Verdict, Vec<CheckResult>) {
    let manifest = json!({
        "schema_version": "pack-v1", "pack_id": "demo.pack", "version": "1.0.0",
        "kind": kind, "publisher": "demo", "flows": [],
    });
    let manifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = greentic_types::encode_pack_manifest(&manifest).expect("encodes");
    let source = Source::Folder {
        files: [("manifest.cbor".to_owned(), manifest)].into(),
        manifest: None,
    };
    let subject = observe(Ok(source), &NoopExecutor, &Conditions::default());
    let results = judge(&subject);
    (verdict(&subject, &results), results)
}

fn of<'r>(results: &'r [CheckResult], check: &str) -> &'r CheckResult {
    let result = results.iter().find(|r| r.check == check);
    result.expect("the check concludes")
}

#[test]
fn provider_without_wizard_fails() {
    let (verdict, results) = judged("provider");
    let present = of(&results, "wizard.present");
    let codes: Vec<&str> = present.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["E_NO_WIZARD"]);
    assert_eq!(verdict, Verdict::Fail);
}

#[test]
fn application_without_wizard_neither_fails_nor_passes() {
    for kind in ["application", "library", "infrastructure"] {
        let (verdict, results) = judged(kind);
        let present = of(&results, "wizard.present");
        assert_eq!(present.status, Status::NotApplicable, "{kind}");
        let reason = present.reason.as_deref().expect("a reason");
        assert!(reason.contains(kind), "{reason}");
        for result in results.iter().filter(|r| r.check.starts_with("plan.")) {
            assert_eq!(result.status, Status::NotApplicable, "{}", result.check);
        }
        // No step ran, so nothing is proven.
        assert_eq!(verdict, Verdict::Partial, "{kind}");
    }
}

/// A validator with this answer.
struct Validator(Result<StepOutcome, StepFailure>);

impl StepExecutor for Validator {
    fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
        StepAnswer::of(self.0.clone())
    }
}

#[test]
fn validator_pack_passes_only_if_its_validator_answered() {
    let text = r#"(component (component $c) (instance $i (instantiate $c))
        (export "greentic:pack-validate/validator@0.1.0" (instance $i)))"#;
    let validator = wat::parse_str(text).expect("Wasm");
    let verdict_with = |result: Result<StepOutcome, StepFailure>| {
        let manifest = br#"{"id": "p", "version": "1.0.0"}"#.to_vec();
        let files = [
            ("pack.json".to_owned(), manifest),
            ("components/v.wasm".to_owned(), validator.clone()),
        ];
        let source = Source::Folder {
            files: files.into(),
            manifest: None,
        };
        let subject = observe(Ok(source), &Validator(result), &Conditions::default());
        let results = judge(&subject);
        let core: Vec<CheckResult> = results
            .into_iter()
            .filter(|r| r.level == Level::Must)
            .collect();
        let failed: Vec<_> = core.iter().filter(|r| r.status == Status::Failed).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        verdict(&subject, &core)
    };
    assert_eq!(
        verdict_with(Ok(StepOutcome::Json(b"[]".to_vec()))),
        Verdict::Pass
    );
    assert_eq!(
        verdict_with(Err(StepFailure::new(StepCode::Trap, "why"))),
        Verdict::Partial
    );
}
