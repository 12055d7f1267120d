//! Escapes untrusted text for HTML, and writes the parts that many sections of a page have.

use provision_core::Verdict;
use std::fmt::Write;

/// `text`, escaped for element content and for quoted attributes.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The attributes of a link that shows what has this `value` alone, for example those with
/// `verdict=fail`. Without the script, it leads to the part of the page with that name.
pub(super) fn filter(key: &str, value: &str) -> String {
    let value = encoded(value);
    format!("href=\"#{key}-{value}\" data-filter=\"{key}={value}\"")
}

/// The attribute of the part of the page that has this name.
pub(super) fn named(key: &str, value: &str) -> String {
    format!("id=\"{key}-{}\"", encoded(value))
}

/// `value` in an address: what is no letter, digit, `.`, `_` or `-` is percent-encoded.
fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// A verdict as a sign and a word, so that nobody needs its colour.
pub(crate) fn badge(verdict: Verdict) -> String {
    let sign = match verdict {
        Verdict::Pass => '✓',
        Verdict::NotApplicable => '–',
        Verdict::Partial => '?',
        Verdict::Fail => '✗',
        Verdict::Error => '!',
    };
    format!(
        "<b class=\"{verdict}\">{sign} {}</b>",
        verdict.name().replace('_', " ")
    )
}

/// A command that the page's script offers to copy.
pub(super) fn command(command: &str) -> String {
    format!("<div class=\"cmd\"><code>{}</code></div>", text(command))
}

#[cfg(test)]
mod tests {
    use super::{filter, named, text};

    #[test]
    fn markup_and_control_characters_are_escaped() {
        assert_eq!(
            text("<a href='x'>\"&\0"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;\u{fffd}"
        );
    }

    #[test]
    fn link_is_one_fragment_whatever_the_value_is() {
        assert_eq!(named("check", "plan.golden"), "id=\"check-plan.golden\"");
        assert_eq!(
            filter("code", "E_A\"&é"),
            "href=\"#code-E_A%22%26%C3%A9\" data-filter=\"code=E_A%22%26%C3%A9\""
        );
    }
}
