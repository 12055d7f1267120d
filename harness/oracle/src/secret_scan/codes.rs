//! The encodings that write bytes as groups of characters.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::sync::LazyLock;

/// An encoding.
pub(super) struct Code {
    pub(super) name: &'static str,
    /// Characters of a group: an encoded text may begin at each of them.
    pub(super) group: usize,
    /// Adds the bytes that a run of characters stands for.
    pub(super) decode: fn(&[u8], &mut Vec<u8>),
    /// For each byte of a text, what it is.
    class: [Class; 256],
}

/// What a byte of a text is for an encoding.
#[derive(Clone, Copy)]
enum Class {
    /// This character of the encoding, which may be written in two ways.
    Inside(u8),
    /// What an encoded text may be divided by.
    Between,
    /// The end of an encoded text.
    Outside,
}

/// All encodings.
pub(super) static CODES: LazyLock<[Code; 4]> = LazyLock::new(|| {
    [
        Code::new("hex", 2, of_hex, hex),
        Code::new("base64", 4, of_base64, base64),
        Code::new("base32", 8, of_base32, base32),
        Code::new("ascii85", 5, of_ascii85, ascii85),
    ]
});

impl Code {
    fn new(
        name: &'static str,
        group: usize,
        class: fn(u8) -> Class,
        decode: fn(&[u8], &mut Vec<u8>),
    ) -> Self {
        Self {
            name,
            group,
            decode,
            class: std::array::from_fn(|byte| class(byte as u8)),
        }
    }

    /// How many bytes `characters` stand for, at most.
    pub(super) fn longest(&self, characters: &[u8]) -> usize {
        // One character of Ascii85 stands for four bytes; all others stand for less than one.
        characters.len() + 3 * characters.iter().filter(|c| **c == b'z').count()
    }

    /// Calls `act` with the characters of each encoded text in `text` that has at least
    /// `shortest` of them.
    pub(super) fn each_run(&self, text: &[u8], shortest: usize, mut act: impl FnMut(&[u8])) {
        let mut run = Vec::with_capacity(text.len());
        let mut end = |run: &mut Vec<u8>| {
            if run.len() >= shortest {
                act(run);
            }
            run.clear();
        };
        for byte in text {
            match self.class[usize::from(*byte)] {
                Class::Inside(character) => run.push(character),
                Class::Between => {}
                Class::Outside => end(&mut run),
            }
        }
        end(&mut run);
    }
}

fn blank(byte: u8) -> Class {
    if byte.is_ascii_whitespace() {
        Class::Between
    } else {
        Class::Outside
    }
}

fn of_hex(byte: u8) -> Class {
    match byte {
        b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => Class::Inside(byte),
        b':' | b'-' | b',' | b'x' | b'X' | b'\\' => Class::Between,
        other => blank(other),
    }
}

fn of_base64(byte: u8) -> Class {
    match byte {
        b'-' => Class::Inside(b'+'),
        b'_' => Class::Inside(b'/'),
        b'+' | b'/' => Class::Inside(byte),
        _ if byte.is_ascii_alphanumeric() => Class::Inside(byte),
        other => blank(other),
    }
}

fn of_base32(byte: u8) -> Class {
    match byte {
        b'2'..=b'7' => Class::Inside(byte),
        _ if byte.is_ascii_alphabetic() => Class::Inside(byte.to_ascii_uppercase()),
        other => blank(other),
    }
}

fn of_ascii85(byte: u8) -> Class {
    match byte {
        b'!'..=b'u' | b'z' => Class::Inside(byte),
        other => blank(other),
    }
}

fn hex(run: &[u8], out: &mut Vec<u8>) {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
    let (pairs, _) = run.as_chunks::<2>();
    out.extend(
        pairs
            .iter()
            .map(|[high, low]| digit(*high) << 4 | digit(*low)),
    );
}

/// Accepts texts that were cut off.
static BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn base64(run: &[u8], out: &mut Vec<u8>) {
    // One character of a group by itself holds no byte.
    let whole = match run.len() % 4 {
        1 => run.get(..run.len() - 1).unwrap_or_default(),
        _ => run,
    };
    // NB: a run has characters of the alphabet alone, so that all of it is decoded.
    let _ = BASE64.decode_vec(whole, out);
}

fn base32(run: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut held) = (0u32, 0);
    for byte in run {
        let value = match byte {
            b'2'..=b'7' => byte - b'2' + 26,
            letter => letter.wrapping_sub(b'A'),
        };
        bits = (bits << 5 | u32::from(value)) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
}

fn ascii85(run: &[u8], out: &mut Vec<u8>) {
    let (mut value, mut held) = (0u64, 0);
    for byte in run {
        if *byte == b'z' && held == 0 {
            out.extend([0; 4]);
            continue;
        }
        value = value * 85 + u64::from(byte.saturating_sub(b'!'));
        held += 1;
        if held == 5 {
            out.extend((value as u32).to_be_bytes());
            (value, held) = (0, 0);
        }
    }
    if held > 1 {
        let whole = held - 1;
        let value = (held..5).fold(value, |value, _| value * 85 + 84);
        out.extend((value as u32).to_be_bytes().into_iter().take(whole));
    }
}
