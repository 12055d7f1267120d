//! What a component that renders a deployment plan gets from its host: the plan, and the
//! rules of the folder in memory to which it writes.

use provision_core::limits::DEPLOYMENT_BYTES;
use provision_core::wizard::HostVerdict::{self, Answered, Denied};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, OpenFlags,
};

/// The name of its only file.
const FILE: &str = "plan.json";

/// The plan that the host answers, and the file that the guest writes.
#[derive(Debug, Clone)]
pub(crate) struct Deployment {
    plan: String,
    file: Arc<Mutex<Written>>,
}

/// What a guest wrote to `/iac/plan.json`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    /// Its bytes; `None` if the file was not created.
    pub(crate) bytes: Option<Vec<u8>>,
    /// Whether the guest tried to write more than the bound.
    pub(crate) is_over: bool,
}

impl Written {
    /// Writes `bytes` at `offset`, or nothing if the file would be over the bound.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), ErrorCode> {
        let end = offset.saturating_add(bytes.len());
        if end > DEPLOYMENT_BYTES {
            self.is_over = true;
            return Err(ErrorCode::InsufficientSpace);
        }
        let file = self.bytes.get_or_insert_default();
        if file.len() < end {
            file.resize(end, 0);
        }
        if let Some(place) = file.get_mut(offset..end) {
            place.copy_from_slice(bytes);
        }
        Ok(())
    }

    /// Its size in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.as_ref().map_or(0, Vec::len)
    }
}

impl Deployment {
    /// A deployment by `plan`, and no file yet.
    pub(super) fn of(plan: String) -> Self {
        Self {
            plan,
            file: Arc::default(),
        }
    }

    /// The plan, as JSON.
    pub(super) fn plan(&self) -> &str {
        &self.plan
    }

    /// What the guest wrote so far.
    pub(crate) fn written(&self) -> Written {
        self.file().clone()
    }

    /// The file, for one change.
    pub(super) fn file(&self) -> MutexGuard<'_, Written> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a descriptor stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    File,
}

/// What a path below the folder leads to.
pub(super) enum Place {
    Folder,
    File,
    /// A name that is not there, and that cannot be created.
    Other,
    /// Out of the folder.
    Outside,
}

pub(super) fn place(path: &str) -> Place {
    let is_climbing = path.starts_with('/') || path.split('/').any(|part| part == "..");
    let mut parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    match (is_climbing, parts.next(), parts.next()) {
        (true, ..) => Place::Outside,
        (_, None, _) => Place::Folder,
        (_, Some(FILE), None) => Place::File,
        _ => Place::Other,
    }
}

/// The answer to a call, and its verdict in the report.
pub(super) type Reply<T> = (Result<T, ErrorCode>, HostVerdict);

pub(super) fn answered<T>(result: Result<T, ErrorCode>) -> Reply<T> {
    (result, Answered)
}

pub(super) fn refused<T>() -> Reply<T> {
    (Err(ErrorCode::NotPermitted), Denied)
}

pub(super) fn stat(node: Node, written: &Written) -> DescriptorStat {
    let (type_, size) = match node {
        Node::Folder => (DescriptorType::Directory, 0),
        Node::File => (DescriptorType::RegularFile, written.size() as u64),
    };
    DescriptorStat {
        type_,
        link_count: 1,
        size,
        data_access_timestamp: None,
        data_modification_timestamp: None,
        status_change_timestamp: None,
    }
}

pub(super) fn hash(node: Node) -> MetadataHashValue {
    MetadataHashValue {
        lower: node as u64,
        upper: 0,
    }
}

/// What a path leads to, if it is there.
pub(super) fn found(path: &str, written: &Written) -> Reply<Node> {
    match place(path) {
        Place::Folder => answered(Ok(Node::Folder)),
        Place::File if written.bytes.is_some() => answered(Ok(Node::File)),
        Place::File | Place::Other => answered(Err(ErrorCode::NoEntry)),
        Place::Outside => refused(),
    }
}

/// Whether a file may be opened like this, and what opening it then does.
pub(super) fn opened(
    path: &str,
    how: OpenFlags,
    wanted: DescriptorFlags,
    written: &mut Written,
) -> Reply<Node> {
    let exists = written.bytes.is_some();
    match place(path) {
        Place::Outside | Place::Other => refused(),
        Place::Folder if wanted.contains(DescriptorFlags::WRITE) => {
            answered(Err(ErrorCode::IsDirectory))
        }
        Place::Folder => answered(Ok(Node::Folder)),
        Place::File if how.contains(OpenFlags::DIRECTORY) => answered(Err(ErrorCode::NotDirectory)),
        Place::File if exists && how.contains(OpenFlags::EXCLUSIVE) => {
            answered(Err(ErrorCode::Exist))
        }
        Place::File if !exists && !how.contains(OpenFlags::CREATE) => {
            answered(Err(ErrorCode::NoEntry))
        }
        Place::File if wanted.contains(DescriptorFlags::READ) => refused(),
        Place::File => {
            let file = written.bytes.get_or_insert_default();
            if how.contains(OpenFlags::TRUNCATE) {
                file.clear();
            }
            answered(Ok(Node::File))
        }
    }
}

pub(super) fn resized(file: &mut Written, size: usize) -> Result<(), ErrorCode> {
    file.write(size, &[])?;
    file.bytes.get_or_insert_default().truncate(size);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_over_the_bound_is_refused_and_leaves_the_file() {
        let mut file = Written::default();
        assert_eq!(file.write(2, b"ab"), Ok(()));
        assert_eq!(file.bytes.as_deref(), Some(&b"\0\0ab"[..]));
        for (offset, bytes) in [(DEPLOYMENT_BYTES, &b"a"[..]), (usize::MAX, b"a")] {
            let refused = file.write(offset, bytes);
            assert_eq!(refused, Err(ErrorCode::InsufficientSpace), "{offset}");
        }
        assert_eq!((file.size(), file.is_over), (4, true));
    }

    #[test]
    fn nothing_but_the_file_opens_and_the_file_only_to_be_written() {
        let (create, write) = (OpenFlags::CREATE, DescriptorFlags::WRITE);
        let mut file = Written::default();
        let outside = ["../plan.json", "/iac/plan.json", "a/../plan.json", "/"];
        for path in outside.into_iter().chain(["notes.txt", "plan.json/a", "a"]) {
            let (result, verdict) = opened(path, create, write, &mut file);
            assert_eq!(result, Err(ErrorCode::NotPermitted), "{path}");
            assert_eq!(verdict, Denied, "{path}");
        }
        let none = OpenFlags::empty();
        let (result, _) = opened(FILE, none, write, &mut file);
        assert_eq!(result, Err(ErrorCode::NoEntry));
        let (result, verdict) = opened(FILE, create, write | DescriptorFlags::READ, &mut file);
        assert_eq!((result, verdict), (Err(ErrorCode::NotPermitted), Denied));
        assert_eq!(file, Written::default(), "nothing was created");
        for path in [FILE, "./plan.json"] {
            let (result, verdict) = opened(path, create, write, &mut file);
            assert_eq!((result, verdict), (Ok(Node::File), Answered), "{path}");
        }
        assert_eq!(file.write(0, b"ab"), Ok(()));
        let (result, _) = opened(FILE, create | OpenFlags::EXCLUSIVE, write, &mut file);
        assert_eq!(result, Err(ErrorCode::Exist));
        let (result, _) = opened(FILE, OpenFlags::TRUNCATE, write, &mut file);
        assert_eq!((result, file.size()), (Ok(Node::File), 0));
        let (result, _) = opened(".", none, DescriptorFlags::READ, &mut file);
        assert_eq!(result, Ok(Node::Folder));
        assert_eq!(resized(&mut file, 3), Ok(()));
        assert_eq!(resized(&mut file, 1), Ok(()));
        assert_eq!(file.bytes.as_deref(), Some(&b"\0"[..]));
    }
}
