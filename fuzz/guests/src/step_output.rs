//! Bytes as the output of a step: every output that decodes is strict JSON, its plan
//! survives writing and reading, and every report stays well-formed.

use crate::stream;
use greentic_provision::discover::PackRef;
use greentic_provision::timings::PackTimes;
use greentic_provision::{examine, pack_events};
use provision_core::json;
use provision_core::wizard::{
    ProvisionPlan, StepAnswer, StepExecutor, StepOutcome, StepOutput, StepRequest,
};
use provision_core::{Limits, Pack, Source};
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::{Conditions, Level};

pub(crate) const TARGET: Target = Target {
    name: "step_output",
    attacker: Attacker::GuestOutput,
    boundary: "the decoder of step outputs, all checks of a wizard, and every report",
    oracle: "another JSON reader reads the same value from every output that decodes; a plan survives writing and reading; every report parses, has no live markup and no control character, and has all failures, errors and finding codes",
    max_len: 4096,
    seeds: Seeds::Files,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: Some(provision_fuzz_bytes::mutators::json),
};

const DEPTH: usize = 64;

/// Answers each step with the same bytes.
struct Says<'d>(&'d [u8]);

impl StepExecutor for Says<'_> {
    fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
        StepAnswer::of(Ok(StepOutcome::Json(self.0.to_vec())))
    }
}

fn body(data: &[u8]) {
    if let Ok(output) = StepOutput::decode(data, DEPTH) {
        decoded(data, output);
    }
    let manifest = r#"{"id": "p", "version": "1.0.0", "meta": {"entry_flows": {"setup": "s"}}}"#;
    let files = [("pack.json", manifest), ("s.wat", "(module)")];
    let files = files
        .map(|(n, c)| (n.to_owned(), c.as_bytes().to_vec()))
        .into();
    let manifest = None;
    let conditions = Conditions {
        limits: Limits::FUZZ,
        probes: 4,
        ..Conditions::default()
    };
    let source = Ok(Source::Folder { files, manifest });
    let examined = examine::examine_source(source, &Says(data), &conditions, Level::Should);
    let pack = PackRef {
        reference: None,
        label: "p".into(),
        path: "p".into(),
    };
    let events = pack_events::events(&pack, "", &examined, &PackTimes::default());
    stream::reported(&events, &[&pack.label]);
}

fn decoded(data: &[u8], output: StepOutput) {
    let plain: serde_json::Value =
        serde_json::from_slice(data).expect("another reader accepts the JSON");
    assert_eq!(plain, output.data, "another reader reads a different value");
    let _ = output.unknown_keys();
    let mut plan = ProvisionPlan::default();
    plan.merge(output.plan_patch.unwrap_or_default());
    let bytes = serde_json::to_vec(&plan).expect("a plan is JSON");
    // Fields beyond the contract may nest as deep as the output did.
    let value = json::parse(&bytes, DEPTH + 1).expect("strict JSON");
    let again: ProvisionPlan = serde_json::from_value(value).expect("a plan");
    assert_eq!(again, plan, "the plan changes when it is written");
}
