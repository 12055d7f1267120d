//! Tells examples of credentials from live ones.

/// Whether it is an example from documentation: it says so, or has few distinct
/// characters.
pub(crate) fn is_placeholder(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let says = |word: &[u8]| lower.windows(word.len()).any(|w| w == word);
    let mut distinct = lower.clone();
    distinct.sort_unstable();
    distinct.dedup();
    says(b"example") || says(b"xxxx") || says(b"placeholder") || distinct.len() < 8
}
