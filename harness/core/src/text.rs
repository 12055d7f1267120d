//! Makes untrusted text inert: bounded, on one line, without terminal control.

/// `text` with every control, bidi and zero-width character escaped as `\u{…}`, cut
/// after `max` characters with a note of how many are left out.
#[must_use]
pub fn inert(text: &str, max: usize) -> String {
    // Most texts are plain. A table is fast in a fuzzing build as well, which
    // records each comparison.
    if text.len() <= max && is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(max));
    let mut chars = text.chars();
    for c in chars.by_ref().take(max) {
        push_inert(&mut out, c);
    }
    let left = chars.count();
    if left > 0 {
        out.push_str(&format!("… ({left} more characters)"));
    }
    out
}

/// `text` with the same characters escaped, except line breaks, and without a cut:
/// for multi-line text that another component has already made inert.
#[must_use]
pub fn inert_lines(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            c => push_inert(&mut out, c),
        }
    }
    out
}

/// `bytes` in lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Whether no character of `text` needs an escape.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| PLAIN[usize::from(b)])
}

/// Bytes that need no escape: printable ASCII.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut at = 0x20;
    while at < 0x7f {
        plain[at] = true;
        at += 1;
    }
    plain
};

fn push_inert(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_control() || is_invisible(c) => {
            out.extend(c.escape_unicode());
        }
        c => out.push(c),
    }
}

/// Whether `c` is invisible but changes how neighbouring text is shown:
/// bidi controls, zero-width characters, tags, line separators, non-characters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xFFFE..=0xFFFF
        | 0xE0000..=0xE0FFF)
}

/// Whether `name` is a safe identifier on every system: at most 128 letters,
/// digits, `.`, `_` and `-`, starting with a letter or digit, and no `..`.
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain)
        && !name.contains("..")
}

/// A folder name for `label`: letters, digits, `.`, `_`, `-` stay, every other
/// character becomes `_`. The result is never empty and never dots alone.
#[must_use]
pub fn slug(label: &str) -> String {
    let mut out: String = label
        .chars()
        .take(120)
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | '.' => c,
            _ => '_',
        })
        .collect();
    if out.chars().all(|c| c == '.') {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            inert("a\u{1b}[31m\u{202e}b\n", 99),
            "a\\u{1b}[31m\\u{202e}b\\n"
        );
        assert_eq!(inert("abcdef", 2), "ab… (4 more characters)");
        assert_eq!(inert_lines("a\u{1b}b\nc\r"), "a\\u{1b}b\nc\\r");
    }

    #[test]
    fn path_or_invisible_character_is_not_a_safe_name() {
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a..b",
            "-a",
            "a b",
            "a\u{202e}",
            "\u{e9}",
            &"a".repeat(129),
        ] {
            assert!(!is_safe_name(bad), "{bad:?}");
        }
        for valid in [
            "a",
            "greentic.secrets.vault-kv",
            "messaging-telegram",
            "0x_1",
        ] {
            assert!(is_safe_name(valid), "{valid:?}");
        }
    }

    #[test]
    fn slug_is_never_a_path() {
        for (label, want) in [
            ("..", "_.."),
            ("", "_"),
            ("../../etc", ".._.._etc"),
            ("a/b c", "a_b_c"),
        ] {
            assert_eq!(slug(label), want);
        }
    }
}
