//! Counts in words: a number and its noun, in the singular for one.

use std::fmt::Display;

/// `count` and its noun: "1 pack", "2 packs".
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let said = count.to_string();
    format!("{said} {}", noun(count, one, many))
}

/// The noun for `count`, also a verb: `one` if `count` is 1, else `many`.
#[must_use]
pub fn noun<'w, N: PartialEq + From<u8>>(count: N, one: &'w str, many: &'w str) -> &'w str {
    if count == N::from(1) { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_takes_the_singular_and_every_other_number_the_plural() {
        let said = [0, 1, 2, 11, 101].map(|n| counted(n, "entry", "entries"));
        assert_eq!(
            said,
            [
                "0 entries",
                "1 entry",
                "2 entries",
                "11 entries",
                "101 entries"
            ]
        );
    }
}
