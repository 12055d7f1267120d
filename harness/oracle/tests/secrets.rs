//! A secret is found in whatever form a wizard shows it, and wherever its answer lies.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

mod steps;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use provision_core::{Pack, Status};
use provision_oracle::{Conditions, judge, observe};
use serde_json::{Value, json};
use std::io::Write;

/// Makes the plan of a secret.
type Shows = fn(&str) -> Value;

/// A wizard that asks for a token, and shows it in its plan.
struct Wizard {
    shows: Shows,
    /// The JSON pointer of the answer in the answers.
    place: &'static str,
    /// Also shows the first half in the answer to `collect`.
    early: bool,
}

impl StepExecutor for Wizard {
    fn execute(&self, _: &Pack, request: &StepRequest) -> StepAnswer {
        let input = steps::input(request);
        let token = input["inputs"]["answers"].pointer(self.place);
        let token = match token {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "<redacted>".into(),
            Some(other) => other.to_string(),
        };
        let answer = match input["step"].as_str().unwrap_or_default() {
            "collect" => json!({
                "questions": { "questions": [
                    { "id": "token", "kind": "text", "required": true, "secret": true },
                ] },
                "diagnostics": if self.early {
                    json!([{ "severity": "info", "code": "SEEN", "message": half(&token).0 }])
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
            _ => json!({}),
        };
        steps::answer(Ok(answer))
    }
}

/// The status of `secrets.contained`.
fn contained(wizard: &Wizard, answers: &Value) -> Status {
    let source = steps::pack(&[("fixtures/setup.input.json", &answers.to_string())]);
    let subject = observe(Ok(source), wizard, &Conditions::default());
    let results = judge(&subject).into_iter();
    let mut of_check = results.filter(|r| r.check == "secrets.contained");
    of_check.next().expect("the check").status
}

fn answers() -> Value {
    json!({ "secrets": { "token": "token-4711-0815-2342" } })
}

fn shown_by(shows: Shows) -> Status {
    let place = "/secrets/token";
    let wizard = Wizard {
        shows,
        place,
        early: false,
    };
    contained(&wizard, &answers())
}

fn note(text: impl Into<String>) -> Value {
    json!({ "notes": [text.into()] })
}

/// Each byte of `text` by `form`, joined by `between`.
fn each(text: &str, between: &str, form: impl Fn(u8) -> String) -> String {
    let bytes: Vec<String> = text.bytes().map(form).collect();
    bytes.join(between)
}

fn base32(text: &str) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.bytes().map(|b| format!("{b:08b}")).collect();
    let groups = bits.as_bytes().chunks(5).map(|group| {
        let bits = format!("{:0<5}", String::from_utf8_lossy(group));
        usize::from_str_radix(&bits, 2).expect("bits")
    });
    groups.map(|value| char::from(letters[value])).collect()
}

fn ascii85(text: &str) -> String {
    let mut out = String::new();
    for group in text.as_bytes().chunks(4) {
        let mut bytes = [0; 4];
        bytes[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(bytes);
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + u8::try_from(value % 85).expect("a digit");
            value /= 85;
        }
        out.extend(
            digits[..=group.len()]
                .iter()
                .map(|digit| char::from(*digit)),
        );
    }
    out
}

fn compressed(text: &str) -> Vec<u8> {
    let level = flate2::Compression::default();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
    gzip.write_all(text.as_bytes()).expect("writes");
    gzip.finish().expect("ends")
}

fn base64(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}

/// `text` in two, at its middle or, in a hostile answer, at a border of characters near it.
fn half(text: &str) -> (&str, &str) {
    let middle = text.len() / 2;
    let borders = (0..=middle).rev();
    let mut borders = borders.filter(|at| text.is_char_boundary(*at));
    text.split_at(borders.next().unwrap_or(0))
}

const FORMS: [(&str, Shows); 32] = [
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
    ("gzip in base64", |s| note(base64(compressed(s)))),
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
fn halves_of_a_secret_in_two_steps_are_found() {
    let wizard = Wizard {
        shows: |s| note(half(s).1),
        place: "/secrets/token",
        early: true,
    };
    assert_eq!(contained(&wizard, &answers()), Status::Failed);
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
            early: false,
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
        early: false,
    };
    let answers = json!({ "config": { "token": 42 } });
    assert_eq!(contained(&of("/config/token"), &answers), Status::Blocked);
    // A made-up secret takes the place of a short text.
    let answers = json!({ "secrets": { "token": "abc" } });
    assert_eq!(contained(&of("/secrets/token"), &answers), Status::Passed);
}
