//! Inputs of one step after another, which differ by little: what they have in
//! common is not sent again.

use serde::{Deserialize, Serialize};

/// Bytes below which there is nothing to gain.
const SMALL: usize = 8 * 1024;
/// Bytes that are compared at a time.
const BLOCK: usize = 256;

/// How many bytes at its beginning and at its end a body has in common with
/// the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Same {
    first: usize,
    last: usize,
}

/// The body that went over a pipe last, at either end of it.
#[derive(Debug, Default)]
pub(crate) struct Last(Vec<u8>);

impl Last {
    /// What of `body` need not be sent, and what has to be; from now on, `body`
    /// is the last one.
    pub(crate) fn without<'b>(&mut self, body: &'b [u8]) -> (Same, &'b [u8]) {
        let same = match body.len() < SMALL || self.0.is_empty() {
            true => Same::default(),
            false => common(&self.0, body),
        };
        // NB: small ones are not worth a copy, and may come in between.
        if body.len() >= SMALL {
            self.0.truncate(same.first);
            self.0
                .extend_from_slice(body.get(same.first..).unwrap_or_default());
        }
        let sent = body.get(same.first..body.len() - same.last);
        (same, sent.unwrap_or(body))
    }

    /// The body of which only `sent` was sent; `None` where there is none such.
    pub(crate) fn with(&mut self, same: Same, sent: Vec<u8>) -> Option<Vec<u8>> {
        if same == Same::default() {
            return Some(sent);
        }
        let end = self.0.len().checked_sub(same.last)?;
        // NB: most of it is at the beginning, and stays where it is.
        let last = self.0.get(end..)?.to_vec();
        let mut body = std::mem::take(&mut self.0);
        if same.first > body.len() {
            return None;
        }
        body.truncate(same.first);
        body.extend(sent);
        body.extend(last);
        Some(body)
    }

    /// Keeps the body that [`Self::with`] gave, when it is done with.
    pub(crate) fn keep(&mut self, body: Vec<u8>) {
        if body.len() >= SMALL {
            self.0 = body;
        }
    }
}

fn common(a: &[u8], b: &[u8]) -> Same {
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK));
    let first = BLOCK * blocks.take_while(|(a, b)| a == b).count();
    // NB: the last block of either may be shorter.
    let first = first.min(a.len()).min(b.len());
    let rest = |of| <[u8]>::get(of, first..).unwrap_or_default();
    let (a, b) = (rest(a), rest(b));
    let blocks = a.rchunks(BLOCK).zip(b.rchunks(BLOCK));
    let last = BLOCK * blocks.take_while(|(a, b)| a == b).count();
    let last = last.min(a.len()).min(b.len());
    Same { first, last }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_end_has_the_same_bodies() {
        let text = |n: usize, of: u8| vec![of; n];
        let cut = |n| [text(n, 1), text(300, 2), text(20_000, 3)].concat();
        let bodies = [
            text(20_000, 1),
            text(20_000, 1),
            text(40_000, 1),
            text(9_000, 1),
            cut(30_000),
            cut(30_001),
            text(10, 4),
            cut(29_743),
            Vec::new(),
            text(20_000, 3),
        ];
        let (mut here, mut there, mut sent) = (Last::default(), Last::default(), 0);
        for body in &bodies {
            let (same, part) = here.without(body);
            sent += part.len();
            let whole = there.with(same, part.to_vec()).expect("a body");
            assert!(whole == *body, "{same:?}");
            there.keep(whole);
        }
        let all: usize = bodies.iter().map(Vec::len).sum();
        assert!(sent * 3 < all, "{sent} of {all}");
    }

    #[test]
    fn what_the_other_end_cannot_have_is_refused() {
        let mut last = Last::default();
        last.keep(vec![0; SMALL]);
        for (first, end) in [(SMALL + 1, 0), (0, SMALL + 1), (usize::MAX, usize::MAX)] {
            let same = Same { first, last: end };
            assert_eq!(last.with(same, Vec::new()), None);
        }
    }
}
