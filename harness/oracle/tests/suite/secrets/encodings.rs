//! Encodings in which a wizard may hide a secret.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;

/// Each byte of `text` by `form`, joined by `between`.
pub(crate) fn each(text: &str, between: &str, form: impl Fn(u8) -> String) -> String {
    let bytes: Vec<String> = text.bytes().map(form).collect();
    bytes.join(between)
}

/// `text` with every second byte by `form`.
pub(crate) fn mixed(text: &str, form: impl Fn(u8) -> String) -> String {
    let bytes = text.bytes().enumerate();
    let bytes = bytes.map(|(i, b)| match i % 2 {
        0 => form(b),
        _ => char::from(b).to_string(),
    });
    bytes.collect()
}

pub(crate) fn base32(bytes: impl AsRef<[u8]>) -> String {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = bytes.as_ref().iter().map(|b| format!("{b:08b}")).collect();
    let groups = bits.as_bytes().chunks(5).map(|group| {
        let bits = format!("{:0<5}", String::from_utf8_lossy(group));
        usize::from_str_radix(&bits, 2).expect("bits")
    });
    groups.map(|value| char::from(letters[value])).collect()
}

pub(crate) fn ascii85(bytes: impl AsRef<[u8]>) -> String {
    let mut out = String::new();
    for group in bytes.as_ref().chunks(4) {
        let mut bytes = [0; 4];
        bytes[..group.len()].copy_from_slice(group);
        let mut value = u32::from_be_bytes(bytes);
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + u8::try_from(value % 85).expect("a digit");
            value /= 85;
        }
        out.extend(
            digits[..=group.len()]
                .iter()
                .map(|digit| char::from(*digit)),
        );
    }
    out
}

pub(crate) fn gzip(text: &str) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(text.as_bytes()).expect("writes");
    writer.finish().expect("ends")
}

pub(crate) fn zlib(text: &str) -> Vec<u8> {
    let mut writer = ZlibEncoder::new(Vec::new(), Compression::best());
    writer.write_all(text.as_bytes()).expect("writes");
    writer.finish().expect("ends")
}

pub(crate) fn deflate(text: &str) -> Vec<u8> {
    let mut writer = DeflateEncoder::new(Vec::new(), Compression::best());
    writer.write_all(text.as_bytes()).expect("writes");
    writer.finish().expect("ends")
}

pub(crate) fn base64(text: impl AsRef<[u8]>) -> String {
    STANDARD.encode(text)
}

/// `text` in two, at its middle or, in a hostile answer, at a border of characters near it.
pub(crate) fn half(text: &str) -> (&str, &str) {
    let middle = text.len() / 2;
    let borders = (0..=middle).rev();
    let mut borders = borders.filter(|at| text.is_char_boundary(*at));
    text.split_at(borders.next().unwrap_or(0))
}
