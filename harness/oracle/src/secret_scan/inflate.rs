//! Inflates what may be compressed.

use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::{Decompress, FlushDecompress};
use std::cell::RefCell;
use std::io::Read;

/// Most bytes that a compressed text is inflated to.
pub(super) const INFLATED: u64 = 64 * 1024;
/// Bytes that show whether what follows may be compressed.
const HEADER: usize = 16;

/// Whether most of `bytes` is printable ASCII, zeros left out.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    printable(bytes) * 10 >= bytes.len() * 9
}

fn printable(bytes: &[u8]) -> usize {
    let printable = |b: &&u8| matches!(b, 0 | b'\t' | b'\n' | b'\r' | 0x20..0x7f);
    bytes.iter().filter(printable).count()
}

/// What `bytes` inflate to, if they seem to be compressed; at most [`INFLATED`] bytes.
pub(super) fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let read = |mut reader: Box<dyn Read + '_>| {
        let mut out = Vec::new();
        // What was read before an error may hold the secret as well.
        let _ = reader.by_ref().take(INFLATED).read_to_end(&mut out);
        Some(out)
    };
    match header(bytes)? {
        Header::Gzip => read(Box::new(GzDecoder::new(bytes))),
        _ if is_text(bytes) => None,
        Header::Zlib => read(Box::new(ZlibDecoder::new(bytes))),
        Header::None => Some(inflated_raw(bytes)),
    }
}

/// What compressed bytes begin with.
enum Header {
    Gzip,
    Zlib,
    /// A block of DEFLATE.
    None,
}

/// What `bytes` begin with, if anything that is compressed begins like this.
fn header(bytes: &[u8]) -> Option<Header> {
    match bytes {
        [0x1f, 0x8b, ..] => Some(Header::Gzip),
        [0x08 | 0x18 | 0x28 | 0x38 | 0x48 | 0x58 | 0x68 | 0x78, ..] => {
            has_zlib_check(bytes).then_some(Header::Zlib)
        }
        _ => (!begins_no_block(bytes)).then_some(Header::None),
    }
}

/// Whether nothing that begins with `start`, and has at most `longest` bytes, is text or may be
/// compressed. All that decides whether it may be is in the first 16 bytes.
pub(super) fn is_neither(start: &[u8], longest: usize) -> bool {
    let unprintable = start.len() - printable(start);
    unprintable * 10 > longest && start.len() >= HEADER && header(start).is_none()
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

/// Whether no block of DEFLATE begins like this (RFC 1951, 3.2.3, 3.2.4 and 3.2.7): there is
/// no block type 3, the length of a stored block is followed by its complement, and a dynamic
/// block has at most 286 and 30 codes, whose lengths are written in a complete code.
fn begins_no_block(bytes: &[u8]) -> bool {
    let mut head = [0; HEADER];
    for (into, byte) in head.iter_mut().zip(bytes) {
        *into = *byte;
    }
    let head = u128::from_le_bytes(head);
    let bits = |from: u32, count: u32| head >> from & ((1 << count) - 1);
    match bits(1, 2) {
        0 => bytes
            .get(1..5)
            .is_none_or(|lengths| lengths[0] != !lengths[2] || lengths[1] != !lengths[3]),
        1 => false,
        2 => {
            let (literals, distances, lengths) = (bits(3, 5), bits(8, 5), bits(13, 4) + 4);
            let lengths = (0..lengths as u32).map(|at| bits(17 + 3 * at, 3));
            let used = lengths
                .filter(|length| *length > 0)
                .map(|length| 128 >> length);
            literals > 29 || distances > 29 || used.sum::<u32>() != 128
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::{DeflateDecoder, DeflateEncoder, GzEncoder, ZlibEncoder};
    use provision_core::rng::Rng;

    #[test]
    fn each_kind_of_compressed_text_is_inflated() {
        // Long enough for a code of its own at each level.
        let numbers = (0..300_u32).map(|n| format!("{} ", n.wrapping_mul(2_654_435_761)));
        let short = b"hunter2-correct-horse-battery-staple".repeat(3);
        for text in [short, numbers.collect::<String>().into_bytes()] {
            is_inflated(&text);
        }
    }

    fn is_inflated(text: &[u8]) {
        // At level 0 the text stands in the result as it is.
        for level in 1..=9 {
            let level = Compression::new(level);
            let mut forms = [Vec::new(), Vec::new(), Vec::new()];
            let [raw, zlib, gzip] = &mut forms;
            let done = DeflateEncoder::new(text, level).read_to_end(raw);
            let done = done.and(ZlibEncoder::new(text, level).read_to_end(zlib));
            let done = done.and(GzEncoder::new(text, level).read_to_end(gzip));
            done.expect("compresses");
            for form in forms {
                assert_eq!(
                    inflated(&form).as_deref(),
                    Some(text),
                    "{level:?}: {form:x?}"
                );
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
                } else if byte >> 1 & 3 != 2 {
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
        // All of one type, and stored blocks of the right length; each 31st header.
        assert_eq!((blocks, headers), (64 * 3 + 64, 9));
    }

    #[test]
    fn dynamic_block_is_tried_only_if_its_lengths_have_a_complete_code() {
        let mut tried = 0;
        for seed in 0..20_000 {
            let words = (0..8).map(|at| Rng::at(seed, at).to_le_bytes());
            let mut bytes: Vec<u8> = words.flatten().collect();
            bytes[0] = bytes[0] & !6 | 4;
            let mut out = Vec::new();
            let _ = DeflateDecoder::new(&bytes[..]).read_to_end(&mut out);
            tried += usize::from(!begins_no_block(&bytes));
            assert!(out.is_empty() || !begins_no_block(&bytes), "{bytes:x?}");
        }
        assert!((1..2_000).contains(&tried), "{tried}");
    }
}
