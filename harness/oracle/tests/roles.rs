//! The role of a pack decides whether setup checks apply to it.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::wizard::NoopExecutor;
use provision_core::{Source, Status, Verdict};
use provision_oracle::{CheckResult, Conditions, judge, observe, verdict};
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
