//! The single encodings of a secret, each as a text to search for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use provision_core::text::{hex, hex_digits};

/// The searched forms of `secret`. The search ignores the case of letters.
pub(super) fn forms_of(secret: &str) -> Vec<(&'static str, String)> {
    let bytes = secret.as_bytes();
    let hex = hex(bytes);
    let (mut percent, mut url) = (String::new(), String::new());
    for byte in bytes {
        let escaped = percent.len();
        percent.push('%');
        percent.extend(hex_digits(*byte));
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(*byte));
            }
            _ => url.push_str(&percent[escaped..]),
        }
    }
    let mut forms = vec![
        ("plain", secret.to_owned()),
        ("reversed", secret.chars().rev().collect()),
        ("hex", hex),
        ("URL-encoded", percent),
    ];
    let joined: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    if joined != secret {
        forms.push(("plain", joined));
    }
    if url != secret {
        forms.push(("URL-encoded", url));
    }
    // Base64 encodes three bytes as four characters, so a secret in a longer text
    // has one of three alignments. The characters at its ends also encode the
    // neighbouring bytes, so they are not part of the needle.
    for skip in 0..3usize {
        let padded: Vec<u8> = std::iter::repeat_n(0u8, skip)
            .chain(bytes.iter().copied())
            .collect();
        let encoded = STANDARD_NO_PAD.encode(&padded);
        let start = (skip * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        let middle = encoded.get(start..end).unwrap_or_default().to_owned();
        let url_safe = middle.replace('+', "-").replace('/', "_");
        if url_safe != middle {
            forms.push(("base64", url_safe));
        }
        forms.push(("base64", middle));
    }
    forms
}
