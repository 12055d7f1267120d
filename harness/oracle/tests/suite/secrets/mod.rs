//! A secret is found in whatever form a wizard shows it, and wherever its answer lies.

mod encodings;
mod forms;

use crate::steps;
use encodings::{base64, gzip};
use forms::{FORMS, note};
use provision_core::wizard::{
    StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Pack, Status};
use provision_oracle::{Conditions, judge, observe};
use serde_json::{Value, json};

/// Makes the plan of a secret.
pub(crate) type Shows = fn(&str) -> Value;

/// A wizard that asks for a token, and shows it in its plan.
struct Wizard {
    shows: Shows,
    /// The JSON pointer of the answer in the answers.
    place: &'static str,
    /// Where it shows the secret, in addition to its plan.
    also: Also,
}

/// A wizard that asks for a secret of this kind and name, and shows it, encoded twice, if
/// it got one of this kind.
struct OfKind {
    kind: &'static str,
    id: &'static str,
    /// The JSON pointer of the part of the answer that it shows.
    part: &'static str,
}

impl StepExecutor for OfKind {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let Self { kind, id, part } = self;
        let answers = &input["inputs"]["answers"];
        let all = [answers, &answers["secrets"], &input["state"]["answers"]];
        let mut given = all
            .into_iter()
            .filter_map(|place| place.get(id)?.pointer(part));
        let shown = given.find_map(Value::as_str).unwrap_or("nothing");
        steps::answer(Ok(match input["step"].as_str().unwrap_or_default() {
            "collect" => json!({ "questions": { "questions": [
                { "id": id, "kind": kind, "required": true, "secret": true },
            ] } }),
            "apply" => json!({ "plan": {
                "notes": [base64(base64(shown))],
                "secrets_patch": { "set": { (*id): { "redacted": true, "value": null } } },
            } }),
            _ => json!({}),
        }))
    }
}

/// Where a wizard shows a secret, in addition to its plan.
#[derive(Clone, Copy, PartialEq)]
enum Also {
    Nothing,
    /// The first third of the secret in the answer to `collect`, and the last one in the
    /// answer to `summary`.
    Thirds,
    /// The secret, encoded twice, in a log line of `apply`.
    Log,
    /// The same on standard error.
    Stderr,
    /// The same in the error of `apply`, if the secret is not the one of the fixture.
    Error,
    /// The same in an answer of `apply` that is no JSON.
    Raw,
}

const FIXTURE: &str = "token-4711-0815-2342";

impl StepExecutor for Wizard {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let token = input["inputs"]["answers"].pointer(self.place);
        let token = match token {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "<redacted>".into(),
            Some(other) => other.to_string(),
        };
        let twice = || base64(base64(&token));
        let step = input["step"].as_str().unwrap_or_default();
        if step == "apply" && token != FIXTURE {
            match self.also {
                Also::Error => {
                    return steps::answer(Err(StepFailure::new(StepCode::Step, twice())));
                }
                Also::Raw => {
                    return StepAnswer {
                        result: Ok(StepOutcome::Json(twice().into_bytes())),
                        ..steps::answer(Ok(Value::Null))
                    };
                }
                _ => {}
            }
        }
        let third = token.len().div_ceil(3);
        let answer = match step {
            "collect" => json!({
                "questions": { "questions": [
                    { "id": "token", "kind": "text", "required": true, "secret": true },
                ] },
                "diagnostics": if self.also == Also::Thirds {
                    let message = token.get(..third);
                    json!([{ "severity": "info", "code": "SEEN", "message": message }])
                } else {
                    json!([])
                },
            }),
            "apply" => {
                let mut plan = (self.shows)(&token);
                plan["secrets_patch"] =
                    json!({ "set": { "token": { "redacted": true, "value": null } } });
                json!({ "plan": plan })
            }
            "summary" if self.also == Also::Thirds => {
                json!({ "summary": token.get(2 * third..) })
            }
            _ => json!({}),
        };
        let mut said = steps::answer(Ok(answer));
        match self.also {
            Also::Log if step == "apply" => said.attempts.logs.push(twice()),
            Also::Stderr if step == "apply" => said.attempts.stderr = twice().into_bytes(),
            _ => {}
        }
        said
    }
}

/// The status of `secrets.contained`.
fn contained(wizard: &Wizard, answers: &Value) -> Status {
    contained_in(&[], wizard, answers)
}

/// The status of `secrets.contained` in a pack with these files.
fn contained_in(files: &[(&str, &str)], wizard: &Wizard, answers: &Value) -> Status {
    let answers = answers.to_string();
    let fixture = ("fixtures/setup.input.json", answers.as_str());
    let source = steps::pack(&[files, &[fixture]].concat());
    let subject = observe(Ok(source), wizard, &Conditions::default());
    let results = judge(&subject).into_iter();
    let mut of_check = results.filter(|r| r.check == "secrets.contained");
    of_check.next().expect("the check").status
}

fn answers() -> Value {
    json!({ "secrets": { "token": FIXTURE } })
}

fn shown_by(shows: Shows) -> Status {
    let place = "/secrets/token";
    let wizard = Wizard {
        shows,
        place,
        also: Also::Nothing,
    };
    contained(&wizard, &answers())
}

#[test]
fn secret_is_found_in_every_form() {
    for (name, shows) in FORMS {
        assert_eq!(shown_by(shows), Status::Failed, "{name}");
    }
}

#[test]
fn output_that_is_too_long_to_be_decoded_blocks_the_check() {
    let judged = |shows| {
        let wizard = Wizard {
            shows,
            place: "/secrets/token",
            also: Also::Nothing,
        };
        let conditions = Conditions {
            probes: 4,
            ..Conditions::default()
        };
        let answers = answers().to_string();
        let source = steps::pack(&[("fixtures/setup.input.json", &answers)]);
        let results = judge(&observe(Ok(source), &wizard, &conditions)).into_iter();
        let mut of_check = results.filter(|r| r.check == "secrets.contained");
        let found = of_check.next().expect("the check");
        (found.status, found.reason.unwrap_or_default())
    };
    let (status, why) = judged(|_| note("1234567 ".repeat(300_000)));
    assert_eq!(status, Status::Blocked);
    assert!(why.contains("more than the 2097152 bytes"), "{why}");
    let (status, why) = judged(|_| note(base64(gzip(&" ".repeat(100_000)))));
    assert_eq!(status, Status::Blocked);
    assert!(why.contains("more than the 65536 bytes"), "{why}");
    // A secret that is found all the same is a failure.
    let (status, _) = judged(|s| {
        let long = "1234567 ".repeat(300_000);
        json!({ "notes": [long, base64(base64(s))] })
    });
    assert_eq!(status, Status::Failed);
}

#[test]
fn secret_in_other_outputs_than_the_plan_is_found() {
    let of = |also, shows| {
        let place = "/secrets/token";
        contained(&Wizard { shows, place, also }, &answers())
    };
    let second: Shows = |s| {
        let third = s.len().div_ceil(3);
        note(s.get(third..2 * third).unwrap_or_default())
    };
    assert_eq!(of(Also::Nothing, second), Status::Passed, "one third alone");
    assert_eq!(of(Also::Thirds, second), Status::Failed, "three steps");
    let nothing: Shows = |_| note("done");
    assert_eq!(of(Also::Log, nothing), Status::Failed, "log");
    assert_eq!(of(Also::Stderr, nothing), Status::Failed, "standard error");
    assert_eq!(of(Also::Error, nothing), Status::Failed, "error");
    assert_eq!(of(Also::Raw, nothing), Status::Failed, "no JSON");
}

#[test]
fn secret_that_no_question_asks_is_known_from_the_files_of_the_pack() {
    let wizard = |shows| Wizard {
        shows,
        place: "/config/deploy_key",
        also: Also::Nothing,
    };
    let config = json!({ "deploy_key": "deploy-4711-0815" });
    let answers = json!({ "config": config, "secrets": { "token": FIXTURE } });
    let declares = r#"[{ "key": "deploy_key", "required": false }]"#;
    let files = [("assets/secret-requirements.json", declares)];
    let shown: Shows = |s| note(s);
    let nothing: Shows = |_| note("done");
    assert_eq!(
        contained_in(&files, &wizard(shown), &answers),
        Status::Failed
    );
    assert_eq!(
        contained_in(&files, &wizard(nothing), &answers),
        Status::Passed
    );
    // Without the declaration, it is a setting.
    assert_eq!(contained(&wizard(shown), &answers), Status::Passed);
}

#[test]
fn made_up_secret_of_each_kind_is_found() {
    for (kind, id, part) in [
        ("text", "token", ""),
        ("array", "tokens", "/0"),
        ("object", "account", "/value"),
        ("text", "private_key", ""),
    ] {
        let wizard = OfKind { kind, id, part };
        let subject = observe(Ok(steps::pack(&[])), &wizard, &Conditions::default());
        let results = judge(&subject).into_iter();
        let mut of_check = results.filter(|r| r.check == "secrets.contained");
        let status = of_check.next().expect("the check").status;
        assert_eq!(status, Status::Failed, "{kind} {id}");
    }
}

#[test]
fn what_does_not_give_the_secret_away_passes() {
    let harmless: [(&str, Shows); 5] = [
        ("nothing", |_| note("done")),
        ("its length", |s| {
            note(format!("a token of {} bytes", s.len()))
        }),
        ("its last four characters", |s| {
            let last = s.get(s.len().saturating_sub(4)..).unwrap_or_default();
            note(format!("a token that ends in {last}"))
        }),
        ("a long text", |_| {
            note("base64 ABCDEFGHIJKLMNOPQRSTUVWXYZ234567abcdef0123456789 ".repeat(40))
        }),
        ("another hash", |_| {
            note(blake3::hash(b"something else").to_hex().to_string())
        }),
    ];
    for (name, shows) in harmless {
        assert_eq!(shown_by(shows), Status::Passed, "{name}");
    }
}

#[test]
fn secrecy_follows_the_question_wherever_the_answer_lies() {
    let text = "token-4711-0815-2342";
    for (place, answers) in [
        ("/secrets/token", json!({ "secrets": { "token": text } })),
        ("/config/token", json!({ "config": { "token": text } })),
        ("/token", json!({ "token": text })),
        (
            "/config/token",
            json!({ "config": { "token": 471_108_152_342_u64 } }),
        ),
    ] {
        let of = |shows| Wizard {
            shows,
            place,
            also: Also::Nothing,
        };
        let shown = contained(&of(|s| json!({ "config_patch": { "t": s } })), &answers);
        assert_eq!(shown, Status::Failed, "{answers}");
        let kept = contained(&of(|_| note("done")), &answers);
        assert_eq!(kept, Status::Passed, "{answers}");
    }
}

#[test]
fn secret_that_is_too_short_to_be_told_from_other_text_is_not_passed() {
    let of = |place| Wizard {
        shows: |_| note("done"),
        place,
        also: Also::Nothing,
    };
    let answers = json!({ "config": { "token": 42 } });
    assert_eq!(contained(&of("/config/token"), &answers), Status::Blocked);
    // A made-up secret takes the place of a short text.
    let answers = json!({ "secrets": { "token": "abc" } });
    assert_eq!(contained(&of("/secrets/token"), &answers), Status::Passed);
}
