//! Keys of tables: tuples of optional texts, encoded so that no two different tuples
//! have the same bytes and that no tuple's bytes begin with those of another tuple of
//! the same length.
//!
//! An absent element is the byte 0. A present one is the byte 1, its UTF-8 bytes with
//! each 0 escaped as `00 ff`, and the end mark `00 00`. The bytes sort as the tuples do:
//! absent first, then by text.

const ABSENT: u8 = 0;
const PRESENT: u8 = 1;
const END: [u8; 2] = [0, 0];
const ESCAPED_ZERO: [u8; 2] = [0, 0xff];

/// Appends one element to `out`.
pub(crate) fn push(out: &mut Vec<u8>, element: Option<&str>) {
    let Some(text) = element else {
        out.push(ABSENT);
        return;
    };
    out.push(PRESENT);
    for &byte in text.as_bytes() {
        match byte {
            0 => out.extend(ESCAPED_ZERO),
            byte => out.push(byte),
        }
    }
    out.extend(END);
}

/// Takes one element from the front of `bytes`; `None` if it is malformed.
pub(crate) fn take(bytes: &mut &[u8]) -> Option<Option<String>> {
    let (&mark, mut rest) = bytes.split_first()?;
    if mark == ABSENT {
        *bytes = rest;
        return Some(None);
    }
    if mark != PRESENT {
        return None;
    }
    let mut text = Vec::new();
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        if byte != 0 {
            text.push(byte);
            continue;
        }
        let (&second, after) = rest.split_first()?;
        rest = after;
        match [byte, second] {
            END => break,
            ESCAPED_ZERO => text.push(0),
            _ => return None,
        }
    }
    *bytes = rest;
    Some(Some(String::from_utf8(text).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(tuple: &[Option<String>]) -> Vec<u8> {
        let mut out = Vec::new();
        for element in tuple {
            push(&mut out, element.as_deref());
        }
        out
    }

    fn element() -> impl Strategy<Value = Option<String>> {
        let text = proptest::collection::vec(
            proptest::sample::select(vec!['\0', '\u{1}', '\u{ff}', ':', '/', 'a', 'а']),
            0..6,
        );
        proptest::option::of(text.prop_map(|chars| chars.into_iter().collect::<String>()))
    }

    fn tuple() -> impl Strategy<Value = Vec<Option<String>>> {
        proptest::collection::vec(element(), 3)
    }

    proptest! {
        #[test]
        fn encoded_tuples_decode_sort_as_tuples_and_are_no_prefix_of_another(a in tuple(), b in tuple()) {
            let (encoded, other) = (encode(&a), encode(&b));
            prop_assert_eq!(a.cmp(&b), encoded.cmp(&other));
            prop_assert!(a == b || !encoded.starts_with(&other));
            let mut bytes = encoded.as_slice();
            let decoded: Option<Vec<_>> = (0..3).map(|_| take(&mut bytes)).collect();
            prop_assert_eq!(decoded, Some(a));
            prop_assert!(bytes.is_empty());
        }

        #[test]
        fn hostile_bytes_are_refused_or_decode_to_what_encodes_to_them(bytes in proptest::collection::vec(0_u8..3, 0..12)) {
            let mut rest = bytes.as_slice();
            if let Some(element) = take(&mut rest) {
                let used = bytes.len() - rest.len();
                prop_assert_eq!(encode(&[element]), &bytes[..used]);
            }
        }
    }
}
