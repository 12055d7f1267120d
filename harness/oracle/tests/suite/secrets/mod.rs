//! A secret is found in whatever form a wizard shows it, and wherever its answer lies.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod encodings;
use crate::steps;

use encodings::{ascii85, base32, base64, deflate, each, gzip, half, mixed, zlib};
use provision_core::wizard::{
    StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use provision_core::{Pack, Status};
use provision_oracle::{Conditions, judge, observe};
use serde_json::{Value, json};

/// Makes the plan of a secret.
type Shows = fn(&str) -> Value;

/// A wizard that asks for a token, and shows it in its plan.
struct Wizard {
    shows: Shows,
    /// The JSON pointer of the answer in the answers.
    place: &'static str,
    /// Where it shows the secret, in addition to its plan.
    also: Also,
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

fn note(text: impl Into<String>) -> Value {
    json!({ "notes": [text.into()] })
}

const FORMS: [(&str, Shows); 43] = [
    ("plain", |s| note(format!("with {s}"))),
    ("reversed", |s| note(s.chars().rev().collect::<String>())),
    ("upper case", |s| note(s.to_uppercase())),
    ("hex", |s| note(each(s, "", |b| format!("{b:02x}")))),
    ("hex with colons", |s| {
        note(each(s, ":", |b| format!("{b:02X}")))
    }),
    ("hex with dashes", |s| {
        note(each(s, "-", |b| format!("{b:02x}")))
    }),
    ("hex with 0x", |s| {
        note(each(s, ", ", |b| format!("0x{b:02x}")))
    }),
    ("hex twice", |s| {
        let once = each(s, "", |b| format!("{b:02x}"));
        note(each(&once, "", |b| format!("{b:02x}")))
    }),
    ("base64", |s| note(base64(s))),
    ("base64 twice", |s| note(base64(base64(s)))),
    ("base64 three times", |s| note(base64(base64(base64(s))))),
    ("base64 of hex", |s| {
        note(base64(each(s, "", |b| format!("{b:02x}"))))
    }),
    ("base32", |s| note(base32(s))),
    ("ascii85", |s| note(ascii85(s))),
    ("percent", |s| note(each(s, "", |b| format!("%{b:02x}")))),
    ("percent twice", |s| {
        note(each(s, "", |b| format!("%25{b:02x}")))
    }),
    ("decimal HTML escapes", |s| {
        note(each(s, "", |b| format!("&#{b};")))
    }),
    ("hexadecimal HTML escapes", |s| {
        note(each(s, "", |b| format!("&#x{b:x};")))
    }),
    ("C escapes", |s| {
        note(each(s, "", |b| format!("\\x{b:02x}")))
    }),
    ("octal escapes", |s| {
        note(each(s, "", |b| format!("\\{b:03o}")))
    }),
    ("Unicode escapes", |s| {
        note(each(s, "", |b| format!("\\u{b:04x}")))
    }),
    ("quoted-printable", |s| {
        note(each(s, "", |b| format!("={b:02X}")))
    }),
    ("UTF-16", |s| {
        note(each(s, "", |b| format!("{}\0", char::from(b))))
    }),
    ("full-width", |s| {
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic());
        note(s.chars().map(|c| wide(c).unwrap_or(c)).collect::<String>())
    }),
    ("zero-width between", |s| {
        note(each(s, "\u{200b}", |b| char::from(b).into()))
    }),
    ("dots between", |s| {
        note(each(s, ".", |b| char::from(b).into()))
    }),
    ("gzip in base64", |s| note(base64(gzip(s)))),
    ("zlib in base64", |s| note(base64(zlib(s)))),
    ("deflate in base64", |s| note(base64(deflate(s)))),
    ("base64 of it backwards", |s| {
        note(base64(s.chars().rev().collect::<String>()))
    }),
    ("base32 after other text", |s| {
        note(format!("ABC{}", base32(s)))
    }),
    ("ascii85 after other text", |s| {
        note(format!("AB{}", ascii85(s)))
    }),
    ("every second character escaped as in C", |s| {
        note(mixed(s, |b| format!("\\x{b:02x}")))
    }),
    ("every second character as in URLs", |s| {
        note(mixed(s, |b| format!("%{b:02x}")))
    }),
    ("every second character as in JSON", |s| {
        note(mixed(s, |b| format!("\\u{b:04x}")))
    }),
    ("every second character in octal", |s| {
        note(mixed(s, |b| format!("\\{b:03o}")))
    }),
    ("every second character as in HTML", |s| {
        note(mixed(s, |b| format!("&#{b};")))
    }),
    ("every second character as in XML", |s| {
        note(mixed(s, |b| format!("&#x{b:x};")))
    }),
    (
        "list of bytes",
        |s| json!({ "config_patch": { "t": s.as_bytes() } }),
    ),
    ("list of letters", |s| {
        let letters: Vec<String> = s.chars().map(String::from).collect();
        json!({ "config_patch": { "t": letters } })
    }),
    ("split over two keys", |s| {
        let (a, b) = half(s);
        json!({ "config_patch": { "a": { "x": a }, "b": { "y": b } } })
    }),
    ("split over key and value", |s| {
        let (a, b) = half(s);
        json!({ "config_patch": { a: b } })
    }),
    ("all but one character", |s| {
        note(s.get(1..).unwrap_or_default())
    }),
];

#[test]
fn secret_is_found_in_every_form() {
    for (name, shows) in FORMS {
        assert_eq!(shown_by(shows), Status::Failed, "{name}");
    }
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
