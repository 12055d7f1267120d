//! Reads a stream: once for the index, and again for the events of each pack.

use super::index::Index;
use super::lines::{AT_ONCE, EventLines};
use super::run::{PackRun, PackSummary, Run, Span};
use super::uncovered::uncovered;
use crate::events::read::{ReadError, parse};
use crate::events::{Event, FORMAT};
use crate::exit::{Error, show};
use crate::parallel::par_map;
use crate::read_file::open_regular;
use provision_core::Verdict;
use provision_core::text::inert;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

impl Run {
    /// Folds the stream at `path`. Leaves out the text after the last line break: an
    /// aborted run wrote only a part of that line.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Usage`] if it is not an event stream.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut stream = EventLines::open(path)?;
        let mut index = Index::default();
        let (mut at, mut number) = (0u64, 0usize);
        loop {
            let lines = stream.next_lines()?;
            if lines.is_empty() {
                break;
            }
            for (line, event) in lines.iter().zip(par_map(&lines, &|line| parse(line))) {
                number += 1;
                let len = line.len() as u64;
                let event = event.map_err(|e| refused(path, number, e))?;
                let added = index.add(event, Span { start: at, len });
                added.map_err(|why| {
                    let (path, why) = (show(path), inert(&why, 400));
                    Error::Usage(format!("{path}, line {number}: {why}"))
                })?;
                at += len;
            }
        }
        index.finish(path)
    }

    /// Calls `each` with every pack, in the order of reports.
    ///
    /// # Errors
    /// Those of `each`; [`Error::Io`] if the stream cannot be read again.
    pub fn each(&self, each: impl FnMut(&PackRun) -> Result<(), Error>) -> Result<(), Error> {
        self.each_where(|_| true, each)
    }

    /// Calls `each` with every pack that has this verdict, in the order of the run.
    ///
    /// # Errors
    /// See [`Run::each`].
    pub fn each_of(
        &self,
        verdict: Verdict,
        each: impl FnMut(&PackRun) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_where(|pack| pack.verdict() == verdict, each)
    }

    fn each_where(
        &self,
        wanted: impl Fn(&PackSummary) -> bool,
        mut each: impl FnMut(&PackRun) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let io = |e| Error::io("read", &self.path, e);
        let mut wanted = self.packs.iter().filter(|p| wanted(p)).peekable();
        if wanted.peek().is_none() {
            // NB: a run that did not begin has no stream.
            return Ok(());
        }
        let mut file = open_regular(&self.path)?;
        while wanted.peek().is_some() {
            // NB: not all lines of a large pack at once, beside the pack.
            if let Some(large) = wanted.next_if(|pack| pack.bytes > AT_ONCE as u64) {
                each(&self.pack(large, PackLines::of(large, &mut file))?)?;
                continue;
            }
            let (mut packs, mut bytes) = (Vec::new(), 0);
            let fits = |pack: &&PackSummary, bytes| bytes < AT_ONCE && pack.bytes <= AT_ONCE as u64;
            while let Some(summary) = wanted.next_if(|pack| fits(pack, bytes)) {
                let lines = PackLines::of(summary, &mut file);
                let lines: Vec<_> = lines.collect::<Result<_, _>>().map_err(io)?;
                bytes += lines.iter().map(Vec::len).sum::<usize>();
                packs.push((summary, lines));
            }
            let pack = |(summary, lines): &(&PackSummary, Vec<Vec<u8>>)| {
                self.pack(summary, lines.iter().map(Ok))
            };
            for pack in par_map(&packs, &pack) {
                each(&pack?)?;
            }
        }
        Ok(())
    }

    /// The pack that `lines` of the stream describe.
    fn pack<L: AsRef<[u8]>>(
        &self,
        summary: &PackSummary,
        lines: impl Iterator<Item = std::io::Result<L>>,
    ) -> Result<PackRun, Error> {
        let mut pack = PackRun {
            summary: summary.clone(),
            finished: None,
            wizards: Vec::new(),
            flows: Vec::new(),
            checks: Vec::new(),
            causes: Vec::new(),
            fuel_changes: Vec::new(),
        };
        for line in lines {
            let line = line.map_err(|e| Error::io("read", &self.path, e))?;
            match parse(line.as_ref()).map_err(|e| refused(&self.path, 0, e))? {
                Event::WizardDriven(wizard) => pack.wizards.push(wizard),
                Event::FlowWalked(walked) => pack.flows.push(walked),
                Event::CheckFinished(check) => pack.checks.push(check),
                Event::PackFinished(done) => pack.finished = Some(*done),
                _ => {}
            }
        }
        if let Some(done) = &mut pack.finished {
            pack.causes = std::mem::take(&mut done.causes);
        }
        pack.causes.extend(uncovered(&pack.checks, &pack.causes));
        let wizards = pack.wizards.iter();
        pack.fuel_changes = match &self.baseline {
            Some(baseline) => wizards.map(|w| baseline.changes(w)).collect(),
            None => wizards.map(|w| vec![None; w.steps.len()]).collect(),
        };
        Ok(pack)
    }
}

/// The lines of the stream that are about a pack.
struct PackLines<'f> {
    reader: BufReader<&'f mut File>,
    spans: std::vec::IntoIter<Span>,
    /// Bytes of the present span that are not read yet.
    left: u64,
}

impl<'f> PackLines<'f> {
    fn of(pack: &PackSummary, file: &'f mut File) -> Self {
        Self {
            reader: BufReader::new(file),
            spans: pack.spans.clone().into_iter(),
            left: 0,
        }
    }

    /// The next line; an empty one at the end.
    fn read(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        if self.left == 0 {
            let Some(Span { start, len }) = self.spans.next() else {
                return Ok(line);
            };
            self.reader.seek(SeekFrom::Start(start))?;
            self.left = len;
        }
        let mut span = self.reader.by_ref().take(self.left);
        self.left -= span.read_until(b'\n', &mut line)? as u64;
        Ok(line)
    }
}

impl Iterator for PackLines<'_> {
    type Item = std::io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read()
            .map(|line| Some(line).filter(|line| !line.is_empty()))
            .transpose()
    }
}

/// Why the stream cannot be read: `line` is not an event, or has another format.
fn refused(path: &Path, line: usize, error: ReadError) -> Error {
    match error {
        ReadError::Format { format, version } => Error::StreamFormat {
            path: path.to_owned(),
            format,
            version,
            reads: FORMAT,
        },
        ReadError::Values => {
            let path = show(path);
            Error::Usage(format!("{path}, line {line}: {error}"))
        }
        ReadError::Json(error) => {
            let why = inert(&error.to_string(), 200);
            let path = show(path);
            Error::Usage(format!(
                "{path}, line {line}: not an event of this version: {why}; name the events.jsonl of a run"
            ))
        }
    }
}
