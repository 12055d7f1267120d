//! The compile cache: compiled steps on disk for the next run, in a private
//! folder, each with a keyed MAC.
//!
//! Wasmtime runs a compiled artifact without checking it, so anyone who can put
//! an artifact there controls the process. Three measures prevent that: the
//! folder and its secret belong to this user and are closed to others; an
//! artifact ends with a MAC, a BLAKE3 over its name and its bytes, keyed with
//! that secret; and its name is a hash of everything that its code depends on.

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
use artifact::{ENDING, deserialize, serialize};
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

/// The version of artifacts, part of their names. Raise it if the harness changes
/// how it makes code from a step's file and no other part of the name changes.
const FORMAT: u32 = 1;
/// Bytes of the MAC at an artifact's end.
const MAC: usize = blake3::OUT_LEN;
/// Bytes of the largest artifact that is read: a component of 16 MiB, the
/// bound, compiles to less.
const LARGEST: u64 = 512 * 1024 * 1024;
/// An artifact's time of last use is updated only if it is older than this.
const STALE_MARK: Duration = Duration::from_secs(60 * 60);
/// The default bound on the bytes of a cache.
pub const DEFAULT_CACHE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// A folder of compiled steps, shared by any number of processes.
#[derive(Debug)]
pub struct CompileCache {
    folder: PathBuf,
    /// The key of the MACs.
    secret: [u8; 32],
    eviction: Mutex<Eviction>,
}

impl CompileCache {
    /// Opens the cache in `folder`, which is created if it does not exist. The
    /// cache evicts artifacts to stay below about `limit` bytes.
    ///
    /// # Errors
    /// [`CacheError`] if others may enter the folder, or if the system refuses.
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

    /// The number and bytes of its artifacts.
    ///
    /// # Errors
    /// [`CacheError`] if the folder cannot be read.
    pub fn usage(&self) -> Result<Usage, CacheError> {
        eviction::usage(&self.folder)
    }

    /// Removes the cache in `folder`, and no other files.
    ///
    /// # Errors
    /// [`CacheError`] if others may enter the folder, or if the system refuses.
    pub fn clean(folder: &Path) -> Result<Usage, CacheError> {
        eviction::clean(&private_dir::private(folder)?)
    }

    /// The artifact that is stored under `name`, if its MAC is right.
    #[must_use]
    pub fn artifact(&self, name: &CodeName) -> Option<Vec<u8>> {
        let path = self.path(name);
        let (file, mut bytes) = read(&path)?;
        match verified(&self.secret, &name.0, &bytes).map(<[u8]>::len) {
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

    /// Stores `artifact` under `name`. If it cannot be written, a later run
    /// compiles the step again; that is no error.
    ///
    /// # Safety
    /// Wasmtime must have made `artifact` from the component and the settings that
    /// `name` names, in a process that had run no guest: a later run executes
    /// these bytes as machine code.
    #[expect(
        unsafe_code,
        reason = "only the caller knows where the bytes come from"
    )]
    pub unsafe fn keep_artifact(&self, name: &CodeName, artifact: &[u8]) {
        self.put(name, artifact);
    }

    fn put(&self, name: &CodeName, artifact: &[u8]) {
        let mac = mac(&self.secret, &name.0, artifact);
        let parts = [artifact, mac.as_bytes()];
        if private_dir::write(&self.folder, &self.path(name), &parts).is_ok() {
            let bytes = parts.iter().map(|p| p.len() as u64).sum();
            eviction::added(&self.eviction, &self.folder, bytes);
        }
    }

    /// Whether an artifact is stored under `name`; its MAC may still be wrong.
    #[must_use]
    pub fn holds(&self, name: &CodeName) -> bool {
        self.path(name).exists()
    }

    fn path(&self, name: &CodeName) -> PathBuf {
        let name = name.0.to_hex();
        self.folder.join(format!("{name}.{ENDING}"))
    }
}

/// Opens and reads an artifact's file, at most one byte more than [`LARGEST`].
fn read(path: &Path) -> Option<(File, Vec<u8>)> {
    // NB: opening a pipe would wait for its writer. Only this user can enter the folder, so
    // nobody else can replace the file between the two calls.
    let found = fs::symlink_metadata(path).ok()?;
    if !found.is_file() || found.len() > LARGEST {
        discard(path);
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    file.by_ref()
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .ok()?;
    // A file that is cut off here has a wrong MAC, and is removed like any other
    // damaged file.
    Some((file, bytes))
}

/// Removes an artifact that fails verification.
///
/// NB: another process may have replaced it meanwhile; then the valid one is
/// removed, and compiled again.
fn discard(path: &Path) {
    drop(fs::remove_file(path));
}

fn mac(key: &[u8; 32], name: &blake3::Hash, bytes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(name.as_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// The artifact in `bytes`, without the MAC at their end, if the MAC is right.
fn verified<'b>(key: &[u8; 32], name: &blake3::Hash, bytes: &'b [u8]) -> Option<&'b [u8]> {
    let (artifact, found) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
    // NB: `blake3::Hash` compares in constant time.
    let found = blake3::Hash::from_slice(found).ok()?;
    (mac(key, name, artifact) == found).then_some(artifact)
}

impl Artifacts for CompileCache {
    fn has(&self, name: &CodeName) -> bool {
        self.holds(name)
    }

    fn load(&self, engine: &Engine, name: &CodeName) -> Option<Code> {
        let path = self.path(name);
        let (file, bytes) = read(&path)?;
        let code = verified(&self.secret, &name.0, &bytes);
        let code = code.and_then(|artifact| deserialize(engine, artifact));
        match code {
            Some(_) => mark_used(&file),
            None => discard(&path),
        }
        code
    }

    fn keep(&self, name: &CodeName, code: &Code) {
        if let Some(artifact) = serialize(code) {
            self.put(name, &artifact);
        }
    }
}

/// Updates the time of last use, which eviction goes by.
fn mark_used(file: &File) {
    let now = SystemTime::now();
    let marked = file.metadata().and_then(|m| m.modified());
    let stale = marked.is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > STALE_MARK));
    if stale {
        // NB: if this fails, the artifact is only evicted earlier.
        drop(file.set_modified(now));
    }
}

/// Computes the names of an executor's artifacts, for each compiler.
#[derive(Debug, Clone)]
pub struct CodeNames(Vec<Configuration>);

impl CodeNames {
    /// The names for an executor with `limits` and `compilers`.
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run such an executor.
    pub fn of(limits: &StepLimits, compilers: Compilers) -> Result<Self, ExecError> {
        let all = compilers.all().iter().map(|(_, compiler)| {
            let engine = engine(limits, *compiler, 1).map_err(ExecError::Engine)?;
            Ok(Configuration::of(&engine, *compiler, limits))
        });
        all.collect::<Result<_, _>>().map(Self)
    }

    /// The name of the artifact that the compiler at index `lane` makes from `file`
    /// of `pack`; `None` if the pack lacks the file.
    #[must_use]
    pub fn name(&self, lane: usize, pack: &Pack, file: &str) -> Option<CodeName> {
        Some(self.0.get(lane)?.name(&Key::of(pack, file)?))
    }
}

/// A hash of everything except the source that code depends on.
#[derive(Debug, Clone)]
pub(crate) struct Configuration(blake3::Hasher);

impl Configuration {
    /// The configuration of `engine`, which was created for `compiler` and `limits`.
    pub(crate) fn of(engine: &Engine, compiler: Compiler, limits: &StepLimits) -> Self {
        let mut hasher = Feed(blake3::Hasher::new());
        FORMAT.hash(&mut hasher);
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        format!("{compiler:?}").hash(&mut hasher);
        // Wasmtime's own hash covers its version, the processor, and all settings
        // that code depends on.
        engine.precompile_compatibility_hash().hash(&mut hasher);
        // An artifact made under one bound must not be found under another that
        // would have refused it.
        (limits.component_bytes, limits.stack_bytes).hash(&mut hasher);
        shape::bounds().hash(&mut hasher);
        Self(hasher.0)
    }

    /// The name of the artifact that is compiled from `key`.
    pub(crate) fn name(&self, key: &Key) -> CodeName {
        let mut hasher = self.0.clone();
        hasher.update(key.digest.as_bytes());
        hasher.update(&[u8::from(key.text)]);
        CodeName(hasher.finalize())
    }
}

/// A [`Hasher`] that feeds BLAKE3.
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn artifact_that_is_a_link_or_too_large_is_removed_unread() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::os::unix::fs::symlink("/dev/zero", &path).expect("links");
        assert!(read(&path).is_none());
        assert!(!path.is_symlink());
        let file = File::create(&path).expect("creates");
        file.set_len(LARGEST + 1).expect("grows");
        assert!(read(&path).is_none());
        assert!(!path.exists());
    }
}
