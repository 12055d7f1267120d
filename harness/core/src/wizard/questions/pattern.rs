//! The regular expressions of questions, compiled within bounds and once.
//!
//! Patterns are a pack's own text, and some cost far more than they look: `\w{400}` has
//! nine characters and compiles to 10 MiB. A compilation that stops at its bound costs
//! time in proportion to the bound, so each pattern is tried with a small bound first,
//! and the patterns of all forms in the files of a pack share a budget.

use crate::text::inert;
use lru::LruCache;
use regex::{Regex, RegexBuilder};
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

/// Most bytes of a pattern's text.
const TEXT: usize = 4096;
/// Bounds on the compiled size, in the order in which they are tried. Published patterns
/// such as `^\d{8,10}:[\w-]{35}$` need 1 to 2 MiB.
const SIZES: [usize; 5] = [64 << 10, 512 << 10, 2 << 20, 4 << 20, 8 << 20];
/// Most bytes that the patterns of all forms in a pack's files may cost together, or those
/// of one form that a guest sends.
const TOTAL: usize = 64 << 20;
/// What a class costs before its size is known: its ranges are merged and folded first.
const CLASS: usize = 32 << 10;
/// Most bytes of compiled patterns that are kept.
const KEPT: usize = 128 << 20;

/// A regular expression that an answer has to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    refused: Option<PatternError>,
}

/// Why a pattern is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression; the syntax error, escaped.
    #[error("{0}")]
    Syntax(String),
    /// Its text is too long.
    #[error("a pattern of {0} bytes, bound {TEXT}")]
    Long(usize),
    /// It compiles to too much.
    #[error("a pattern that compiles to more than {} MiB", SIZES[4] >> 20)]
    Large,
    /// The patterns of the forms together cost too much, up to this one.
    #[error("patterns of the pack's forms that cost more than {} MiB together", TOTAL >> 20)]
    Total,
}

impl Pattern {
    /// The pattern `text`, with the whole budget of a form for itself.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut pattern = Self::unbounded(text);
        pattern.charge(&mut Budget::default());
        pattern
    }

    /// The pattern `text` before [`bound`] has looked at it.
    pub(super) fn unbounded(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            refused: None,
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The compiled pattern.
    ///
    /// # Errors
    /// [`PatternError`] says why the pattern is not used.
    pub fn regex(&self) -> Result<Regex, PatternError> {
        match &self.refused {
            Some(refused) => Err(refused.clone()),
            None => compiled(&self.text).result,
        }
    }

    fn charge(&mut self, budget: &mut Budget) {
        if budget.left == 0 {
            self.refused = Some(PatternError::Total);
            return;
        }
        let compiled = compiled(&self.text);
        // Packs repeat a form, for example below `assets/`.
        if !budget.charged.insert(self.text.clone()) {
            self.refused = compiled.result.err();
            return;
        }
        self.refused = match budget.left.checked_sub(compiled.cost) {
            Some(left) => {
                budget.left = left;
                compiled.result.err()
            }
            None => {
                budget.left = 0;
                Some(PatternError::Total)
            }
        };
    }
}

/// What patterns may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
    /// The patterns that are paid for.
    charged: BTreeSet<String>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: TOTAL,
            charged: BTreeSet::new(),
        }
    }
}

/// Refuses those of `patterns` that are too large, alone or together.
pub(super) fn bound<'p>(patterns: impl Iterator<Item = &'p mut Pattern>, budget: &mut Budget) {
    for pattern in patterns {
        pattern.charge(budget);
    }
}

#[derive(Clone)]
struct Compiled {
    result: Result<Regex, PatternError>,
    /// Bytes that all the tries were allowed, the same on every machine.
    cost: usize,
}

struct Cache {
    patterns: LruCache<String, Compiled>,
    kept: usize,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(|| {
    Mutex::new(Cache {
        patterns: LruCache::unbounded(),
        kept: 0,
    })
});

fn compiled(text: &str) -> Compiled {
    if text.len() > TEXT {
        return Compiled {
            result: Err(PatternError::Long(text.len())),
            cost: 0,
        };
    }
    if let Ok(mut cache) = CACHE.lock()
        && let Some(found) = cache.patterns.get(text)
    {
        return found.clone();
    }
    // NB: without the lock. Two threads may compile the same pattern, and no thread waits.
    let compiled = compile(text);
    if let Ok(mut cache) = CACHE.lock() {
        cache.kept += compiled.cost;
        if let Some(same) = cache.patterns.put(text.to_owned(), compiled.clone()) {
            cache.kept -= same.cost;
        }
        while cache.kept > KEPT
            && let Some((_, oldest)) = cache.patterns.pop_lru()
        {
            cache.kept -= oldest.cost;
        }
    }
    compiled
}

fn compile(text: &str) -> Compiled {
    let classes = text.bytes().filter(|b| matches!(b, b'[' | b'\\')).count();
    let mut cost = classes * CLASS;
    for size in SIZES {
        cost += size;
        match RegexBuilder::new(text).size_limit(size).build() {
            Ok(regex) => {
                let result = Ok(regex);
                return Compiled { result, cost };
            }
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(error) => {
                let result = Err(PatternError::Syntax(inert(&error.to_string(), 200)));
                return Compiled { result, cost };
            }
        }
    }
    let result = Err(PatternError::Large);
    Compiled { result, cost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::questions::{Question, declared};
    use crate::{Limits, Pack, Source};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    #[test]
    fn published_pattern_with_repeated_unicode_classes_compiles() {
        for (pattern, text) in [
            (
                r"^\d{8,10}:[\w-]{35}$",
                format!("12345678:{}", "ä".repeat(35)),
            ),
            (r"^\w{1,128}$", "ä".repeat(128)),
            (r"^https?://\S+$", "https://a.invalid".to_owned()),
        ] {
            let regex = Pattern::new(pattern).regex();
            assert!(regex.is_ok_and(|r| r.is_match(&text)), "{pattern}");
        }
    }

    #[test]
    fn pattern_beyond_a_bound_is_refused_with_the_bound() {
        let refused = |text: &str| Pattern::new(text).regex().err().map(|e| e.to_string());
        assert_eq!(
            refused(r"(?i)\w{400}").as_deref(),
            Some("a pattern that compiles to more than 8 MiB")
        );
        assert_eq!(
            refused(&"a".repeat(5000)).as_deref(),
            Some("a pattern of 5000 bytes, bound 4096")
        );
        assert!(refused("(").is_some_and(|e| e.contains("unclosed group")));
    }

    #[test]
    fn patterns_of_a_pack_share_a_budget_over_its_forms() {
        let form = |from: usize| {
            let patterns = (from..from + 3).map(|i| format!(r"(?i)\w{{400}}{i}"));
            let question =
                |(i, pattern)| json!({"id": format!("q{i}"), "kind": "string", "pattern": pattern});
            let questions: Vec<Value> = patterns.enumerate().map(question).collect();
            json!({"title": "T", "questions": questions}).to_string()
        };
        let total = |forms: &[String]| {
            let mut files = BTreeMap::from([(
                "pack.json".to_owned(),
                br#"{"id":"p","version":"0.1.0","flows":[]}"#.to_vec(),
            )]);
            for (i, form) in forms.iter().enumerate() {
                files.insert(format!("qa/{i}-setup.json"), form.clone().into_bytes());
            }
            let source = Source::Folder {
                files,
                manifest: None,
            };
            let limits = Limits::default();
            let pack = Pack::open(source, &limits).expect("opens");
            let declared = declared(&pack, &limits);
            assert_eq!(declared.len(), forms.len());
            let questions = declared.iter().flat_map(|d| d.questions.iter().flatten());
            let patterns = questions.filter_map(|q| q.pattern.as_ref());
            patterns
                .filter(|p| p.refused == Some(PatternError::Total))
                .count()
        };
        // Four fit: one form alone, or the same form several times.
        assert_eq!(total(&[form(0)]), 0);
        assert_eq!(total(&[form(0), form(0), form(0)]), 0);
        assert_eq!(total(&[form(0), form(3), form(6)]), 5);
    }

    #[test]
    fn patterns_of_one_form_share_a_budget() {
        let question = |i: usize, pattern: &str| Question {
            pattern: Some(Pattern::unbounded(&format!("{pattern}{i}"))),
            ..Question::plain(&i.to_string(), "text")
        };
        let refused = |questions: &mut [Question]| {
            bound(
                questions.iter_mut().filter_map(|q| q.pattern.as_mut()),
                &mut Budget::default(),
            );
            let total = |q: &&Question| {
                let pattern = q.pattern.as_ref();
                pattern.is_some_and(|p| p.refused == Some(PatternError::Total))
            };
            questions.iter().filter(total).count()
        };
        let mut small: Vec<_> = (0..500).map(|i| question(i, "^[a-z]{2,9}$|x")).collect();
        assert_eq!(refused(&mut small), 0);
        let mut large: Vec<_> = (0..60).map(|i| question(i, r"(?i)\w{400}")).collect();
        // Each costs all five tries and a class: 4 fit into 64 MiB.
        assert_eq!(refused(&mut large), 56);
    }
}
