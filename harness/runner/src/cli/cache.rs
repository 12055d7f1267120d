//! `cache`, and the flags of commands that use one.

use super::output::print;
use crate::exit::{Error, Exit, show};
use provision_exec::{CacheError, CompileCache, DEFAULT_CACHE_BYTES, Usage};
use std::path::PathBuf;
use std::sync::Arc;

/// Which compile cache a command uses.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct CacheFlags {
    /// Where compiled components are kept between runs; by default
    /// greentic-provision below XDG_CACHE_HOME or ~/.cache.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Bytes that the cache may hold; what was not used for longest goes first.
    #[arg(long, value_name = "BYTES", default_value_t = DEFAULT_CACHE_BYTES)]
    cache_bytes: u64,
    /// Compile every component, and keep nothing.
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

impl CacheFlags {
    /// Opens the cache. `None` with `--no-cache`; `None`, with a warning,
    /// where the folder that nobody asked for cannot be used.
    ///
    /// # Errors
    /// [`Error::Usage`] where the folder that was asked for cannot be used.
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
                anstream::eprintln!("warning: {e}; every component is compiled again");
                None
            }
            None => None,
        })
    }
}

fn usage(error: CacheError) -> Error {
    Error::Usage(error.to_string())
}

/// Where the system wants caches to be, if it says so.
fn default_folder() -> Option<PathBuf> {
    let of = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        // Relative paths are to be ignored (XDG Base Directory Specification).
        path.filter(|p| p.is_absolute())
    };
    let caches = of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")));
    Some(caches?.join("greentic-provision"))
}

/// A folder that holds, or may hold, a cache.
#[derive(Debug, clap::Args)]
pub(super) struct CacheFolder {
    /// The cache; by default greentic-provision below XDG_CACHE_HOME or
    /// ~/.cache.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl CacheFolder {
    /// The folder, and what `act` makes of it if it is there.
    fn with(
        &self,
        act: impl FnOnce(&PathBuf) -> Result<Usage, CacheError>,
    ) -> Result<(PathBuf, Usage), Error> {
        let none = || Error::Usage("no --cache, and neither XDG_CACHE_HOME nor HOME is set".into());
        let folder = self.cache.clone().or_else(default_folder);
        let folder = folder.ok_or_else(none)?;
        // NB: looking must not make it.
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
        "{}: {what}{artifacts} compiled components, {bytes} bytes\n",
        show(folder)
    ))?;
    Ok(Exit::Conforms)
}
