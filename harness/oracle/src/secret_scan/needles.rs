//! [`Needles`]: parts of secrets, which a text is searched for.

use super::leak::SHORTEST;
use super::sets::AUTOMATON;
use aho_corasick::AhoCorasick;
use std::collections::BTreeMap;

/// Secrets, ready to be searched for.
pub(super) struct Needles {
    wholes: Vec<Whole>,
    /// What `search` looks for: the place of a block among `wholes`, and where it starts there.
    blocks: Vec<(usize, usize)>,
    search: AhoCorasick,
}

/// One secret, forwards or backwards.
struct Whole {
    key: String,
    text: Vec<u8>,
    /// Bytes of a part that shows the secret.
    part: usize,
}

impl Whole {
    /// Whether `text` has a part of this around the byte `at`, where it has the byte `start`.
    fn is_around(&self, start: usize, text: &[u8], at: usize) -> bool {
        let equal = |(a, b): &(&u8, &u8)| a == b;
        let (before, after) = self.text.split_at(start);
        let (text_before, text_after) = text.split_at(at);
        let before = before.iter().rev().zip(text_before.iter().rev());
        let after = after.iter().zip(text_after);
        before.take_while(equal).count() + after.take_while(equal).count() >= self.part
    }
}

impl Needles {
    /// Every part of a secret that is half of it, forwards and backwards.
    pub(super) fn halves(secrets: &BTreeMap<String, String>) -> Option<Self> {
        Self::parts(secrets, |whole| whole.div_ceil(2))
    }

    /// Every part of a secret that has the length that `length` gives for the whole one,
    /// forwards and backwards.
    pub(super) fn parts(
        secrets: &BTreeMap<String, String>,
        length: fn(usize) -> usize,
    ) -> Option<Self> {
        let mut wholes = Vec::new();
        for (key, secret) in secrets {
            let forwards = folded(secret.as_bytes());
            let backwards: Vec<u8> = forwards.iter().rev().copied().collect();
            let part = length(forwards.len()).max(SHORTEST);
            if part <= forwards.len() {
                wholes.extend([forwards, backwards].map(|text| Whole {
                    key: key.clone(),
                    text,
                    part,
                }));
            }
        }
        // NB: wherever a part starts, it has a whole one of the blocks of half its length. There
        // are few of these, and an automaton for all parts takes longer to build.
        let (mut blocks, mut needles) = (Vec::new(), Vec::new());
        for (place, whole) in wholes.iter().enumerate() {
            let length = whole.part.div_ceil(2);
            for (i, block) in whole.text.chunks_exact(length).enumerate() {
                blocks.push((place, i * length));
                needles.push(block);
            }
        }
        let search = AhoCorasick::builder().kind(Some(AUTOMATON)).build(needles);
        let search = search.ok()?;
        (!wholes.is_empty()).then_some(Self {
            wholes,
            blocks,
            search,
        })
    }

    /// The key of the first secret in `text`.
    pub(super) fn find(&self, text: &[u8]) -> Option<&str> {
        let text = folded(text);
        let mut hits = self.search.find_overlapping_iter(&text);
        hits.find_map(|hit| {
            let (place, start) = self.blocks.get(hit.pattern().as_usize())?;
            let whole = self.wholes.get(*place)?;
            let shown = whole.is_around(*start, &text, hit.start());
            shown.then_some(whole.key.as_str())
        })
    }
}

/// Letters and digits alone, in lower case; wide ones as narrow ones.
fn folded(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        let kept = text.iter().filter(|b| b.is_ascii_alphanumeric());
        return kept.map(u8::to_ascii_lowercase).collect();
    }
    let text = String::from_utf8_lossy(text);
    let narrow = text.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    });
    let kept = narrow.filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase() as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts that parts of `secret` with `part` bytes are found, and shorter ones are not.
    fn is_found_exactly_from(part: usize, secret: &str, needles: &Needles) {
        for text in [secret.to_owned(), secret.chars().rev().collect()] {
            for length in [part - 1, part] {
                for start in 0..=text.len() - length {
                    let within = format!("__ZZ{}ZZ__", &text[start..start + length]);
                    let found = needles.find(within.as_bytes());
                    let expected = (length == part).then_some("KEY");
                    assert_eq!(found, expected, "{within} of {secret}");
                }
            }
        }
    }

    #[test]
    fn each_half_of_a_secret_is_found_and_nothing_shorter() {
        let secret = "0123456789abcdefghijklmnopqrstuvwxy";
        for whole in 2 * SHORTEST - 1..=secret.len() {
            let secret = &secret[..whole];
            let secrets = [("KEY".to_owned(), secret.to_owned())].into();
            let needles = Needles::halves(&secrets).expect("needles");
            is_found_exactly_from(whole.div_ceil(2), secret, &needles);
        }
    }

    #[test]
    fn whole_secret_is_found_after_parts_that_are_too_short() {
        let secret = "abababacabababad";
        let secrets = [("KEY".to_owned(), secret.to_owned())].into();
        let needles = Needles::parts(&secrets, |whole| whole).expect("needles");
        is_found_exactly_from(secret.len(), secret, &needles);
        let text = format!("abab{secret}abab");
        assert_eq!(needles.find(text.as_bytes()), Some("KEY"));
        assert_eq!(needles.find(b"abababacabababaabababad"), None);
    }

    #[test]
    fn half_of_a_secret_is_found_where_another_one_seems_to_begin() {
        let secrets = [("KEY", "abcdefghijklmnop"), ("OTHER", "cdef0123456789xy")];
        let secrets = secrets.map(|(key, text)| (key.to_owned(), text.to_owned()));
        let needles = Needles::halves(&secrets.into()).expect("needles");
        assert_eq!(needles.find(b"bcdefghi"), Some("KEY"));
    }

    #[test]
    fn secret_that_is_too_short_is_not_searched_for() {
        let secrets = [("KEY".to_owned(), "a".repeat(SHORTEST - 1))].into();
        assert!(Needles::halves(&secrets).is_none());
    }
}
