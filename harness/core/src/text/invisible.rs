//! Characters that are invisible, and where a text needs them.

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
/// emoji, no joiner within a word of a script that is written with joiners, and no
/// direction mark beside letters that are written from right to left. Names that programs
/// compare need none of these.
#[must_use]
pub fn has_stray_invisible(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        match emoji_len(&chars[at..]) {
            0 if is_invisible(c) && !joins_letters(&chars, at) && !is_directed(&chars, at) => {
                return true;
            }
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

/// Whether the character at `at` is a direction mark (U+200E, U+200F, U+061C) beside text
/// that is written from right to left, where it decides on which side a bracket, a number
/// or a foreign word stands. It orders only what is between the letters beside it, unlike
/// the overrides and embeddings. Two in a row do no more than one.
fn is_directed(chars: &[char], at: usize) -> bool {
    let is_mark = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}');
    let is_mark_at = |at: usize| chars.get(at).copied().is_some_and(is_mark);
    if !is_mark_at(at) || is_mark_at(at + 1) || at.checked_sub(1).is_some_and(is_mark_at) {
        return false;
    }
    let is_rtl = |c: Option<&char>| c.copied().is_some_and(is_right_to_left);
    let before = chars[..at].iter().rev().find(|c| c.is_alphabetic());
    let after = chars[at + 1..].iter().find(|c| c.is_alphabetic());
    is_rtl(before) || is_rtl(after)
}

/// Whether `c` is of a script that is written from right to left.
fn is_right_to_left(c: char) -> bool {
    // Hebrew to Arabic Extended-A, their presentation forms, and the ancient and African
    // scripts of the supplementary plane.
    matches!(u32::from(c),
        0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFC | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn direction_mark_is_stray_unless_it_is_beside_right_to_left_text() {
        for directed in [
            // Hebrew "hello!", with the exclamation mark on its left, and "(5%)" in Arabic.
            "\u{5e9}\u{5dc}\u{5d5}\u{5dd}!\u{200f}",
            "\u{646}\u{633}\u{628}\u{629} (5%)\u{200f}",
            // Arabic "the language C++ is", with a left-to-right mark behind the pluses.
            "\u{644}\u{63a}\u{629} C++\u{200e} \u{647}\u{64a}",
            "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
            "\u{645}\u{61c} (x)",
        ] {
            assert!(!has_stray_invisible(directed), "{directed:?}");
        }
        for stray in [
            // Direction marks without letters that need them, between Latin letters, or
            // doubled; and what overrides the direction beside such letters.
            "room\u{200e}",
            "\u{200f}5%",
            "ad\u{200f}min \u{5e9}\u{5dc}",
            "\u{5e9}\u{200f}\u{200f}",
            "\u{5e9}\u{202e}\u{5dc}",
            "\u{5e9}\u{2067}\u{5dc}",
        ] {
            assert!(has_stray_invisible(stray), "{stray:?}");
        }
    }
}
