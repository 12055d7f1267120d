//! [`NewFile`]: a file that `init` writes, unless there is one already.

use crate::exit::{Error, show};
use crate::files;
use crate::read_file::{self, FileKind};
use provision_core::text::inert;
use std::path::{Path, PathBuf};

/// A file that `init` may have written before.
const EARLIER: FileKind = FileKind::new("a file that init writes", 4 * 1024 * 1024, "shorten it");

/// A file with the text that it would have if it were new.
pub(super) struct NewFile {
    /// The folder that it is reached from, which may have links in its own path.
    pub(super) base: PathBuf,
    /// Its path from there.
    pub(super) name: String,
    pub(super) text: String,
}

/// What there is in the place of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Absent,
    /// The same bytes.
    Same,
    /// Other bytes, with the first line that differs.
    Other(String),
}

impl NewFile {
    pub(super) fn path(&self) -> PathBuf {
        self.base.join(&self.name)
    }

    /// Compares the file with what is in its place.
    ///
    /// # Errors
    /// [`Error::Usage`] if the way there leads over a link: a checkout can carry links to
    /// other folders.
    pub(super) fn found(&self) -> Result<Found, Error> {
        let path = self.path();
        let mut at = self.base.clone();
        for name in Path::new(&self.name).parent().into_iter().flatten() {
            at.push(name);
            match at.symlink_metadata() {
                Ok(found) if found.is_dir() => {}
                Err(_) => return Ok(Found::Absent),
                Ok(_) => {
                    let why = "no folder, so init writes nothing there; rename it";
                    return Err(Error::Usage(format!("{}: {why}", show(&at))));
                }
            }
        }
        if path.symlink_metadata().is_err() {
            return Ok(Found::Absent);
        }
        let text = read_file::read(&path, EARLIER).map_err(Error::File)?;
        if text == self.text.as_bytes() {
            return Ok(Found::Same);
        }
        Ok(Found::Other(difference(
            &String::from_utf8_lossy(&text),
            &self.text,
        )))
    }

    /// Writes the file. What is in its place by then stays.
    pub(super) fn write(&self) -> Result<(), Error> {
        let path = self.path();
        if let Some(folder) = path.parent() {
            let error = |e| Error::io("create", folder, e);
            std::fs::create_dir_all(folder).map_err(error)?;
        }
        files::create(&path, self.text.as_bytes())
    }
}

/// The first line in which the text `there` differs from the text `new`.
fn difference(there: &str, new: &str) -> String {
    let mut lines = there.lines();
    for (at, line) in new.lines().enumerate() {
        match lines.next() {
            Some(other) if other == line => {}
            other => {
                let other = other.map_or("the end of the file".into(), quoted);
                let line = quoted(line);
                return format!("line {} is {other}, init would write {line}", at + 1);
            }
        }
    }
    match lines.next() {
        Some(more) => format!("it goes on with {}", quoted(more)),
        None => "its line ends differ".into(),
    }
}

fn quoted(line: &str) -> String {
    format!("`{}`", inert(line, 80))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(base: &Path, name: &str) -> NewFile {
        NewFile {
            base: base.to_owned(),
            name: name.into(),
            text: "a\nb\n".into(),
        }
    }

    #[test]
    fn file_that_is_there_is_compared_and_never_replaced() {
        let temp = tempfile::tempdir().expect("a folder");
        let new = file(temp.path(), "x/y/f");
        assert_eq!(new.found().expect("readable"), Found::Absent);
        new.write().expect("writes");
        assert_eq!(new.found().expect("readable"), Found::Same);
        for (text, said) in [
            ("a\nc\n", "line 2 is `c`, init would write `b`"),
            ("a\n", "line 2 is the end of the file, init would write `b`"),
            ("a\nb\n\u{1b}[2J", "it goes on with `\\u{1b}[2J`"),
            ("a\r\nb\n", "its line ends differ"),
        ] {
            fs::write(new.path(), text).expect("writes");
            assert_eq!(new.found().expect("readable"), Found::Other(said.into()));
            assert!(new.write().is_err());
            assert_eq!(fs::read_to_string(new.path()).expect("reads"), text);
        }
    }

    #[test]
    #[cfg(unix)]
    fn way_over_a_link_is_refused() {
        use std::os::unix::fs::symlink;
        let temp = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (temp.path().join("in"), temp.path().join("out"));
        fs::create_dir(&inside).expect("creates");
        fs::create_dir(&outside).expect("creates");
        symlink(&outside, inside.join(".github")).expect("links");
        assert!(file(&inside, ".github/workflows/f").found().is_err());
        symlink(outside.join("gone"), inside.join("f")).expect("links");
        let dangling = file(&inside, "f");
        assert!(dangling.found().is_err() && dangling.write().is_err());
        assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0);
    }
}
