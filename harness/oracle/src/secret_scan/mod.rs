//! Searches the output of guests for secrets, plain and encoded.

mod codes;
mod decode;
mod deep;
mod forms;
mod inflate;
mod leak;
mod needles;
mod recent;
mod sets;

use aho_corasick::{AhoCorasick, Match, MatchKind};
pub(crate) use decode::unescaped;
pub(crate) use deep::Hidden;
use forms::forms_of;
use leak::SHORTEST;
pub use leak::{Leak, Searched};
use provision_core::text::inert;
use provision_core::wizard::WizardRun;
use provision_core::wizard::questions::canary;
use recent::Recent;
use serde_json::Value;
use sets::{AUTOMATON, BySet, SETS};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

/// Bytes of the shortest one with a digit in it, such as a PIN.
const SHORTEST_WITH_DIGIT: usize = 6;

/// Whether `secret` is long enough to be searched for.
#[must_use]
pub fn is_searchable(secret: &str) -> bool {
    let shortest = if secret.bytes().any(|b| b.is_ascii_digit()) {
        SHORTEST_WITH_DIGIT
    } else {
        SHORTEST
    };
    secret.len() >= shortest
}

/// Secrets in all searched encodings, ready to be searched for.
#[derive(Clone)]
pub struct Secrets(Arc<Forms>);

/// The searched forms of secrets.
struct Forms {
    /// By pattern of the automaton: the key of the secret, and the form.
    names: Vec<(String, &'static str)>,
    needles: Vec<String>,
    /// Bytes of the shortest needle.
    shortest: usize,
    /// NB: built when the first text is searched, because for many packs none is.
    automaton: OnceLock<Option<AhoCorasick>>,
}

impl std::fmt::Debug for Secrets {
    /// Their number, and never their values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} forms of secrets", self.0.names.len())
    }
}

impl Secrets {
    /// Prepares secrets, given by key. Leaves out secrets that are too short to
    /// distinguish from other text.
    #[must_use]
    pub fn new(secrets: &BTreeMap<String, String>) -> Self {
        static BUILT: LazyLock<BySet<Secrets>> = LazyLock::new(|| Recent::of(SETS));
        BUILT.get(secrets, || Self::build(secrets))
    }

    fn build(secrets: &BTreeMap<String, String>) -> Self {
        let (mut names, mut needles) = (Vec::new(), Vec::new());
        for (key, secret) in secrets {
            if !is_searchable(secret) {
                continue;
            }
            for (form, needle) in forms_of(secret) {
                names.push((key.clone(), form));
                needles.push(needle);
            }
        }
        let lengths = needles.iter().map(String::len);
        Self(Arc::new(Forms {
            names,
            shortest: lengths.min().unwrap_or(usize::MAX),
            needles,
            automaton: OnceLock::new(),
        }))
    }

    /// What searches `text`; `None` if it is too short for anything that is searched for.
    fn search(&self, text: &str) -> Option<&AhoCorasick> {
        if text.len() < self.0.shortest {
            return None;
        }
        let build = || {
            AhoCorasick::builder()
                .kind(Some(AUTOMATON))
                .match_kind(MatchKind::Standard)
                .ascii_case_insensitive(true)
                .build(&self.0.needles)
                .ok()
        };
        self.0.automaton.get_or_init(build).as_ref()
    }

    /// The key of the secret and the form of it that the automaton found.
    fn name(&self, hit: &Match) -> Option<(&str, &'static str)> {
        let (key, form) = self.0.names.get(hit.pattern().as_usize())?;
        Some((key, form))
    }

    /// `text` with every secret, in any form, replaced by its key.
    #[must_use]
    pub fn without(&self, text: &str) -> String {
        let Some(search) = self.search(text) else {
            return text.to_owned();
        };
        // Hits may overlap: take the longest at each position, from the start.
        let mut hits: Vec<_> = search.find_overlapping_iter(text).collect();
        hits.sort_by_key(|hit| (hit.start(), std::cmp::Reverse(hit.end())));
        let mut out = String::new();
        let mut done = 0;
        for hit in hits
            .into_iter()
            .filter(|h| text.is_char_boundary(h.start()))
        {
            if hit.start() < done || !text.is_char_boundary(hit.end()) {
                continue;
            }
            let key = self.name(&hit).map(|(key, _)| key);
            out += text.get(done..hit.start()).unwrap_or_default();
            out += &format!("<secret {}>", inert(key.unwrap_or_default(), 80));
            done = hit.end();
        }
        out + text.get(done..).unwrap_or_default()
    }

    /// Whether there is nothing to search for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.needles.is_empty()
    }

    /// Adds the leaks in `text` to `found`, with the place `at`.
    pub fn find(&self, at: &str, text: &str, found: &mut BTreeSet<Leak>) {
        self.find_at(&|| at.to_owned(), text, found);
    }

    /// The same. NB: most texts have no leak, and naming the place of each text takes longer
    /// than searching it.
    fn find_at(&self, at: &dyn Fn() -> String, text: &str, found: &mut BTreeSet<Leak>) {
        let Some(search) = self.search(text) else {
            return;
        };
        // Also search without white space and escaped line breaks: a guest may
        // split a secret over lines.
        let joined = (!text.bytes().all(|b| UNSPLIT[usize::from(b)])).then(|| {
            let joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            joined.replace("\\n", "").replace("\\r", "")
        });
        for haystack in [Some(text), joined.as_deref()].into_iter().flatten() {
            for hit in search.find_overlapping_iter(haystack) {
                if let Some((key, form)) = self.name(&hit) {
                    found.insert(Leak {
                        key: key.to_owned(),
                        at: inert(&at(), 200),
                        form: Cow::Borrowed(form),
                    });
                }
            }
        }
    }

    /// Adds the leaks in every string of `value` to `found`, keys included.
    pub fn find_in(&self, at: &str, value: &Value, found: &mut BTreeSet<Leak>) {
        self.find_within(&|| at.to_owned(), value, found);
    }

    fn find_within(&self, at: &dyn Fn() -> String, value: &Value, found: &mut BTreeSet<Leak>) {
        match value {
            Value::String(text) => self.find_at(at, text, found),
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.find_within(&|| format!("{}/{i}", at()), item, found);
                }
                // A guest may split a secret over the items of a list.
                let texts: Option<String> = items.iter().map(Value::as_str).collect();
                if let Some(text) = texts.filter(|_| items.len() > 1) {
                    self.find_at(at, &text, found);
                }
            }
            Value::Object(map) => {
                for (key, item) in map {
                    self.find_at(&|| format!("{} (a key)", at()), key, found);
                    self.find_within(&|| format!("{}/{key}", at()), item, found);
                }
            }
            Value::Number(number) => self.find_at(at, &number.to_string(), found),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Leaks in all output of `run`: answers, decodable or not, the plan,
    /// diagnostics, failures, logs, and both standard streams.
    #[must_use]
    pub fn of_run(&self, run: &WizardRun) -> BTreeSet<Leak> {
        let mut found = BTreeSet::new();
        if self.is_empty() {
            return found;
        }
        for step in &run.steps {
            let at = step.name();
            if let Some(output) = step.output() {
                self.find_in(&at, &output.data, &mut found);
            } else if let Some(raw) = &step.raw {
                self.find(&at, &String::from_utf8_lossy(raw), &mut found);
            }
            if let Some(failure) = step.failure() {
                let at = || format!("{at}, failure");
                self.find_at(&at, &failure.message, &mut found);
            }
            let attempts = &step.attempts;
            let logs = attempts.logs.join("\n");
            self.find_at(&|| format!("{at}, log"), &logs, &mut found);
            for (name, bytes) in [("stdout", &attempts.stdout), ("stderr", &attempts.stderr)] {
                let text = String::from_utf8_lossy(bytes);
                self.find_at(&|| format!("{at}, {name}"), &text, &mut found);
            }
        }
        let plan = serde_json::to_value(&run.plan).unwrap_or_default();
        self.find_in("plan", &plan, &mut found);
        let diagnostics = serde_json::to_value(&run.diagnostics).unwrap_or_default();
        self.find_in("diagnostics", &diagnostics, &mut found);
        found
    }
}

/// The canaries among `secrets`: answers that the harness made itself.
pub(crate) fn made_up(secrets: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    // The key of a text in a list or an object is a place below that of the question.
    let question = |key: &str| key.split('/').next().unwrap_or_default().to_owned();
    let made = secrets.iter();
    let made = made.map(|(key, value)| (key, value, canary(&question(key))));
    let made = made.filter(|(_, value, canary)| value.contains(canary.as_str()));
    made.map(|(key, _, canary)| (key.clone(), canary)).collect()
}

/// The leaks of `canaries`, which no text contains by chance, in any form that is known.
pub(crate) fn of_canaries(canaries: &BTreeMap<String, String>, run: &WizardRun) -> Searched {
    let mut leaks = Secrets::new(canaries).of_run(run);
    // A host may strip an answer from the place of its own name, but no other.
    let elsewhere = |key: &str| {
        let own = format!("/{key}");
        leaks.iter().any(|l| l.key == key && !l.at.ends_with(&own))
    };
    let mut hidden = deep::of_run(canaries, run);
    hidden.leaks.retain(|leak| !elsewhere(&leak.key));
    leaks.append(&mut hidden.leaks);
    Searched { leaks, ..hidden }
}

/// Bytes that cannot split a secret: printable ASCII without the backslash.
const UNSPLIT: [bool; 256] = {
    let mut unsplit = [false; 256];
    let mut at = 0x21;
    while at < 0x7f {
        unsplit[at] = at != b'\\' as usize;
        at += 1;
    }
    unsplit
};

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use serde_json::json;

    const SECRET: &str = "hunter2/?>correct horse~staple";

    fn forms(text: &str) -> Vec<Cow<'static, str>> {
        let secrets = Secrets::new(&[("KEY".to_owned(), SECRET.to_owned())].into());
        let mut found = BTreeSet::new();
        secrets.find("here", text, &mut found);
        assert!(found.iter().all(|l| l.key == "KEY" && l.at == "here"));
        found.into_iter().map(|l| l.form).collect()
    }

    #[test]
    fn secret_split_by_line_breaks_or_spaces_is_found() {
        let secrets = Secrets::new(&[("KEY".to_owned(), "canary-0123456789".to_owned())].into());
        for text in [
            "canary-01\\n23456789",
            "canary-\\r\\n0123456789",
            "canary-0123 456789",
        ] {
            let mut found = BTreeSet::new();
            secrets.find("here", text, &mut found);
            assert_eq!(found.len(), 1, "{text}");
        }
    }

    #[test]
    fn text_that_is_as_long_as_the_shortest_form_is_searched() {
        let secrets = Secrets::new(&[("PIN".to_owned(), "482913".to_owned())].into());
        let found = |text: &str| {
            let mut found = BTreeSet::new();
            secrets.find("here", text, &mut found);
            let at = [secrets.without(text)];
            (found.len(), at)
        };
        let forms = forms_of("482913");
        let shortest = forms.iter().min_by_key(|(_, needle)| needle.len());
        let (_, shortest) = shortest.expect("forms");
        assert_eq!(found(shortest), (1, ["<secret PIN>".to_owned()]));
        let cut = &shortest[1..];
        assert_eq!(found(cut), (0, [cut.to_owned()]));
    }

    #[test]
    fn secret_is_found_in_every_form() {
        assert_eq!(forms(&format!("x{SECRET}y")), ["plain"]);
        assert_eq!(forms(&SECRET.to_uppercase()), ["plain"]);
        assert_eq!(
            forms("hunter2/?>cor\nrect horse\r\n~sta\\nple"),
            ["plain"] as [&str; 1]
        );
        let reversed: String = SECRET.chars().rev().collect();
        assert_eq!(forms(&reversed), ["reversed"]);
        let hex: String = SECRET.bytes().map(|b| format!("{b:02X}")).collect();
        assert_eq!(forms(&hex), ["hex"]);
        assert_eq!(
            forms("hunter2%2F%3F%3Ecorrect%20horse~staple"),
            ["URL-encoded"]
        );
        for before in ["", "a", "ab", "abc", "user:"] {
            let text = format!("{before}{SECRET}!");
            assert_eq!(forms(&STANDARD.encode(&text)), ["base64"], "{before}");
            assert_eq!(forms(&URL_SAFE.encode(&text)), ["base64"], "{before}");
        }
        assert_eq!(forms("hunter2/?>correct horse staple"), [""; 0]);
    }

    #[test]
    fn secret_is_found_in_nested_values_and_across_list_items() {
        let secrets = Secrets::new(&[("KEY".to_owned(), SECRET.to_owned())].into());
        let mut found = BTreeSet::new();
        secrets.find_in(
            "plan",
            &json!({"a": [{"b": SECRET}], "c": [&SECRET[..9], &SECRET[9..]]}),
            &mut found,
        );
        let at: Vec<&str> = found.iter().map(|l| l.at.as_str()).collect();
        assert_eq!(at, ["plan/a/0/b", "plan/c"]);
        let mut found = BTreeSet::new();
        secrets.find_in("plan", &json!({"a": [{SECRET: 1}]}), &mut found);
        let at: Vec<&str> = found.iter().map(|l| l.at.as_str()).collect();
        assert_eq!(at, ["plan/a/0 (a key)"]);
        assert!(Secrets::new(&[("K".to_owned(), "short".to_owned())].into()).is_empty());
        let text = format!("é{SECRET}é and {SECRET}");
        assert_eq!(secrets.without(&text), "é<secret KEY>é and <secret KEY>");
    }
}
