//! Patterns behind a search for fixed texts.

use regex::bytes::{Regex, RegexSet};

/// Patterns, and texts of which each match of a pattern holds at least one.
pub(crate) struct Guarded {
    texts: Regex,
    any: RegexSet,
    shapes: Vec<Regex>,
}

impl Guarded {
    /// `None` if a pattern does not compile.
    pub(crate) fn new<const N: usize>(texts: &str, patterns: [&str; N]) -> Option<Self> {
        let patterns = patterns.map(|pattern| format!("(?-u){pattern}"));
        Some(Self {
            texts: Regex::new(&format!("(?-u){texts}")).ok()?,
            any: RegexSet::new(&patterns).ok()?,
            shapes: patterns
                .iter()
                .map(|p| Regex::new(p))
                .collect::<Result<_, _>>()
                .ok()?,
        })
    }

    /// The patterns that match somewhere in `bytes`, with their numbers.
    pub(crate) fn present<'g>(
        &'g self,
        bytes: &[u8],
    ) -> impl Iterator<Item = (usize, &'g Regex)> + use<'g> {
        let may_match = self.texts.is_match(bytes);
        let matches = may_match.then(|| self.any.matches(bytes).into_iter());
        let found = matches.into_iter().flatten();
        found.filter_map(|index| Some((index, self.shapes.get(index)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CREDENTIAL_TEXTS, CREDENTIALS};
    use proptest::prelude::*;
    use proptest::string::bytes_regex;
    use proptest::test_runner::TestRunner;
    use regex::bytes::Regex;

    fn every_match_holds_a_text(texts: &str, pattern: &str) {
        let texts = Regex::new(texts).expect("texts");
        // A generated text is one match: it needs no word boundaries.
        let matches = bytes_regex(&pattern.replace(r"\b", "")).expect("a pattern");
        let mut runner = TestRunner::deterministic();
        let held = runner.run(&matches, |bytes| {
            prop_assert!(texts.is_match(&bytes));
            Ok(())
        });
        assert_eq!(held, Ok(()), "{pattern}");
    }

    #[test]
    fn every_match_of_a_pattern_holds_one_of_its_texts() {
        for (_, pattern) in CREDENTIALS {
            every_match_holds_a_text(CREDENTIAL_TEXTS, pattern);
        }
    }
}
