//! Code for the workers that run it: handed on, or compiled by others.

use super::artifact_store::Outcome;
use super::errors::{Trouble, again, of_compiling};
use super::executor::{GRACE, OPENING, Workers};
use super::pool::{Lent, Pool};
use super::process::{Part, Process, WorkerFailure};
use crate::message::{Answer, Request};
use provision_core::pack::Pack;
use provision_exec::{CodeName, SlowCompile};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much longer compilers may take that are not made for being fast.
const SLOW: u32 = 3;

impl Workers {
    /// Lets a worker have the code of `file`.
    pub(super) fn provide(
        &self,
        lane: usize,
        pack: &Pack,
        (file, lent): (&str, &mut Lent<'_>),
    ) -> Result<(), Trouble> {
        let started = Instant::now();
        let code = match &self.compilers {
            Some(_) => self.code(lane, pack, file)?,
            None => Some((Outcome::Oversized, None)),
        };
        let process = lent.process()?;
        match code {
            Some((Outcome::Artifact(artifact), Some(name))) => {
                let deadline = started + OPENING;
                let code = Request::Code {
                    name: *name.as_bytes(),
                };
                process.send(&code, &[&artifact], deadline.max(Instant::now() + GRACE))?;
                process.code.insert(name);
            }
            Some((Outcome::Failed(failure), _)) => return Err(Trouble::Final(failure)),
            // NB: what the pack does not have is found out by the worker.
            Some((_, name)) => {
                self.opened(process, (pack, Part::Whole))?;
                let made = self.compile_in(process, lane, (pack, file));
                if let (Err(broken), Some(name)) = (&made, &name) {
                    self.note((name, pack.fingerprint()), broken, 1);
                }
                made.map_err(|broken| of_compiling(broken, 1))?;
                process.code.extend(name);
            }
            None => {}
        }
        self.timing.waited(started);
        Ok(())
    }

    pub(super) fn uncompiled(&self, lane: usize, pack: &Pack, file: &str) -> Option<u64> {
        let (_, names) = self.compilers.as_ref()?;
        let name = names.name(lane, pack, file)?;
        match self.codes.has(&name) {
            true => None,
            false => pack.size(file),
        }
    }

    /// The code of `file`, compiled if need be; nothing where the pack has no
    /// such file.
    pub(super) fn code(
        &self,
        lane: usize,
        pack: &Pack,
        file: &str,
    ) -> Result<Option<(Outcome, Option<CodeName>)>, Trouble> {
        let Some((pool, names)) = &self.compilers else {
            return Ok(None);
        };
        let Some(name) = names.name(lane, pack, file) else {
            return Ok(None);
        };
        let of = (&name, pack.fingerprint());
        let deadline = Instant::now() + self.patience(lane, pack, file);
        let compile = || match self.compile(pool, (lane, deadline), (pack, file)) {
            Err(first) if again(&first) && Instant::now() < deadline => {
                (self.tell)(&format!("{file}: {first}; it is compiled once more"));
                let second = self.compile(pool, (lane, deadline), (pack, file));
                second.or_else(|broken| self.given_up(of, broken, 2))
            }
            first => first.or_else(|broken| self.given_up(of, broken, 1)),
        };
        let outcome = self.codes.obtain(of, compile)?;
        Ok(Some((outcome, Some(name))))
    }

    /// The failure that comes of a worker that broke over compiling.
    fn given_up(
        &self,
        of: (&CodeName, &blake3::Hash),
        broken: WorkerFailure,
        tries: u32,
    ) -> Result<Outcome, WorkerFailure> {
        self.note(of, &broken, tries);
        match of_compiling(broken, tries) {
            Trouble::Final(failure) => Ok(Outcome::Failed(failure)),
            Trouble::WorkerFailure(broken) => Err(broken),
        }
    }

    /// Remembers what is not worth another try.
    fn note(&self, of: (&CodeName, &blake3::Hash), broken: &WorkerFailure, tries: u32) {
        let every = matches!(
            broken,
            WorkerFailure::Late(_) | WorkerFailure::Memory { .. }
        );
        if let Trouble::Final(failure) = of_compiling(broken.clone(), tries) {
            self.codes.give_up(of, every, &failure);
        }
    }

    fn patience(&self, lane: usize, pack: &Pack, file: &str) -> Duration {
        let factor = match lane == 0 && self.compilers.is_some() {
            true => 1,
            false => SLOW,
        };
        self.patience
            .with(pack.size(file).unwrap_or_default(), factor)
    }

    /// Compiles in a worker that does nothing else.
    fn compile(
        &self,
        pool: &Pool,
        (lane, deadline): (usize, Instant),
        (pack, file): (&Pack, &str),
    ) -> Result<Outcome, WorkerFailure> {
        let mut lent = pool.take(Some(pack.fingerprint()))?;
        let process = lent.process()?;
        self.opened(process, (pack, Part::Whole))?;
        let started = Instant::now();
        let ask = Request::Compile {
            lane,
            file: Cow::Borrowed(file),
            for_others: true,
        };
        let (answer, artifact) = process.ask(&ask, &[], deadline)?;
        let Answer::Compiled { failure, oversized } = answer else {
            return Err(process.garbage("it is asked to compile"));
        };
        self.timing.made(SlowCompile {
            micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            file: file.to_owned(),
            bytes: pack.size(file).unwrap_or_default(),
            compiled: true,
        });
        // NB: code may be sound and still not link; whoever runs it will say so.
        Ok(match failure {
            _ if !artifact.is_empty() => Outcome::Artifact(Arc::new(artifact)),
            Some(failure) if !oversized => Outcome::Failed(failure),
            _ => Outcome::Oversized,
        })
    }

    /// Compiles in the worker that is to run it.
    fn compile_in(
        &self,
        process: &mut Process,
        lane: usize,
        (pack, file): (&Pack, &str),
    ) -> Result<(), WorkerFailure> {
        let deadline = Instant::now() + self.patience(lane, pack, file);
        let ask = Request::Compile {
            lane,
            file: Cow::Borrowed(file),
            for_others: false,
        };
        match process.ask(&ask, &[], deadline)? {
            (Answer::Compiled { .. }, _) => Ok(()),
            _ => Err(process.garbage("it is asked to compile")),
        }
    }
}
