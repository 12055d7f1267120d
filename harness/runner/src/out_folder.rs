//! An output folder. It is opened once, and everything below it is reached through that
//! handle: no link in it, or put there during the run, leads a write or a removal
//! elsewhere.

use crate::below::below;
use crate::exit::{Error, show};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use std::fs::{File, TryLockError};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

/// A file in each folder that this program made. Only such a folder is ever emptied, and
/// none of them is searched for packs.
pub(crate) const MARKER: &str = ".greentic-provision-out";

const MARKED: &[u8] = b"greentic-provision made this folder and empties it.\n";

/// A folder that this program writes into.
#[derive(Debug)]
pub struct OutFolder {
    dir: Dir,
    path: PathBuf,
    /// Whether this program made the folder, so that it may remove what is in it.
    own: bool,
}

impl OutFolder {
    /// Opens the folder at `path`, and creates it if it does not exist. The folder may be
    /// no link. A path into the current folder may have no link at all below it: a checkout
    /// can carry them.
    ///
    /// # Errors
    /// [`Error::Usage`] for a link, [`Error::Io`] if it cannot be created.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let is_plain = |c: Component<'_>| matches!(c, Component::Normal(_) | Component::CurDir);
        let current = std::env::current_dir().unwrap_or_default();
        let (start, below): (&Path, Vec<Component<'_>>) = if path.components().all(is_plain) {
            (Path::new("."), path.components().collect())
        } else if let Some(below) = below(path, &current).map_err(|link| is_link(&link))? {
            (&current, below)
        } else {
            let last = path.components().next_back();
            let last = last.filter(|c| matches!(c, Component::Normal(_)));
            match (path.parent(), last) {
                (Some(parent), Some(last)) => (parent, vec![last]),
                _ => (path, Vec::new()),
            }
        };
        let io = |e| Error::io("create", path, e);
        std::fs::create_dir_all(start).map_err(io)?;
        let dir = Dir::open_ambient_dir(start, ambient_authority()).map_err(io)?;
        let path = start.to_owned();
        let mut folder = Self {
            own: dir.exists(MARKER),
            dir,
            path,
        };
        for component in below {
            if let Component::Normal(name) = component {
                folder = folder.enter(Path::new(name))?;
            }
        }
        folder.marked()
    }

    /// The folder `name` in this one, created if it does not exist.
    ///
    /// # Errors
    /// [`Error::Usage`] for a link, [`Error::Io`] if it cannot be created.
    pub fn folder(&self, name: &str) -> Result<Self, Error> {
        self.enter(Path::new(name))
    }

    /// The same for a folder whose content this program removes: it must have made it.
    ///
    /// # Errors
    /// [`Error::Usage`] also for a folder that someone else made.
    pub fn own_folder(&self, name: &str) -> Result<Self, Error> {
        let folder = self.folder(name)?.marked()?;
        if folder.own {
            return Ok(folder);
        }
        Err(not_own(&folder.path))
    }

    fn enter(&self, name: &Path) -> Result<Self, Error> {
        let path = self.path.join(name);
        let io = |e| Error::io("create", &path, e);
        match self.dir.symlink_metadata(name) {
            Ok(found) if found.is_symlink() => return Err(is_link(&path)),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {
                self.dir.create_dir(name).or_else(exists).map_err(io)?;
            }
            Err(e) => return Err(io(e)),
        }
        let dir = self.dir.open_dir(name).map_err(io)?;
        Ok(Self {
            own: dir.exists(MARKER),
            dir,
            path,
        })
    }

    /// The same folder, with the marker if it is empty: it is this program's then.
    fn marked(mut self) -> Result<Self, Error> {
        let io = |e| Error::io("create", &self.path, e);
        let mut entries = self.dir.entries().map_err(io)?;
        if entries.next().is_none() {
            self.dir.write(MARKER, MARKED).map_err(io)?;
            self.own = true;
        }
        Ok(self)
    }

    /// Where the folder is, for messages and for reading.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the folder until the result is dropped. `None` if the file system of the
    /// folder has no locks.
    ///
    /// # Errors
    /// [`Error::Usage`] if another process has locked it.
    pub fn lock(&self) -> Result<Option<File>, Error> {
        // NB: a lock on the folder itself leaves no file behind. The handle `dir` may be
        // one that cannot be locked.
        let Ok(file) = self.dir.open(".") else {
            return Ok(None);
        };
        let file = file.into_std();
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::Error(_)) => Ok(None),
            Err(TryLockError::WouldBlock) => Err(Error::Usage(format!(
                "{}: another run writes into this folder; wait for its end, or name another \
                 output folder with --out",
                show(&self.path)
            ))),
        }
    }

    /// Creates an empty file for a stream. One of an earlier run is removed and not
    /// overwritten: it may have another name elsewhere.
    ///
    /// # Errors
    /// [`Error::Usage`] for a link, a pipe or a device, [`Error::Io`] if it cannot be
    /// created.
    pub fn create_file(&self, name: &str) -> Result<File, Error> {
        let path = self.path.join(name);
        let io = |e| Error::io("write", &path, e);
        match self.dir.symlink_metadata(name) {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(io(e)),
            Ok(found) if found.is_symlink() => return Err(is_link(&path)),
            Ok(found) if found.is_dir() => return Err(io(ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() => return Err(is_special(&path)),
            Ok(_) => self.dir.remove_file(name).or_else(missing).map_err(io)?,
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = self.dir.open_with(name, &options).map_err(io)?;
        Ok(file.into_std())
    }

    /// Writes the file `name` whole or not at all; a link of this name is replaced.
    ///
    /// # Errors
    /// [`Error::Io`] names the file.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        self.write_with(name, |out| {
            out.write_all(bytes)
                .map_err(|e| Error::io("write", &path, e))
        })
    }

    /// The same, with a function that writes.
    ///
    /// # Errors
    /// [`Error::Io`] names the file.
    pub fn write_with(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.path.join(name);
        let io = |e| Error::io("write", &path, e);
        let temporary = format!(".{name}.{}.part", std::process::id());
        // One of a killed process with the same number.
        self.dir
            .remove_file(&temporary)
            .or_else(missing)
            .map_err(io)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let file = self.dir.open_with(&temporary, &options).map_err(io)?;
        let mut out = BufWriter::new(file);
        let done = fill(&mut out).and_then(|()| out.flush().map_err(io));
        let done = done.and_then(|()| self.dir.rename(&temporary, &self.dir, name).map_err(io));
        if done.is_err() {
            drop(self.dir.remove_file(&temporary));
        }
        done
    }

    /// Removes the folder `name` of an earlier run, if there is one.
    ///
    /// # Errors
    /// [`Error::Usage`] for a link, and in a folder that this program did not make.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        match self.dir.symlink_metadata(name) {
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
            Ok(found) if found.is_symlink() => Err(is_link(&path)),
            Ok(_) if !self.own => Err(not_own(&self.path)),
            _ => {
                let removed = self.dir.remove_dir_all(name);
                removed.map_err(|e| Error::io("remove", &path, e))
            }
        }
    }
}

fn is_link(path: &Path) -> Error {
    Error::Usage(format!(
        "{}: is a link, and nothing is written through links; remove it, or name another output \
         folder with --out",
        show(path)
    ))
}

fn is_special(path: &Path) -> Error {
    Error::Usage(format!(
        "{}: is a pipe or a device, and only a regular file is replaced; remove it, or name \
         another output folder with --out",
        show(path)
    ))
}

fn not_own(path: &Path) -> Error {
    Error::Usage(format!(
        "{}: this program did not make this folder, and would remove files in it; remove it, or \
         name another output folder with --out",
        show(path)
    ))
}

fn exists(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        ErrorKind::AlreadyExists => Ok(()),
        _ => Err(error),
    }
}

fn missing(error: std::io::Error) -> std::io::Result<()> {
    match error.kind() {
        ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn link_leads_no_write_and_no_removal_elsewhere() {
        let temp = tempfile::tempdir().expect("a folder");
        let at = |name: &str| temp.path().join(name);
        fs::create_dir_all(at("home/Documents")).expect("creates");
        fs::write(at("home/Documents/precious"), "x").expect("writes");
        let refused = |result: Result<OutFolder, Error>| matches!(result, Err(Error::Usage(_)));
        symlink(at("home"), at("out")).expect("links");
        assert!(refused(OutFolder::create(&at("out"))));
        let out = OutFolder::create(&at("real")).expect("a folder");
        symlink(at("home"), at("real/artifacts")).expect("links");
        assert!(refused(out.own_folder("artifacts")));
        symlink(at("home/Documents"), at("real/pack")).expect("links");
        assert!(out.remove("pack").is_err());
        symlink(at("home/Documents/precious"), at("real/events")).expect("links");
        assert!(out.create_file("events").is_err());
        fs::hard_link(at("home/Documents/precious"), at("real/hard")).expect("links");
        let mut hard = out.create_file("hard").expect("replaces the name");
        hard.write_all(b"new").expect("writes");
        let pipe = std::process::Command::new("mkfifo")
            .arg(at("real/pipe"))
            .status();
        assert!(pipe.expect("mkfifo runs").success());
        assert!(matches!(out.create_file("pipe"), Err(Error::Usage(_))));
        out.write("events", b"new").expect("replaces the link");
        assert_eq!(fs::read(at("real/events")).expect("reads"), b"new");
        assert_eq!(
            fs::read(at("home/Documents/precious")).expect("reads"),
            b"x"
        );
    }

    #[test]
    fn second_lock_is_refused_until_the_first_is_dropped() {
        let temp = tempfile::tempdir().expect("a folder");
        let folder = || OutFolder::create(&temp.path().join("out")).expect("a folder");
        let (first, second) = (folder(), folder());
        let lock = first.lock().expect("locks");
        assert!(lock.is_some());
        assert!(matches!(second.lock(), Err(Error::Usage(_))));
        drop(lock);
        assert!(second.lock().expect("locks").is_some());
    }

    #[test]
    fn folder_that_someone_else_made_is_never_emptied() {
        let temp = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(temp.path().join("artifacts/pack")).expect("creates");
        let out = OutFolder::create(temp.path()).expect("a folder");
        assert!(out.own_folder("artifacts").is_err());
        assert!(
            out.folder("artifacts")
                .expect("opens")
                .remove("pack")
                .is_err()
        );
        let own = out.own_folder("other").expect("creates");
        own.folder("pack")
            .expect("creates")
            .write("a", b"a")
            .expect("writes");
        own.remove("pack").expect("removes");
        own.remove("pack").expect("nothing to remove");
        assert!(!temp.path().join("other/pack").exists());
        assert!(temp.path().join("artifacts/pack").exists());
    }
}
