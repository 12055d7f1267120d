//! One defect planted into a valid wizard at a time: which check finds it, and that no
//! harmless peculiarity fails.

use crate::steps;

use provision_core::wizard::{StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest};
use provision_core::{Pack, Status};
use provision_oracle::{Conditions, Level, judge, observe};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a step of the wizard answers instead of the valid answer, or `None`.
type Defect = fn(&str, &Answers<'_>) -> Option<Result<Value, StepFailure>>;

/// The answers and the base URL that a step receives.
struct Answers<'i>(&'i Value);

impl Answers<'_> {
    fn of(&self, id: &str) -> &Value {
        let answers = &self.0["inputs"]["answers"];
        match id {
            "token" => &answers["secrets"][id],
            _ => &answers["config"][id],
        }
    }

    /// A webhook below the base URL of the run.
    fn hook(&self) -> String {
        let base = self.0["inputs"]["public_base_url"].as_str();
        format!("{}/hook", base.unwrap_or_default())
    }

    fn is(&self, id: &str, value: impl Into<Value>) -> bool {
        *self.of(id) == value.into()
    }
}

/// A wizard that asks for a region, a port, whether to log, for consent, a room and a
/// token, with one defect.
struct Wizard(Defect);

impl Wizard {
    fn plan(answers: &Answers<'_>, url: &str) -> Value {
        let mut config = serde_json::Map::new();
        for id in ["region", "port", "log", "room"] {
            let value = answers.of(id);
            if !value.is_null() {
                config.insert(id.into(), value.clone());
            }
        }
        json!({ "plan": {
            "config_patch": config,
            "secrets_patch": { "set": { "token": { "redacted": true, "value": null } } },
            "webhook_ops": [{ "op": "register", "id": "hook", "url": url }],
        } })
    }
}

fn trap() -> Option<Result<Value, StepFailure>> {
    Some(Err(StepFailure::new(StepCode::Trap, "unreachable")))
}

fn refuse(message: &str) -> Option<Result<Value, StepFailure>> {
    let diagnostic = json!({ "severity": "error", "code": "NO", "message": message });
    Some(Ok(json!({ "diagnostics": [diagnostic] })))
}

/// Why a valid wizard refuses the answers.
fn wrong(answers: &Answers<'_>) -> Option<&'static str> {
    let optional = |id: &str, fits: fn(&Value) -> bool| {
        let value = answers.of(id);
        value.is_null() || fits(value)
    };
    let region = answers.of("region").as_str();
    let port = answers.of("port").as_u64();
    if !matches!(region, Some("eu" | "us")) {
        Some("region is eu or us")
    } else if !port.is_some_and(|port| (1..=9).contains(&port)) {
        Some("port is from 1 to 9")
    } else if !answers.of("log").is_boolean() {
        Some("log is true or false")
    } else if !answers.is("terms", true) {
        Some("terms have to be accepted")
    } else if !answers.of("token").is_string() {
        Some("token is a text")
    } else if !optional("room", |room| room.as_str().is_some_and(is_plain)) {
        Some("room is a text of letters, up to 40")
    } else {
        None
    }
}

fn is_plain(text: &str) -> bool {
    text.len() <= 40 && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// The plan of step `apply` for the second region, after `change`.
fn of_us(
    step: &str,
    answers: &Answers<'_>,
    change: impl Fn(&mut Value),
) -> Option<Result<Value, StepFailure>> {
    let us = step == "apply" && answers.is("region", "us");
    us.then(|| {
        let mut plan = Wizard::plan(answers, &answers.hook());
        change(&mut plan["plan"]);
        Ok(plan)
    })
}

impl StepExecutor for Wizard {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let step = input["step"].as_str().unwrap_or_default();
        let answers = Answers(&input);
        let valid = || match step {
            "collect" => json!({ "questions": { "questions": [
                { "id": "region", "kind": "choice", "options": ["eu", "us"], "required": true },
                { "id": "port", "kind": "integer", "min": 1, "max": 9, "required": true },
                { "id": "log", "kind": "bool", "required": true },
                { "id": "terms", "kind": "bool", "required": true },
                { "id": "room", "kind": "text", "max_length": 40, "default": "lobby" },
                { "id": "token", "kind": "text", "required": true, "secret": true },
            ] } }),
            "validate" => match wrong(&answers) {
                Some(why) => refuse(why).expect("says so").expect("an answer"),
                None => json!({}),
            },
            "apply" => Self::plan(&answers, &answers.hook()),
            _ => json!({ "summary": "done" }),
        };
        steps::answer((self.0)(step, &answers).unwrap_or_else(|| Ok(valid())))
    }
}

/// The failed checks at must and their codes, by check.
fn failures(defect: Defect) -> BTreeMap<&'static str, Vec<String>> {
    let input = json!({
        "config": { "region": "eu", "port": 3, "log": false, "terms": true, "room": "lobby" },
        "secrets": { "token": "token-4711-0815-2342" },
    });
    let schema = json!({ "properties": { "region": { "enum": ["eu", "us"] } } });
    let source = steps::pack(&[
        ("fixtures/setup.input.json", &input.to_string()),
        ("schemas/config.schema.json", &schema.to_string()),
    ]);
    let subject = observe(Ok(source), &Wizard(defect), &Conditions::default());
    let results = judge(&subject).into_iter();
    let failed = results.filter(|r| r.level == Level::Must && r.status >= Status::Failed);
    let codes = |r: &provision_oracle::CheckResult| {
        let codes = r.findings.iter().map(|f| f.code.to_string());
        let mut codes: Vec<String> = codes.collect();
        codes.dedup();
        codes
    };
    failed.map(|r| (r.check, codes(&r))).collect()
}

/// The only failed check, and its code.
fn only(check: &'static str, code: &str) -> BTreeMap<&'static str, Vec<String>> {
    [(check, vec![code.to_owned()])].into()
}

const VALID: &str = "answers.valid-accepted";

const UNACCEPTED: [(&str, Defect, &str); 9] = [
    (
        "the second choice traps",
        |step, a| (step == "apply" && a.is("region", "us")).then(trap)?,
        "E_TRAP",
    ),
    (
        "the second choice is refused",
        |step, a| {
            let us = step == "validate" && a.is("region", "us");
            us.then(|| refuse("region us is not ready"))?
        },
        "E_ANSWER_REFUSED",
    ),
    (
        "true of a toggle traps",
        |step, a| (step == "apply" && a.is("log", true)).then(trap)?,
        "E_TRAP",
    ),
    (
        "the maximum runs out of fuel",
        |step, a| {
            let most = step == "apply" && a.is("port", 9);
            most.then(|| Err(StepFailure::new(StepCode::Fuel, "out of fuel")))
        },
        "E_FUEL",
    ),
    (
        "the minimum is refused",
        |step, a| {
            let least = step == "validate" && a.is("port", 1);
            least.then(|| refuse("port is too small"))?
        },
        "E_ANSWER_REFUSED",
    ),
    (
        "the longest text traps",
        |step, a| {
            let long = a.of("room").as_str().is_some_and(|room| room.len() == 40);
            (step == "apply" && long).then(trap)?
        },
        "E_TRAP",
    ),
    (
        "an optional answer left out traps",
        |step, a| (step == "apply" && a.of("room").is_null()).then(trap)?,
        "E_TRAP",
    ),
    (
        "an optional answer left out is refused",
        |step, a| {
            let none = step == "validate" && a.of("room").is_null();
            none.then(|| refuse("room is missing"))?
        },
        "E_ANSWER_REFUSED",
    ),
    (
        "two answers together trap",
        |step, a| {
            let both = a.is("region", "us") && a.is("port", 1);
            (step == "apply" && both).then(trap)?
        },
        "E_TRAP",
    ),
];

#[test]
fn every_valid_answer_has_to_be_accepted() {
    for (what, defect, code) in UNACCEPTED {
        assert_eq!(failures(defect), only(VALID, code), "{what}");
    }
}

#[test]
fn default_that_the_form_offers_has_to_be_accepted() {
    // The fixture answers something else.
    let refuses: Defect = |step, a| match step {
        "collect" => Some(Ok(json!({ "questions": { "questions": [
            { "id": "room", "kind": "text", "default": "foyer" },
        ] } }))),
        "validate" if a.is("room", "foyer") => refuse("no such room"),
        _ => None,
    };
    let found = failures(refuses);
    assert_eq!(found.get(VALID), Some(&vec!["E_ANSWER_REFUSED".to_owned()]));
}

const PLANS: [(&str, Defect, &str, &str); 5] = [
    (
        "a webhook of the second choice is elsewhere",
        |step, a| {
            let us = step == "apply" && a.is("region", "us");
            us.then(|| Ok(Wizard::plan(a, "https://us.elsewhere.invalid/hook")))
        },
        "plan.webhooks",
        "E_WEBHOOK_BASE",
    ),
    (
        "a webhook is the base URL and an answer",
        |step, a| match step {
            "apply" => {
                let base = a.0["inputs"]["public_base_url"].as_str()?;
                let room = a.of("room").as_str().unwrap_or_default();
                Some(Ok(Wizard::plan(a, &format!("{base}{room}"))))
            }
            // It takes every room.
            "validate" if a.of("room").is_string() => Some(Ok(json!({}))),
            _ => None,
        },
        "plan.webhooks",
        "E_WEBHOOK_BASE",
    ),
    (
        "a config of the second choice is invalid",
        |step, a| of_us(step, a, |plan| plan["config_patch"]["region"] = json!("US")),
        "plan.config-valid",
        "E_CONFIG_INVALID",
    ),
    (
        "an operation of the second choice is unknown",
        |step, a| {
            of_us(step, a, |plan| {
                plan["webhook_ops"][0]["op"] = json!("explode")
            })
        },
        "plan.shape",
        "E_OP_VERB",
    ),
    (
        "a note of the second choice has the token",
        |step, a| of_us(step, a, |plan| plan["notes"] = json!([a.of("token")])),
        "secrets.contained",
        "E_SECRET_SHOWN",
    ),
];

#[test]
fn plans_of_other_valid_answers_are_judged() {
    for (what, defect, check, code) in PLANS {
        let found = failures(defect);
        let expected = vec![code.to_owned()];
        assert_eq!(found.get(check), Some(&expected), "{what}: {found:?}");
    }
}

#[test]
fn harmless_peculiarities_pass() {
    let rows: [(&str, Defect); 3] = [
        // `terms` has to be true.
        ("the valid wizard", |_, _| None),
        ("a rule over two questions", |step, a| {
            let both = a.is("region", "us") && a.is("port", 9);
            (step == "validate" && both).then(|| refuse("port 9 is for region eu alone"))?
        }),
        ("a note that steers nothing", |step, a| {
            let mut plan = Wizard::plan(a, &a.hook());
            plan["plan"]["notes"] = json!(["dry run"]);
            (step == "apply").then_some(Ok(plan))
        }),
    ];
    for (what, defect) in rows {
        assert_eq!(failures(defect), BTreeMap::new(), "{what}");
    }
}
