//! Undoes the encodings in which a guest may hide a secret, one at a time.

use super::codes::CODES;
use super::inflate::{INFLATED, inflated, is_neither, is_text};
use super::leak::SHORTEST;

/// Characters of the shortest run that is decoded.
const RUN: usize = 12;

/// What the decoders make of a text.
pub(super) struct Decoded {
    /// The results that are text, each with the name of its decoder.
    pub(super) texts: Vec<(&'static str, Vec<u8>)>,
    /// Whether a compressed text inflates to more than [`INFLATED`] bytes, of which the
    /// rest is not there.
    pub(super) is_cut: bool,
}

impl Decoded {
    fn add(&mut self, form: &'static str, bytes: &[u8], text: &[u8]) {
        if bytes.len() >= SHORTEST / 2 && bytes != text && is_text(bytes) {
            self.texts.push((form, bytes.to_vec()));
        }
    }

    /// Adds the result of a decoder, and what that inflates to.
    fn add_inflated(&mut self, form: &'static str, bytes: &[u8], text: &[u8]) {
        if let Some(inflated) = inflated(bytes) {
            self.is_cut |= inflated.len() as u64 == INFLATED;
            self.add("compressed", &inflated, text);
        }
        self.add(form, bytes, text);
    }
}

/// What each decoder makes of `text`.
pub(super) fn decoded(text: &[u8]) -> Decoded {
    let mut decoded = Decoded {
        texts: Vec::new(),
        is_cut: false,
    };
    let mut bytes = Vec::new();
    for code in &*CODES {
        code.each_run(text, RUN, |run| {
            for skip in 0..code.group {
                let characters = run.get(skip..).unwrap_or_default();
                // NB: most runs are words, and decode to nothing that is searched. Their start
                // shows it.
                let start = characters.get(..start_of(characters.len()));
                bytes.clear();
                (code.decode)(start.unwrap_or_default(), &mut bytes);
                if start.is_some() && is_neither(&bytes, code.longest(characters)) {
                    continue;
                }
                bytes.clear();
                (code.decode)(characters, &mut bytes);
                decoded.add_inflated(code.name, &bytes, text);
            }
        });
    }
    if text.iter().any(|byte| ESCAPES.contains(byte)) {
        decoded.add("escaped", &unescaped(text), text);
    }
    if text.iter().any(u8::is_ascii_digit) {
        decoded.add("numbers", &numbers(text), text);
    }
    decoded
}

/// How many characters of `length` are the start that is decoded first: whole groups of any
/// encoding, and enough of them that a tenth of the whole can be unprintable.
fn start_of(length: usize) -> usize {
    (length / 4).next_multiple_of(40)
}

/// What escapes begin with.
const ESCAPES: [u8; 4] = *b"%=\\&";

/// Percent, backslash, HTML and quoted-printable escapes, replaced by what they mean.
pub(crate) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let rest = text.get(at + 1..).unwrap_or_default();
        let escape = match byte {
            b'%' | b'=' => digits(rest, 16, 2, 2),
            b'\\' => match rest.first() {
                Some(b'x') => digits(&rest[1..], 16, 2, 2).map(|(n, used)| (n, used + 1)),
                Some(b'u') if rest.get(1) == Some(&b'{') => braced(&rest[2..]),
                Some(b'u') => digits(&rest[1..], 16, 4, 4).map(|(n, used)| (n, used + 1)),
                _ => digits(rest, 8, 3, 3),
            },
            b'&' if rest.starts_with(b"#x") || rest.starts_with(b"#X") => {
                digits(&rest[2..], 16, 1, 6).map(|(n, used)| (n, used + 2))
            }
            b'&' if rest.starts_with(b"#") => {
                digits(&rest[1..], 10, 1, 7).map(|(n, used)| (n, used + 1))
            }
            _ => None,
        };
        let Some((code, used)) = escape else {
            out.push(*byte);
            at += 1;
            continue;
        };
        at += 1 + used;
        if *byte == b'&' && text.get(at) == Some(&b';') {
            at += 1;
        }
        match u8::try_from(code) {
            Ok(byte) => out.push(byte),
            Err(_) => {
                let char = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend(char.to_string().bytes());
            }
        }
    }
    out
}

/// The code in `61}`, which follows `\u{`, and the length of the whole escape.
fn braced(text: &[u8]) -> Option<(u32, usize)> {
    let (code, used) = digits(text, 16, 1, 6)?;
    (text.get(used) == Some(&b'}')).then_some((code, used + 3))
}

/// The number that `text` starts with, and its length: `least` to `most` digits.
fn digits(text: &[u8], radix: u32, least: usize, most: usize) -> Option<(u32, usize)> {
    let digits = text.iter().take(most);
    let digits = digits.map_while(|b| char::from(*b).to_digit(radix));
    let (value, count) = digits.fold((0, 0), |(value, count), digit| {
        (value * radix + digit, count + 1)
    });
    (count >= least).then_some((value, count))
}

/// The bytes that the numbers up to 255 in `text` stand for, decimal or after `0x`.
fn numbers(text: &[u8]) -> Vec<u8> {
    let words = text.split(|b| !b.is_ascii_alphanumeric());
    // Others have no number, and are most of a text.
    let words = words.filter(|word| word.iter().any(u8::is_ascii_digit));
    let words = words.filter_map(|word| std::str::from_utf8(word).ok());
    let mut found = Vec::new();
    for word in words {
        // `0x610x62` are two numbers.
        let word = word.to_ascii_lowercase();
        let mut parts = word.split("0x");
        found.extend(parts.next().and_then(|decimal| decimal.parse::<u8>().ok()));
        found.extend(parts.filter_map(|hex| u8::from_str_radix(hex, 16).ok()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use provision_core::text::hex;

    fn base32(bytes: &[u8]) -> String {
        let bits: String = bytes.iter().map(|b| format!("{b:08b}")).collect();
        let digits = bits.as_bytes().chunks(5).map(|five| {
            let five = std::str::from_utf8(five).expect("digits");
            let digit = u8::from_str_radix(&format!("{five:0<5}"), 2).expect("a digit");
            char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::from(digit)])
        });
        digits.collect()
    }

    /// The length has to be a multiple of four.
    fn ascii85(bytes: &[u8]) -> String {
        let group = |four: &[u8]| {
            let value = u32::from_be_bytes(four.try_into().expect("four bytes"));
            let digit = |power: u32| char::from(b'!' + (value / 85_u32.pow(power) % 85) as u8);
            match value {
                0 => "z".to_owned(),
                _ => [4, 3, 2, 1, 0].map(digit).iter().collect(),
            }
        };
        bytes.chunks(4).map(group).collect()
    }

    /// A text of which the start alone is no text, in each encoding, after each number of
    /// other characters.
    #[test]
    fn text_is_found_although_its_start_is_none() {
        for (length, rest) in [(40, b'a'), (120, b'b'), (400, b'c'), (2_000, 0)] {
            let mut text = vec![rest; length];
            // As many as a text may have.
            text[..length / 10].fill(0xfe);
            let encoded = [
                ("hex", hex(&text)),
                ("base64", STANDARD_NO_PAD.encode(&text)),
                ("base32", base32(&text)),
                ("ascii85", ascii85(&text)),
            ];
            for (form, encoded) in encoded {
                let code = CODES.iter().find(|code| code.name == form);
                for before in 0..code.expect("a code").group {
                    let input = format!("{}{encoded}", "A".repeat(before));
                    let found = decoded(input.as_bytes()).texts;
                    let found = found
                        .iter()
                        .any(|(name, bytes)| *name == form && bytes.ends_with(&text));
                    assert!(found, "{form}, {length} bytes after {before} characters");
                }
            }
        }
    }

    #[test]
    fn one_byte_more_that_no_text_has_is_one_too_many() {
        let mut text = vec![b'a'; 400];
        text[..41].fill(0xfe);
        assert!(
            decoded(STANDARD_NO_PAD.encode(&text).as_bytes())
                .texts
                .is_empty()
        );
    }

    #[test]
    fn escapes_and_numbers_are_undone_wherever_they_are() {
        let of = |text: &str| decoded(text.as_bytes()).texts;
        for escape in ["%62", "=62", "\\x62", "\\142", "&#98;", "\\u0062"] {
            let found = of(&format!("-a {escape} c-"));
            assert_eq!(found, [("escaped", b"-a b c-".to_vec())], "{escape}");
        }
        for numbers in ["97 98 99 100", "x0x610x62, g0x63 0x64"] {
            let found = of(numbers);
            assert!(
                found.contains(&("numbers", b"abcd".to_vec())),
                "{numbers}: {found:?}"
            );
        }
    }
}
