//! Output on terminals of several widths.

/// `shown` without escape sequences, cut at line breaks and at returns of the carriage.
fn lines(shown: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = shown.chars();
    while let Some(c) = rest.next() {
        match c {
            // NB: all sequences of this program end with a letter.
            '\u{1b}' => while rest.next().is_some_and(|c| !c.is_ascii_alphabetic()) {},
            c => plain.push(c),
        }
    }
    plain.split(['\n', '\r']).map(str::to_owned).collect()
}

/// Checks that no line is wider than the terminal, except those that begin with one of
/// these texts, which a user copies.
pub(crate) fn require_fit(shown: &str, columns: u16, except: &[&str]) {
    let lines = lines(shown);
    assert!(lines.iter().any(|line| !line.trim().is_empty()), "{shown}");
    for line in lines {
        let is_copied = except.iter().any(|start| line.starts_with(start));
        let width = line.chars().count();
        assert!(
            is_copied || width <= usize::from(columns),
            "{width} columns of {columns}: {line}"
        );
    }
}
