//! Reads files that other people wrote: regular files only, and never more
//! bytes than a file of that kind may have.
//!
//! A bundle comes with an issue, a report or an event stream with a CI job, an
//! expectations file with a pull request. None of them may make the harness
//! wait for a pipe that nobody writes to, or fill its memory.

use crate::advice;
use crate::paths::show;
use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read, Take};
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;

/// A kind of file, and how large it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileKind {
    /// What it is, with its article.
    name: &'static str,
    /// Bytes that it may have.
    bytes: u64,
    /// What the user can do about a file that is too large.
    remedy: &'static str,
}

impl FileKind {
    /// A kind of file of at most so many `bytes`, and what to do about a larger one.
    pub(crate) const fn new(name: &'static str, bytes: u64, remedy: &'static str) -> Self {
        Self {
            name,
            bytes,
            remedy,
        }
    }
}

/// What `repro` reads. It carries a pack of at most 256 KiB in base64, and
/// answers of at most 1 MiB that indentation makes several times longer.
pub(crate) const BUNDLE: FileKind = FileKind {
    name: "a reproduction bundle",
    bytes: 16 * MIB,
    remedy: "ask its author for the pack and judge it with `conformance`",
};

/// What `--baseline` reads: a report has about 30 KiB for each pack.
pub(crate) const BASELINE: FileKind = FileKind {
    name: "a JSON report that is a baseline",
    bytes: 256 * MIB,
    remedy: "give the report of a run over fewer packs",
};

/// What `--expectations` reads: an entry has about 300 bytes.
pub(crate) const EXPECTATIONS: FileKind = FileKind {
    name: "an expectations file",
    bytes: 4 * MIB,
    remedy: "remove entries that are no longer needed",
};

/// What `--config` reads: a line of some hundred bytes for each pack, if each is named.
pub(crate) const CONFIG: FileKind = FileKind {
    name: "a file of settings",
    bytes: MIB / 4,
    remedy: "name folders instead of packs, or a list as `@FILE`",
};

/// What `--answers` reads: no step takes more than 1 MiB of JSON, without its
/// whitespace.
pub(crate) const ANSWERS: FileKind = FileKind {
    name: "an answers file",
    bytes: 4 * MIB,
    remedy: "give fewer or shorter answers",
};

/// What `--trust` reads.
pub(crate) const TRUSTED_KEY: FileKind = FileKind {
    name: "a trusted key",
    bytes: MIB / 16,
    remedy: "give a PEM file with one Ed25519 public key or certificate",
};

/// What `--sign` reads.
pub(crate) const SIGNING_KEY: FileKind = FileKind {
    name: "a key that signs",
    bytes: MIB / 16,
    remedy: "give a PEM file with one Ed25519 private key",
};

/// What `attest` reads: a statement has about 100 bytes for each check of each pack.
pub(crate) const STATEMENT: FileKind = FileKind {
    name: "a signed statement",
    bytes: 16 * MIB,
    remedy: "state the results of fewer packs at once",
};

/// What `--packs @FILE` reads: a line has a reference of some hundred bytes.
pub(crate) const PACK_LIST: FileKind = FileKind {
    name: "a list of packs",
    bytes: 16 * MIB,
    remedy: "cut it in parts",
};

/// Bytes of one line of an event stream. The longest that a run writes lists the
/// calls to the host of one wizard: the fuel of a pack pays for half a million
/// calls at 150 bytes each.
pub(crate) const EVENT_LINE_BYTES: u64 = 128 * MIB;

/// Values and members in one line of an event stream, about. The longest line has six for
/// each of its half a million calls; a value takes 32 bytes of memory, and two bytes of a
/// line.
pub(crate) const EVENT_LINE_VALUES: usize = 4_000_000;

/// Bytes of the events of one pack: reports read them at once. One pack cannot pay for
/// more calls than the longest line has.
pub(crate) const EVENT_PACK_BYTES: u64 = 256 * MIB;

/// Results of checks of one pack: fifty for each of two thousand wizards.
pub(crate) const EVENT_PACK_CHECKS: usize = 100_000;

/// Packs of one event stream.
pub(crate) const EVENT_PACKS: usize = 100_000;

/// Checks that one event stream announces.
pub(crate) const EVENT_CHECKS: usize = 1_000;

/// Bytes of the text of a requirement in an event stream.
pub(crate) const EVENT_REQUIREMENT_BYTES: usize = 1_000;

/// Checks that an event stream announces and never concludes, over all packs. Each
/// takes memory without a byte in the stream.
pub(crate) const EVENT_MISSING: usize = 1_000_000;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system returned an error.
    #[error(
        "cannot read {}: {source}{}",
        show(path),
        advice::of_system("read", source)
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// It is not a regular file: reading it might never end, or have an effect.
    #[error(
        "{}: {found}, but only a regular file can be read here; name a file",
        show(path)
    )]
    NotRegular {
        /// The file.
        path: PathBuf,
        /// What it is, with its article.
        found: &'static str,
    },
    /// It has more bytes than the bound on its kind.
    #[error("{}: larger than {} bytes, the bound on {}; {}", show(path), kind.bytes, kind.name, kind.remedy)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The kind with its bound.
        kind: FileKind,
    },
    /// It is not UTF-8.
    #[error("{}: not UTF-8 at byte {offset}; save it as UTF-8", show(path))]
    Utf8 {
        /// The file.
        path: PathBuf,
        /// Offset of the first invalid byte.
        offset: usize,
    },
}

/// Opens the regular file at `path`.
///
/// # Errors
/// [`ReadError::Io`], and [`ReadError::NotRegular`] if it is anything else.
pub(crate) fn open_regular(path: &Path) -> Result<File, ReadError> {
    let io = |source| ReadError::Io {
        path: path.to_owned(),
        source,
    };
    let regular = |kind: FileType| require_regular(path, kind);
    // NB: check before opening, because opening a device can have an effect, and check
    // again afterwards, because the path may then name another file.
    regular(std::fs::metadata(path).map_err(io)?.file_type())?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Without this flag, opening a pipe waits for its writer.
        options.custom_flags(libc::O_NONBLOCK);
    }
    let file = options.open(path).map_err(io)?;
    regular(file.metadata().map_err(io)?.file_type())?;
    Ok(file)
}

fn require_regular(path: &Path, kind: FileType) -> Result<(), ReadError> {
    if kind.is_file() {
        Ok(())
    } else {
        Err(ReadError::NotRegular {
            path: path.to_owned(),
            found: type_name(kind),
        })
    }
}

/// Checks that the path names a regular file or nothing, for code that opens it itself:
/// opening a pipe waits for ever.
///
/// # Errors
/// [`ReadError::NotRegular`].
pub(crate) fn regular_or_absent(path: &Path) -> Result<(), ReadError> {
    match std::fs::metadata(path) {
        Ok(found) => require_regular(path, found.file_type()),
        // The caller opens it, and says why that fails.
        Err(_) => Ok(()),
    }
}

fn type_name(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_dir() {
        "a folder"
    } else {
        "a special file"
    }
}

/// A regular file that is read up to one byte more than the bound on its kind.
pub(crate) struct BoundedFile {
    path: PathBuf,
    kind: FileKind,
    file: Take<File>,
}

impl BoundedFile {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Those of [`open_regular`].
    pub(crate) fn open(path: &Path, kind: FileKind) -> Result<Self, ReadError> {
        Ok(Self {
            path: path.to_owned(),
            kind,
            file: open_regular(path)?.take(kind.bytes + 1),
        })
    }

    /// Checks that the bytes read so far are within the bound.
    ///
    /// # Errors
    /// [`ReadError::TooLarge`] if they are not.
    pub(crate) fn check(&self) -> Result<(), ReadError> {
        if self.file.limit() > 0 {
            return Ok(());
        }
        Err(ReadError::TooLarge {
            path: self.path.clone(),
            kind: self.kind,
        })
    }
}

impl Read for BoundedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

/// The bytes of the file at `path`.
///
/// # Errors
/// Those of [`open_regular`], and [`ReadError::TooLarge`].
pub(crate) fn read(path: &Path, kind: FileKind) -> Result<Vec<u8>, ReadError> {
    let mut file = BoundedFile::open(path, kind)?;
    let mut bytes = Vec::new();
    let read = file.read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Io {
        path: path.to_owned(),
        source,
    })?;
    file.check()?;
    Ok(bytes)
}

/// The text of the file at `path`.
///
/// # Errors
/// Those of [`read`], and [`ReadError::Utf8`].
pub(crate) fn read_text(path: &Path, kind: FileKind) -> Result<String, ReadError> {
    String::from_utf8(read(path, kind)?).map_err(|e| ReadError::Utf8 {
        path: path.to_owned(),
        offset: e.utf8_error().valid_up_to(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: FileKind = FileKind {
        name: "a test's file",
        bytes: 4,
        remedy: "write less",
    };

    #[test]
    fn file_of_bound_size_is_read_and_one_byte_more_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        std::fs::write(&path, "four").expect("writes");
        assert_eq!(read_text(&path, SMALL).expect("reads"), "four");
        std::fs::write(&path, "fives").expect("writes");
        let error = read(&path, SMALL).expect_err("too large");
        assert!(matches!(error, ReadError::TooLarge { .. }), "{error:?}");
        let text = error.to_string();
        for part in ["f: ", "4 bytes", "a test's file", "write less"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        std::fs::write(&path, b"a\xff").expect("writes");
        let error = read_text(&path, SMALL).expect_err("no text");
        assert!(matches!(error, ReadError::Utf8 { offset: 1, .. }));
    }

    #[test]
    fn folder_and_missing_file_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = read(folder.path(), SMALL).expect_err("a folder");
        assert!(matches!(
            error,
            ReadError::NotRegular {
                found: "a folder",
                ..
            }
        ));
        let error = read(&folder.path().join("gone"), SMALL).expect_err("nothing");
        assert!(matches!(error, ReadError::Io { .. }));
    }

    #[test]
    #[cfg(unix)]
    fn device_and_socket_are_refused_without_reading() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("binds");
        for (path, named) in [
            (Path::new("/dev/zero"), "a device"),
            (socket.as_path(), "a socket"),
        ] {
            let error = read(path, SMALL).expect_err("no regular file");
            assert!(
                matches!(error, ReadError::NotRegular { found, .. } if found == named),
                "{error:?}"
            );
        }
    }
}
