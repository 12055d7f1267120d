//! Generates valid answers for questions.

use super::{GIVEN, Kind, Question};
use serde_json::{Map, Value, json};

/// Answers for those of `questions` that are shown: the value in `given` (by id, at its top level, below
/// `config` or below `secrets`), else the default, else, if an answer is required,
/// a made-up one of the question's kind.
#[must_use]
pub fn answers(questions: &[Question], given: &Value, base_url: Option<&str>) -> Value {
    answered(questions, given, |question| {
        question.required.then(|| fitting(question, base_url))
    })
}

/// The same without made-up answers: a required question may stay without an answer,
/// unless it asks for the base URL, which the host knows.
#[must_use]
pub fn real_answers(questions: &[Question], given: &Value, base_url: Option<&str>) -> Value {
    answered(questions, given, |question| {
        let known = base_url.filter(|_| question.id == GIVEN);
        known.map(Value::from)
    })
}

/// The first required question that is shown and that `answers` leave unanswered.
#[must_use]
pub fn unanswered<'q>(questions: &'q [Question], answers: &Value) -> Option<&'q Question> {
    let empty = Map::new();
    let answers = answers.as_object().unwrap_or(&empty);
    let lacks = |id: &str| answers.get(id).is_none_or(Value::is_null);
    let mut required = questions.iter().filter(|q| q.required);
    required.find(|q| lacks(&q.id) && q.shown(answers) != Some(false))
}

fn answered(
    questions: &[Question],
    given: &Value,
    otherwise: impl Fn(&Question) -> Option<Value>,
) -> Value {
    let given = |id: &str| {
        let places = [Some(given), given.get("config"), given.get("secrets")];
        let mut places = places.into_iter().flatten();
        let answer = places.find_map(|place| place.get(id))?;
        let placeholder = matches!(answer.as_str(), Some("<value>" | "<redacted>"));
        (!placeholder).then(|| answer.clone())
    };
    let mut answers = Map::new();
    for question in questions {
        if question.shown(&answers) == Some(false) {
            continue;
        }
        let default = || question.default.clone();
        let made = || otherwise(question);
        let answer = given(&question.id).or_else(default).or_else(made);
        answers.extend(answer.map(|answer| (question.id.clone(), answer)));
    }
    Value::Object(answers)
}

/// An answer that `question` should accept: an option, a canary for a secret, else
/// a value of its kind within its bounds that matches its pattern. If no known text
/// matches the pattern, the answer does not match it.
#[must_use]
pub fn fitting(question: &Question, base_url: Option<&str>) -> Value {
    fitting_of(question, base_url, USUAL)
}

/// The same with the canaries of the set `seed`, which have the same shape, and with other
/// words in place of the usual ones.
#[must_use]
pub fn fitting_of(question: &Question, base_url: Option<&str>, seed: u64) -> Value {
    if let Some(first) = question.choices().next() {
        return match question.answer() {
            Some(Kind::List) => json!([first]),
            _ => first.clone(),
        };
    }
    match question.answer() {
        Some(Kind::Bool) => json!(false),
        Some(Kind::Number | Kind::Integer) => {
            let (min, max) = question.bounds;
            let secret = question.secret.then(|| secret_number(&question.id, seed));
            let allowed = |n: &u32| {
                let n = f64::from(*n);
                min.is_none_or(|min| n >= min) && max.is_none_or(|max| n <= max)
            };
            match secret.filter(allowed) {
                Some(secret) => json!(secret),
                None => number(min, max),
            }
        }
        Some(Kind::List) if question.secret => json!([canary_of(&question.id, seed)]),
        Some(Kind::Object) if question.secret => {
            json!({ "value": canary_of(&question.id, seed) })
        }
        Some(Kind::List) => json!([]),
        Some(Kind::Object) => json!({}),
        _ => Value::String(text(question, base_url, seed)),
    }
}

/// The number 1, or the nearest number within the bounds.
fn number(min: Option<f64>, max: Option<f64>) -> Value {
    let number = min.map_or(1.0, |min| min.max(1.0).ceil());
    let number = max.map_or(number, |max| number.min(max));
    if number.fract() == 0.0 && number.abs() < 1e15 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

/// The first text that matches the question's pattern; the likeliest text is tried
/// first, and is the answer if none matches.
fn text(question: &Question, base_url: Option<&str>, seed: u64) -> String {
    let id = question.id.to_lowercase();
    let url = url(&id, base_url);
    let canary = canary_of(&question.id, seed);
    let usual = seed == USUAL;
    let word = if usual {
        "example".into()
    } else {
        word(&question.id, seed)
    };
    let likely = match () {
        () if question.secret && id.contains("url") => match url.split_once("://") {
            // The secret part of a URL is its user information.
            Some((scheme, rest)) => format!("{scheme}://:{canary}@{rest}"),
            None => canary.clone(),
        },
        () if question.secret && is_pem(&id) => pem(&id, &canary),
        () if question.secret => canary.clone(),
        () if id.contains("url") || question.kind == "url" => url.clone(),
        () if id.contains("email") || question.kind == "email" => {
            format!("{}@conformance.invalid", if usual { "user" } else { &word })
        }
        () => word.clone(),
    };
    let digits = canary.bytes().map(|b| char::from(b'0' + b % 10));
    let digits: String = digits.collect();
    let others = [
        url,
        canary.clone(),
        "user@conformance.invalid".into(),
        "1".into(),
        digits[..9].to_owned(),
        format!("{}:{canary}", &digits[..9]),
        "2026-01-01".into(),
        "+15550100".into(),
        "en".into(),
        "EXAMPLE_1".into(),
        pem(&id, &canary),
    ];
    let Some(pattern) = question.pattern.as_ref().and_then(|p| p.regex().ok()) else {
        return within(likely, question);
    };
    let tried = [likely.clone()].into_iter().chain(others);
    let mut matching = tried.filter(|text| pattern.is_match(text));
    matching.next().unwrap_or(likely)
}

/// A word of seven letters for the question `id`, which answers of the set `seed` have.
fn word(id: &str, seed: u64) -> String {
    let letters = canary_of(id, seed).into_bytes().into_iter();
    let letters = letters.map(|byte| char::from(b'a' + byte % 26));
    letters.take("example".len()).collect()
}

/// Whether users give a key or a certificate in a PEM file for `id`.
fn is_pem(id: &str) -> bool {
    ["pem", "private_key", "ssh_key", "certificate"]
        .iter()
        .any(|word| id.contains(word))
}

/// A text of the shape of a PEM file, with `canary` as a line of its own.
fn pem(id: &str, canary: &str) -> String {
    let label = if id.contains("cert") {
        "CERTIFICATE"
    } else {
        "PRIVATE KEY"
    };
    format!("-----BEGIN {label}-----\n{canary}\n-----END {label}-----\n")
}

/// `text` with at least as many characters as the question demands, and unless it is a
/// secret, with at most as many as it allows.
fn within(mut text: String, question: &Question) -> String {
    let (least, most) = question.bounds;
    let length = |limit: f64| (0.0..=4096.0).contains(&limit).then_some(limit as usize);
    let more = text.clone();
    while least
        .and_then(length)
        .is_some_and(|least| text.len() < least)
    {
        text.push_str(&more);
    }
    if let (false, Some(most)) = (question.secret, most.and_then(length)) {
        // NB: a made-up text has ASCII characters only.
        text.truncate(most);
    }
    text
}

/// A URL for `id`: the scheme named in `id`, as in `redis_url`, else `base_url`.
fn url(id: &str, base_url: Option<&str>) -> String {
    let schemes = [
        "redis", "postgres", "mysql", "mongodb", "amqp", "nats", "mqtt", "wss",
    ];
    match schemes.iter().find(|scheme| id.contains(*scheme)) {
        Some(scheme) => format!("{scheme}://conformance.invalid"),
        None => base_url.unwrap_or("https://conformance.invalid").to_owned(),
    }
}

/// A made-up secret of nine digits for a question that asks for a number.
fn secret_number(key: &str, seed: u64) -> u32 {
    let canary = canary_of(key, seed);
    let digits = canary.bytes().map(|byte| u32::from(byte % 10));
    100_000_000 + digits.take(8).fold(0, |number, digit| number * 10 + digit)
}

/// Characters of a made-up secret.
const CANARY: usize = 40;

/// The set of canaries of most runs.
const USUAL: u64 = 0;

/// A made-up secret that gives access to nothing. It is equal in most runs, distinct from
/// all other text, and looks like a token, so that a guest cannot tell it from a real one.
#[must_use]
pub fn canary(key: &str) -> String {
    canary_of(key, USUAL)
}

/// The canary of `key` in the set `seed`. A guest that recognises the canaries of one set
/// does not know those of another.
#[must_use]
pub fn canary_of(key: &str, seed: u64) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes());
    if seed != USUAL {
        // NB: no UTF-8 text has this byte, so that no key continues another one.
        hasher.update(&[0xff]).update(&seed.to_le_bytes());
    }
    // NB: all at once, because each call computes a block of 64 bytes.
    let mut bytes = [0; CANARY];
    hasher.finalize_xof().fill(&mut bytes);
    let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    fn question(kind: &str, id: &str) -> Question {
        Question {
            required: true,
            ..Question::plain(id, kind)
        }
    }

    #[test]
    fn real_answers_make_nothing_up_and_name_what_is_missing() {
        let mut token = question("string", "token");
        token.secret = true;
        let asked = [question("text", GIVEN), question("bool", "enabled"), token];
        let base = Some("https://base.invalid");
        let given = json!({"config": {"enabled": true}, "secrets": {"token": "<redacted>"}});
        let answers = real_answers(&asked, &given, base);
        assert_eq!(
            answers,
            json!({(GIVEN): "https://base.invalid", "enabled": true})
        );
        let missing = unanswered(&asked, &answers).map(|q| q.id.as_str());
        assert_eq!(missing, Some("token"));
        let given = json!({"enabled": true, "secrets": {"token": "t"}});
        let answers = real_answers(&asked, &given, base);
        assert_eq!(unanswered(&asked, &answers), None);
    }

    #[test]
    fn answer_is_within_the_bounds_and_matches_the_pattern() {
        let mut port = question("integer", "port");
        port.bounds = (Some(1024.0), Some(2000.0));
        assert_eq!(fitting(&port, None), json!(1024));
        port.bounds = (None, Some(0.5));
        assert_eq!(fitting(&port, None), json!(0.5));
        let mut room = question("text", "room");
        for (pattern, answer) in [
            ("^[a-z]+$", "example"),
            ("^https://", "https://base.invalid"),
            ("^[0-9]+$", "1"),
            ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "2026-01-01"),
            ("^nothing-fits$", "example"),
            ("(", "example"),
        ] {
            room.pattern = Some(Pattern::new(pattern));
            assert_eq!(fitting(&room, Some("https://base.invalid")), json!(answer));
        }
        let mut name = question("text", "name");
        name.bounds = (Some(10.0), Some(12.0));
        assert_eq!(fitting(&name, None), json!("exampleexamp"));
        name.bounds = (None, Some(3.0));
        assert_eq!(fitting(&name, None), json!("exa"));
        let mut token = question("string", "bot_token");
        (token.secret, token.pattern) =
            (true, Some(Pattern::new("^[0-9]{8,10}:[A-Za-z0-9_-]{35,}$")));
        let made = fitting(&token, None);
        let made = made.as_str().expect("a text");
        assert!(made.contains(&canary("bot_token")), "{made}");
        let mut secret_url = question("string", "redis_url");
        secret_url.secret = true;
        let made = fitting(&secret_url, None).to_string();
        let expected = format!("redis://:{}@", canary("redis_url"));
        assert!(made.contains(&expected), "{made}");
    }

    #[test]
    fn another_set_has_other_canaries_of_the_same_shape() {
        let mut token = question("string", "bot_token");
        token.secret = true;
        let shape = |value: &Value| {
            let text = value.to_string();
            let class = |c: char| if c.is_ascii_digit() { '9' } else { 'a' };
            (text.len(), text.chars().map(class).max())
        };
        let mut pin = question("integer", "pin");
        pin.secret = true;
        let mut of_pattern = token.clone();
        of_pattern.pattern = Some(Pattern::new("^[0-9]{9}$"));
        let of_kind = |kind: &str, id: &str| Question {
            secret: true,
            ..question(kind, id)
        };
        let (list, object) = (of_kind("array", "tokens"), of_kind("object", "account"));
        let pem = of_kind("string", "private_key");
        for asked in [&token, &pin, &of_pattern, &list, &object, &pem] {
            let (usual, other) = (fitting_of(asked, None, 0), fitting_of(asked, None, 7));
            assert_eq!(usual, fitting(asked, None));
            assert_ne!(usual, other);
            assert_eq!(shape(&usual), shape(&other), "{usual} {other}");
        }
        for asked in [&list, &object, &pem] {
            let made = fitting(asked, None).to_string();
            assert!(made.contains(&canary(&asked.id)), "{made}");
        }
        let made = fitting(&pem, None);
        let made = made.as_str().expect("a text");
        assert!(made.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{made}");
        token.pattern = Some(Pattern::new("-----BEGIN "));
        let made = fitting(&token, None).to_string();
        assert!(made.contains("PRIVATE KEY"), "{made}");
        token.pattern = None;
        let name = question("text", "name");
        let (usual, other) = (fitting_of(&name, None, 0), fitting_of(&name, None, 7));
        assert_eq!(
            (usual, other.as_str().map(str::len)),
            (json!("example"), Some(7))
        );
        assert_ne!(other, json!("example"));
        let mail = fitting_of(&question("text", "email"), None, 7);
        let mail = mail.as_str().expect("a text");
        assert!(
            mail.ends_with("@conformance.invalid") && !mail.starts_with("user@"),
            "{mail}"
        );
        assert_eq!(canary_of("bot_token", 0), canary("bot_token"));
        pin.bounds = (None, Some(9999.0));
        assert_eq!(fitting(&pin, None), json!(1));
    }
}
