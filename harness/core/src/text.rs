//! Makes text of strangers inert: bounded, one line, nothing a terminal obeys.

/// `text` with every control, bidi and zero-width character written as
/// `\u{…}`, cut after `max` characters with a note of how many are left out.
#[must_use]
pub fn inert(text: &str, max: usize) -> String {
    // Most texts are; and a table is looked up in a fuzzing build, too, where
    // each comparison is recorded.
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

/// `text` with the same characters written out, but for line breaks, and
/// nothing cut: for texts of several lines that were made inert before, by
/// somebody else.
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

/// Whether all of `text` stands for itself.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| PLAIN[usize::from(b)])
}

/// Bytes that stand for themselves: printable ASCII.
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

/// Whether `c` changes how neighbouring text is shown without being seen:
/// bidi controls, zero-width characters, tags, line separators, non-characters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xFFFE..=0xFFFF
        | 0xE0000..=0xE0FFF)
}

/// Whether `name` is safe as an identifier everywhere: at most 128 letters,
/// digits, `.`, `_` and `-`, starting with a letter or digit, and no `..`.
#[must_use]
pub fn is_safe_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(plain)
        && !name.contains("..")
}

/// A folder name made of `label`: letters, digits, `.`, `_`, `-` stay, all
/// else becomes `_`; never empty, never dots alone.
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
    fn controls_are_shown_and_never_obeyed() {
        assert_eq!(
            inert("a\u{1b}[31m\u{202e}b\n", 99),
            "a\\u{1b}[31m\\u{202e}b\\n"
        );
        assert_eq!(inert("abcdef", 2), "ab… (4 more characters)");
        assert_eq!(inert_lines("a\u{1b}b\nc\r"), "a\\u{1b}b\nc\\r");
    }

    #[test]
    fn a_safe_name_is_never_a_path() {
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
        for good in [
            "a",
            "greentic.secrets.vault-kv",
            "messaging-telegram",
            "0x_1",
        ] {
            assert!(is_safe_name(good), "{good:?}");
        }
    }

    #[test]
    fn a_slug_is_one_harmless_folder_name() {
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
