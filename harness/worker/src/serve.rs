//! The worker process: reads requests from the supervisor and runs steps.

use crate::escape_test;
use crate::frame::{self, Bounds, Frame};
use crate::message::{
    ARTIFACT, Answer, Done, Files, Form, Request, Start, VERSION, Work, attached, hits_as_bytes,
    to_worker,
};
use crate::sandbox::Restrictions;
use provision_core::limits::Limits;
use provision_core::pack::{Hashed, Pack, Source};
use provision_core::wizard::{Call, Grants, StepExecutor, StepOutcome, StepRequest};
use provision_exec::{Preloaded, WasmtimeExecutor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;
use std::sync::Arc;

/// The pipes to and from the supervisor: standard input and output.
struct Pipe<'p> {
    from: BufReader<Requests<'p>>,
    to: BorrowedFd<'p>,
}

/// The pipe from the supervisor.
struct Requests<'p>(BorrowedFd<'p>);

impl Read for Requests<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(self.0, bytes)?)
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(self.to, bytes)?)
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::writev(self.to, parts)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs steps for the supervisor, which holds the other end of standard input,
/// until the supervisor closes it.
///
/// Returns 0 when standard input was closed, and 2 after an invalid message.
#[must_use]
pub fn serve() -> ExitCode {
    crate::oom_allocator::end_without_memory();
    // NB: `Pipe` uses the descriptors themselves, and nothing else in this process
    // reads standard input or writes to standard output.
    let (input, output) = (io::stdin(), io::stdout());
    let mut pipe = Pipe {
        from: BufReader::with_capacity(frame::BUFFER, Requests(input.as_fd())),
        to: output.as_fd(),
    };
    match served(&mut pipe) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            drop(send(&mut pipe, &Answer::Unable { why }, &[]));
            ExitCode::from(2)
        }
    }
}

/// The bounds on the first frame.
const FIRST: Bounds = Bounds {
    head: 64 * 1024,
    body: 0,
};

fn served(pipe: &mut Pipe<'_>) -> Result<(), String> {
    let first = frame::read(&mut pipe.from, FIRST).map_err(|e| e.to_string())?;
    let start: Start = serde_json::from_slice(&first.head).map_err(|e| e.to_string())?;
    if start.version != VERSION {
        let found = start.version;
        return Err(format!(
            "the supervisor has protocol version {found}, the worker {VERSION}"
        ));
    }
    let mut locks = Restrictions::default();
    locks.before_engines(start.parent);
    let preloaded = Arc::new(Preloaded::default());
    let lock = || {
        locks.before_threads(start.memory + start.guests);
        Ok(())
    };
    let work = start.work.into();
    let executors = WasmtimeExecutor::alone(&start.limits.step, work, &preloaded, lock);
    let executors = executors.map_err(|e| e.to_string())?;
    locks.before_packs(start.cpu, start.filtered);
    let ready = Answer::Ready {
        version: VERSION,
        locks: locks.all,
    };
    send(pipe, &ready, &[]).map_err(|e| e.to_string())?;
    let mut worker = Worker {
        executors,
        preloaded,
        pack: None,
        grants: Arc::default(),
        files: 0,
        start,
    };
    loop {
        let frame = match frame::read(&mut pipe.from, to_worker(&worker.start.limits)) {
            Ok(frame) => frame,
            Err(frame::FrameError::Closed) => return Ok(()),
            Err(e) => return Err(e.to_string()),
        };
        worker.handle(pipe, frame)?;
    }
}

fn send(pipe: &mut Pipe<'_>, answer: &Answer, body: &[&[u8]]) -> io::Result<()> {
    let head = serde_json::to_vec(answer).map_err(io::Error::other)?;
    frame::write(pipe, &head, body)
}

struct Worker {
    /// One executor for each compiler.
    executors: Vec<WasmtimeExecutor>,
    preloaded: Arc<Preloaded>,
    /// The pack of the steps, or why it could not be opened.
    pack: Option<Result<Pack, String>>,
    /// What guests may read from their host.
    grants: Arc<Grants>,
    /// How many covered files the supervisor knows.
    files: usize,
    start: Start,
}

impl Worker {
    fn handle(&mut self, pipe: &mut Pipe<'_>, frame: Frame) -> Result<(), String> {
        let Frame { head, body } = frame;
        let request: Request<'_> = serde_json::from_slice(&head).map_err(|e| e.to_string())?;
        let sent = match request {
            Request::Pack { .. } | Request::Code { .. } if !self.start.filtered => {
                return Err("a worker without a system call filter accepts no pack".into());
            }
            Request::Pack { fingerprint, files } => {
                // Frees the old pack first, because it may be large.
                self.pack = None;
                self.pack = Some(opened(fingerprint, &files, body, &self.start.limits));
                Ok(())
            }
            Request::Code { name } => {
                self.take(name, body);
                Ok(())
            }
            Request::Compile {
                lane,
                file,
                for_others,
            } => {
                let (answer, artifact) = self.compile(lane, &file, for_others)?;
                send(pipe, &answer, &[&artifact])
            }
            Request::Grants { grants } => {
                self.grants = Arc::new(grants.into_owned());
                Ok(())
            }
            Request::Step {
                lane,
                component,
                call,
            } => {
                let request = StepRequest {
                    component: component.into_owned(),
                    call: attached(call.into_owned(), body),
                    grants: Arc::clone(&self.grants),
                };
                self.step(pipe, lane, &request)?
            }
            Request::Attack { inherited } => {
                let attempts = if self.start.filtered {
                    escape_test::all(inherited, self.start.parent)
                } else {
                    escape_test::files_alone()
                };
                send(pipe, &Answer::Attacked { attempts }, &[])
            }
        };
        sent.map_err(|e| e.to_string())
    }

    #[expect(unsafe_code, reason = "accepts compiled code from another process")]
    fn take(&self, name: [u8; 32], artifact: Vec<u8>) {
        // SAFETY: only the supervisor holds the other end of the pipe. It sends
        // artifacts of workers that run no guests, or of its cache, which has
        // verified their MAC.
        unsafe { self.preloaded.give(name.into(), artifact) };
    }

    fn executor(&self, lane: usize) -> Result<&WasmtimeExecutor, String> {
        let executor = self.executors.get(lane);
        executor.ok_or_else(|| format!("there is no compiler {lane}"))
    }

    fn pack(&self) -> Result<&Pack, String> {
        match &self.pack {
            Some(Ok(pack)) => Ok(pack),
            Some(Err(why)) => Err(why.clone()),
            None => Err("there is no pack".into()),
        }
    }

    fn compile(
        &self,
        lane: usize,
        file: &str,
        for_others: bool,
    ) -> Result<(Answer, Vec<u8>), String> {
        let (executor, pack) = (self.executor(lane)?, self.pack()?);
        if !for_others {
            executor.compile(pack, file);
            let (failure, oversized) = (None, false);
            return Ok((Answer::Compiled { failure, oversized }, Vec::new()));
        }
        let failure = executor.compile_for_others(pack, file).err();
        let artifact = self.preloaded.take_made();
        let oversized = artifact.as_ref().is_some_and(|a| a.len() > ARTIFACT);
        let artifact = artifact.filter(|_| !oversized).unwrap_or_default();
        Ok((Answer::Compiled { failure, oversized }, artifact))
    }

    fn step(
        &mut self,
        pipe: &mut Pipe<'_>,
        lane: usize,
        request: &StepRequest,
    ) -> Result<io::Result<()>, String> {
        let (executor, pack) = (self.executor(lane)?, self.pack()?);
        // NB: an input over its bound is refused before anything is compiled.
        let input = match &request.call {
            Call::Step { input } => input.len(),
            _ => 0,
        };
        let fits = input <= self.start.limits.step.input_bytes;
        if fits && !executor.is_ready(pack, &request.component) {
            return Ok(send(pipe, &Answer::Lacks, &[]));
        }
        let before = executor.busy();
        let answer = executor.execute(pack, request);
        let loaded = executor.busy() - before;
        let (hits, files) = match self.start.work {
            Work::Covering => (executor.take_hits(), executor.covered_files(self.files)),
            Work::Fast | Work::All => (Vec::new(), Vec::new()),
        };
        let (result, output) = match answer.result {
            Ok(StepOutcome::Json(output)) => (Ok(Form::Json), output),
            Ok(StepOutcome::Cbor(output)) => (Ok(Form::Cbor), output),
            Ok(StepOutcome::NotRun) => (Ok(Form::Nothing), Vec::new()),
            Err(failure) => (Err(failure), Vec::new()),
        };
        let reads = executor.may_read(pack, &request.component);
        self.files += files.len();
        let done = Answer::Step(Box::new(Done {
            result,
            output: output.len(),
            reads,
            meters: answer.meters,
            attempts: answer.attempts,
            writes: answer.writes,
            loaded,
            files,
        }));
        Ok(send(pipe, &done, &[&output, &hits_as_bytes(&hits)]))
    }
}

/// Opens the pack in `body`, which must have this fingerprint.
fn opened(
    fingerprint: [u8; 32],
    files: &Files<'_>,
    body: Vec<u8>,
    limits: &Limits,
) -> Result<Pack, String> {
    let source = match files {
        Files::Outline { files } => return outline(fingerprint, files, &body),
        Files::Archive => Source::Archive(Arc::new(body)),
        Files::Folder { files, manifest } => {
            let mut left = &body[..];
            let mut all = BTreeMap::new();
            for (name, len) in files {
                let (bytes, rest) = left.split_at_checked(*len).ok_or("a folder is cut off")?;
                all.insert(name.clone().into_owned(), bytes.to_vec());
                left = rest;
            }
            Source::Folder {
                files: all,
                manifest: Some(manifest.clone().into_owned()),
            }
        }
    };
    let hashed = Hashed::fingerprint_only(source);
    let found = *hashed.fingerprint();
    if found != fingerprint {
        return Err(format!(
            "the received pack has BLAKE3 {found}, not the announced one"
        ));
    }
    Pack::open(hashed, limits).map_err(|e| e.to_string())
}

/// A pack without the contents of its files; `body` is their digests.
fn outline(
    fingerprint: [u8; 32],
    files: &[(Cow<'_, str>, u64)],
    body: &[u8],
) -> Result<Pack, String> {
    let (digests, rest) = body.as_chunks::<{ blake3::OUT_LEN }>();
    if digests.len() != files.len() || !rest.is_empty() {
        return Err("an outline is cut off".into());
    }
    let files = files.iter().zip(digests);
    let files = files.map(|((name, size), digest)| {
        let name = name.clone().into_owned();
        (name, *size, blake3::Hash::from_bytes(*digest))
    });
    Ok(Pack::metadata_only(fingerprint.into(), files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_with_another_fingerprint_is_refused() {
        let manifest = br#"{"id": "p", "version": "1.0.0"}"#;
        let files = [("pack.json".to_owned(), manifest.to_vec())];
        let source = Source::Folder {
            files: files.into(),
            manifest: None,
        };
        let announced = *source.fingerprint().as_bytes();
        let sent = Files::Folder {
            files: vec![("pack.json".into(), manifest.len())],
            manifest: "pack.json".into(),
        };
        let open = |announced, body: &[u8]| {
            let pack = opened(announced, &sent, body.to_vec(), &Limits::default());
            pack.map(|pack| *pack.fingerprint().as_bytes())
        };
        assert_eq!(open(announced, manifest), Ok(announced));
        let why = open([7; 32], manifest).expect_err("another pack");
        assert!(why.contains("not the announced one"), "{why}");
        let changed = manifest.map(|b| b.to_ascii_uppercase());
        let why = open(announced, &changed).expect_err("other bytes");
        assert!(why.contains("not the announced one"), "{why}");
    }

    #[test]
    fn outline_without_a_digest_for_each_file_is_refused() {
        let files = [("a.wasm".into(), 3), ("b.wasm".into(), 4)];
        let (a, b) = (blake3::hash(b"a"), blake3::hash(b"b"));
        let body = [*a.as_bytes(), *b.as_bytes()].concat();
        let pack = outline([1; 32], &files, &body).expect("an outline");
        let digest = |name| pack.info(name).map(|info| info.blake3);
        assert_eq!((digest("a.wasm"), digest("b.wasm")), (Some(a), Some(b)));
        for cut in [0, 32, 63] {
            let why = outline([1; 32], &files, &body[..cut]).expect_err("a digest is missing");
            assert_eq!(why, "an outline is cut off", "{cut}");
        }
        let why = outline([1; 32], &files[..1], &body).expect_err("a digest is left");
        assert_eq!(why, "an outline is cut off");
    }
}
