//! The fix `residue`: removes what a tool left behind and nothing refers to.

use super::change::{Files, Left, Outcome};
use super::facts::Facts;
use crate::checks::hygiene::paths::residue;
use crate::checks::integrity::is_exempt;
use aho_corasick::AhoCorasick;
use provision_core::text::inert;
use provision_core::wasm::{self, WasmKind};
use std::collections::BTreeMap;

pub(super) const RESIDUE: &str = "residue";
const CHECK: &str = "hygiene.no-residue";
/// Names that are searched for in the other files, at most.
const NAMES: usize = 1_000;

/// The files of one folder or file that a tool left behind.
type Top<'f> = Vec<(&'f str, &'f [u8])>;

pub(super) fn remove(files: &Files, _: &Facts) -> Outcome {
    let mut tops: BTreeMap<&str, Top<'_>> = BTreeMap::new();
    for (name, bytes) in files {
        if let Some(top) = residue(name) {
            tops.entry(top).or_default().push((name, bytes));
        }
    }
    let mut out = Outcome::default();
    if tops.is_empty() {
        return out;
    }
    let named = Named::of(files, tops.keys().copied());
    for (top, inside) in tops {
        match kept_for(&named, top, &inside) {
            Some(why) => out.left.push(Left::new(RESIDUE, CHECK, top, why)),
            None => out.remove(RESIDUE, CHECK, top, &inside),
        }
    }
    out
}

/// Why `top` may be of use to a host; `None` if nothing says so.
fn kept_for(named: &Named<'_>, top: &str, inside: &Top<'_>) -> Option<String> {
    let is_wasm = |(name, bytes): &(&str, &[u8])| {
        name.ends_with(".wat") || name.ends_with(".wasm") || wasm::kind(bytes) != WasmKind::Other
    };
    if inside.iter().any(is_wasm) {
        let why = "it has Wasm, which `pack fix` never touches: remove it by hand";
        return Some(why.into());
    }
    match named.by(top) {
        Mention::None => None,
        Mention::By(file) => Some(format!(
            "`{}` names it, so a host may read it: remove both by hand, or neither",
            inert(file, 120)
        )),
        Mention::Unknown => Some(
            "there is too much of it to search the other files for its name: pack a clean folder"
                .into(),
        ),
    }
}

/// The names of residue that other files hold, each with the first such file.
struct Named<'f> {
    /// The names that were searched for, with the file that holds each.
    searched: BTreeMap<String, Option<&'f str>>,
}

/// Whether another file names some residue.
enum Mention<'f> {
    None,
    By(&'f str),
    /// Nobody searched for it.
    Unknown,
}

impl<'f> Named<'f> {
    /// Searches the files that stay for the names of `tops`.
    fn of<'t>(files: &'f Files, tops: impl Iterator<Item = &'t str>) -> Self {
        let mut searched: BTreeMap<String, Option<&str>> = BTreeMap::new();
        for top in tops {
            if searched.len() < NAMES {
                searched.insert(searched_for(top), None);
            }
        }
        let names: Vec<String> = searched.keys().cloned().collect();
        let Ok(finder) = AhoCorasick::new(&names) else {
            // Without a search, nothing is known of any name.
            return Self {
                searched: BTreeMap::new(),
            };
        };
        let stays = files.iter().filter(|(name, _)| residue(name).is_none());
        let stays = stays.filter(|(name, _)| !is_exempt(name) && !lists_ignored(name));
        let mut left = names.len();
        for (file, bytes) in stays {
            for found in finder.find_overlapping_iter(bytes) {
                let name = names.get(found.pattern().as_usize());
                let by = name.and_then(|name| searched.get_mut(name));
                if let Some(by) = by.filter(|by| by.is_none()) {
                    *by = Some(file.as_str());
                    left -= 1;
                }
                if left == 0 {
                    return Self { searched };
                }
            }
        }
        Self { searched }
    }

    fn by(&self, top: &str) -> Mention<'f> {
        match self.searched.get(&searched_for(top)) {
            None => Mention::Unknown,
            Some(None) => Mention::None,
            Some(Some(file)) => Mention::By(file),
        }
    }
}

/// The text by which another file names `top`: the last part of its path.
fn searched_for(top: &str) -> String {
    let name = top.rsplit('/').next().unwrap_or_default();
    // The end of many URLs looks like the name of such a folder.
    match name.to_ascii_lowercase().as_str() {
        ".git" | ".hg" | ".svn" => format!("{name}/"),
        _ => name.to_owned(),
    }
}

/// Whether the file lists what tools ignore, such as `.gitignore`.
fn lists_ignored(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or_default();
    name.starts_with('.') && name.ends_with("ignore")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(extra: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let base = [("pack.json", "{}"), ("sbom.json", "notes.txt~ .git/config")];
        let all = base.iter().chain(extra);
        let files = all.map(|(n, c)| ((*n).to_owned(), c.as_bytes().into()));
        let out = remove(&files.collect(), &Facts::default());
        let left = out.left.into_iter().map(|left| left.place);
        (out.writes.into_keys().collect(), left.collect())
    }

    #[test]
    fn residue_with_too_many_names_to_search_for_stays_in_part() {
        let names: Vec<String> = (0..NAMES + 5).map(|i| format!("{i:04}~")).collect();
        let extra: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        let (gone, left) = fixed(&extra);
        assert_eq!((gone.len(), left.len()), (NAMES, 5));
    }

    #[test]
    fn residue_that_nothing_names_is_removed_and_the_rest_stays() {
        let none: [&str; 0] = [];
        for (extra, removed, left) in [
            (
                &[("assets/notes.txt~", "x")][..],
                &["assets/notes.txt~"][..],
                &none[..],
            ),
            (
                &[
                    (".git/config", "x"),
                    (".git/HEAD", "x"),
                    ("a.md", "https://x.invalid/y.git"),
                ],
                &[".git/HEAD", ".git/config"],
                &none,
            ),
            (
                &[
                    ("web/node_modules/a.js", "x"),
                    ("web/index.html", "node_modules/a.js"),
                ],
                &none,
                &["web/node_modules"],
            ),
            (
                &[
                    ("web/node_modules/a.js", "x"),
                    (".gitignore", "node_modules"),
                ],
                &["web/node_modules/a.js"],
                &none,
            ),
            (
                &[("node_modules/a.wat", "(module)")],
                &none,
                &["node_modules"],
            ),
            (&[("a.orig", "\0asm\x01\0\0\0")], &none, &["a.orig"]),
            (&[("assets/readme.md", "x")], &none, &none),
        ] {
            let (gone, stays) = fixed(extra);
            assert_eq!(gone, removed, "{extra:?}");
            assert_eq!(stays, left, "{extra:?}");
        }
    }
}
