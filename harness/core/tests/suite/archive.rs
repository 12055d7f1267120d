//! The reader refuses each kind of malformed archive with its own code, and reads the
//! archives that the `zip` crate writes.

use proptest::prelude::*;
use provision_core::Limits;
use provision_core::archive::{Archive, repack};
use provision_core::limits::ArchiveLimits;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

type Files = BTreeMap<String, Vec<u8>>;

/// An archive as the `zip` crate writes it.
fn archive(files: &Files, method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .unix_permissions(0o644);
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).expect("starts");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("finishes").into_inner()
}

fn two_files() -> Vec<u8> {
    let files = [("pack.json", "{}"), ("components/a.wat", "(module)")];
    let files = files.map(|(n, c)| (n.to_owned(), c.as_bytes().to_vec()));
    archive(&files.into(), CompressionMethod::Stored)
}

fn limits() -> ArchiveLimits {
    Limits::default().archive
}

fn code(bytes: &[u8]) -> &'static str {
    Archive::open(bytes.to_vec(), &limits()).map_or_else(|e| e.rule().code(), |_| "accepted")
}

fn ours(bytes: &[u8]) -> Option<Files> {
    let archive = Archive::open(bytes.to_vec(), &limits()).ok()?;
    let read = |name: &str| {
        (
            name.to_owned(),
            archive.read(name).expect("verified").into_owned(),
        )
    };
    Some(archive.names().map(read).collect())
}

fn theirs(bytes: &[u8]) -> Files {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("opens");
    let mut files = Files::new();
    for i in 0..archive.len() {
        let mut entry = archive.by_index(i).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let mut contents = Vec::new();
        entry.read_to_end(&mut contents).expect("reads");
        files.insert(name, contents);
    }
    files
}

/// The offset of the nth occurrence of a record's signature.
fn record(bytes: &[u8], signature: &[u8; 4], nth: usize) -> usize {
    let mut found = bytes.windows(4).enumerate().filter(|(_, w)| w == signature);
    found.nth(nth).expect("the record").0
}

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";

/// The archive of `two_files` with `value` written at `field` of the nth record that
/// has this signature.
fn patched(signature: &[u8; 4], nth: usize, field: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = two_files();
    let at = record(&bytes, signature, nth) + field;
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

/// The same archive with `value` in the local and in the directory record of the first
/// entry.
fn in_both(local_field: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = patched(LOCAL, 0, local_field, value);
    // Compared with the local record, the directory record has 2 more bytes before
    // these fields, and 16 more bytes before the name.
    let shift = if local_field < 30 { 2 } else { 16 };
    let at = record(&bytes, CENTRAL, 0) + local_field + shift;
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn stray_bytes_are_counted_in_words() {
    let good = two_files();
    let end = record(&good, END, 0);
    let said = |bytes: &[u8], at: usize| {
        let archive = [&good[..at], bytes, &good[at..]].concat();
        let refused = Archive::open(archive, &limits());
        refused.map(drop).expect_err("is refused").to_string()
    };
    for (bytes, at, count) in [
        (&b"x"[..], 0, "1 byte before the first record"),
        (b"xy", 0, "2 bytes before the first record"),
        (b"x", end, "1 byte between records belongs to no record"),
        (b"xy", end, "2 bytes between records belong to no record"),
        (b"x", good.len(), "1 byte after the end record"),
        (b"xy", good.len(), "2 bytes after the end record"),
    ] {
        let text = said(bytes, at);
        assert!(text.contains(count), "{text}");
    }
}

#[test]
fn malformed_archive_is_refused_with_its_code() {
    let good = two_files();
    assert_eq!(code(&good), "accepted");
    let central = record(&good, CENTRAL, 0);
    let end = record(&good, END, 0);
    let insert = |at: usize, what: &[u8]| [&good[..at], what, &good[at..]].concat();
    let mut second_offset = good.clone();
    let at = record(&good, CENTRAL, 1) + 42;
    second_offset[at..at + 4].copy_from_slice(&0u32.to_le_bytes());
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("E_ZIP_NOT_ZIP", Vec::new()),
        ("E_ZIP_NOT_ZIP", b"{\"id\":\"json named gtpack\"}".to_vec()),
        ("E_ZIP_PREFIX", insert(0, b"#!/bin/sh\n")),
        ("E_ZIP_TRUNCATED", good[..40].to_vec()),
        ("E_ZIP_TRUNCATED", good[..good.len() - 1].to_vec()),
        ("E_ZIP_NO_END", good[..end].to_vec()),
        ("E_ZIP_RECORD", insert(central, b"hidden bytes")),
        ("E_ZIP_RECORD", insert(end, b"hidden bytes")),
        ("E_ZIP_TRAILING", [&good[..], b"x"].concat()),
        ("E_ZIP_LAYOUT", [&good[..], &good[..]].concat()),
        ("E_ZIP_MANY_ENDS", [&good[..], &good[end..]].concat()),
        (
            "E_ZIP_COMMENT",
            [&patched(END, 0, 20, &[3, 0])[..], b"abc"].concat(),
        ),
        ("E_ZIP_DIRECTORY", patched(END, 0, 8, &[1, 0, 1, 0])),
        (
            "E_ZIP_DIRECTORY",
            patched(END, 0, 12, &[0xff, 0xff, 0xff, 0x7f]),
        ),
        ("E_ZIP_DIRECTORY", patched(END, 0, 16, &[0, 0, 0, 0])),
        ("E_ZIP_MULTI_DISK", patched(END, 0, 4, &[1, 0])),
        ("E_ZIP_MULTI_DISK", patched(CENTRAL, 0, 34, &[1, 0])),
        ("E_ZIP_ZIP64", insert(end, b"PK\x06\x06")),
        ("E_ZIP_ZIP64", in_both(22, &[0xff; 4])),
        ("E_ZIP_SHARED", second_offset),
        ("E_ZIP_MISMATCH", patched(CENTRAL, 0, 46, b"q")),
        ("E_ZIP_MISMATCH", patched(CENTRAL, 0, 16, &[1, 2, 3, 4])),
        ("E_ZIP_MISMATCH", patched(LOCAL, 0, 10, &[1, 2])),
        ("E_ZIP_DESCRIPTOR", in_both(6, &[8, 0])),
        ("E_ZIP_ENCRYPTED", in_both(6, &[1, 0])),
        ("E_ZIP_FLAGS", in_both(6, &[0x10, 0])),
        ("E_ZIP_METHOD", in_both(8, &[93, 0])),
        ("E_ZIP_DATA_SIZE", in_both(22, &[9, 0, 0, 0])),
        ("E_ZIP_DEFLATE", in_both(8, &[8, 0])),
        ("E_ZIP_CRC", in_both(14, &[0, 0, 0, 0])),
        ("E_ZIP_NAME_DOTS", in_both(30, b"../k.json")),
        ("E_ZIP_NAME_CONTROL", in_both(30, b"pa\0k.json")),
        ("E_ZIP_NAME_ENCODING", in_both(30, b"pac\xff.json")),
        ("E_ZIP_TYPE", patched(CENTRAL, 0, 40, &[0xff, 0xa1])),
        ("E_ZIP_TYPE", patched(CENTRAL, 0, 40, &[0xed, 0x89])),
        ("E_ZIP_TYPE", patched(CENTRAL, 0, 38, &[0x10])),
    ];
    for (i, (expected, bytes)) in cases.iter().enumerate() {
        assert_eq!(code(bytes), *expected, "case {i}");
    }
}

#[test]
fn duplicate_colliding_or_unsafe_name_is_refused() {
    let named = |names: &[&str]| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            let options = SimpleFileOptions::default();
            writer.start_file(*name, options).expect("starts");
        }
        writer.finish().expect("finishes").into_inner()
    };
    let mut twice = named(&["aa", "ab"]);
    let all: Vec<usize> = twice
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w == b"ab")
        .map(|(i, _)| i)
        .collect();
    for at in all {
        twice[at + 1] = b'a';
    }
    assert_eq!(code(&twice), "E_ZIP_DUPLICATE");
    assert_eq!(
        code(&named(&["Setup.json", "setup.JSON"])),
        "E_ZIP_COLLISION"
    );
    assert_eq!(code(&named(&["a", "a/b"])), "E_ZIP_FILE_AND_DIRECTORY");
    assert_eq!(code(&named(&[&"a".repeat(1025)])), "E_NAME_BOUND");
    assert_eq!(
        code(&named(&[&format!("{}x", "a/".repeat(17))])),
        "E_NAME_BOUND"
    );
}

/// An archive of one file whose two records have these extra fields.
fn with_extra(local: &[u8], central: &[u8]) -> Vec<u8> {
    let files = Files::from([("a".to_owned(), b"contents".to_vec())]);
    let mut bytes = archive(&files, CompressionMethod::Stored);
    let add = |bytes: &mut Vec<u8>, at: usize, n: usize| {
        let old = u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let new = old + u16::try_from(n).expect("small");
        bytes[at..at + 2].copy_from_slice(&new.to_le_bytes());
    };
    let (directory, end) = (record(&bytes, CENTRAL, 0), record(&bytes, END, 0));
    add(&mut bytes, 28, local.len());
    add(&mut bytes, directory + 30, central.len());
    add(&mut bytes, end + 12, central.len());
    add(&mut bytes, end + 16, local.len());
    bytes.splice(directory + 47..directory + 47, central.iter().copied());
    bytes.splice(31..31, local.iter().copied());
    bytes
}

#[test]
fn only_timestamp_and_owner_extra_fields_are_accepted() {
    // Info-ZIP's `zip` writes two times to the local record and one to the directory.
    let owner = b"ux\x0b\0\x01\x04\0\0\0\0\x04\0\0\0\0";
    let local = [&b"UT\x09\0\x03aaaabbbb"[..], owner].concat();
    let central = [&b"UT\x05\0\x03aaaa"[..], owner].concat();
    assert_eq!(code(&with_extra(b"", b"")), "accepted");
    assert_eq!(code(&with_extra(&local, &central)), "accepted");
    assert_eq!(code(&with_extra(b"up\x01\0\x01", b"")), "E_ZIP_EXTRA");
    assert_eq!(code(&with_extra(b"", b"\x01\0\0\0")), "E_ZIP_ZIP64");
    assert_eq!(code(&with_extra(b"UT\x09\0\x03aaaa", b"")), "E_ZIP_EXTRA");
}

#[test]
fn archive_over_a_bound_is_refused_with_its_code() {
    let zeros = |len: usize| Files::from([("zeros".to_owned(), vec![0; len])]);
    let deflated = |len| archive(&zeros(len), CompressionMethod::Deflated);
    assert_eq!(
        code(&deflated(1024 * 1024)),
        "accepted",
        "too small for the bound on the ratio"
    );
    assert_eq!(code(&deflated(8 * 1024 * 1024)), "E_INFLATE");
    assert_eq!(code(&deflated(17 * 1024 * 1024)), "E_INFLATE");
    let tiny = ArchiveLimits {
        entries: 1,
        ..limits()
    };
    let refused = Archive::open(two_files(), &tiny).expect_err("too many entries");
    assert_eq!(refused.rule().code(), "E_ENTRIES");
    let tiny = ArchiveLimits {
        archive_bytes: 10,
        ..limits()
    };
    assert_eq!(
        Archive::open(two_files(), &tiny)
            .expect_err("too large")
            .rule()
            .code(),
        "E_SIZE"
    );
    let tiny = ArchiveLimits {
        total_bytes: 9,
        ..limits()
    };
    assert_eq!(
        Archive::open(two_files(), &tiny)
            .expect_err("too much")
            .rule()
            .code(),
        "E_INFLATE"
    );
}

#[test]
fn repack_over_the_size_bound_is_refused() {
    let files = Files::from([("a".to_owned(), vec![7; 10_000])]);
    let small = archive(&files, CompressionMethod::Deflated);
    let opened = Archive::open(small, &limits()).expect("accepted");
    let stored = repack(&opened, &limits()).expect("fits");
    let bound = |bytes: usize| ArchiveLimits {
        archive_bytes: bytes as u64,
        ..limits()
    };
    assert_eq!(repack(&opened, &bound(stored.len())), Ok(stored.clone()));
    let refused = repack(&opened, &bound(stored.len() - 1)).expect_err("too large");
    assert_eq!(refused.rule().code(), "E_SIZE");
}

#[test]
fn wrong_uncompressed_size_is_refused() {
    let files = Files::from([("a".to_owned(), b"abcabcabcabcabcabc".to_vec())]);
    for lie in [17u32, 19] {
        let mut bytes = archive(&files, CompressionMethod::Deflated);
        for (signature, field) in [(LOCAL, 22), (CENTRAL, 24)] {
            let at = record(&bytes, signature, 0) + field;
            bytes[at..at + 4].copy_from_slice(&lie.to_le_bytes());
        }
        assert_eq!(code(&bytes), "E_ZIP_DATA_SIZE", "declared {lie}");
    }
}

fn any_files() -> impl Strategy<Value = Files> {
    // NB: each segment starts with `x`, because the reader refuses the names of devices,
    // for example `prn.a`.
    let name = "x[a-z]{0,5}(/x[a-z]{0,5}){0,2}\\.[a-z]{1,3}";
    let name = proptest::string::string_regex(name);
    let contents = proptest::collection::vec(any::<u8>(), 0..200);
    proptest::collection::btree_map(name.expect("a regex"), contents, 0..6)
}

proptest! {
    #[test]
    fn archive_of_the_zip_crate_is_read_back(files in any_files(), deflate: bool) {
        let method = if deflate { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let bytes = archive(&files, method);
        prop_assert_eq!(ours(&bytes), Some(files));
    }

    #[test]
    fn archive_with_changed_byte_is_refused_or_read_like_zip_crate(
        files in any_files(), at: prop::sample::Index, to: u8, deflate: bool,
    ) {
        let method = if deflate { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let mut bytes = archive(&files, method);
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Some(read) = ours(&bytes) {
            prop_assert_eq!(read, theirs(&bytes));
        }
    }

    #[test]
    fn reader_never_panics_on_arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = code(&bytes);
        let _ = code(&[&LOCAL[..], &bytes].concat());
    }
}
