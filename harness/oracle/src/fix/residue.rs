//! The fix `residue`: removes what a tool left behind and nothing refers to.

use super::change::{Files, Left, Outcome};
use super::facts::Facts;
use crate::checks::hygiene::paths::residue;
use crate::checks::integrity::is_exempt;
use provision_core::wasm::{self, WasmKind};
use std::collections::BTreeMap;

pub(super) const RESIDUE: &str = "residue";
const CHECK: &str = "hygiene.no-residue";

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
    for (top, inside) in tops {
        match kept_for(files, top, &inside) {
            Some(why) => out.left.push(Left::new(RESIDUE, CHECK, top, why)),
            None => out.remove(RESIDUE, CHECK, top, &inside),
        }
    }
    out
}

/// Why `top` may be of use to a host; `None` if nothing says so.
fn kept_for(files: &Files, top: &str, inside: &Top<'_>) -> Option<String> {
    let is_wasm = |(name, bytes): &(&str, &[u8])| {
        name.ends_with(".wat") || name.ends_with(".wasm") || wasm::kind(bytes) != WasmKind::Other
    };
    if inside.iter().any(is_wasm) {
        let why = "it has Wasm, which `pack fix` never touches: remove it by hand";
        return Some(why.into());
    }
    let name = top.rsplit('/').next().unwrap_or_default();
    let is_history = [".git", ".hg", ".svn"].contains(&name);
    // The end of many URLs looks like the name of such a folder.
    let text = if is_history {
        format!("{name}/")
    } else {
        name.to_owned()
    };
    let finder = memchr::memmem::Finder::new(text.as_bytes());
    let stays = files.iter().filter(|(name, _)| residue(name).is_none());
    let mut stays = stays.filter(|(name, _)| !is_exempt(name) && !lists_ignored(name));
    let (by, _) = stays.find(|(_, bytes)| finder.find(bytes).is_some())?;
    let by = provision_core::text::inert(by, 120);
    Some(format!(
        "`{by}` names it, so a host may read it: remove both by hand, or neither"
    ))
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
