//! The file as a sequence of spans: every byte has exactly one owner.
//!
//! The scan reads the file once from the first byte to the last. It judges only
//! the positions of records, and continues after bytes that it cannot parse, so
//! that a reviewer sees all records of a refused archive. The rules on the
//! contents of records are in `rules`.

use super::error::{Rule, Violation};
use super::record::{self, Central, Common, Cursor, CutOff, End};
use crate::text::counted;
use std::borrow::Cow;
use std::ops::Range;

/// What a range of bytes in the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The local record of the entry with this index, with name and extra field.
    Local(usize),
    /// The data of the entry with this index.
    Data(usize),
    /// The directory record with this index, with name, extra field and comment.
    Central(usize),
    /// An end record, with its comment.
    End,
    /// A record of a kind that a pack must not have.
    Foreign,
    /// Bytes that belong to no record.
    Unknown,
}

/// A range of bytes in the file and its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Offsets into the file, in bytes.
    pub range: Range<usize>,
    /// What the bytes belong to.
    pub owner: Owner,
}

/// A local record and the position of its data.
#[derive(Debug, Clone)]
pub(super) struct Local<'a> {
    pub(super) common: Common<'a>,
    /// Empty if the file ends before the data does.
    pub(super) data: Range<usize>,
    pub(super) whole: bool,
}

/// The records of a file in their order, valid or not.
#[derive(Debug)]
pub struct RawArchive<'a> {
    pub(super) spans: Vec<Span>,
    pub(super) locals: Vec<Local<'a>>,
    pub(super) centrals: Vec<Central<'a>>,
    pub(super) ends: Vec<End<'a>>,
    /// Violations that the scan itself found.
    pub(super) violations: Vec<Violation>,
    /// Whether the scan stopped at the bound on entries.
    pub(super) gave_up: bool,
}

impl<'a> RawArchive<'a> {
    /// Scans `bytes` for at most `entries` entries.
    #[must_use]
    pub fn scan(bytes: &'a [u8], entries: usize) -> Self {
        let mut scan = Scan {
            cursor: Cursor { bytes, at: 0 },
            entries,
            // More than a valid archive with that many entries can have.
            max_spans: entries.saturating_mul(4).saturating_add(16),
            raw: RawArchive {
                spans: Vec::new(),
                locals: Vec::new(),
                centrals: Vec::new(),
                ends: Vec::new(),
                violations: Vec::new(),
                gave_up: false,
            },
        };
        scan.run();
        scan.raw
    }

    /// The spans in file order. They cover the file without gaps or overlaps.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Where the last directory record ends; the end of the file if there is none.
    pub(super) fn directory_end(&self) -> usize {
        let is_central = |s: &&Span| matches!(s.owner, Owner::Central(_));
        let last = self.spans.iter().rfind(is_central).or(self.spans.last());
        last.map_or(0, |span| span.range.end)
    }

    /// Describes what is at `offset`, for messages.
    pub(super) fn at(&self, offset: usize) -> String {
        let found = self.spans.partition_point(|s| s.range.end <= offset);
        let Some(span) = self.spans.get(found) else {
            return "past the end of the file".into();
        };
        let of = |index: usize| crate::text::inert(&self.locals[index].common.shown(), 80);
        match span.owner {
            Owner::Local(i) if span.range.start == offset => format!("the entry `{}`", of(i)),
            Owner::Local(i) => format!("inside the local record of `{}`", of(i)),
            Owner::Data(i) => format!("in the data of `{}`", of(i)),
            Owner::Central(_) => "in the directory".into(),
            Owner::End => "in the end record".into(),
            Owner::Foreign | Owner::Unknown => "in bytes that belong to no entry".into(),
        }
    }
}

struct Scan<'a> {
    cursor: Cursor<'a>,
    entries: usize,
    max_spans: usize,
    raw: RawArchive<'a>,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        while self.cursor.at < self.cursor.bytes.len() {
            let start = self.cursor.at;
            let crowded = self.raw.spans.len() >= self.max_spans
                || self.raw.locals.len() > self.entries
                || self.raw.centrals.len() > self.entries;
            if crowded {
                self.report(
                    Rule::Entries,
                    start,
                    format!("more than {} entries", self.entries),
                );
                self.raw.gave_up = true;
                return self.unknown_to(self.cursor.bytes.len());
            }
            let taken = match self.cursor.signature() {
                Some(record::LOCAL) => self.local(),
                Some(record::CENTRAL) => self.central(),
                Some(record::END) => self.end(),
                Some(signature) if record::ALL.contains(&signature) => self.foreign(signature),
                _ => {
                    self.stray();
                    Ok(())
                }
            };
            if let Err(cut) = taken {
                self.cut_off(start, &cut);
            }
        }
        if self.raw.ends.is_empty() && !self.raw.spans.iter().any(|s| is_stray(s.owner)) {
            let (rule, detail) = if self.cursor.bytes.is_empty() {
                (Rule::NotZip, "the file is empty")
            } else {
                (Rule::NoEnd, "the file ends without an end record")
            };
            self.report(rule, self.cursor.bytes.len(), detail);
        }
    }

    fn report(&mut self, rule: Rule, offset: usize, detail: impl Into<Cow<'static, str>>) {
        self.raw
            .violations
            .push(Violation::new(rule, offset, detail));
    }

    fn add_span(&mut self, start: usize, end: usize, owner: Owner) {
        if start < end {
            let range = start..end;
            self.raw.spans.push(Span { range, owner });
        }
    }

    fn local(&mut self) -> Result<(), CutOff> {
        let start = self.cursor.at;
        let common = record::local(&mut self.cursor)?;
        let index = self.raw.locals.len();
        let data = self.cursor.at;
        self.in_order(start, 0);
        self.add_span(start, data, Owner::Local(index));
        let packed = common.fixed.packed as usize;
        let name = common.shown();
        let whole = self.cursor.take(packed, "an entry's data").is_ok();
        let end = self.cursor.at;
        self.raw.locals.push(Local {
            common,
            data: data..end,
            whole,
        });
        self.add_span(data, end, Owner::Data(index));
        if !whole {
            let left = self.cursor.left().len();
            let detail = format!(
                "an entry's data needs {}, the file has {left} left",
                counted(packed, "byte", "bytes")
            );
            self.raw
                .violations
                .push(Violation::new(Rule::Truncated, data, detail).of(&name));
            self.unknown_to(self.next_record(data));
        }
        Ok(())
    }

    fn central(&mut self) -> Result<(), CutOff> {
        let start = self.cursor.at;
        let central = record::central(&mut self.cursor)?;
        self.in_order(start, 1);
        self.add_span(
            start,
            self.cursor.at,
            Owner::Central(self.raw.centrals.len()),
        );
        self.raw.centrals.push(central);
        Ok(())
    }

    fn end(&mut self) -> Result<(), CutOff> {
        let start = self.cursor.at;
        let end = record::end(&mut self.cursor)?;
        if !self.raw.ends.is_empty() {
            self.report(
                Rule::ManyEnds,
                start,
                "a second end record; readers differ in which they use",
            );
        }
        self.add_span(start, self.cursor.at, Owner::End);
        self.raw.ends.push(end);
        Ok(())
    }

    /// Local records, then the directory, then the end.
    fn in_order(&mut self, start: usize, rank: usize) {
        let detail = if !self.raw.ends.is_empty() {
            "a record after the end record"
        } else if rank == 0 && !self.raw.centrals.is_empty() {
            "a local record after the directory began"
        } else {
            return;
        };
        self.report(Rule::Layout, start, detail);
    }

    fn foreign(&mut self, signature: u32) -> Result<(), CutOff> {
        let start = self.cursor.at;
        let (rule, detail) = match signature {
            record::ZIP64_END | record::ZIP64_LOCATOR => {
                (Rule::Zip64, "a ZIP64 record; a pack needs none")
            }
            record::ARCHIVE_EXTRA => (Rule::Encrypted, "the record of an encrypted directory"),
            record::DIGITAL_SIGNATURE => (Rule::Record, "a digital signature of the directory"),
            _ if start == 0 => (
                Rule::MultiDisk,
                "the marker of an archive that spans several files",
            ),
            _ => (
                Rule::Descriptor,
                "a data descriptor; sizes belong in the local record",
            ),
        };
        self.report(rule, start, detail);
        record::foreign(&mut self.cursor, signature)?;
        if signature == record::DESCRIPTOR {
            self.cursor.at = self.next_record(self.cursor.at);
        }
        self.add_span(start, self.cursor.at, Owner::Foreign);
        Ok(())
    }

    /// Bytes that are not a record, up to the next possible record.
    fn stray(&mut self) {
        let start = self.cursor.at;
        let end = self.next_record(start);
        let count = end - start;
        let (rule, detail) = if start == 0 && end == self.cursor.bytes.len() {
            let detail = "the file has no zip record; a .gtpack is a zip archive";
            (Rule::NotZip, detail.to_owned())
        } else if start == 0 {
            (
                Rule::Prefix,
                counted(count, "byte", "bytes") + " before the first record",
            )
        } else if !self.raw.ends.is_empty() {
            (
                Rule::Trailing,
                counted(count, "byte", "bytes") + " after the end record",
            )
        } else {
            let detail = counted(
                count,
                "byte between records belongs",
                "bytes between records belong",
            ) + " to no record";
            (Rule::Record, detail)
        };
        self.report(rule, start, detail);
        self.unknown_to(end);
    }

    fn cut_off(&mut self, start: usize, cut: &CutOff) {
        let CutOff { what, needs } = cut;
        let left = self.cursor.left().len();
        let detail = format!("{what} needs {needs} bytes, the file has {left} left");
        self.report(Rule::Truncated, start, detail);
        self.cursor.at = start;
        self.unknown_to(self.next_record(start + 4));
    }

    fn unknown_to(&mut self, end: usize) {
        self.add_span(self.cursor.at, end, Owner::Unknown);
        self.cursor.at = end;
    }

    /// Offset of the next signature at or after `from`, else the end of the file.
    fn next_record(&self, from: usize) -> usize {
        let bytes = self.cursor.bytes;
        let rest = bytes.get(from..).unwrap_or_default();
        let found = memchr::memchr_iter(b'P', rest).find(|at| {
            let signature = rest.get(*at..).and_then(<[u8]>::first_chunk);
            signature.is_some_and(|s| record::ALL.contains(&u32::from_le_bytes(*s)))
        });
        found.map_or(bytes.len(), |at| from + at)
    }
}

/// Whether the span is bytes of no record. The scan reported them, so it does not
/// report a missing end record as well.
fn is_stray(owner: Owner) -> bool {
    matches!(owner, Owner::Unknown)
}
