//! Which entry names are safe on every system that may unpack a pack.

use super::{ArchiveError, Rule};
use crate::limits::ArchiveLimits;
use crate::text::is_invisible;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

/// Checks one name; a directory's name ends with `/`.
///
/// # Errors
/// [`Rule::NameBound`] or [`Rule::Name`], at `offset`.
pub fn check(name: &str, offset: usize, limits: &ArchiveLimits) -> Result<(), ArchiveError> {
    let path = name.strip_suffix('/').unwrap_or(name);
    if name.len() > limits.name_bytes {
        let detail = format!("name of {} bytes, bound {}", name.len(), limits.name_bytes);
        return Err(ArchiveError::new(Rule::NameBound, offset, detail).of(name));
    }
    let depth = path.split('/').count();
    if depth > limits.name_depth {
        let detail = format!("name {depth} levels deep, bound {}", limits.name_depth);
        return Err(ArchiveError::new(Rule::NameBound, offset, detail).of(name));
    }
    match problem(path) {
        Some(detail) => Err(ArchiveError::new(Rule::Name, offset, detail).of(name)),
        None => Ok(()),
    }
}

fn problem(path: &str) -> Option<&'static str> {
    if path.starts_with('/') || path.is_empty() {
        return Some("name is absolute or empty; use a path relative to the pack");
    }
    if path.contains('\\') {
        return Some("name has a backslash, which some systems take for a separator; use `/`");
    }
    if path.contains("::") {
        return Some("name has `::`, which Windows takes for a stream; rename it with `__`");
    }
    if path.contains(':') {
        return Some("name has `:`, which Windows takes for a drive or a stream; rename it");
    }
    if path.chars().any(char::is_control) {
        return Some("name has a control character");
    }
    if path.chars().any(is_invisible) {
        return Some("name has an invisible or text-direction character");
    }
    path.split('/').find_map(component_problem)
}

fn component_problem(component: &str) -> Option<&'static str> {
    match component {
        "" => return Some("name has an empty component"),
        "." | ".." => return Some("name has a `.` or `..` component"),
        _ => {}
    }
    if component.ends_with(['.', ' ']) {
        return Some("name has a component that ends with a dot or a space, which Windows drops");
    }
    let stem = component.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|n| {
            matches!(
                n,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    let reserved = matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    );
    if reserved || numbered("COM") || numbered("LPT") {
        return Some("name has a component that Windows reserves for a device");
    }
    None
}

/// Names seen so far, by the form in which file systems compare them.
#[derive(Debug, Default)]
pub struct Seen {
    files: BTreeMap<String, String>,
    /// Directories, listed or implied by a file below them.
    dirs: BTreeMap<String, String>,
    listed_dirs: BTreeSet<String>,
}

impl Seen {
    /// Adds `name`, which must be no other name in disguise, and no directory
    /// where there is a file.
    ///
    /// # Errors
    /// [`Rule::Duplicate`] or [`Rule::Collision`], at `offset`.
    pub fn add(&mut self, name: &str, offset: usize) -> Result<(), ArchiveError> {
        self.insert(name)
            .map_err(|(rule, detail)| ArchiveError::new(rule, offset, detail).of(name))
    }

    fn insert(&mut self, name: &str) -> Result<(), (Rule, String)> {
        let path = name.strip_suffix('/').unwrap_or(name);
        for (at, _) in path.match_indices('/') {
            self.directory(&path[..at])?;
        }
        if path.len() < name.len() {
            self.directory(path)?;
            return match self.listed_dirs.insert(path.to_owned()) {
                true => Ok(()),
                false => Err((Rule::Duplicate, "two entries have this name".into())),
            };
        }
        let key = comparable(path);
        if self.dirs.contains_key(&key) {
            return Err((Rule::Collision, "the name is also a directory's".into()));
        }
        match self.files.insert(key, path.to_owned()) {
            None => Ok(()),
            Some(first) if first == path => {
                Err((Rule::Duplicate, "two entries have this name".into()))
            }
            Some(first) => Err(same_as(&first)),
        }
    }

    fn directory(&mut self, path: &str) -> Result<(), (Rule, String)> {
        let key = comparable(path);
        if self.files.contains_key(&key) {
            return Err((Rule::Collision, "a directory of the name is a file".into()));
        }
        match self.dirs.get(&key) {
            Some(first) if first != path => Err(same_as(first)),
            Some(_) => Ok(()),
            None => {
                self.dirs.insert(key, path.to_owned());
                Ok(())
            }
        }
    }
}

fn same_as(first: &str) -> (Rule, String) {
    let first = crate::text::inert(first, 120);
    let detail = format!("the same as `{first}` where case or Unicode form do not count");
    (Rule::Collision, detail)
}

/// The form in which case-folding, normalising file systems compare names.
fn comparable(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn code(name: &str) -> Option<&'static str> {
        check(name, 0, &Limits::default().archive)
            .err()
            .map(|e| e.rule.code())
    }

    #[test]
    fn names_that_mean_something_else_somewhere_are_refused() {
        for bad in [
            "../x",
            "a/../b",
            "a/./b",
            "/etc/passwd",
            "a//b",
            "",
            "/",
            "a\\b",
            "C:/x",
            "c:x",
            "a:stream",
            "components/diagnostics::summary.wasm",
            "a\0b",
            "a\u{7f}",
            "a\u{85}b",
            "a\u{202e}b",
            "a\u{200b}",
            "\u{feff}a",
            "CON",
            "a/nul.txt",
            "com1.wasm",
            "LPT9",
            "aux .txt",
            "dir./x",
            "x ",
            "a/b. ",
        ] {
            assert_eq!(code(bad), Some("E_ZIP_NAME"), "{bad:?}");
        }
        for good in [
            "a",
            "components/setup_default__apply.wat",
            "a..b",
            ".hidden",
            "console",
            "i18n/ä.json",
            "dir/",
            "com10",
            "comma",
        ] {
            assert_eq!(code(good), None, "{good:?}");
        }
        assert_eq!(code(&"a".repeat(1025)), Some("E_NAME_BOUND"));
        assert_eq!(code(&"a/".repeat(17)), Some("E_NAME_BOUND"));
        assert_eq!(code(&format!("{}a", "a/".repeat(15))), None);
    }

    fn all(names: &[&str]) -> Option<&'static str> {
        let mut seen = Seen::default();
        for name in names {
            if let Err(e) = seen.add(name, 0) {
                return Some(e.rule.code());
            }
        }
        None
    }

    #[test]
    fn names_that_are_one_file_somewhere_collide() {
        assert_eq!(all(&["a", "a"]), Some("E_ZIP_DUPLICATE"));
        assert_eq!(all(&["a/B", "A/b"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["é", "e\u{301}"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["ﬁ", "fi"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["a", "a/"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["a/b", "a"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["A/", "a/b"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["A/x", "a/y"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["a/", "a/"]), Some("E_ZIP_DUPLICATE"));
        assert_eq!(all(&["a/", "a/b", "ab"]), None);
    }
}
