//! Lines of a bounded width.

/// Columns of a line, at most.
pub(super) const WIDTH: usize = 100;

/// The number of characters of `text`.
pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// `text` without line breaks and other control characters.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(plain).collect()
}

/// `text` on one line, in at most `max` characters; a cut text ends with `…`.
pub(super) fn fit(text: &str, max: usize) -> String {
    let text = one_line(text);
    if width(&text) <= max {
        return text;
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// `text` in lines of at most `max` characters, broken at spaces where possible.
pub(super) fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let joined = width(&line) + usize::from(!line.is_empty()) + word.len();
        if joined > max && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while word.len() > max {
            let rest = word.split_off(max);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The same lines, at most `most` of them; the last says with `…` that some are left out.
pub(super) fn at_most(mut lines: Vec<String>, most: usize, max: usize) -> Vec<String> {
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
        assert_eq!(at_most(wrap("a b c", 1), 2, 5), ["a", "b …"]);
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abc", 4), "abc");
        assert_eq!(fit("a\n::b", 9), "a ::b");
    }
}
