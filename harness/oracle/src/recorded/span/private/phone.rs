//! Phone numbers, international and as people write them.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A plus sign or two zeros, a country, and groups of digits.
static INTERNATIONAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\+|00 )[1-9][0-9]{0,14}(?:[ .()/-]{1,3}[0-9]{1,12}){0,8}").ok()
});

/// An area in parentheses or behind a zero, and groups of digits.
static NATIONAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let america =
        r"\([2-9][0-9]{2}\) ?[0-9]{3}[ .-][0-9]{4}|[2-9][0-9]{2}([.-])[2-9][0-9]{2}[.-][0-9]{4}";
    let zero = r"\(0[1-9][0-9]{1,3}\) ?[0-9]{3,8}|0[1-9][0-9]{1,3} [0-9]{3,4} [0-9]{3,4}|0[1-9][0-9]{1,3} [0-9]{6,7}";
    Regex::new(&format!("{america}|{zero}")).ok()
});

/// Codes of countries with one and two digits, as ITU-T E.164 assigns them; all others have
/// three and begin with one of [`LONG`].
const SHORT: &str = " 1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 \
     64 65 66 81 82 84 86 90 91 92 93 94 95 98 ";
const LONG: &str = " 21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99 ";

/// The digits of an international number with its country, at least and at most.
const DIGITS: std::ops::RangeInclusive<usize> = 9..=15;
/// The digits of a number of North America, with the country.
const AMERICAN: usize = 11;

/// The first phone number in `text`.
pub(super) fn number(text: &str) -> Option<Range<usize>> {
    let has_digits = text.bytes().filter(u8::is_ascii_digit).count() >= *DIGITS.start();
    if !has_digits {
        return None;
    }
    let international = || {
        let all = INTERNATIONAL.as_ref()?.find_iter(text);
        let mut found = all.filter(|found| is_international(found.as_str()));
        found.find(|found| is_apart(text, found.range()))
    };
    let national = || {
        let all = NATIONAL.as_ref()?.find_iter(text);
        let mut found = all.filter(|found| is_apart(text, found.range()));
        found.next()
    };
    let found = international().or_else(national);
    found.map(|found| found.range())
}

fn is_international(found: &str) -> bool {
    let digits: String = found.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches("00");
    let begins = |count: usize, codes: &str| {
        let code = digits.get(..count).unwrap_or("-");
        codes.contains(&format!(" {code} "))
    };
    let is_country = begins(1, SHORT) || begins(2, SHORT) || begins(2, LONG);
    let is_american = digits.starts_with('1');
    // The area and the exchange of a number of North America begin with 2 to 9.
    let is_complete = !is_american
        || digits.len() == AMERICAN && digits.bytes().skip(1).step_by(3).take(2).all(|b| b >= b'2');
    is_country && is_complete && DIGITS.contains(&digits.len())
}

/// Whether the text around `found` does not continue it to something longer: a timestamp, a
/// version, an id, an address of a host.
fn is_apart(text: &str, found: Range<usize>) -> bool {
    let before = text.get(..found.start).unwrap_or_default();
    let after = text.get(found.end..).unwrap_or_default();
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '+' | '-');
    let mut left = before.chars().rev();
    let mut right = after.chars();
    let is_apart_before = match left.next() {
        None => true,
        Some('.' | ' ' | '/') => left.next().is_none_or(|c| !c.is_ascii_digit()),
        Some(c) => !joins(c),
    };
    let is_apart_after = match right.next() {
        None => true,
        Some('.' | ' ' | ':' | '/' | ',') => right.next().is_none_or(|c| !c.is_ascii_digit()),
        Some(c) => !joins(c) && c != '=',
    };
    is_apart_before && is_apart_after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_number_is_found_in_each_written_form() {
        for text in [
            "+442079460958",
            "+44 20 7946 0958",
            "+49 (0)30 901820",
            "call +1 (212) 555-0123 now",
            "tel:+12125550123",
            "whatsapp:+4915112345678",
            "+1-212-555-0123.",
            "00 44 20 7946 0958",
            "(212) 555-0123",
            "212-555-0123",
            "212.555.0123",
            "020 7946 0958",
            "(0171) 1234567",
            "from=+31612345678&x",
        ] {
            assert!(number(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_has_many_digits_is_no_phone_number() {
        for text in [
            "1.2.3",
            "1.2.3+20130313144700",
            "2026-11-29T19:36:10.482913Z",
            "2026-11-29T19:36:10+01:00",
            "2026-11-29 19:36:10 +0100",
            "1764445000000000000",
            "+1764445",
            "+123456789012",
            "550e8400-e29b-41d4-a716-446655440000",
            "5b8efff798038103d269b633813fc60c",
            "00000000-0000-0000-0000-000000000000",
            "192.168.100.200:8080",
            "10.0.0.1",
            "255.255.255.2550.1",
            "127.0.0.1:49152",
            "::ffff:192.168.1.1",
            "sha256:0123456789012345678901234567890123456789",
            "0123456789012",
            "0123 4567 8901 2345",
            "01 02 03 04 05",
            "call-212-555-0123-9",
            "12-34-56-78-90-12",
            "ab+4912345678/cd=",
            "version 234.567.8901.2",
            "3.14159265358979",
            "1e+100 and 2e+300",
            "port 5432, pid 123456789",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
