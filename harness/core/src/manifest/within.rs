//! Paths that a manifest names: each has to stay inside the pack.

/// Why a path does not name a file of its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// It is empty.
    Empty,
    /// It starts at a root or a drive.
    Absolute,
    /// It has a `..` component.
    Parent,
    /// It has a backslash, which some systems take for a separator.
    Backslash,
}

impl Outside {
    /// The reason in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Empty => "it is empty",
            Self::Absolute => "it is absolute",
            Self::Parent => "it has `..`",
            Self::Backslash => "it has a backslash",
        }
    }
}

/// The name of the file that a manifest calls `path`, relative to the pack's root.
/// Components that change nothing, such as `.`, are left out.
///
/// # Errors
/// [`Outside`], if the path may lead out of the pack on some system.
pub fn within(path: &str) -> Result<String, Outside> {
    if path.contains('\\') {
        return Err(Outside::Backslash);
    }
    let has_drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    if path.starts_with('/') || has_drive {
        return Err(Outside::Absolute);
    }
    let mut components = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => return Err(Outside::Parent),
            name => components.push(name),
        }
    }
    if components.is_empty() {
        return Err(Outside::Empty);
    }
    Ok(components.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_stays_inside_or_is_refused_with_the_reason() {
        for (path, expected) in [
            ("flows/a.json", Ok("flows/a.json")),
            ("./flows//a.json", Ok("flows/a.json")),
            ("a..b/c", Ok("a..b/c")),
            ("", Err(Outside::Empty)),
            ("./", Err(Outside::Empty)),
            ("/etc/passwd", Err(Outside::Absolute)),
            ("c:/a", Err(Outside::Absolute)),
            ("C:a", Err(Outside::Absolute)),
            ("../a", Err(Outside::Parent)),
            ("a/../b", Err(Outside::Parent)),
            ("a\\b", Err(Outside::Backslash)),
            ("..\\a", Err(Outside::Backslash)),
        ] {
            assert_eq!(within(path), expected.map(str::to_owned), "{path:?}");
        }
    }
}
