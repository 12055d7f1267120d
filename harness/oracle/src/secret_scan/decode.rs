//! Undoes the encodings in which a guest may hide a secret, one at a time.

use super::leak::SHORTEST;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::{Decompress, FlushDecompress};
use std::cell::RefCell;
use std::io::Read;

/// Most bytes that a compressed text is inflated to.
pub(super) const INFLATED: u64 = 64 * 1024;
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

/// What each decoder makes of `text`.
pub(super) fn decoded(text: &[u8]) -> Decoded {
    let mut texts = Vec::new();
    let mut is_cut = false;
    let mut add = |form: &'static str, bytes: Vec<u8>| {
        if bytes.len() >= SHORTEST / 2 && bytes != text && is_text(&bytes) {
            texts.push((form, bytes));
        }
    };
    let mut add_inflated = |form: &'static str, bytes: Vec<u8>| {
        let inflated = inflated(&bytes);
        is_cut |= inflated.len() as u64 == INFLATED;
        add("compressed", inflated);
        add(form, bytes);
    };
    for run in runs(text, |b| b.is_ascii_hexdigit(), is_between_hex) {
        for skip in 0..2 {
            add_inflated("hex", hex(run.get(skip..).unwrap_or_default()));
        }
    }
    for run in runs(text, is_base64, |b| b.is_ascii_whitespace()) {
        for skip in 0..4 {
            add_inflated("base64", base64(run.get(skip..).unwrap_or_default()));
        }
    }
    for run in runs(text, is_base32, |b| b.is_ascii_whitespace()) {
        for skip in 0..8 {
            add_inflated("base32", base32(run.get(skip..).unwrap_or_default()));
        }
    }
    for run in runs(text, is_ascii85, |b| b.is_ascii_whitespace()) {
        for skip in 0..5 {
            add_inflated("ascii85", ascii85(run.get(skip..).unwrap_or_default()));
        }
    }
    add("escaped", unescaped(text));
    add("numbers", numbers(text));
    Decoded { texts, is_cut }
}

/// Whether most of `bytes` is printable ASCII, zeros left out.
fn is_text(bytes: &[u8]) -> bool {
    let printable = bytes
        .iter()
        .filter(|b| matches!(b, 0 | b'\t' | b'\n' | b'\r' | 0x20..0x7f));
    printable.count() * 10 >= bytes.len() * 9
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn is_base32(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'2'..=b'7')
}

fn is_ascii85(byte: u8) -> bool {
    matches!(byte, b'!'..=b'u' | b'z')
}

fn is_between_hex(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b':' | b'-' | b',' | b'x' | b'X' | b'\\')
}

/// The runs of bytes that are `inside`; bytes that are `between` are left out of a run.
fn runs(text: &[u8], inside: fn(u8) -> bool, between: fn(u8) -> bool) -> Vec<Vec<u8>> {
    let mut runs = vec![Vec::new()];
    for byte in text {
        if inside(*byte) {
            if let Some(run) = runs.last_mut() {
                run.push(*byte);
            }
        } else if !between(*byte) && runs.last().is_some_and(|run| !run.is_empty()) {
            runs.push(Vec::new());
        }
    }
    runs.retain(|run| run.len() >= RUN);
    runs
}

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

fn hex(run: &[u8]) -> Vec<u8> {
    let (pairs, _) = run.as_chunks::<2>();
    let bytes = pairs.iter().map_while(|pair| digits(pair, 16, 2, 2));
    bytes
        .filter_map(|(value, _)| u8::try_from(value).ok())
        .collect()
}

/// Accepts texts that were cut off.
static BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn base64(run: &[u8]) -> Vec<u8> {
    let standard: Vec<u8> = run
        .iter()
        .map(|b| match b {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    // One character of a group by itself holds no byte.
    let whole = match standard.len() % 4 {
        1 => &standard[..standard.len() - 1],
        _ => &standard[..],
    };
    BASE64.decode(whole).unwrap_or_default()
}

fn base32(run: &[u8]) -> Vec<u8> {
    let values = run.iter().map(|byte| match byte {
        b'2'..=b'7' => byte - b'2' + 26,
        letter => letter.to_ascii_uppercase().wrapping_sub(b'A'),
    });
    let (mut bits, mut held) = (0u32, 0);
    let mut out = Vec::new();
    for value in values {
        bits = (bits << 5 | u32::from(value)) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    out
}

fn ascii85(run: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group = Vec::with_capacity(5);
    for byte in run {
        if *byte == b'z' && group.is_empty() {
            out.extend([0; 4]);
            continue;
        }
        group.push(byte.saturating_sub(b'!'));
        if group.len() == 5 {
            out.extend(of_group(&group));
            group.clear();
        }
    }
    if group.len() > 1 {
        let whole = group.len() - 1;
        group.resize(5, 84);
        out.extend(of_group(&group).into_iter().take(whole));
    }
    out
}

/// The four bytes of five digits to the base 85.
fn of_group(group: &[u8]) -> [u8; 4] {
    let digits = group.iter().map(|digit| u64::from(*digit));
    let value = digits.fold(0, |value, digit| value * 85 + digit);
    (value as u32).to_be_bytes()
}

/// What `bytes` inflate to, if they are compressed; at most [`INFLATED`] bytes.
fn inflated(bytes: &[u8]) -> Vec<u8> {
    let read = |mut reader: Box<dyn Read + '_>| {
        let mut out = Vec::new();
        // What was read before an error may hold the secret as well.
        let _ = reader.by_ref().take(INFLATED).read_to_end(&mut out);
        out
    };
    match bytes {
        [0x1f, 0x8b, ..] => read(Box::new(GzDecoder::new(bytes))),
        _ if is_text(bytes) => Vec::new(),
        [0x08 | 0x18 | 0x28 | 0x38 | 0x48 | 0x58 | 0x68 | 0x78, ..] => {
            if has_zlib_check(bytes) {
                read(Box::new(ZlibDecoder::new(bytes)))
            } else {
                Vec::new()
            }
        }
        _ if begins_no_block(bytes) => Vec::new(),
        _ => inflated_raw(bytes),
    }
}

thread_local! {
    /// An inflater without a header, and room for what it writes. NB: making them takes longer
    /// than inflating a short text.
    static INFLATER: RefCell<(Decompress, Vec<u8>)> =
        RefCell::new((Decompress::new(false), vec![0; INFLATED as usize]));
}

/// What `bytes` inflate to, if they are blocks of DEFLATE.
fn inflated_raw(bytes: &[u8]) -> Vec<u8> {
    INFLATER.with_borrow_mut(|(inflater, room)| {
        inflater.reset(false);
        // NB: an error is no news: most texts are not compressed.
        let _ = inflater.decompress(bytes, room, FlushDecompress::Finish);
        let written = usize::try_from(inflater.total_out()).unwrap_or(room.len());
        room.get(..written).unwrap_or_default().to_vec()
    })
}

/// Whether the check bits in the header of zlib are right (RFC 1950, 2.2).
///
/// NB: a decoder finds that out too, after it has made itself ready for 32 KiB. Most texts
/// that are tried are not compressed.
fn has_zlib_check(bytes: &[u8]) -> bool {
    let header = bytes
        .first_chunk()
        .map(|header| u16::from_be_bytes(*header));
    header.is_some_and(|header| header % 31 == 0)
}

/// Whether no block of DEFLATE begins like this (RFC 1951, 3.2.3 and 3.2.4): there is no
/// block type 3, and the length of a stored block is followed by its complement.
fn begins_no_block(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else {
        return true;
    };
    match first >> 1 & 3 {
        0 => bytes
            .get(1..5)
            .is_none_or(|lengths| lengths[0] != !lengths[2] || lengths[1] != !lengths[3]),
        kind => kind == 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::{DeflateDecoder, DeflateEncoder, GzEncoder, ZlibEncoder};

    #[test]
    fn each_kind_of_compressed_text_is_inflated() {
        let text = b"hunter2-correct-horse-battery-staple".repeat(3);
        // At level 0 the text stands in the result as it is.
        for level in 1..=9 {
            let level = Compression::new(level);
            let mut forms = [Vec::new(), Vec::new(), Vec::new()];
            let [raw, zlib, gzip] = &mut forms;
            let done = DeflateEncoder::new(&text[..], level).read_to_end(raw);
            let done = done.and(ZlibEncoder::new(&text[..], level).read_to_end(zlib));
            let done = done.and(GzEncoder::new(&text[..], level).read_to_end(gzip));
            done.expect("compresses");
            for form in forms {
                assert_eq!(inflated(&form), text, "{level:?}: {form:x?}");
            }
        }
    }

    #[test]
    fn what_is_not_tried_inflates_to_nothing() {
        let inflate = |reader: &mut dyn Read| {
            let mut out = Vec::new();
            let _ = reader.read_to_end(&mut out);
            out
        };
        let (mut blocks, mut headers) = (0, 0);
        for byte in 0..=255 {
            // Five bytes in a stored block, for one of the lengths; then letters.
            for length in [5, 4, 0xff] {
                let bytes = [byte, length, 0, !5, 0xff, b'A', b'B', b'C', b'D', b'E'];
                if begins_no_block(&bytes) {
                    let out = inflate(&mut DeflateDecoder::new(&bytes[..]));
                    assert!(out.is_empty(), "{bytes:x?}: {out:x?}");
                } else {
                    blocks += 1;
                }
            }
            let bytes = [0x78, byte, 1, 5, 0, !5, 0xff, b'A', b'B', b'C', b'D', b'E'];
            let out = inflate(&mut ZlibDecoder::new(&bytes[..]));
            if has_zlib_check(&bytes) {
                headers += 1;
            } else {
                assert!(out.is_empty(), "{bytes:x?}: {out:x?}");
            }
        }
        // Two types of four, and stored blocks of the right length; each 31st header.
        assert_eq!((blocks, headers), (2 * 64 * 3 + 64, 9));
    }
}
