//! [`Guard`]: keeps from a JSON parser what would make it hold more and more: nesting, texts
//! and numbers without an end, and bytes that are not UTF-8.

use memchr::memchr2;

/// Deepest nesting of arrays and objects. The parser gives up at 128.
pub(super) const DEPTH: usize = 100;
/// Bytes of one text, as it is written.
pub(super) const TEXT: usize = 8 << 20;
/// Bytes of one number or name outside of quotes.
const LITERAL: usize = 1024;
/// The longest sequence of bytes of one character.
const CHARACTER: usize = 4;

/// What the guard refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Nesting,
    Text,
    Literal,
    Utf8,
}

impl Refusal {
    pub(super) fn expected(self) -> String {
        match self {
            Self::Nesting => format!("at most {DEPTH} nested arrays and objects"),
            Self::Text => format!("texts of at most {TEXT} bytes"),
            Self::Literal => format!("numbers of at most {LITERAL} bytes"),
            Self::Utf8 => "UTF-8".into(),
        }
    }
}

/// What a byte outside of texts is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// White space, a comma, a colon.
    Between,
    Quote,
    Opens,
    Closes,
    /// Of a number or a name.
    Literal,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Literal; 256];
    let between = b" \t\r\n,:";
    let mut at = 0;
    while at < between.len() {
        classes[between[at] as usize] = Class::Between;
        at += 1;
    }
    classes[b'"' as usize] = Class::Quote;
    classes[b'[' as usize] = Class::Opens;
    classes[b'{' as usize] = Class::Opens;
    classes[b']' as usize] = Class::Closes;
    classes[b'}' as usize] = Class::Closes;
    classes
};

/// Where in JSON the bytes so far lead. It does not know whether they are JSON.
#[derive(Debug, Default)]
pub(super) struct Guard {
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// Bytes of the text or literal that is not over.
    run: usize,
    utf8: Utf8,
}

impl Guard {
    /// Goes on with `bytes`.
    ///
    /// # Errors
    /// How many of them may pass, and why the next one may not.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Result<(), (usize, Refusal)> {
        let text = self.utf8.pass(bytes);
        let valid = text.err().unwrap_or(bytes.len());
        self.structure(bytes.get(..valid).unwrap_or_default())?;
        text.map_err(|at| (at, Refusal::Utf8))
    }

    /// Whether the bytes so far end within a character.
    pub(super) fn is_cut_off(&self) -> bool {
        self.utf8.len > 0
    }

    fn structure(&mut self, bytes: &[u8]) -> Result<(), (usize, Refusal)> {
        let mut at = 0;
        while at < bytes.len() {
            at = if self.in_text {
                self.text(bytes, at)?
            } else {
                self.outside(bytes, at)?
            };
        }
        Ok(())
    }

    /// Goes on within a text, and returns where it stops.
    fn text(&mut self, bytes: &[u8], from: usize) -> Result<usize, (usize, Refusal)> {
        let rest = bytes.get(from..).unwrap_or_default();
        let (taken, ends) = if self.escaped {
            self.escaped = false;
            (1, false)
        } else {
            match closing(rest) {
                None => (rest.len(), false),
                Some(at) => {
                    let ends = rest.get(at) == Some(&b'"');
                    self.escaped = !ends;
                    (at + 1, ends)
                }
            }
        };
        // NB: the closing quote is no byte of the text.
        if self.run + taken - usize::from(ends) > TEXT {
            return Err((from + (TEXT - self.run), Refusal::Text));
        }
        self.run += taken;
        if ends {
            self.in_text = false;
            self.run = 0;
        }
        Ok(from + taken)
    }

    /// Goes on outside of texts, up to the next text.
    fn outside(&mut self, bytes: &[u8], from: usize) -> Result<usize, (usize, Refusal)> {
        // NB: in variables, which the compiler keeps in registers.
        let (mut depth, mut run) = (self.depth, self.run);
        let rest = bytes.get(from..).unwrap_or_default();
        let mut stopped = Ok(bytes.len());
        for (at, byte) in rest.iter().enumerate() {
            match CLASSES[usize::from(*byte)] {
                Class::Between => run = 0,
                Class::Quote => {
                    (self.in_text, run) = (true, 0);
                    stopped = Ok(from + at + 1);
                    break;
                }
                Class::Opens if depth == DEPTH => {
                    stopped = Err((from + at, Refusal::Nesting));
                    break;
                }
                Class::Opens => (depth, run) = (depth + 1, 0),
                Class::Closes => (depth, run) = (depth.saturating_sub(1), 0),
                Class::Literal if run == LITERAL => {
                    stopped = Err((from + at, Refusal::Literal));
                    break;
                }
                Class::Literal => run += 1,
            }
        }
        (self.depth, self.run) = (depth, run);
        stopped
    }
}

/// The place of the first quote or backslash. Most texts are short, and a search in vectors
/// costs more to begin than they take.
fn closing(rest: &[u8]) -> Option<usize> {
    const SHORT: usize = 24;
    let is_closing = |byte: &u8| matches!(byte, b'"' | b'\\');
    match rest.split_at_checked(SHORT) {
        None => rest.iter().position(is_closing),
        Some((start, more)) => {
            let found = start.iter().position(is_closing);
            found.or_else(|| Some(SHORT + memchr2(b'"', b'\\', more)?))
        }
    }
}

/// The bytes of a character whose others have not come yet.
#[derive(Debug, Default)]
struct Utf8 {
    begun: [u8; CHARACTER],
    len: usize,
}

impl Utf8 {
    /// Goes on with `bytes`.
    ///
    /// # Errors
    /// How many of them begin a text in UTF-8. It does not depend on how the bytes are cut.
    fn pass(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            if self.len == 0 {
                let valid = match std::str::from_utf8(rest) {
                    Ok(_) => return Ok(()),
                    Err(e) => e.valid_up_to(),
                };
                at += valid;
            }
            self.begin(bytes.get(at).copied().unwrap_or_default())
                .ok_or(at)?;
            at += 1;
        }
        Ok(())
    }

    /// Goes on with a byte of a character that is not whole; `None` if no character goes on
    /// with it.
    fn begin(&mut self, byte: u8) -> Option<()> {
        *self.begun.get_mut(self.len)? = byte;
        match std::str::from_utf8(self.begun.get(..=self.len)?) {
            Ok(_) => self.len = 0,
            Err(e) if e.error_len().is_none() => self.len += 1,
            Err(_) => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes pass in parts of `part` bytes, and why no more do.
    fn passed(bytes: &[u8], part: usize) -> (usize, Option<Refusal>) {
        let mut guard = Guard::default();
        let mut passed = 0;
        for bytes in bytes.chunks(part) {
            match guard.pass(bytes) {
                Ok(()) => passed += bytes.len(),
                Err((more, why)) => return (passed + more, Some(why)),
            }
        }
        (passed, None)
    }

    fn require(bytes: &[u8], expected: (usize, Option<Refusal>)) {
        for part in [bytes.len(), 7, 1 << 20] {
            assert_eq!(passed(bytes, part.max(1)), expected, "parts of {part}");
        }
    }

    #[test]
    fn nesting_up_to_the_bound_passes_and_one_level_more_does_not() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        require(nested(DEPTH).as_bytes(), (2 * DEPTH, None));
        require(
            nested(DEPTH + 1).as_bytes(),
            (DEPTH, Some(Refusal::Nesting)),
        );
        let in_text = format!("\"{}\\\"{}\"", "[".repeat(200), "{".repeat(200));
        require(in_text.as_bytes(), (in_text.len(), None));
    }

    #[test]
    fn text_up_to_the_bound_passes_and_one_byte_more_does_not() {
        let text = |n: usize| format!("\"{}\"", "x".repeat(n));
        require(text(TEXT).as_bytes(), (TEXT + 2, None));
        require(text(TEXT + 1).as_bytes(), (TEXT + 1, Some(Refusal::Text)));
        let escapes = format!("\"{}", "\\\"".repeat(TEXT / 2 + 1));
        require(escapes.as_bytes(), (TEXT + 1, Some(Refusal::Text)));
    }

    #[test]
    fn long_number_does_not_pass() {
        let number = "1".repeat(LITERAL + 1);
        require(number.as_bytes(), (LITERAL, Some(Refusal::Literal)));
        let numbers = "1,".repeat(LITERAL);
        require(numbers.as_bytes(), (2 * LITERAL, None));
    }

    #[test]
    fn bytes_that_are_not_utf8_do_not_pass() {
        require("\"äöü€𝄞\"".as_bytes(), (15, None));
        for (bytes, passes) in [
            (&b"\"a\xff\""[..], 2),
            (b"\"\xc3\"", 2),
            (b"\xed\xa0\x80", 1),
        ] {
            require(bytes, (passes, Some(Refusal::Utf8)));
        }
    }
}
