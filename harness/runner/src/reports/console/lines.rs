//! Lines of a bounded width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of a line, at most, where the output is no terminal.
pub(super) const WIDTH: usize = 100;

/// The columns that a terminal shows `text` in.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// `text` without line breaks and other control characters.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// `text` on one line, in at most `max` columns; a cut text ends with `…`.
pub(crate) fn fit(text: &str, max: usize) -> String {
    let text = one_line(text);
    if width(&text) <= max {
        return text;
    }
    let (mut out, _) = split(&text, max.saturating_sub(1));
    out.push('…');
    out
}

/// The first characters of `text` that take at most `max` columns, and the others.
fn split(text: &str, max: usize) -> (String, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > max {
            let (first, rest) = text.split_at(at);
            return (first.to_owned(), rest);
        }
    }
    (text.to_owned(), "")
}

/// `text` in lines of at most `max` columns, broken at spaces where possible.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for mut word in text.split_whitespace() {
        let joined = width(&line) + usize::from(!line.is_empty()) + width(word);
        if joined > max && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while width(word) > max {
            let (first, rest) = split(word, max);
            lines.push(first);
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `text`, which begins with `indent` spaces, in lines that all begin with them.
pub(crate) fn wrap_below(text: &str, indent: usize, max: usize) -> Vec<String> {
    let lines = wrap(text, max.saturating_sub(indent)).into_iter();
    lines.map(|line| format!("{:indent$}{line}", "")).collect()
}

/// The same lines, at most `most` of them; the last says with `…` that some are left out.
pub(crate) fn at_most(mut lines: Vec<String>, most: usize, max: usize) -> Vec<String> {
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = fit(&format!("{last} …"), max);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_the_width_and_no_character_is_lost() {
        let text = format!("one two {} three {}", "x".repeat(25), "é".repeat(10));
        let lines = wrap(&text, 10);
        assert!(lines.iter().all(|l| width(l) <= 10), "{lines:?}");
        let joined: String = lines.concat().split_whitespace().collect();
        assert_eq!(joined, text.split_whitespace().collect::<String>());
        assert_eq!(wrap("", 10), [""; 0]);
        assert_eq!(at_most(wrap("aa bb cc", 2), 2, 6), ["aa", "bb …"]);
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abc", 4), "abc");
        // A terminal shows each of these in two columns.
        assert_eq!(fit("日本語文字", 6), "日本…");
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert_eq!(fit("a\n::b", 9), "a ::b");
    }
}
