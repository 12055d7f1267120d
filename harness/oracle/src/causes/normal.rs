//! Text without its places: names, numbers, digests and paths are replaced, so that the
//! texts of two findings are equal if they say the same of different places.

/// Stands for what is left out.
const LEFT_OUT: char = '…';

/// Endings of names of files that packs have.
const ENDINGS: [&str; 9] = [
    ".wasm", ".wat", ".json", ".cbor", ".yaml", ".yml", ".md", ".txt", ".pem",
];

/// `text` without quoted names, names of files and flow elements, digests and numbers.
#[must_use]
pub fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, part) in text.split('`').enumerate() {
        match i % 2 {
            // Between two backticks.
            1 => out.push(LEFT_OUT),
            _ => words(part, &mut out),
        }
    }
    out
}

fn words(text: &str, out: &mut String) {
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let bare = word.trim_end_matches([',', ';', ':', ')', '.']);
        let rest = &word[bare.len()..];
        let bare = match bare.strip_prefix('(') {
            Some(bare) => {
                out.push('(');
                bare
            }
            None => bare,
        };
        if is_place(bare) {
            out.push(LEFT_OUT);
        } else {
            out.push_str(bare);
        }
        out.push_str(rest);
    }
}

/// Whether `word` is a path, the name of a file, a number or a digest.
fn is_place(word: &str) -> bool {
    let lower = word.to_lowercase();
    let has_digit = word.chars().any(|c| c.is_ascii_digit());
    let is_number = has_digit && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_digest = word.len() >= 16 && word.chars().all(|c| c.is_ascii_hexdigit());
    let is_path = word.len() > 1 && word.contains('/') && !word.contains("://");
    is_number || is_digest || is_path || ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn texts_that_differ_only_in_places_become_equal() {
        for (one, two) in [
            (
                "the file schemas/a.json in the pack",
                "the file b.json in the pack",
            ),
            ("12 bytes", "4096 bytes"),
            ("BLAKE3 0123456789abcdef0", "BLAKE3 fedcba9876543210f"),
            ("component `a` of the pack", "component `b c` of the pack"),
            ("telegram.wasm is `dummy`", "slack.wasm is `dummy`"),
            ("(a/b.yaml), 1.2.3.", "(c.yaml), 0.1."),
        ] {
            assert_eq!(normal(one), normal(two));
        }
        for (one, two) in [
            ("it is not there", "it is there"),
            ("`a` is missing", "`a` is wrong"),
            ("api_token is required", "bot_token is required"),
            ("https://a.example/x", "http://a.example/x"),
            ("wasm trap: unreachable", "wasm trap: stack overflow"),
        ] {
            assert_ne!(normal(one), normal(two));
        }
    }
}
