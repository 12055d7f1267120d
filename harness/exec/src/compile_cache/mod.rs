//! Compiled steps on disk, for the next run: a folder that nobody else may
//! touch, where every file proves that this user's harness wrote it.
//!
//! Wasmtime runs a compiled artifact as it is, so whoever can put one there
//! owns the process. Hence three walls: the folder and its secret belong to
//! this user and are closed to others; an artifact ends with a BLAKE3 over its
//! name and its bytes, keyed with that secret; and its name is a hash of all
//! that decided over its code.

mod artifact;
mod eviction;
mod preloaded;
mod private_dir;

pub(crate) use artifact::Artifacts;
pub use artifact::CodeName;
pub use eviction::Usage;
pub use preloaded::Preloaded;
pub use private_dir::CacheError;

use crate::engine::{Compiler, Compilers, engine};
use crate::error::ExecError;
use crate::module_cache::Key;
use crate::prepare::Code;
use artifact::{ENDING, packed, unpacked};
use eviction::Eviction;
use provision_core::limits::StepLimits;
use provision_core::pack::Pack;
use provision_core::wasm::shape;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};
use wasmtime::Engine;

/// What artifacts have in common that nothing else tells; raise it when what
/// is done between a step's file and its code changes.
const FORMAT: u32 = 1;
/// Bytes of the proof at an artifact's end.
const PROOF: usize = blake3::OUT_LEN;
/// Bytes of the largest artifact that is read: a component of 16 MiB, the
/// bound, compiles to less.
const LARGEST: u64 = 512 * 1024 * 1024;
/// How old the mark of an artifact's last use may become.
const STALE_MARK: Duration = Duration::from_secs(60 * 60);
/// Bytes that a cache may hold unless somebody says otherwise.
pub const DEFAULT_CACHE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// A folder of compiled steps, shared by any number of processes.
#[derive(Debug)]
pub struct CompileCache {
    folder: PathBuf,
    /// What proofs of artifacts are keyed with.
    secret: [u8; 32],
    eviction: Mutex<Eviction>,
}

impl CompileCache {
    /// The cache in `folder`, which is made where it is not there; it is kept
    /// to about `limit` bytes.
    ///
    /// # Errors
    /// [`CacheError`] where the folder is not this user's alone, or the system
    /// refuses.
    pub fn open(folder: &Path, limit: u64) -> Result<Self, CacheError> {
        let folder = private_dir::private(folder)?;
        let secret = private_dir::secret(&folder)?;
        Ok(Self {
            folder,
            secret,
            eviction: Mutex::new(Eviction::of(limit)),
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is in it.
    ///
    /// # Errors
    /// [`CacheError`] where it cannot be read.
    pub fn usage(&self) -> Result<Usage, CacheError> {
        eviction::usage(&self.folder)
    }

    /// Removes the cache in `folder`, and nothing else that is there.
    ///
    /// # Errors
    /// [`CacheError`] where the folder is not this user's alone, or the system
    /// refuses.
    pub fn clean(folder: &Path) -> Result<Usage, CacheError> {
        eviction::clean(&private_dir::private(folder)?)
    }

    /// The artifact that was kept under `name`, if it proves that it is ours.
    #[must_use]
    pub fn artifact(&self, name: &CodeName) -> Option<Vec<u8>> {
        let path = self.path(name);
        let (file, mut bytes) = read(&path)?;
        match proven(&self.secret, &name.0, &bytes).map(<[u8]>::len) {
            Some(len) => {
                mark_used(&file);
                bytes.truncate(len);
                Some(bytes)
            }
            None => {
                discard(&path);
                None
            }
        }
    }

    /// Keeps `artifact` under `name`. A cache that cannot be written to costs
    /// time, and is no error.
    ///
    /// # Safety
    /// Wasmtime made `artifact` from the component and the settings that `name`
    /// names, in a process that had run no guest: a later run executes these
    /// bytes as machine code.
    #[expect(
        unsafe_code,
        reason = "only the caller knows where the bytes come from"
    )]
    pub unsafe fn keep_artifact(&self, name: &CodeName, artifact: &[u8]) {
        self.put(name, artifact);
    }

    fn put(&self, name: &CodeName, artifact: &[u8]) {
        let proof = proof(&self.secret, &name.0, artifact);
        let parts = [artifact, proof.as_bytes()];
        if private_dir::write(&self.folder, &self.path(name), &parts).is_ok() {
            let bytes = parts.iter().map(|p| p.len() as u64).sum();
            eviction::added(&self.eviction, &self.folder, bytes);
        }
    }

    /// Whether there is something under `name`; it may still be refused.
    #[must_use]
    pub fn holds(&self, name: &CodeName) -> bool {
        self.path(name).exists()
    }

    fn path(&self, name: &CodeName) -> PathBuf {
        let name = name.0.to_hex();
        self.folder.join(format!("{name}.{ENDING}"))
    }
}

/// The bytes of a kept file, of at most one more than [`LARGEST`].
fn read(path: &Path) -> Option<(File, Vec<u8>)> {
    let mut file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.by_ref()
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    // What is cut off has no proof, and goes like any other damaged file.
    Some((file, bytes))
}

/// Removes what does not prove that it is ours.
///
/// NB: a second process may have replaced it meanwhile; then it is only made
/// once more.
fn discard(path: &Path) {
    drop(fs::remove_file(path));
}

fn proof(key: &[u8; 32], name: &blake3::Hash, bytes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(name.as_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// What is before the proof in `bytes`, if the proof is right.
fn proven<'b>(key: &[u8; 32], name: &blake3::Hash, bytes: &'b [u8]) -> Option<&'b [u8]> {
    let (kept, found) = bytes.split_at_checked(bytes.len().checked_sub(PROOF)?)?;
    // NB: two hashes are compared in constant time.
    let found = blake3::Hash::from_slice(found).ok()?;
    (proof(key, name, kept) == found).then_some(kept)
}

impl Artifacts for CompileCache {
    fn has(&self, name: &CodeName) -> bool {
        self.holds(name)
    }

    fn load(&self, engine: &Engine, name: &CodeName) -> Option<Code> {
        let path = self.path(name);
        let (file, bytes) = read(&path)?;
        let code = proven(&self.secret, &name.0, &bytes);
        let code = code.and_then(|artifact| unpacked(engine, artifact));
        match code {
            Some(_) => mark_used(&file),
            None => discard(&path),
        }
        code
    }

    fn keep(&self, name: &CodeName, code: &Code) {
        if let Some(artifact) = packed(code) {
            self.put(name, &artifact);
        }
    }
}

/// So that what is used is not what is thrown away.
fn mark_used(file: &File) {
    let now = SystemTime::now();
    let marked = file.metadata().and_then(|m| m.modified());
    let stale = marked.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > STALE_MARK));
    if stale {
        // NB: of no consequence where it fails.
        drop(file.set_modified(now));
    }
}

/// How an executor's artifacts are called, by compiler.
#[derive(Debug, Clone)]
pub struct CodeNames(Vec<Configuration>);

impl CodeNames {
    /// Of an executor over `limits` and `compilers`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn of(limits: &StepLimits, compilers: Compilers) -> Result<Self, ExecError> {
        let all = compilers.all().iter().map(|(_, compiler)| {
            let engine = engine(limits, *compiler, 1).map_err(ExecError::Engine)?;
            Ok(Configuration::of(&engine, *compiler, limits))
        });
        all.collect::<Result<_, _>>().map(Self)
    }

    /// The name of what the compiler at `lane` makes of `file` of `pack`, if
    /// the pack has it.
    #[must_use]
    pub fn name(&self, lane: usize, pack: &Pack, file: &str) -> Option<CodeName> {
        Some(self.0.get(lane)?.name(&Key::of(pack, file)?))
    }
}

/// What decides over code beside its source.
#[derive(Debug, Clone)]
pub(crate) struct Configuration(blake3::Hasher);

impl Configuration {
    /// Of `engine`, which was made for `compiler` and `limits`.
    pub(crate) fn of(engine: &Engine, compiler: Compiler, limits: &StepLimits) -> Self {
        let mut hasher = Feed(blake3::Hasher::new());
        FORMAT.hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        format!("{compiler:?}").hash(&mut hasher);
        // Wasmtime's own hash covers its version, the processor, and each of
        // the settings that code depends on.
        engine.precompile_compatibility_hash().hash(&mut hasher);
        // What was refused under one bound must not be found under another.
        (limits.component_bytes, limits.stack_bytes).hash(&mut hasher);
        shape::bounds().hash(&mut hasher);
        Self(hasher.0)
    }

    /// The name of what is compiled from `key`.
    pub(crate) fn name(&self, key: &Key) -> CodeName {
        let mut hasher = self.0.clone();
        hasher.update(key.digest.as_bytes());
        hasher.update(&[u8::from(key.text)]);
        CodeName(hasher.finalize())
    }
}

/// Hands what is hashed to BLAKE3.
struct Feed(blake3::Hasher);

impl Hasher for Feed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        let first = hash.as_bytes().first_chunk().copied();
        u64::from_le_bytes(first.unwrap_or_default())
    }
}
