//! The text of a new `conformance.toml`.

use crate::cli::profile::Profile;
use crate::discover::PackRef;
use provision_core::text::inert;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Folders that are named one by one. Of more, the folders above them are named.
const FOLDERS: usize = 8;

/// The name of the schema beside the file.
pub(super) const SCHEMA_FILE: &str = "conformance.schema.json";

/// What a new file says.
pub(super) struct NewSettings<'s> {
    /// The packs, as [`roots`] or [`each`] returns them.
    pub(super) packs: &'s [Listed],
    pub(super) profile: Profile,
    /// Files of trusted keys, from the folder of the file.
    pub(super) trust: &'s [String],
    pub(super) shards: u64,
}

impl NewSettings<'_> {
    pub(super) fn text(&self) -> String {
        let packs = list(self.packs);
        let trust: Vec<Listed> = self.trust.iter().cloned().map(Listed::named).collect();
        let trust = list(&trust);
        let profile = self.profile.level().profile();
        let shards = self.shards;
        format!(
            r##"#:schema ./{SCHEMA_FILE}
# Settings of `greentic-provision conformance`, which reads this file if it is in the current
# folder. Each flag overrides the key of its name. Paths are relative to this file.

# Packs, folders that are searched for packs, and references: oci://HOST/REPOSITORY:TAG.
packs = {packs}

# core: what every pack must meet. publish: also what a release must meet, among it a
# signature by a key of `trust`. strict: also good practice.
profile = "{profile}"

# PEM files with the public keys or certificates whose signatures count.
trust = {trust}

# Failures that are known, each with an owner and a last day. `expect add` and `expect prune`
# change the file.
expectations = "{EXPECTATIONS}"

# What differs from run to run, and is replaced before a result is compared with a golden:
# timestamp, uuid, duration, path, port or digest, everywhere or at "KIND=/json/pointer".
normalise = []

# The number of parts of a run that several machines judge: `--shard 2` judges the second.
shards = {shards}
"##
        )
    }
}

/// The file of expected failures of a new file of settings.
const EXPECTATIONS: &str = "expectations.toml";

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) text: String,
    /// Why it stands in a comment, if it does.
    pub(super) left_out: Option<String>,
}

impl Listed {
    fn named(text: String) -> Self {
        Self {
            text,
            left_out: None,
        }
    }
}

/// An array of strings in TOML: on one line if there is one string.
fn list(items: &[Listed]) -> String {
    let quoted = |item: &Listed| toml::Value::String(item.text.clone()).to_string();
    match items {
        [] => "[]".to_owned(),
        [only] if only.left_out.is_none() => format!("[{}]", quoted(only)),
        many => {
            let mut out = "[\n".to_owned();
            let mut left_out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            // NB: writing to a string cannot fail.
            for item in many {
                match &item.left_out {
                    None => _ = writeln!(out, "    {},", quoted(item)),
                    Some(why) => left_out.entry(why).or_default().push(&item.text),
                }
            }
            for (why, texts) in left_out {
                _ = writeln!(out, "    # Left out, {}:", inert(why, 300));
                for text in texts {
                    _ = writeln!(out, "    #     {}", inert(text, 400));
                }
            }
            out + "]"
        }
    }
}

/// Each pack by itself. Those in `failing`, which has the labels, are left out.
pub(super) fn each(
    folder: &Path,
    packs: &[PackRef],
    failing: &BTreeMap<String, String>,
) -> Vec<Listed> {
    let item = |pack: &PackRef| {
        let below = pack.path.strip_prefix(folder).unwrap_or(&pack.path);
        let not_text = || Some("its path is no text".to_owned());
        let left_out = failing.get(&pack.label).cloned();
        Listed {
            text: text(below),
            left_out: left_out.or_else(|| below.to_str().map_or_else(not_text, |_| None)),
        }
    };
    packs.iter().map(item).collect()
}

/// The folders below `folder` that have all `packs` in them and below them, and no other
/// pack: `.` for the folder itself.
pub(super) fn roots(folder: &Path, packs: &[PackRef]) -> Vec<Listed> {
    let below = |pack: &PackRef| pack.path.strip_prefix(folder).map(Path::to_owned);
    let parent = |path: PathBuf| path.parent().map(Path::to_owned);
    let parents = packs.iter().filter_map(|pack| parent(below(pack).ok()?));
    let mut folders: BTreeSet<PathBuf> = parents.map(|path| named(&path)).collect();
    // The deepest folders are replaced by those above them until few are left.
    while let Some(depth) = folders.iter().map(|f| f.components().count()).max() {
        folders = without_nested(&folders);
        if folders.len() <= FOLDERS || depth == 0 {
            break;
        }
        let up = |folder: &PathBuf| match folder.components().count() {
            count if count == depth => folder.parent().map(Path::to_owned).unwrap_or_default(),
            _ => folder.clone(),
        };
        folders = folders.iter().map(up).collect();
    }
    let folders = folders.iter();
    folders.map(|folder| Listed::named(text(folder))).collect()
}

/// The nearest folder above `path`, or itself, whose path is text.
fn named(path: &Path) -> PathBuf {
    let mut above = path.ancestors();
    let named = above.find(|path| path.to_str().is_some());
    named.map(Path::to_owned).unwrap_or_default()
}

fn without_nested(folders: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let is_outer = |folder: &&PathBuf| {
        let mut above = folder.ancestors().skip(1);
        !above.any(|above| folders.contains(above))
    };
    folders.iter().filter(is_outer).cloned().collect()
}

/// The path as `packs` has it, which takes `@FILE` for a list and `SCHEME:` for a reference.
fn text(folder: &Path) -> String {
    let names = folder.components().map(|c| c.as_os_str().to_string_lossy());
    let path = names.collect::<Vec<_>>().join("/");
    match path.as_str() {
        "" => ".".to_owned(),
        path if path.starts_with('@') || path.contains(':') => format!("./{path}"),
        path => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots_of(paths: &[&str]) -> Vec<String> {
        let pack = |path: &&str| PackRef::local((*path).into(), Path::new("repo").join(path));
        let packs: Vec<PackRef> = paths.iter().map(pack).collect();
        let roots = roots(Path::new("repo"), &packs).into_iter();
        roots.map(|listed| listed.text).collect()
    }

    #[test]
    fn packs_are_named_by_the_folders_that_have_them() {
        for (paths, expected) in [
            (vec!["a.gtpack"], vec!["."]),
            (vec!["dist/a.gtpack", "dist/b.gtpack"], vec!["dist"]),
            (
                vec!["dist/a.gtpack", "dist/old/b.gtpack", "x/y/c"],
                vec!["dist", "x/y"],
            ),
            (vec!["a.gtpack", "dist/b.gtpack"], vec!["."]),
            (vec!["@a/b.gtpack"], vec!["./@a"]),
        ] {
            assert_eq!(roots_of(&paths), expected, "{paths:?}");
        }
    }

    #[test]
    fn many_folders_are_named_by_those_above_them() {
        let packs: Vec<String> = (0..20)
            .map(|i| format!("packs/p{i}/dist/p.gtpack"))
            .collect();
        let mut packs: Vec<&str> = packs.iter().map(String::as_str).collect();
        packs.push("demo/q.gtpack");
        assert_eq!(roots_of(&packs), ["demo", "packs"]);
    }

    #[test]
    fn text_is_what_the_parser_reads_whatever_the_names_are() {
        let odd = ["a\"b\\".to_owned(), "'''".into(), "é\u{202e}\n#".into()];
        let left_out = Listed {
            text: "x\n\"y".into(),
            left_out: Some("a\nb = 1".into()),
        };
        let named = odd.iter().cloned().map(Listed::named);
        let listed: Vec<Listed> = named.chain([left_out]).collect();
        let new = NewSettings {
            packs: &listed,
            profile: Profile::Strict,
            trust: &odd[..1],
            shards: 4,
        };
        let text = new.text();
        let config = crate::config::parse(&text).expect("accepted");
        let packs = config.packs.expect("packs");
        assert!(packs.iter().map(|at| &at.value).eq(&odd), "{text}");
        assert_eq!(config.shards, Some(4));
        assert!(text.starts_with("#:schema ./"));
    }
}
