//! [`Uniques`]: finds ids that occur again among any number of them, in bounded memory and
//! exactly: fingerprints are kept up to a bound, then written out in sorted runs, and merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::io;

/// Where fingerprints are written that are more than the memory holds.
pub trait Spill {
    /// Writes `bytes` behind what is there, and returns where they begin.
    ///
    /// # Errors
    /// If the machine cannot.
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64>;

    /// Reads what is at `offset`, as many bytes as `buffer` has.
    ///
    /// # Errors
    /// If the machine cannot.
    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Forgets everything that was written.
    ///
    /// # Errors
    /// If the machine cannot.
    fn clear(&mut self) -> io::Result<()>;
}

/// In memory, for callers without files.
impl Spill for Vec<u8> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let at = self.len() as u64;
        self.extend(bytes);
        Ok(at)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let kept = usize::try_from(offset).ok().and_then(|at| self.get(at..));
        let kept = kept.and_then(|kept| kept.get(..buffer.len()));
        buffer.copy_from_slice(kept.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        Self::clear(self);
        Ok(())
    }
}

/// Fingerprints that are kept in memory, by default.
pub const IN_MEMORY: usize = 1 << 18;
/// Bytes of a fingerprint that is written out.
const BYTES: usize = 40;
/// Fingerprints of each run that are read at once.
const READ: usize = 256;
/// Runs that are merged at once. With more the merging takes more memory than the rest.
const RUNS: usize = 4096;

/// An id with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    id: [u64; 2],
    /// The number of the run.
    pub(super) run: u64,
    /// The number of the event in it.
    pub(super) event: u64,
    /// What belongs to the id, as a fingerprint.
    pub(super) owner: u64,
}

impl Mark {
    fn fields(&self) -> [u64; 5] {
        let [high, low] = self.id;
        [high, low, self.run, self.event, self.owner]
    }

    fn write(&self, out: &mut Vec<u8>) {
        for field in self.fields() {
            out.extend(field.to_le_bytes());
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = bytes.chunks_exact(8).map(|field| {
            let bytes: [u8; 8] = field.try_into().unwrap_or_default();
            u64::from_le_bytes(bytes)
        });
        Some(Self {
            id: [fields.next()?, fields.next()?],
            run: fields.next()?,
            event: fields.next()?,
            owner: fields.next()?,
        })
    }
}

/// Makes fingerprints that nobody can foresee, so that nobody can write two texts with the
/// same one.
pub(super) struct Keys([RandomState; 2]);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

impl Keys {
    pub(super) fn new() -> Self {
        Self([RandomState::new(), RandomState::new()])
    }

    /// The fingerprint of an id.
    pub(super) fn id(&self, text: &str) -> [u64; 2] {
        let [high, low] = &self.0;
        [high.hash_one(text), low.hash_one(text)]
    }

    /// The fingerprint of what belongs to an id.
    pub(super) fn owner(&self, text: &str) -> u64 {
        self.0[0].hash_one(text)
    }
}

/// A sorted run that was written out.
#[derive(Debug, Clone, Copy)]
struct Run {
    offset: u64,
    marks: u64,
}

/// The ids so far.
#[derive(Debug)]
pub(super) struct Uniques {
    marks: Vec<Mark>,
    runs: Vec<Run>,
    in_memory: usize,
}

impl Uniques {
    pub(super) fn new(in_memory: usize) -> Self {
        Self {
            marks: Vec::new(),
            runs: Vec::new(),
            in_memory: in_memory.max(1),
        }
    }

    /// Takes note of an id.
    pub(super) fn add(
        &mut self,
        id: [u64; 2],
        owner: u64,
        place: (u64, u64),
        spill: &mut dyn Spill,
    ) -> io::Result<()> {
        let (run, event) = place;
        if self.marks.len() == self.in_memory {
            self.write_out(spill)?;
        }
        self.marks.push(Mark {
            id,
            run,
            event,
            owner,
        });
        Ok(())
    }

    fn write_out(&mut self, spill: &mut dyn Spill) -> io::Result<()> {
        if cfg!(planted_bug = "recordings") {
            self.marks.clear();
        }
        if self.runs.len() == RUNS {
            return Err(io::Error::other("there are too many ids"));
        }
        self.marks.sort_unstable();
        let mut bytes = Vec::with_capacity(READ * BYTES);
        let mut offset = None;
        for marks in self.marks.chunks(READ) {
            bytes.clear();
            marks.iter().for_each(|mark| mark.write(&mut bytes));
            let at = spill.append(&bytes)?;
            offset.get_or_insert(at);
        }
        self.runs.push(Run {
            offset: offset.unwrap_or_default(),
            marks: self.marks.len() as u64,
        });
        self.marks.clear();
        Ok(())
    }

    /// Gives `again` each id that is there again: the first place of it, and another one;
    /// then forgets all of them.
    pub(super) fn resolve(
        &mut self,
        spill: &mut dyn Spill,
        mut again: impl FnMut(&Mark, &Mark),
    ) -> io::Result<()> {
        let mut first: Option<Mark> = None;
        let mut each = |mark: Mark| match &first {
            Some(first) if first.id == mark.id => again(first, &mark),
            _ => first = Some(mark),
        };
        if self.runs.is_empty() {
            self.marks.sort_unstable();
            self.marks.drain(..).for_each(each);
            return Ok(());
        }
        self.write_out(spill)?;
        let mut readers: Vec<Reader> = self.runs.drain(..).map(Reader::new).collect();
        let mut next = BinaryHeap::new();
        for (number, reader) in readers.iter_mut().enumerate() {
            next.extend(reader.next(spill)?.map(|mark| Reverse((mark, number))));
        }
        // NB: replacing the first one costs half of taking it out and putting the next one in.
        while let Some(mut top) = next.peek_mut() {
            let Reverse((mark, number)) = *top;
            let following = match readers.get_mut(number) {
                Some(reader) => reader.next(spill)?,
                None => None,
            };
            match following {
                Some(mark) => *top = Reverse((mark, number)),
                None => drop(PeekMut::pop(top)),
            }
            each(mark);
        }
        Ok(())
    }
}

/// Reads a run again.
struct Reader {
    run: Run,
    /// Marks that are read and not yet given, the last one first.
    read: Vec<Mark>,
}

impl Reader {
    fn new(run: Run) -> Self {
        let read = Vec::new();
        Self { run, read }
    }

    fn next(&mut self, spill: &mut dyn Spill) -> io::Result<Option<Mark>> {
        if self.read.is_empty() && self.run.marks > 0 {
            let count = self.run.marks.min(READ as u64);
            let mut bytes = vec![0; usize::try_from(count).unwrap_or(READ) * BYTES];
            spill.read_at(self.run.offset, &mut bytes)?;
            self.run.offset += bytes.len() as u64;
            self.run.marks -= count;
            self.read
                .extend(bytes.chunks_exact(BYTES).rev().filter_map(Mark::read));
        }
        Ok(self.read.pop())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_occur_again_are_found_however_few_fit_into_memory() {
        let keys = Keys::new();
        for in_memory in [1, 2, 7, 300, 10_000] {
            let (mut spill, mut uniques) = (Vec::new(), Uniques::new(in_memory));
            for event in 0..2_000_u64 {
                // The numbers 0, 3 and 1999 are the same id.
                let id = match event {
                    3 | 1999 => 0,
                    n => n,
                };
                let id = keys.id(&format!("id {id}"));
                uniques
                    .add(id, event, (0, event), &mut spill)
                    .expect("adds");
            }
            assert_eq!(spill.is_empty(), in_memory > 2_000);
            let mut found = Vec::new();
            let again = |first: &Mark, other: &Mark| found.push((first.event, other.event));
            uniques.resolve(&mut spill, again).expect("resolves");
            assert_eq!(found, [(0, 3), (0, 1999)], "{in_memory} in memory");
        }
    }

    #[test]
    fn ids_of_a_case_before_are_forgotten() {
        let (keys, mut spill, mut uniques) = (Keys::new(), Vec::new(), Uniques::new(4));
        for case in 0..3 {
            for event in 0..case * 5 {
                let id = keys.id(&format!("id {event}"));
                uniques.add(id, 0, (0, event), &mut spill).expect("adds");
            }
            let again = |_: &Mark, other: &Mark| panic!("{other:?}");
            uniques.resolve(&mut spill, again).expect("resolves");
        }
    }
}
