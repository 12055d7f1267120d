//! Commands that CI systems obey when they stand in a log.

use memchr::memmem;
use std::borrow::Cow;

/// `text` in which one character of everything is escaped that a CI system obeys when it
/// stands in a log: `##[…]` and `##vso[…]` anywhere in a line, and `::name …` at the start
/// of a word, because a console may break the line before it.
#[must_use]
pub fn without_commands(text: &str) -> Cow<'_, str> {
    disarmed(text, "\\u{23}", "\\u{3a}")
}

/// The same for a JSON document, in the escapes of JSON: only its strings can hold a
/// command, and their values stay the same.
pub(super) fn json_without_commands(json: &str) -> Cow<'_, str> {
    disarmed(json, "\\u0023", "\\u003a")
}

fn disarmed<'t>(text: &'t str, hash: &str, colon: &str) -> Cow<'t, str> {
    let mut out = String::new();
    let mut copied = 0;
    let pairs = |pair| memmem::find_iter(text.as_bytes(), pair);
    let pairs = pairs(b"##").chain(pairs(b"::"));
    let mut commands: Vec<usize> = pairs.filter(|at| is_command(text, *at)).collect();
    commands.sort_unstable();
    for at in commands {
        // The first character of the pair stays.
        out.push_str(text.get(copied..=at).unwrap_or_default());
        let is_hash = text.get(at..).is_some_and(|rest| rest.starts_with('#'));
        out.push_str(if is_hash { hash } else { colon });
        copied = at + 2;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether the pair of characters at `at` begins a command.
fn is_command(text: &str, at: usize) -> bool {
    let (before, pair) = text.split_at(at);
    let Some(rest) = pair.strip_prefix("##") else {
        let name = pair.trim_start_matches(':').chars().next();
        let is_word = before
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() && c != '_');
        return is_word && name.is_some_and(|c| c.is_ascii_alphabetic());
    };
    // NB: a third `#` may follow, whose pair is not matched on its own.
    let rest = rest.trim_start_matches('#');
    let is_azure = |name: &str| name.eq_ignore_ascii_case("vso[");
    rest.starts_with('[') || rest.get(..4).is_some_and(is_azure)
}

#[cfg(test)]
mod tests {
    use super::super::{inert, inert_lines};
    use super::*;

    #[test]
    fn commands_of_ci_systems_are_escaped_and_other_colons_and_hashes_stay() {
        for (text, want) in [
            ("x ##vso[task.set]y", "x #\\u{23}vso[task.set]y"),
            ("##VSO[a]", "#\\u{23}VSO[a]"),
            ("a##[error]b", "a#\\u{23}[error]b"),
            ("::set-output name=a::b", ":\\u{3a}set-output name=a::b"),
            ("at `::error::x`", "at `:\\u{3a}error::x`"),
        ] {
            assert_eq!(inert(text, 99), want);
            assert_eq!(inert_lines(&format!("a\n{text}")), format!("a\n{want}"));
        }
        for other in [
            "pack::wizard::check",
            "## Title",
            "#[x]",
            "a :: b",
            "[::1]:80",
        ] {
            assert_eq!(inert(other, 99), other);
        }
        for hashes in ["###[a]", "####vso[a]", ":::error::", "a\u{1b}##[b]"] {
            let inert = inert(hashes, 99);
            let holds = |part: &str| inert.contains(part);
            assert!(
                !holds("##[") && !holds("##vso[") && !holds("::e"),
                "{inert}"
            );
        }
        let json = r###"{"a":"##[b] ::c"}"###;
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        let safe = json_without_commands(json);
        assert!(!safe.contains("##[") && !safe.contains(" ::c"), "{safe}");
        assert_eq!(read(&safe), read(json));
    }
}
