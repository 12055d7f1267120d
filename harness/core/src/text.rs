//! Makes untrusted text inert: bounded, on one line, without control of terminals or of
//! the CI systems that read logs.

use std::borrow::Cow;

/// `text` with every control, bidi and zero-width character escaped as `\u{…}`, and one
/// character of every [workflow command](without_commands), cut after `max` characters
/// with a note of how many are left out.
#[must_use]
pub fn inert(text: &str, max: usize) -> String {
    // Most texts are plain. A table is fast in a fuzzing build as well, which
    // records each comparison.
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
        out.push_str(&format!("… ({left} more characters)"));
    }
    match without_commands(&out) {
        Cow::Owned(disarmed) => disarmed,
        Cow::Borrowed(_) => out,
    }
}

/// `text` in which one character of everything is escaped that a CI system obeys when it
/// stands in a log: `##[…]` and `##vso[…]` anywhere in a line, and `::name …` at the start
/// of a word, because a console may break the line before it.
#[must_use]
pub fn without_commands(text: &str) -> Cow<'_, str> {
    disarmed(text, "\\u{23}", "\\u{3a}")
}

/// The same for a JSON document, in the escapes of JSON: only its strings can hold a
/// command, and their values stay the same.
#[must_use]
pub fn json_without_commands(json: &str) -> Cow<'_, str> {
    disarmed(json, "\\u0023", "\\u003a")
}

fn disarmed<'t>(text: &'t str, hash: &str, colon: &str) -> Cow<'t, str> {
    let mut out = String::new();
    let mut copied = 0;
    let pairs = text.match_indices("##").chain(text.match_indices("::"));
    let mut commands: Vec<usize> = pairs
        .map(|(at, _)| at)
        .filter(|at| is_command(text, *at))
        .collect();
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

/// Whether `text` has an invisible character where no text needs one: outside of an
/// emoji, and no joiner within a word of a script that is written with joiners.
#[must_use]
pub fn has_stray_invisible(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match emoji_len(&chars[at..]) {
            0 if is_invisible(c) && !joins_letters(&chars, at) => return true,
            0 => at += 1,
            len => at += len,
        }
    }
    false
}

/// Whether the character at `at` is a zero-width joiner or non-joiner that forms letters,
/// as RFC 5892 (appendix A) allows: after a virama, or between two letters of a cursive
/// script, in which it is what a space or a hyphen is to others.
fn joins_letters(chars: &[char], at: usize) -> bool {
    if !matches!(chars.get(at), Some('\u{200c}' | '\u{200d}')) {
        return false;
    }
    let before = at.checked_sub(1).and_then(|at| chars.get(at).copied());
    let after = chars.get(at + 1).copied();
    let is_joiner = |c: char| matches!(c, '\u{200c}' | '\u{200d}');
    let in_script = |c: Option<char>, is: fn(char) -> bool| c.is_some_and(is);
    // NB: a word may end with a virama and a joiner, as some of Malayalam do.
    in_script(before, is_virama) && !after.is_some_and(is_joiner)
        || in_script(before, is_cursive) && in_script(after, is_cursive)
        || in_script(before, is_indic) && in_script(after, is_indic)
}

/// Whether `c` is a letter or a mark of a script whose letters join.
fn is_cursive(c: char) -> bool {
    // Arabic, Syriac, Thaana, N'Ko, Mandaic, Mongolian.
    (c.is_alphanumeric() || is_mark(c))
        && matches!(u32::from(c),
            0x0620..=0x06FF | 0x0700..=0x08FF | 0x1820..=0x18AA | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC)
}

/// Whether `c` is a letter or a mark of an Indic script.
fn is_indic(c: char) -> bool {
    // Devanagari to Sinhala, Tibetan, Myanmar, Khmer, Balinese.
    matches!(u32::from(c), 0x0900..=0x0DFF | 0x0F40..=0x0FBC | 0x1000..=0x109F | 0x1780..=0x17D3 | 0x1B00..=0x1B4B)
        && (c.is_alphanumeric() || is_mark(c))
}

fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

/// Whether `c` suppresses the vowel of an Indic letter.
fn is_virama(c: char) -> bool {
    is_indic(c) && unicode_normalization::char::canonical_combining_class(c) == 9
}

/// The number of characters of the emoji sequence at the start of `chars`, as UTS #51
/// defines it; 0 if there is none.
fn emoji_len(chars: &[char]) -> usize {
    let is = |at: usize, c: char| chars.get(at) == Some(&c);
    // A keycap: a digit, `#` or `*`, U+FE0F, U+20E3.
    if matches!(chars, ['0'..='9' | '#' | '*', '\u{fe0f}', '\u{20e3}', ..]) {
        return 3;
    }
    let mut len = 0;
    loop {
        if !chars.get(len).copied().is_some_and(is_pictograph) {
            // NB: a joiner with nothing to join is no part of the sequence.
            return len.saturating_sub(1);
        }
        len += 1;
        // Text or emoji presentation, and the colour of the skin.
        if is(len, '\u{fe0e}') || is(len, '\u{fe0f}') {
            len += 1;
        }
        if matches!(chars.get(len), Some('\u{1f3fb}'..='\u{1f3ff}')) {
            len += 1;
        }
        len += flag_tags(chars, len);
        if !is(len, '\u{200d}') {
            return len;
        }
        len += 1;
    }
}

/// The number of tag characters at `at` that spell a region behind a black flag:
/// three to six letters or digits, and the end tag.
fn flag_tags(chars: &[char], at: usize) -> usize {
    if at == 0 || chars[at - 1] != '\u{1f3f4}' {
        return 0;
    }
    let is_tag = |c: &&char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    let tags = chars[at..].iter().take_while(is_tag).count();
    let ends = chars.get(at + tags) == Some(&'\u{e007f}');
    if (3..=6).contains(&tags) && ends {
        tags + 1
    } else {
        0
    }
}

/// Whether `c` can begin an emoji or be joined to one.
fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c),
        0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x21AA | 0x231A..=0x23FF
        | 0x24C2 | 0x25AA..=0x25FE | 0x2600..=0x27BF | 0x2934..=0x2935 | 0x2B05..=0x2B55
        | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0x1F000..=0x1FAFF)
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
    fn control_characters_are_escaped() {
        assert_eq!(
            inert("a\u{1b}[31m\u{202e}b\n", 99),
            "a\\u{1b}[31m\\u{202e}b\\n"
        );
        assert_eq!(inert("abcdef", 2), "ab… (4 more characters)");
        assert_eq!(inert_lines("a\u{1b}b\nc\r"), "a\\u{1b}b\nc\\r");
    }

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

    #[test]
    fn invisible_character_is_stray_outside_of_emoji_and_words_that_need_it() {
        for emoji in [
            "\u{2764}\u{fe0f} love",
            "\u{2122}\u{fe0e}",
            "1\u{fe0f}\u{20e3}#\u{fe0f}\u{20e3}",
            // A family, a nurse with a skin colour, the rainbow flag, Scotland, Japan.
            "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{1f469}\u{1f3fd}\u{200d}\u{2695}\u{fe0f}",
            "\u{1f3f3}\u{fe0f}\u{200d}\u{1f308}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "\u{1f1ef}\u{1f1f5}",
            "plain 1 # *",
        ] {
            assert!(!has_stray_invisible(emoji), "{emoji:?}");
        }
        for word in [
            // Persian: "I want", "books", "home pages".
            "\u{645}\u{6cc}\u{200c}\u{62e}\u{648}\u{627}\u{647}\u{645}",
            "\u{6a9}\u{62a}\u{627}\u{628}\u{200c}\u{647}\u{627}",
            "\u{635}\u{641}\u{62d}\u{647}\u{200c}\u{647}\u{627}\u{6cc} \u{62e}\u{627}\u{646}\u{647}",
            // Urdu: "beautiful".
            "\u{62e}\u{648}\u{628}\u{200c}\u{635}\u{648}\u{631}\u{62a}",
            // Hindi with a half form; Sinhala "Sri"; Malayalam "he", which ends in a joiner.
            "\u{915}\u{94d}\u{200d}\u{937}",
            "\u{0dc1}\u{0dca}\u{200d}\u{0dbb}\u{0dd3}",
            "\u{0d05}\u{0d35}\u{0d28}\u{0d4d}\u{200d}",
            // Bengali "ya-phalaa" after "ra", Kannada "Ramraj".
            "\u{09b0}\u{200d}\u{09cd}\u{09af}\u{09be}\u{09ac}",
            "\u{0cb0}\u{0cbe}\u{0cae}\u{0ccd}\u{200c}\u{0cb0}\u{0cbe}\u{0c9c}\u{0ccd}",
        ] {
            assert!(!has_stray_invisible(word), "{word:?}");
        }
        for stray in [
            "a\u{fe0f}",
            "a\u{200d}b",
            "\u{1f468}\u{200d}a",
            "\u{200d}\u{1f468}",
            "1\u{fe0f}",
            "\u{20e3}\u{fe0f}",
            "\u{2764}\u{fe0f}\u{fe0f}",
            "\u{1f468}\u{200b}",
            "\u{1f3f4}\u{e0067}\u{e0062}",
            "\u{1f468}\u{e0067}\u{e0062}\u{e0073}\u{e007f}",
            "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e0061}\u{e0062}\u{e007f}",
            "\u{e0067}\u{e007f}",
            "a\u{202e}b",
            // Joiners between words, at the ends of them, doubled, or beside Latin letters.
            "\u{645} \u{200c}\u{62e}",
            "\u{200c}\u{62e}",
            "\u{62e}\u{200c}",
            "\u{645}\u{200c}\u{200c}\u{62e}",
            "\u{645}\u{200d}a",
            "\u{915}\u{94d}\u{200d}\u{200d}\u{937}",
            "\u{645}\u{200b}\u{62e}",
            "\u{645}\u{202e}\u{62e}",
        ] {
            assert!(has_stray_invisible(stray), "{stray:?}");
        }
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
