//! Searches the texts of a span for what is private, and removes it from findings.

use super::super::place::{Place, Violations, escaped};
use super::canaries::Canaries;
use super::{email, phone};
use crate::credentials::{credentials, first_credential, is_placeholder};
use crate::secret_scan::unescaped;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provision_core::codes::SpanCode;
use provision_core::text::inert;
use regex::Regex;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// Texts that are known to contain nothing private, at most, and the bytes of one: the
/// attributes of spans repeat.
const CLEAN: usize = 1 << 15;
const CLEAN_BYTES: usize = 128;
/// Characters of an attribute's key in a finding.
const KEY_CHARS: usize = 80;

/// Tokens that carry a header of HTTP, or that are signed. They are in no pack by intent, so
/// the shapes of issued credentials do not have them.
static TOKENS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let signed = r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}";
    let header = r"(?i:bearer)[ :]{1,2}[A-Za-z0-9._~+/-]{16,}={0,2}";
    let pair = r"(?i:basic) {1,2}([A-Za-z0-9+/]{8,}={0,2})";
    Regex::new(&format!("{signed}|{header}|{pair}")).ok()
});

/// Members that hold ids and times in a valid form: they change with each span, and hold
/// every short number by chance.
const IDENTITY: [&str; 6] = [
    "traceId",
    "spanId",
    "parentSpanId",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "timeUnixNano",
];

/// What is searched for, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Private {
    canaries: Arc<Canaries>,
    clean: HashSet<Box<str>>,
    /// Texts that contain something private.
    pub(crate) found: Violations,
    /// Why a text was not searched to its end.
    pub(crate) unsearched: Option<String>,
}

/// A hit: the code, what was expected, and what was found.
type Hit = (SpanCode, &'static str, String);

impl Private {
    pub(crate) fn new(canaries: Arc<Canaries>) -> Self {
        Self {
            canaries,
            ..Self::default()
        }
    }

    /// Searches every text in `value`.
    pub(crate) fn search(&mut self, value: &Value, place: Place) {
        self.walk(value, place, &mut Vec::new(), None);
    }

    fn walk<'v>(
        &mut self,
        value: &'v Value,
        place: Place,
        path: &mut Vec<Cow<'v, str>>,
        key: Option<&'v str>,
    ) {
        match value {
            Value::String(text) => self.text(text, place, path, key),
            Value::Number(number) => {
                let text = number.to_string();
                if self.canaries.is_number(&text) {
                    self.text(&text, place, path, key);
                }
            }
            Value::Array(items) => {
                self.joined(items, place, path, key);
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string().into());
                    self.walk(item, place, path, key);
                    path.pop();
                }
            }
            Value::Object(map) => {
                // The key of an attribute names all that is in its value.
                let named = map.get("key").and_then(Value::as_str).or(key);
                for (name, item) in map {
                    if is_identity(name, item) {
                        continue;
                    }
                    path.push(name.as_str().into());
                    self.text(name, place, path, None);
                    let is_key = name == "key" && item.is_string();
                    let own = match path.len() {
                        2 if path[0] == "attributes" => Some(name.as_str()),
                        _ if is_key => None,
                        _ => named,
                    };
                    self.walk(item, place, path, own);
                    path.pop();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Searches the texts of a list as one text: an exporter may split a text.
    fn joined<'v>(
        &mut self,
        items: &'v [Value],
        place: Place,
        path: &[Cow<'v, str>],
        key: Option<&'v str>,
    ) {
        let text = |item: &'v Value| item.as_str().or_else(|| item.get("stringValue")?.as_str());
        let texts: Option<Vec<&str>> = items.iter().map(text).collect();
        let Some(texts) = texts.filter(|texts| texts.len() > 1) else {
            return;
        };
        let whole = texts.concat();
        let is_new = |name: &str| {
            let parts = texts.iter().map(|text| self.canaries.find(text).0);
            parts.flatten().all(|(found, _)| found != name)
        };
        let (found, _) = self.canaries.find(&whole);
        let new: Vec<_> = found.into_iter().filter(|(name, _)| is_new(name)).collect();
        for (name, form) in new {
            let hit = secret(&name, &format!("{form}, in several items"));
            self.add(hit, place, path, key);
        }
    }

    fn text(&mut self, text: &str, place: Place, path: &[Cow<'_, str>], key: Option<&str>) {
        if self.clean.contains(text) {
            return;
        }
        let (secrets, unsearched) = self.canaries.find(text);
        if self.unsearched.is_none() {
            self.unsearched = unsearched;
        }
        let mut hits: Vec<Hit> = secrets
            .iter()
            .map(|(name, form)| secret(name, form))
            .collect();
        hits.extend(shapes(text));
        if hits.is_empty() && text.len() <= CLEAN_BYTES {
            if self.clean.len() >= CLEAN {
                self.clean.clear();
            }
            self.clean.insert(text.into());
        }
        for hit in hits {
            self.add(hit, place, path, key);
        }
    }

    fn add(&mut self, hit: Hit, place: Place, path: &[Cow<'_, str>], key: Option<&str>) {
        let (code, expected, actual) = hit;
        let below: String = path
            .iter()
            .map(|token| format!("/{}", escaped(token)))
            .collect();
        let actual = match key {
            Some(key) => format!("{actual}, in `{}`", inert(key, KEY_CHARS)),
            None => actual,
        };
        self.found.add(code, (place, &below), expected, actual);
    }
}

fn is_identity(name: &str, value: &Value) -> bool {
    let is_plain = match value {
        Value::Number(_) => true,
        Value::String(text) => text.len() <= 32 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        _ => false,
    };
    is_plain && IDENTITY.contains(&name)
}

fn secret(name: &str, form: &str) -> Hit {
    let actual = format!("`{}`, {form}", inert(name, KEY_CHARS));
    (SpanCode::Secret, "no value that is to stay secret", actual)
}

/// What the shape of `text` shows.
fn shapes(text: &str) -> Vec<Hit> {
    // An address in a URL or in a header is often escaped.
    let decoded = text.contains(['%', '&', '\\']).then(|| {
        let bytes = unescaped(text.as_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let is_changed = |decoded: &String| decoded != text;
    let decoded = decoded.filter(is_changed);
    let mut hits: Vec<Hit> = Vec::new();
    for (text, escaped) in [(Some(text), ""), (decoded.as_deref(), ", escaped")] {
        let Some(text) = text else { continue };
        let mut add = |code, expected, what: &str| {
            if hits.iter().all(|(other, ..)| *other != code) {
                hits.push((code, expected, format!("{what}{escaped}")));
            }
        };
        for what in credentials(text).chain(token(text).map(|_| "a token")) {
            add(
                SpanCode::Credential,
                "nothing that looks like a credential",
                what,
            );
        }
        if email::user(text).is_some() {
            let expected = "a URL without the name of a user";
            add(SpanCode::Email, expected, "a URL with the name of a user");
        } else if email::address(text).is_some() {
            add(SpanCode::Email, "no e-mail address", "an e-mail address");
        }
        if phone::number(text).is_some() {
            add(SpanCode::Phone, "no phone number", "a phone number");
        }
    }
    hits
}

/// The first token in `text`.
fn token(text: &str) -> Option<Range<usize>> {
    let all = TOKENS.as_ref()?.captures_iter(text);
    let mut live = all.filter(|found| {
        let bytes = found.get_match().as_str().as_bytes();
        let is_live = match found.get(1) {
            // The name of a user and a password.
            Some(pair) => {
                let pair = STANDARD.decode(pair.as_str());
                pair.is_ok_and(|pair| pair.contains(&b':'))
            }
            // `bearer authentication/authorization` is prose.
            None => bytes.iter().any(u8::is_ascii_digit),
        };
        is_live && !is_placeholder(bytes)
    });
    live.next().map(|found| found.get_match().range())
}

/// Removes from the text of a finding what is private.
pub(crate) fn redact(text: &mut String, canaries: &Canaries) {
    if cfg!(planted_bug = "spans") {
        return;
    }
    // What is in several encodings at once has no end that one could see.
    let shown = |part: &str| {
        let plain = part.replace("~1", "/").replace("~0", "~");
        if canaries.find(&plain).0.is_empty() {
            part.to_owned()
        } else {
            PRIVATE.to_owned()
        }
    };
    let clean = without(&canaries.without(text));
    let parts: Vec<String> = clean.split('/').map(shown).collect();
    *text = parts.join("/");
}

const PRIVATE: &str = "<private>";

/// `text` without e-mail addresses, phone numbers and tokens.
fn without(text: &str) -> String {
    let mut text = text.to_owned();
    // Each turn removes one, and what replaces it is none.
    loop {
        let found = email::user(&text)
            .or_else(|| email::address(&text))
            .or_else(|| phone::number(&text))
            .or_else(|| token(&text))
            .or_else(|| first_credential(&text));
        match found {
            Some(range) => text.replace_range(range, PRIVATE),
            None => return text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_found_and_prose_is_not() {
        let pair = STANDARD.encode("dora:correct-horse");
        for text in [
            format!("Basic {pair}"),
            "authorization: bearer q7Zk1PbW93xTnV4cLr8e".to_owned(),
            format!("eyJ{0}.eyJ{0}.{0}{0}", "hbGciOiJIUz1"),
        ] {
            assert!(token(&text).is_some(), "{text}");
            assert!(!without(&text).contains(&text[text.len() - 12..]), "{text}");
        }
        for text in [
            "Basic 1-on-1-session-planning",
            "Basic authentication2authorization",
            "bearer authentication/authorization",
            "Bearer <token>",
            "bearer xxxxxxxxxxxxxxxx0",
        ] {
            assert_eq!(token(text), None, "{text}");
        }
    }
}
