//! Observes a recording with what the run knows in addition.

use super::find::STDIN;
use crate::discover::PackRef;
use crate::executors::AnyExecutor;
use crate::interrupt;
use crate::read_file::open_regular;
use provision_core::{Limits, Pack};
use provision_oracle::recorded::{self, Canaries, PackFacts, Recording, Replay, Spill};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// What a run knows in addition to the recordings.
#[derive(Debug, Default)]
pub struct Aids {
    /// What the pack says whose flows ran.
    pub pack: Option<PackFacts>,
    /// What runs recorded steps again.
    pub replay: Option<Executing>,
    /// Values that no recording may show.
    pub canaries: Arc<Canaries>,
}

/// A pack, and what runs its steps.
pub struct Executing {
    /// The pack.
    pub pack: Pack,
    /// What runs its steps.
    pub executor: AnyExecutor,
    /// The bounds of a step.
    pub limits: Limits,
}

impl fmt::Debug for Executing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Executing")
    }
}

/// Observes `recording` with these aids.
#[must_use]
pub fn observe(recording: &PackRef, aids: &Aids) -> Recording {
    if recording.path == Path::new(STDIN) {
        return read(io::stdin().lock(), aids);
    }
    match open_regular(&recording.path) {
        Ok(file) => read(file, aids),
        Err(why) => Recording::unread(&why.to_string()),
    }
}

fn read(input: impl Read, aids: &Aids) -> Recording {
    let replay = aids.replay.as_ref();
    let aids = recorded::Aids {
        pack: aids.pack.as_ref(),
        replay: replay.map(|run| Replay::new(&run.pack, &run.executor, &run.limits)),
        canaries: aids.canaries.clone(),
        ..recorded::Aids::default()
    };
    recorded::observe(Interruptible(input), &aids, &mut Unnamed::default())
}

/// A reader that ends when somebody asks the run to end: a recording may be long.
struct Interruptible<R>(R);

impl<R: Read> Read for Interruptible<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match interrupt::asked() {
            None => self.0.read(buffer),
            Some(_) => Err(io::Error::other("the run is interrupted")),
        }
    }
}

/// A temporary file without a name, which is made when it is needed.
#[derive(Default)]
struct Unnamed {
    file: Option<File>,
    len: u64,
}

impl Unnamed {
    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            self.file = Some(tempfile::tempfile()?);
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::Error::other("no file"))
    }
}

impl Spill for Unnamed {
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let at = self.len;
        let file = self.file()?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)?;
        self.len += bytes.len() as u64;
        Ok(at)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let file = self.file()?;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.len = 0;
        match &mut self.file {
            Some(file) => file.set_len(0),
            None => Ok(()),
        }
    }
}
