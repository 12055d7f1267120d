//! What a message about a path says to do.

use crate::paths::show;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Names of a folder that are compared with a missing one, at most.
const NAMES: usize = 1_000;
/// Bytes of a name that is compared, at most: the time grows with its square.
const LONGEST: usize = 255;
/// How alike two names have to be: 1 is equal.
const ALIKE: f64 = 0.86;

/// The message about a path that the user named and that does not exist.
#[must_use]
pub(crate) fn missing(path: &Path) -> String {
    let shown = show(path);
    let advice = match alike(path) {
        Some(other) => format!("there is {other}"),
        None if path.is_absolute() => "check the path".to_owned(),
        None => "check the path, which begins at the current folder".to_owned(),
    };
    format!("no such file or folder: {shown}; {advice}")
}

/// The path in the same folder whose name is most like that of `path`.
fn alike(path: &Path) -> Option<String> {
    let name = path.file_name().filter(|name| name.len() <= LONGEST)?;
    let name = name.to_string_lossy();
    let parent = path.parent()?;
    let folder = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let entries = folder.read_dir().ok()?.take(NAMES).flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let rated = names.map(|other| (strsim::jaro_winkler(&name, &other), other));
    let near = rated.filter(|(like, _)| *like >= ALIKE);
    let best = near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
    Some(show(&parent.join(best.1)))
}

/// The name among `all` that is most like `name`, as the end of a message; empty if none is.
#[must_use]
pub(crate) fn nearest<'n>(name: &str, all: impl Iterator<Item = &'n str>) -> String {
    let all = all.filter(|_| name.len() <= LONGEST);
    let rated = all.map(|other| (strsim::jaro_winkler(name, other), other));
    let near = rated.filter(|(like, _)| *like >= ALIKE);
    let best = near.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(a.1)));
    best.map_or_else(String::new, |(_, best)| format!("; there is `{best}`"))
}

/// What to do about the error of the system that `action` met; begins with `; ` unless it
/// is empty.
#[must_use]
pub(crate) fn of_system(action: &str, error: &io::Error) -> &'static str {
    let is_read = matches!(action, "read" | "open" | "find");
    match error.kind() {
        ErrorKind::NotFound if is_read => "; check the path",
        ErrorKind::NotFound => "; make the folder first, or name another place",
        ErrorKind::NotADirectory => "; a part of this path is a file: name another one",
        ErrorKind::IsADirectory if is_read => "; name a file in it",
        ErrorKind::IsADirectory => "; it is a folder: name a file",
        ErrorKind::AlreadyExists => "; remove it, or name another place",
        ErrorKind::PermissionDenied if is_read => "; let this user read it",
        ErrorKind::PermissionDenied => "; let this user write there, or name another place",
        ErrorKind::ReadOnlyFilesystem => "; name a place that can be written",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; make room, or name a place that has some"
        }
        ErrorKind::InvalidFilename => "; name a shorter path",
        _ => "",
    }
}

/// The error without the name of a temporary file, which a library adds.
pub(crate) fn plain(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::Other => error,
        kind => kind.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_path_names_the_one_that_is_most_like_it() {
        let temp = tempfile::tempdir().expect("a folder");
        for name in ["conforming", "nonconforming", "x"] {
            std::fs::create_dir(temp.path().join(name)).expect("creates");
        }
        let said = missing(&temp.path().join("comforming"));
        assert!(said.ends_with("/conforming"), "{said}");
        let said = missing(&temp.path().join("elsewhere"));
        assert!(said.ends_with("; check the path"), "{said}");
        assert!(missing(Path::new("q/r")).ends_with("current folder"));
    }
}
