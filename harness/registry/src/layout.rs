//! OCI layouts: an image on a disk, as a folder or as a tar of one.
//!
//! Source: OCI Image Specification 1.1, "OCI Image Layout".

use crate::digest::Digest;
use crate::error::RegistryError;
use crate::files;
use crate::manifest::{Descriptor, Document, MANIFEST_BYTES};
use crate::names::{Layout, Which, tag_name};
use crate::pull::Blobs;
use provision_core::codes::RegistryCode;
use provision_core::text::inert;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// Entries of a tar, at most.
const ENTRIES: usize = 10_000;
/// The annotation that names a tag.
const TAG: &str = "org.opencontainers.image.ref.name";

/// Where a file of a tar begins, and how many bytes it has.
type Place = (u64, u64);

#[derive(Debug)]
enum Store {
    Folder,
    Tar(BTreeMap<String, Place>),
}

/// A layout that was opened.
#[derive(Debug)]
pub(crate) struct OpenLayout {
    path: PathBuf,
    store: Store,
    manifests: Vec<Descriptor>,
}

impl OpenLayout {
    /// Opens the layout at `layout.path` and reads its index.
    pub(crate) fn open(layout: &Layout) -> Result<Self, RegistryError> {
        let path = layout.path.clone();
        let failed = |e: &std::io::Error| RegistryError::io(RegistryCode::Layout, &path, e);
        let is_folder = std::fs::metadata(&path).map_err(|e| failed(&e))?.is_dir();
        let store = if is_folder {
            Store::Folder
        } else {
            Store::Tar(entries(&path)?)
        };
        let mut opened = Self {
            path,
            store,
            manifests: Vec::new(),
        };
        let marker = opened.read("oci-layout", MANIFEST_BYTES)?;
        let version = provision_core::json::parse(&marker, 8).ok();
        let version = version
            .as_ref()
            .and_then(|v| v.get("imageLayoutVersion")?.as_str());
        if !version.is_some_and(|version| version.starts_with("1.")) {
            return Err(opened.wrong("oci-layout", "no imageLayoutVersion 1"));
        }
        let index = opened.read("index.json", MANIFEST_BYTES)?;
        let what = format!("index.json of {}", opened.shown());
        match Document::parse(&index, &what)? {
            Document::Index(manifests) => opened.manifests = manifests,
            Document::Manifest(_) => return Err(opened.wrong("index.json", "no `manifests`")),
        }
        Ok(opened)
    }

    fn shown(&self) -> String {
        inert(&self.path.to_string_lossy(), 300)
    }

    fn wrong(&self, name: &str, why: &str) -> RegistryError {
        let message = format!("{}: {name}: {why}", self.shown());
        RegistryError::new(RegistryCode::Layout, message)
    }

    /// The bytes of a file of the layout.
    fn read(&self, name: &str, bound: u64) -> Result<Vec<u8>, RegistryError> {
        let absent = || self.wrong(name, "there is no such file, so this is no OCI layout");
        let read = match &self.store {
            // NB: `name` is made of digests that were checked, and a link could lead anywhere.
            Store::Folder => match files::read(&self.path.join(name), false, bound) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(absent()),
                read => read,
            },
            Store::Tar(entries) => {
                let place = entries.get(name).ok_or_else(absent)?;
                read_at(&self.path, *place, bound)
            }
        };
        let bytes = read.map_err(|e| self.wrong(name, &e.to_string()))?;
        bytes.ok_or_else(|| {
            let message = format!("{}: {name}: more than {bound} bytes", self.shown());
            RegistryError::new(RegistryCode::Bound, message)
        })
    }

    /// The tags, sorted, each once. Malformed ones are left out.
    pub(crate) fn tags(&self) -> BTreeSet<String> {
        let all = self.manifests.iter().filter_map(tag_of);
        all.filter_map(|tag| tag_name(&tag).ok()).collect()
    }

    /// The manifest that `which` names; the only one if it names none.
    pub(crate) fn find(&self, which: Option<&Which>) -> Result<Which, RegistryError> {
        let wanted = |d: &&Descriptor| match which {
            Some(Which::Tag(tag)) => tag_of(d).is_some_and(|found| found == *tag),
            Some(Which::Digest(_)) | None => true,
        };
        if let Some(which @ Which::Digest(_)) = which {
            return Ok(which.clone());
        }
        let found: BTreeSet<&Digest> = self
            .manifests
            .iter()
            .filter(wanted)
            .map(|d| &d.digest)
            .collect();
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(Which::Digest(one.clone())),
            (first, _) => {
                let tags = self.manifests.iter().filter_map(tag_of);
                let tags: Vec<String> = tags.take(20).map(|tag| inert(&tag, 130)).collect();
                let (code, what) = match first {
                    None => (RegistryCode::NotFound, "no manifest"),
                    Some(_) => (RegistryCode::Ambiguous, "several manifests"),
                };
                let wanted = which.map_or(String::new(), |which| format!(" for `{which}`"));
                let message = format!(
                    "{}: {what}{wanted} among {}; its tags are: {}",
                    self.shown(),
                    self.manifests.len(),
                    if tags.is_empty() {
                        "none".into()
                    } else {
                        tags.join(", ")
                    }
                );
                Err(RegistryError::new(code, message))
            }
        }
    }

    fn of_digest(&self, digest: &Digest, bound: u64) -> Result<Vec<u8>, RegistryError> {
        let name = format!("blobs/sha256/{}", digest.hex());
        let bytes = self.read(&name, bound)?;
        digest.check(&bytes, &format!("{}: {name}", self.shown()))?;
        Ok(bytes)
    }
}

impl Blobs for OpenLayout {
    fn manifest(&self, which: &Which) -> Result<Vec<u8>, RegistryError> {
        match self.find(Some(which))? {
            Which::Digest(digest) => self.of_digest(&digest, MANIFEST_BYTES),
            Which::Tag(tag) => Err(self.wrong("index.json", &inert(&tag, 130))),
        }
    }

    fn blob(&self, layer: &Descriptor) -> Result<Vec<u8>, RegistryError> {
        let name = format!("blobs/sha256/{}", layer.digest.hex());
        self.read(&name, layer.size.saturating_add(1))
    }
}

fn tag_of(manifest: &Descriptor) -> Option<String> {
    manifest.annotations.get(TAG).cloned()
}

/// The plain files of the tar at `path`: their names and places.
fn entries(path: &Path) -> Result<BTreeMap<String, Place>, RegistryError> {
    let shown = || inert(&path.to_string_lossy(), 300);
    let wrong = |why: &str| {
        let message = format!("{}: {why}", shown());
        RegistryError::new(RegistryCode::Layout, message)
    };
    let file =
        files::open(path, true).map_err(|e| RegistryError::io(RegistryCode::Layout, path, &e))?;
    let mut archive = tar::Archive::new(file);
    let all = archive
        .entries_with_seek()
        .map_err(|e| wrong(&inert(&e.to_string(), 200)))?;
    let mut found = BTreeMap::new();
    // NB: raw, because the library would read a long name of any length into memory. All names
    // of a layout are short.
    for (count, entry) in all.raw(true).enumerate() {
        if count == ENTRIES {
            return Err(wrong(&format!("more than {ENTRIES} entries")));
        }
        let entry = entry.map_err(|e| {
            wrong(&format!(
                "neither a folder nor a tar: {}",
                inert(&e.to_string(), 200)
            ))
        })?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if found
            .insert(name.clone(), (entry.raw_file_position(), entry.size()))
            .is_some()
        {
            return Err(wrong(&format!(
                "`{}` is in the tar twice",
                inert(&name, 120)
            )));
        }
    }
    Ok(found)
}

fn read_at(path: &Path, (offset, size): Place, bound: u64) -> std::io::Result<Option<Vec<u8>>> {
    if size > bound {
        return Ok(None);
    }
    let mut file = files::open(path, true)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
