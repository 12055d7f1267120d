//! Frames on a pipe: two lengths, a head of JSON, a body of bytes.
//!
//! The reader checks the lengths against bounds before it allocates memory: a
//! hostile guest may control the process at the other end.

use std::io::{self, IoSlice, Read, Write};

/// Bytes of the two lengths.
const LENGTHS: usize = 8;
/// Bytes that the reader allocates at most before it has read as many.
const PREALLOCATED: usize = 256 * 1024;
/// Bytes of the buffer over a pipe: most frames arrive by one call of the system.
pub(crate) const BUFFER: usize = 64 * 1024;

/// How long a frame may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Bytes of the head.
    pub(crate) head: usize,
    /// Bytes of the body.
    pub(crate) body: usize,
}

/// A frame as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// Why no frame could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other end closed the pipe between two frames.
    #[error("the pipe is closed")]
    Closed,
    /// The other end closed the pipe within a frame, or reading failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The frame announces a head or body over its bound.
    #[error("a {part} of {bytes} bytes is announced, bound {bound}")]
    Long {
        part: &'static str,
        bytes: usize,
        bound: usize,
    },
}

/// Writes a frame whose body is the concatenation of `parts`.
pub(crate) fn write(out: &mut impl Write, head: &[u8], parts: &[&[u8]]) -> io::Result<()> {
    let long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a frame over 4 GiB");
    let length = |bytes: usize| u32::try_from(bytes).map_err(long);
    let body: usize = parts.iter().map(|p| p.len()).sum();
    let lengths = [
        length(head.len())?.to_le_bytes(),
        length(body)?.to_le_bytes(),
    ];
    let mut slices = vec![IoSlice::new(lengths.as_flattened()), IoSlice::new(head)];
    slices.extend(parts.iter().map(|p| IoSlice::new(p)));
    let mut left = &mut slices[..];
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        match out.write_vectored(left) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut left, written),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Reads a frame within `bounds`.
pub(crate) fn read(from: &mut impl Read, bounds: Bounds) -> Result<Frame, FrameError> {
    let mut lengths = [0; LENGTHS];
    let first = loop {
        match from.read(&mut lengths) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => break done?,
        }
    };
    if first == 0 {
        return Err(FrameError::Closed);
    }
    from.read_exact(&mut lengths[first..])?;
    let (head, body) = lengths.split_at(LENGTHS / 2);
    let length = |bytes: &[u8]| {
        let bytes = bytes.first_chunk().copied().unwrap_or_default();
        u32::from_le_bytes(bytes) as usize
    };
    let (head, body) = (length(head), length(body));
    for (part, bytes, bound) in [("head", head, bounds.head), ("body", body, bounds.body)] {
        if bytes > bound {
            return Err(FrameError::Long { part, bytes, bound });
        }
    }
    Ok(Frame {
        head: exactly(from, head)?,
        body: exactly(from, body)?,
    })
}

fn exactly(from: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let read = bytes.len();
        bytes.resize(len.min(read + PREALLOCATED), 0);
        from.read_exact(&mut bytes[read..])?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        head: 10,
        body: 1 << 20,
    };

    #[test]
    fn written_frame_is_read_back() {
        let long = vec![7; 700_000];
        for (head, parts) in [
            (&b"{}"[..], vec![&b"a"[..], b"", b"bc"]),
            (b"", vec![]),
            (b"12345", vec![&long, b"end"]),
        ] {
            let mut bytes = Vec::new();
            write(&mut bytes, head, &parts).expect("a vector takes all");
            write(&mut bytes, b"next", &[]).expect("a vector takes all");
            let mut from = &bytes[..];
            let frame = read(&mut from, BOUNDS).expect("a frame");
            assert_eq!((&frame.head[..], frame.body), (head, parts.concat()));
            assert_eq!(read(&mut from, BOUNDS).expect("a frame").head, b"next");
            assert!(matches!(read(&mut from, BOUNDS), Err(FrameError::Closed)));
        }
    }

    #[test]
    fn length_over_bound_is_refused_and_cut_frame_is_an_error() {
        let long = |lengths: [u32; 2]| {
            let bytes: Vec<u8> = lengths.iter().flat_map(|l| l.to_le_bytes()).collect();
            read(&mut &bytes[..], BOUNDS)
        };
        for lengths in [[11, 0], [0, (1 << 20) + 1], [u32::MAX, u32::MAX]] {
            assert!(
                matches!(long(lengths), Err(FrameError::Long { .. })),
                "{lengths:?}"
            );
        }
        assert!(matches!(long([10, 1 << 20]), Err(FrameError::Io(_))));
        for cut in 1..LENGTHS {
            let cut = read(&mut &vec![0; cut][..], BOUNDS);
            assert!(matches!(cut, Err(FrameError::Io(_))));
        }
    }
}
