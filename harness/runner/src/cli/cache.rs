//! The command `cache`, and the flags of commands that use the compile cache.

use super::output::print;
use crate::exit::{Error, Exit, show};
use provision_core::text::counted;
use provision_exec::{CacheError, CompileCache, DEFAULT_CACHE_BYTES, Usage};
use std::path::PathBuf;
use std::sync::Arc;

/// Which compile cache a command uses.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct CacheFlags {
    /// The folder of the compile cache; by default greentic-provision below
    /// XDG_CACHE_HOME or ~/.cache.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// The bound on the cache in bytes; the least recently used components are
    /// evicted first.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_CACHE_BYTES)]
    cache_bytes: u64,
    /// Compile every component; use no compile cache.
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheFlags {
    /// Opens the cache. `None` with `--no-cache`, or if there is no default
    /// folder; `None` plus a warning if the default folder is unusable.
    ///
    /// # Errors
    /// [`Error::Usage`] if the folder of `--cache` is unusable.
    pub(super) fn open(&self) -> Result<Option<Arc<CompileCache>>, Error> {
        if self.no_cache {
            return Ok(None);
        }
        let open = |folder: &PathBuf| CompileCache::open(folder, self.cache_bytes);
        if let Some(folder) = &self.cache {
            return open(folder)
                .map(|cache| Some(Arc::new(cache)))
                .map_err(usage);
        }
        let cache = default_folder().map(|folder| open(&folder));
        Ok(match cache {
            Some(Ok(cache)) => Some(Arc::new(cache)),
            Some(Err(e)) => {
                anstream::eprintln!("warning: {e}; this run compiles every component");
                None
            }
            None => None,
        })
    }
}

fn usage(error: CacheError) -> Error {
    Error::Usage(format!("{error}; name another folder with --cache"))
}

/// The default folder of the cache, if the environment names a folder for
/// caches.
fn default_folder() -> Option<PathBuf> {
    Some(caches()?.join("greentic-provision"))
}

/// The folder for caches that the environment names.
pub(super) fn caches() -> Option<PathBuf> {
    let of = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        // XDG Base Directory Specification: programs must ignore relative paths.
        path.filter(|p| p.is_absolute())
    };
    of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")))
}

/// Which compile cache to show or remove.
#[derive(Debug, clap::Args)]
pub(super) struct CacheFolder {
    /// The folder of the compile cache; by default greentic-provision below
    /// XDG_CACHE_HOME or ~/.cache.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl CacheFolder {
    /// The folder, and the result of `act` on it; an empty [`Usage`] if the
    /// folder does not exist.
    fn with(
        &self,
        act: impl FnOnce(&PathBuf) -> Result<Usage, CacheError>,
    ) -> Result<(PathBuf, Usage), Error> {
        let none = || {
            Error::Usage("no --cache, and neither XDG_CACHE_HOME nor HOME is set; name a folder with --cache".into())
        };
        let folder = self.cache.clone().or_else(default_folder);
        let folder = folder.ok_or_else(none)?;
        // NB: `CompileCache::open` would create the folder.
        let usage = if folder.exists() {
            act(&folder).map_err(usage)?
        } else {
            Usage::default()
        };
        Ok((folder, usage))
    }
}

pub(super) fn show_usage(args: &CacheFolder) -> Result<Exit, Error> {
    let act = |folder: &PathBuf| CompileCache::open(folder, DEFAULT_CACHE_BYTES)?.usage();
    let (folder, usage) = args.with(act)?;
    print_usage(&folder, "", usage)
}

pub(super) fn clean(args: &CacheFolder) -> Result<Exit, Error> {
    let (folder, usage) = args.with(|folder| CompileCache::clean(folder))?;
    print_usage(&folder, "removed ", usage)
}

fn print_usage(folder: &std::path::Path, what: &str, usage: Usage) -> Result<Exit, Error> {
    let Usage { artifacts, bytes } = usage;
    print(&format!(
        "{}: {what}{}, {}\n",
        show(folder),
        counted(artifacts, "compiled component", "compiled components"),
        counted(bytes, "byte", "bytes")
    ))?;
    Ok(Exit::Conforms)
}
