//! Reads the bytes of a pack from a path, within bounds.

use crate::read_file::{ReadError, open_regular};
use provision_core::archive::{ArchiveError, Rule, Violation};
use provision_core::limits::ArchiveLimits;
use provision_core::manifest;
use provision_core::text::inert;
use provision_core::{OpenError, Source};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use walkdir::WalkDir;

/// Reads the pack at `path`: a folder, a manifest beside its components, or an
/// archive. Writes nothing.
///
/// # Errors
/// [`OpenError::Unread`] if a file cannot be read, [`OpenError::Archive`] if a
/// folder has an entry that a pack may not have, or exceeds a bound.
pub fn load(path: &Path, limits: &ArchiveLimits) -> Result<Source, OpenError> {
    if path.is_dir() {
        return folder(path, limits).map(|files| Source::Folder {
            files,
            manifest: None,
        });
    }
    let name = path
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    if manifest::FILE_NAMES.contains(&name) {
        let folder_path = path.parent().filter(|p| !p.as_os_str().is_empty());
        let files = folder(folder_path.unwrap_or(Path::new(".")), limits)?;
        return Ok(Source::Folder {
            files,
            manifest: Some(name.to_owned()),
        });
    }
    archive(path, limits).map(|bytes| Source::Archive(bytes.into()))
}

/// Whether the pack at `path` is read as an archive, and not as a folder.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str());
    !path.is_dir() && !name.is_some_and(|name| manifest::FILE_NAMES.contains(&name))
}

/// Reads the archive file at `path`, whatever its name.
///
/// # Errors
/// [`OpenError::Unread`] if it cannot be read.
pub fn archive(path: &Path, limits: &ArchiveLimits) -> Result<Vec<u8>, OpenError> {
    // One byte over the bound is enough for the archive reader to refuse it.
    read(path, limits.archive_bytes)
}

fn unread(path: &Path, error: &dyn std::fmt::Display) -> OpenError {
    OpenError::Unread(format!("{}: {error}", crate::exit::show(path)))
}

fn refused(rule: Rule, name: &str, detail: String) -> OpenError {
    ArchiveError::from(Violation::new(rule, 0, detail).of(name)).into()
}

/// At most `limit + 1` bytes of the file.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, OpenError> {
    let file = open_regular(path).map_err(|error| match error {
        ReadError::Io { source, .. } => unread(path, &source),
        // NB: reading a pipe named `x.gtpack` might never end.
        other => OpenError::Unread(other.to_string()),
    })?;
    let most = limit.saturating_add(1);
    let size = file.metadata().map_err(|e| unread(path, &e))?.len();
    // NB: one byte more than the file has, so that its end is seen without growing.
    let capacity = usize::try_from(size.saturating_add(1).min(most)).unwrap_or_default();
    let mut bytes = Vec::with_capacity(capacity);
    file.take(most)
        .read_to_end(&mut bytes)
        .map_err(|e| unread(path, &e))?;
    Ok(bytes)
}

fn folder(root: &Path, limits: &ArchiveLimits) -> Result<BTreeMap<String, Vec<u8>>, OpenError> {
    let (mut files, mut total) = (BTreeMap::new(), 0u64);
    for entry in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|e| unread(root, &e))?;
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path();
        let below = path.strip_prefix(root).unwrap_or(path);
        let name = below
            .to_str()
            .map(|n| n.replace(std::path::MAIN_SEPARATOR, "/"));
        let Some(name) = name else {
            let lossy = below.to_string_lossy();
            return Err(refused(
                Rule::NameEncoding,
                &lossy,
                "name is not UTF-8".into(),
            ));
        };
        if !entry.file_type().is_file() {
            let detail = "a folder pack holds plain files only, no links, pipes or devices";
            return Err(refused(Rule::Type, &name, detail.into()));
        }
        if files.len() == limits.entries {
            let detail = format!("more than {} files", limits.entries);
            return Err(refused(Rule::Entries, &name, detail));
        }
        let bytes = read(path, limits.entry_bytes)?;
        total += bytes.len() as u64;
        if bytes.len() as u64 > limits.entry_bytes || total > limits.total_bytes {
            let detail = format!("{} bytes or more, {total} in total", bytes.len());
            return Err(refused(Rule::Inflate, &name, inert(&detail, 200)));
        }
        files.insert(name, bytes);
    }
    Ok(files)
}
