//! Rules for entry names that are safe on every system that unpacks a pack.

use super::error::{Rule, Violation};
use crate::limits::ArchiveLimits;
use crate::text::is_invisible;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

/// Checks one name; a directory's name ends with `/`.
///
/// # Errors
/// [`Rule::NameBound`] or another rule `Rule::Name…`, at `offset`.
pub fn check(name: &str, offset: usize, limits: &ArchiveLimits) -> Result<(), Violation> {
    let path = name.strip_suffix('/').unwrap_or(name);
    if name.len() > limits.name_bytes {
        let detail = format!("name of {} bytes, bound {}", name.len(), limits.name_bytes);
        return Err(Violation::new(Rule::NameBound, offset, detail).of(name));
    }
    let depth = path.split('/').count();
    if depth > limits.name_depth {
        let detail = format!("name {depth} levels deep, bound {}", limits.name_depth);
        return Err(Violation::new(Rule::NameBound, offset, detail).of(name));
    }
    match problem(path) {
        Some((rule, detail)) => Err(Violation::new(rule, offset, detail).of(name)),
        None => Ok(()),
    }
}

fn problem(path: &str) -> Option<(Rule, &'static str)> {
    let rules: [(Rule, bool, &'static str); 6] = [
        (Rule::NameEmpty, path.is_empty(), "name is empty"),
        (
            Rule::NameAbsolute,
            path.starts_with('/') || has_drive(path),
            "name starts at a root or a drive; use a path relative to the pack",
        ),
        (
            Rule::NameControl,
            path.chars().any(char::is_control),
            "name has a control character",
        ),
        (
            Rule::NameInvisible,
            path.chars().any(is_invisible),
            "name has an invisible or text-direction character",
        ),
        (
            Rule::NameBackslash,
            path.contains('\\'),
            "name has a backslash, which some systems treat as a separator; use `/`",
        ),
        (
            Rule::NameCharacter,
            path.contains(['<', '>', '"', '|', '?', '*']),
            "name has a character that Windows does not allow in names",
        ),
    ];
    let broken = rules.into_iter().find(|(_, broken, _)| *broken);
    let broken = broken.map(|(rule, _, detail)| (rule, detail));
    broken.or_else(|| path.split('/').find_map(component_problem))
}

fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', rest @ ..]
        if letter.is_ascii_alphabetic() && rest.first() != Some(&b':'))
}

fn component_problem(component: &str) -> Option<(Rule, &'static str)> {
    match component {
        "" => return Some((Rule::NameEmpty, "name has an empty component")),
        "." | ".." => return Some((Rule::NameDots, "name has a `.` or `..` component")),
        _ => {}
    }
    if component.ends_with(['.', ' ']) {
        let detail = "name has a component that ends with a dot or a space, which Windows drops";
        return Some((Rule::NameEnding, detail));
    }
    is_device(component).then_some((
        Rule::NameReserved,
        "name has a component that Windows reserves for a device",
    ))
}

fn is_device(component: &str) -> bool {
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
    matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    ) || numbered("COM")
        || numbered("LPT")
}

/// The names seen so far, keyed by the form in which file systems compare them.
#[derive(Debug, Default)]
pub struct Seen {
    files: BTreeMap<String, String>,
    /// Directories, listed or implied by a file below them.
    dirs: BTreeMap<String, String>,
    listed_dirs: BTreeSet<String>,
}

impl Seen {
    /// Adds `name`. Refuses a name that some file system takes for one seen
    /// before, and a name that is both a file and a directory.
    ///
    /// # Errors
    /// [`Rule::Duplicate`], [`Rule::Collision`] or [`Rule::FileAndDirectory`],
    /// at `offset`.
    pub fn add(&mut self, name: &str, offset: usize) -> Result<(), Violation> {
        if cfg!(planted_bug = "archive_mutated") {
            return Ok(());
        }
        self.insert(name)
            .map_err(|(rule, detail)| Violation::new(rule, offset, detail).of(name))
    }

    fn insert(&mut self, name: &str) -> Result<(), (Rule, String)> {
        let path = name.strip_suffix('/').unwrap_or(name);
        for (at, _) in path.match_indices('/') {
            self.directory(&path[..at])?;
        }
        if path.len() < name.len() {
            self.directory(path)?;
            return if self.listed_dirs.insert(path.to_owned()) {
                Ok(())
            } else {
                Err((Rule::Duplicate, "two entries have this name".into()))
            };
        }
        let key = comparable(path);
        if self.dirs.contains_key(&key) {
            return Err((
                Rule::FileAndDirectory,
                "a directory has the same name".into(),
            ));
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
            return Err((
                Rule::FileAndDirectory,
                "a directory in the name is also a file".into(),
            ));
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
    let detail = format!("the same as `{first}` on systems that ignore case or Unicode form");
    (Rule::Collision, detail)
}

/// The form in which case-folding, normalising file systems compare names. The
/// name goes through upper case, which maps `ß` to `SS` as full case folding does.
fn comparable(name: &str) -> String {
    // Nearly all names are ASCII, for which folding does no more than this.
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let upper = name.nfkc().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).nfkc().collect()
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
    fn unsafe_name_is_refused_with_its_code() {
        for (bad, expected) in [
            ("../x", "E_ZIP_NAME_DOTS"),
            ("a/../b", "E_ZIP_NAME_DOTS"),
            ("a/./b", "E_ZIP_NAME_DOTS"),
            ("/etc/passwd", "E_ZIP_NAME_ABSOLUTE"),
            ("C:/x", "E_ZIP_NAME_ABSOLUTE"),
            ("c:x", "E_ZIP_NAME_ABSOLUTE"),
            ("a//b", "E_ZIP_NAME_EMPTY"),
            ("", "E_ZIP_NAME_EMPTY"),
            ("/", "E_ZIP_NAME_EMPTY"),
            ("a\\b", "E_ZIP_NAME_BACKSLASH"),
            ("\\\\host\\x", "E_ZIP_NAME_BACKSLASH"),
            ("a\0b", "E_ZIP_NAME_CONTROL"),
            ("a\u{7f}", "E_ZIP_NAME_CONTROL"),
            ("a\u{85}b", "E_ZIP_NAME_CONTROL"),
            ("a\u{202e}b", "E_ZIP_NAME_INVISIBLE"),
            ("a\u{200b}", "E_ZIP_NAME_INVISIBLE"),
            ("\u{feff}a", "E_ZIP_NAME_INVISIBLE"),
            ("CON", "E_ZIP_NAME_RESERVED"),
            ("a/nul.txt", "E_ZIP_NAME_RESERVED"),
            ("com1.wasm", "E_ZIP_NAME_RESERVED"),
            ("LPT9", "E_ZIP_NAME_RESERVED"),
            ("aux .txt", "E_ZIP_NAME_RESERVED"),
            ("dir./x", "E_ZIP_NAME_ENDING"),
            ("x ", "E_ZIP_NAME_ENDING"),
            ("a/b. ", "E_ZIP_NAME_ENDING"),
            ("a/b?.json", "E_ZIP_NAME_CHARACTER"),
            ("a<b", "E_ZIP_NAME_CHARACTER"),
        ] {
            assert_eq!(code(bad), Some(expected), "{bad:?}");
        }
        for valid in [
            "a",
            "components/setup_default__apply.wat",
            "a..b",
            ".hidden",
            "console",
            "i18n/ä.json",
            "dir/",
            "com10",
            "comma",
            // Only Windows refuses these two; `archive.portable-names` reports them.
            "components/diagnostics::summary.wasm",
            "ab:stream",
        ] {
            assert_eq!(code(valid), None, "{valid:?}");
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
    fn names_equal_on_some_file_system_collide() {
        assert_eq!(all(&["a", "a"]), Some("E_ZIP_DUPLICATE"));
        assert_eq!(all(&["a/B", "A/b"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["é", "e\u{301}"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["ﬁ", "fi"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["straße", "STRASSE"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["ς", "σ"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["a", "a/"]), Some("E_ZIP_FILE_AND_DIRECTORY"));
        assert_eq!(all(&["a/b", "a"]), Some("E_ZIP_FILE_AND_DIRECTORY"));
        assert_eq!(all(&["A/", "a/b"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["A/x", "a/y"]), Some("E_ZIP_COLLISION"));
        assert_eq!(all(&["a/", "a/"]), Some("E_ZIP_DUPLICATE"));
        assert_eq!(all(&["a/", "a/b", "ab"]), None);
    }
}
