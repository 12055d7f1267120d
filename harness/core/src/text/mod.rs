//! Makes untrusted text inert: bounded, on one line, without control of terminals or of
//! the CI systems that read logs.

mod commands;
mod count;
mod invisible;

pub use commands::without_commands;
pub use count::{counted, noun};
pub use invisible::{has_stray_invisible, is_invisible};

use commands::json_without_commands;
use std::borrow::Cow;

/// `text` with every control, bidi and zero-width character escaped as `\u{…}`, and one
/// character of every [workflow command](without_commands), cut after `max` characters
/// with a note of how many are left out.
#[must_use]
pub fn inert(text: &str, max: usize) -> String {
    // Most texts are plain.
    if text.len() <= max && is_plain(text) {
        return without_commands(text).into_owned();
    }
    let mut out = String::with_capacity(text.len().min(max));
    let mut chars = text.chars();
    for c in chars.by_ref().take(max) {
        push_inert(&mut out, c);
    }
    let left = chars.count();
    if left > 0 {
        let left = counted(left, "more character", "more characters");
        out.push_str(&format!("… ({left})"));
    }
    match without_commands(&out) {
        Cow::Owned(disarmed) => disarmed,
        Cow::Borrowed(_) => out,
    }
}

/// `text` with the same characters escaped, except line breaks, and without a cut:
/// for multi-line text that another component has already made inert.
#[must_use]
pub fn inert_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push(c),
            c => push_inert(&mut out, c),
        }
    }
    match without_commands(&out) {
        Cow::Owned(disarmed) => disarmed,
        Cow::Borrowed(_) => out,
    }
}

/// The same; a line is cut after `chars` characters, and a text after `lines` lines, with a
/// note of what is left out.
#[must_use]
pub fn inert_lines_within(text: &str, chars: usize, lines: usize) -> String {
    let mut all = text.split('\n');
    let shown: Vec<String> = all
        .by_ref()
        .take(lines)
        .map(|line| inert(line, chars))
        .collect();
    let left = all.count();
    let mut out = shown.join("\n");
    if left > 0 {
        let left = counted(left, "more line", "more lines");
        out.push_str(&format!("\n… ({left})"));
    }
    out
}

/// The same JSON document with the same characters and commands as JSON escapes. Line
/// breaks between its values stay.
#[must_use]
pub fn inert_json(document: &str) -> String {
    let document = json_without_commands(document);
    if is_plain(&document) {
        return document.into_owned();
    }
    let mut out = String::with_capacity(document.len());
    for c in document.chars() {
        if c != '\n' && (c.is_control() || is_invisible(c)) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// `bytes` in lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().copied().flat_map(hex_digits).collect()
}

/// The two digits of `byte`, in lower case.
#[must_use]
pub fn hex_digits(byte: u8) -> [char; 2] {
    [byte >> 4, byte & 0xf].map(|digit| match digit {
        0..=9 => char::from(b'0' + digit),
        _ => char::from(b'a' + digit - 10),
    })
}

/// Whether no character of `text` needs an escape: all are printable ASCII.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let (blocks, rest) = text.as_bytes().as_chunks::<16>();
    let mut last = [b' '; 16];
    last[..rest.len()].copy_from_slice(rest);
    blocks.iter().all(is_plain_block) && is_plain_block(&last)
}

/// The same for 16 bytes at once. Every line of a stream is looked at each time it is read.
///
/// NB: the high bit of a byte is set below if it is 0x80 or more, if it is 0x7f, or if it is
/// less than 0x20. A carry or a borrow into the next byte comes only from such a byte.
fn is_plain_block(block: &[u8; 16]) -> bool {
    const EACH: u128 = u128::MAX / 255;
    let bytes = u128::from_ne_bytes(*block);
    let after_space = bytes.wrapping_sub(EACH * 0x20) & !bytes;
    let before_delete = bytes.wrapping_add(EACH);
    (bytes | after_space | before_delete) & (EACH * 0x80) == 0
}

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

/// Whether `text` is what `pattern` says, in which `*` stands for any text.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut text) = text.strip_prefix(first).and_then(|t| t.strip_suffix(last)) else {
        return false;
    };
    // The leftmost place of each part leaves the most text for the others.
    middle.split('*').all(|part| match text.find(part) {
        Some(at) => {
            text = &text[at + part.len()..];
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inert_json_is_the_same_value_without_active_characters() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{7f}\u{e0001}", "\u{e9}\n"] });
        let text = serde_json::to_string_pretty(&value).expect("JSON");
        let inert = inert_json(&text);
        assert!(!inert.chars().any(is_invisible), "{inert}");
        assert!(
            inert.contains("\\u202e") && inert.contains("\\udb40\\udc01"),
            "{inert}"
        );
        let read: serde_json::Value = serde_json::from_str(&inert).expect("JSON");
        assert_eq!(read, value);
    }

    #[test]
    fn only_printable_ascii_is_plain_wherever_it_stands() {
        for byte in 0..=0x7f_u8 {
            let printable = matches!(byte, b' '..=b'~');
            for at in 0..40 {
                let mut text = [b'a'; 40];
                text[at] = byte;
                let text = std::str::from_utf8(&text[..]).expect("ASCII");
                assert_eq!(is_plain(text), printable, "{byte:#x} at {at}");
                // With the least and the greatest printable character on both sides.
                for other in [b' ', b'~'] {
                    let mut text = [other; 40];
                    text[at] = byte;
                    let text = std::str::from_utf8(&text[..=at]).expect("ASCII");
                    assert_eq!(is_plain(text), printable, "{byte:#x} at {at}");
                }
            }
        }
        for at in 0..40 {
            let text = format!("{}é{}", " ".repeat(at), "~".repeat(40 - at));
            assert!(!is_plain(&text), "{text}");
        }
        assert!(is_plain(""));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            inert("a\u{1b}[31m\u{202e}b\n", 99),
            "a\\u{1b}[31m\\u{202e}b\\n"
        );
        assert_eq!(inert("abcdef", 2), "ab… (4 more characters)");
        assert_eq!(inert_lines("a\u{1b}b\nc\r"), "a\\u{1b}b\nc\\r");
        assert_eq!(
            inert_lines_within("abcd\n\u{1b}\nx\ny", 2, 2),
            "ab… (2 more characters)\n\\u{1b}\n… (2 more lines)"
        );
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
