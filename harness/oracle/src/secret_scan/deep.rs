//! Searches the output of a run for a secret that was encoded, split or cut.
//!
//! The plain search has a needle for each single encoding, and runs on every output.
//! This one undoes encodings in turn and joins what lies apart, on the runs whose
//! secrets are made up: no other text contains one by chance, nor a part of one.

use super::decode::{Decoded, decoded};
use super::inflate::INFLATED;
use super::leak::{Leak, Searched};
use super::needles::Needles;
use super::recent::Recent;
use super::sets::{BySet, SETS};
use provision_core::text::inert;
use provision_core::wizard::WizardRun;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

/// Encodings within each other that are undone.
const DEPTH: usize = 3;
/// Bytes that are decoded for one run, of all texts together.
const WORK: usize = 2 * 1024 * 1024;

/// Texts whose decoded forms are kept, and bytes of the longest one.
const TEXTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);
const LONGEST: usize = 2048;

/// The leaks of made-up `secrets` in all output of `run`, at most one for each secret.
/// Leaves out a text that is a whole secret: the plain search reports where it is.
pub(crate) fn of_run(secrets: &BTreeMap<String, String>, run: &WizardRun) -> Searched {
    static BUILT: LazyLock<BySet<Option<Arc<Needles>>>> = LazyLock::new(|| Recent::of(SETS));
    match BUILT.get(secrets, || Needles::halves(secrets).map(Arc::new)) {
        Some(needles) => needles.search(texts(run, secrets)),
        None => Searched::default(),
    }
}

/// Secrets that other people chose, ready to be searched for. A part of one may be in other
/// texts by chance, so they are searched for as a whole.
pub(crate) struct Hidden(Needles);

impl Hidden {
    /// `None` if none of `secrets` has enough letters and digits.
    pub(crate) fn new(secrets: &BTreeMap<String, String>) -> Option<Self> {
        Needles::parts(secrets, |whole| whole).map(Self)
    }

    /// The leaks in `text`, at most one for each secret.
    pub(crate) fn find(&self, at: &str, text: &str) -> Searched {
        self.0.search(vec![(at.to_owned(), text.into())])
    }
}

impl Needles {
    /// The leaks in named texts, at most one for each secret.
    fn search(&self, texts: Vec<(String, Vec<u8>)>) -> Searched {
        let mut found: BTreeMap<String, Leak> = BTreeMap::new();
        let mut seen: HashSet<blake3::Hash> = HashSet::new();
        let mut work = WORK;
        let mut unsearched = None;
        // NB: level by level, so that a long text cannot keep others from being decoded.
        let texts = texts.into_iter();
        let mut open: VecDeque<(String, Vec<&'static str>, Vec<u8>)> =
            texts.map(|(at, text)| (at, Vec::new(), text)).collect();
        while let Some((at, forms, text)) = open.pop_front() {
            let hash = blake3::hash(&text);
            if !seen.insert(hash) {
                continue;
            }
            if let Some(key) = self.find(&text) {
                let form = match forms.as_slice() {
                    [] => Cow::Borrowed("whole or in part"),
                    forms => Cow::Owned(forms.join(", then ")),
                };
                let leak = || Leak {
                    key: key.to_owned(),
                    at: inert(&at, 200),
                    form,
                };
                found.entry(key.to_owned()).or_insert_with(leak);
                continue;
            }
            if forms.len() == DEPTH {
                continue;
            }
            if text.len() > work {
                unsearched.get_or_insert_with(|| beyond_work(&at));
                continue;
            }
            work -= text.len();
            let all = decoded_once(hash, &text);
            if all.is_cut {
                unsearched.get_or_insert_with(|| beyond_inflated(&at));
            }
            for (form, bytes) in &all.texts {
                let forms = forms.iter().copied().chain([*form]).collect();
                open.push_back((at.clone(), forms, bytes.clone()));
            }
        }
        Searched {
            leaks: found.into_values().collect(),
            unsearched,
        }
    }
}

/// What the decoders make of `text`, which has this hash.
fn decoded_once(hash: blake3::Hash, text: &[u8]) -> Arc<Decoded> {
    static DECODED: LazyLock<Recent<blake3::Hash, Arc<Decoded>>> =
        LazyLock::new(|| Recent::of(TEXTS));
    // NB: so that what is kept has few megabytes.
    if text.len() > LONGEST {
        return Arc::new(decoded(text));
    }
    DECODED.get(&hash, || Arc::new(decoded(text)))
}

fn beyond_work(at: &str) -> String {
    format!(
        "there are more than the {WORK} bytes that are decoded to look for encoded secrets; \
         of {} and what follows, nothing was decoded",
        inert(at, 120)
    )
}

fn beyond_inflated(at: &str) -> String {
    format!(
        "a compressed text in {} inflates to more than the {INFLATED} bytes that are searched",
        inert(at, 120)
    )
}

/// The texts that `run` left: of each step by itself and joined, and of all steps.
fn texts(run: &WizardRun, secrets: &BTreeMap<String, String>) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut whole = Joined::new(secrets);
    let mut notes = Vec::new();
    for step in &run.steps {
        let at = step.name();
        if let Some(output) = step.output() {
            let mut joined = Joined::new(secrets);
            joined.add(&output.data);
            whole.add(&output.data);
            all.extend(joined.named(&at));
        } else if let Some(raw) = &step.raw {
            all.push((at.clone(), raw.clone()));
        }
        if let Some(failure) = step.failure() {
            all.push((format!("{at}, failure"), failure.message.clone().into()));
        }
        let attempts = &step.attempts;
        let logs = attempts.logs.concat().into_bytes();
        for (name, bytes) in [
            ("log", &logs),
            ("stdout", &attempts.stdout),
            ("stderr", &attempts.stderr),
        ] {
            if !bytes.is_empty() {
                all.push((format!("{at}, {name}"), bytes.clone()));
                notes.extend_from_slice(bytes);
            }
        }
    }
    all.extend(whole.named("all steps"));
    if !notes.is_empty() {
        all.push(("logs of all steps".to_owned(), notes));
    }
    all
}

/// The texts in a value: one by one, and joined without and with the keys between them.
struct Joined<'s> {
    secrets: &'s BTreeMap<String, String>,
    each: Vec<Vec<u8>>,
    values: Vec<u8>,
    members: Vec<u8>,
    keys: Vec<u8>,
    numbers: Vec<u8>,
}

impl<'s> Joined<'s> {
    fn new(secrets: &'s BTreeMap<String, String>) -> Self {
        Self {
            secrets,
            each: Vec::new(),
            values: Vec::new(),
            members: Vec::new(),
            keys: Vec::new(),
            numbers: Vec::new(),
        }
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) if self.secrets.values().any(|secret| secret == text) => {}
            Value::String(text) => {
                self.each.push(text.clone().into_bytes());
                self.values.extend(text.bytes());
                self.members.extend(text.bytes());
            }
            Value::Number(number) => {
                self.numbers.extend(number.to_string().bytes());
                self.numbers.push(b' ');
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(map) => {
                for (key, item) in map {
                    self.keys.extend(key.bytes());
                    self.members.extend(key.bytes());
                    self.add(item);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn named(self, at: &str) -> Vec<(String, Vec<u8>)> {
        let each = self.each.into_iter().map(|text| (at.to_owned(), text));
        let joined = [
            ("all values", self.values),
            ("keys and values", self.members),
            ("all keys", self.keys),
            ("all numbers", self.numbers),
        ];
        let joined = joined.into_iter().filter(|(_, text)| !text.is_empty());
        let joined = joined.map(|(what, text)| (format!("{at}, {what}"), text));
        each.chain(joined).collect()
    }
}
