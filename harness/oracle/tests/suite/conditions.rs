//! A wizard gives the same plan at another time, for a tenant, and in every mode, and
//! follows the public base URL.

use crate::steps;

use provision_core::wizard::{
    HostActivity, HostCall, HostVerdict, StepAnswer, StepCode, StepExecutor, StepFailure,
    StepRequest, Surroundings,
};
use provision_core::{Pack, Status};
use provision_oracle::{Conditions, Level, judge, observe};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a step answers instead of the valid answer, or `None`.
type Defect = fn(&str, &Value, Surroundings) -> Option<Result<Value, StepFailure>>;

/// A wizard without questions that registers a webhook, with one defect. Its steps read a
/// clock and random numbers.
struct Wizard(Defect);

fn plan(url: &str, config: &Value) -> Value {
    json!({ "plan": {
        "config_patch": { "value": config },
        "webhook_ops": [{ "op": "register", "id": "hook", "url": url }],
        "notes": ["done"],
    } })
}

fn base(inputs: &Value) -> &str {
    inputs["public_base_url"].as_str().unwrap_or_default()
}

impl StepExecutor for Wizard {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let step = input["step"].as_str().unwrap_or_default();
        let valid = || match step {
            "validate" if base(&input["inputs"]).is_empty() => {
                let message = "public_base_url is missing";
                json!({ "diagnostics": [{ "severity": "error", "code": "NO", "message": message }] })
            }
            "apply" => plan(&format!("{}/hook", base(&input["inputs"])), &json!(1)),
            _ => json!({}),
        };
        let said = (self.0)(step, &input, request.grants.surroundings);
        let asks = |interface: &str| HostCall {
            interface: interface.into(),
            function: "now".into(),
            arguments: String::new(),
            bytes: 0,
            count: 1,
            verdict: HostVerdict::Answered,
        };
        StepAnswer {
            attempts: HostActivity {
                calls: vec![
                    asks("wasi:clocks/wall-clock@0.2.6"),
                    asks("wasi:random/random@0.2.6"),
                ],
                ..HostActivity::default()
            },
            ..steps::answer(said.unwrap_or_else(|| Ok(valid())))
        }
    }
}

/// The failed checks at must with the codes and the places of their findings.
fn failures(defect: Defect) -> BTreeMap<&'static str, Vec<String>> {
    let subject = observe(
        Ok(steps::pack(&[])),
        &Wizard(defect),
        &Conditions::default(),
    );
    let results = judge(&subject).into_iter();
    let failed = results.filter(|r| r.level == Level::Must && r.status >= Status::Failed);
    let codes = |r: &provision_oracle::CheckResult| {
        let findings = r.findings.iter();
        findings.map(|f| format!("{} {}", f.code, f.at)).collect()
    };
    failed.map(|r| (r.check, codes(&r))).collect()
}

const DEFECTS: [(&str, Defect, &str, &str); 13] = [
    (
        "the time is in the plan",
        |step, input, around| {
            let time = json!(around.later);
            (step == "apply").then(|| Ok(plan(&format!("{}/hook", base(&input["inputs"])), &time)))
        },
        "determinism.repeat",
        "E_OUTPUT_DIFFERS step apply /plan/config_patch/value, at another time",
    ),
    (
        "a random number is in the path of a webhook",
        |step, input, around| {
            let url = format!("{}/{}", base(&input["inputs"]), around.seed);
            (step == "apply").then(|| Ok(plan(&url, &json!(1))))
        },
        "determinism.repeat",
        "E_OUTPUT_DIFFERS step apply /plan/webhook_ops/0/url, with other random numbers",
    ),
    (
        "it traps at another time",
        |step, _, around| {
            let trap = || Err(StepFailure::new(StepCode::Trap, "unreachable"));
            (step == "apply" && around.later > 0).then(trap)
        },
        "determinism.repeat",
        "E_OUTCOME_DIFFERS outcome, at another time",
    ),
    (
        "the webhook is elsewhere when it installs",
        |step, input, _| {
            let installs = step == "apply" && input["mode"] == "install";
            let url = format!("{}/other", base(&input["inputs"]));
            installs.then(|| Ok(plan(&url, &json!(1))))
        },
        "determinism.mode",
        "E_PLAN_DIFFERS /webhook_ops/0/url",
    ),
    (
        "it refuses when it installs",
        |step, input, _| {
            let installs = step == "apply" && input["mode"] == "install";
            installs.then(|| Err(StepFailure::new(StepCode::Step, "not yet")))
        },
        "determinism.mode",
        "E_OUTCOME_DIFFERS outcome, in the mode of an installation",
    ),
    (
        "it traps as soon as there is a tenant",
        |step, input, _| {
            let tenant = !input["inputs"]["tenant"]["tenant"].is_null();
            let trap = || Err(StepFailure::new(StepCode::Trap, "unreachable"));
            (step == "validate" && tenant).then(trap)
        },
        "wizard.completes",
        "E_TRAP step validate (s.wat), with a tenant",
    ),
    (
        "it refuses every tenant",
        |step, input, _| {
            let tenant = !input["inputs"]["tenant"]["team"].is_null();
            let refusal = json!({ "severity": "error", "code": "NO", "message": "no" });
            (step == "validate" && tenant).then(|| Ok(json!({ "diagnostics": [refusal] })))
        },
        "wizard.completes",
        "E_REFUSED step validate, with a tenant",
    ),
    (
        "it traps without a base URL",
        |step, input, _| {
            let none = base(&input["inputs"]).is_empty();
            let trap = || Err(StepFailure::new(StepCode::Trap, "unreachable"));
            (step == "validate" && none).then(trap)
        },
        "wizard.completes",
        "E_TRAP step validate (s.wat), without a public base URL",
    ),
    (
        "the host of the base URL is written into the pack",
        |step, _, _| {
            let fixed = || Ok(plan("https://conformance.invalid/hook", &json!(1)));
            (step == "apply").then(fixed)
        },
        "plan.webhooks",
        "E_WEBHOOK_BASE /webhook_ops/0/url, with another public base URL",
    ),
    (
        "the path of the base URL is lost",
        |step, input, _| {
            let base = base(&input["inputs"]);
            let host = base.split('/').nth(2).unwrap_or_default();
            let lost = || Ok(plan(&format!("https://{host}/hook"), &json!(1)));
            (step == "apply").then(lost)
        },
        "plan.webhooks",
        "E_WEBHOOK_BASE /webhook_ops/0/url, with another public base URL",
    ),
    (
        "it refuses another id than the usual one of the installation",
        |step, input, _| {
            let usual = input["inputs"]["install_id"] == "p-install";
            let refusal = || Err(StepFailure::new(StepCode::Step, "no"));
            (step == "validate" && !usual).then(refusal)
        },
        "wizard.completes",
        "E_STEP step validate (s.wat), in another installation, with other secrets, ids and hosts",
    ),
    (
        "the webhook is elsewhere if the base URL is not of the harness's domain",
        |step, input, _| {
            let base = base(&input["inputs"]);
            let other = !base.is_empty() && !base.contains("conformance.invalid");
            let url = "https://collect.elsewhere.example/hook";
            (step == "apply" && other).then(|| Ok(plan(url, &json!(1))))
        },
        "plan.webhooks",
        "E_WEBHOOK_BASE /webhook_ops/0/url, in another installation, with other secrets, ids and hosts",
    ),
    (
        "a tenant that the harness does not usually name gets no webhook",
        |step, input, _| {
            let tenant = input["inputs"]["tenant"]["tenant"].as_str();
            let other = tenant.is_some_and(|tenant| tenant != "acme");
            (step == "apply" && other).then(|| Ok(json!({})))
        },
        "determinism.mode",
        "E_PLAN_DIFFERS plan, in another installation, with other secrets, ids and hosts",
    ),
];

#[test]
fn plan_that_depends_on_another_condition_fails() {
    for (what, defect, check, finding) in DEFECTS {
        let found = failures(defect);
        let expected = [(check, vec![finding.to_owned()])].into();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn run_that_ends_otherwise_elsewhere_names_the_step_and_its_failure() {
    let trap: Defect = |step, input, _| {
        let installs = step == "apply" && input["mode"] == "install";
        installs.then(|| Err(StepFailure::new(StepCode::Trap, "unreachable")))
    };
    let wizard = Wizard(trap);
    let subject = observe(Ok(steps::pack(&[])), &wizard, &Conditions::default());
    let results = judge(&subject);
    let mut of_mode = results.iter().filter(|r| r.check == "determinism.mode");
    let found = &of_mode.next().expect("the check").findings[0];
    let expected = "first completed, then failed: E_TRAP in step apply: unreachable";
    assert_eq!(found.actual, expected);
}

#[test]
fn what_is_the_same_everywhere_passes() {
    let rows: [(&str, Defect); 2] = [
        // It refuses to do without a base URL.
        ("the valid wizard", |_, _, _| None),
        ("a note says that it is a dry run", |step, input, _| {
            let mut plan = plan(&format!("{}/hook", base(&input["inputs"])), &json!(1));
            plan["plan"]["notes"] = json!([format!("mode {}", input["mode"])]);
            (step == "apply").then_some(Ok(plan))
        }),
    ];
    for (what, defect) in rows {
        assert_eq!(failures(defect), BTreeMap::new(), "{what}");
    }
}
