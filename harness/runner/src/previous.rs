//! Which release each pack of a run is compared with: `--previous`.

use crate::discover::PackRef;
use crate::examine;
use crate::exit::show;
use crate::place;
use provision_core::pack::digest;
use provision_core::text::inert;
use provision_core::{Finding, OpenError};
use provision_oracle::{Conditions, Opening, Predecessor};
use provision_registry::{Reference, Registries, Which};
use semver::Version;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

/// The releases that packs are compared with.
#[derive(Debug)]
pub struct Releases {
    source: Source,
    /// SHA-256 of the digests of those that were named, sorted, or of `auto`.
    digest: String,
    /// Whether a pack of the run was compared with one.
    used: AtomicBool,
}

#[derive(Debug)]
enum Source {
    /// The newest lower version at the place that the pack comes from.
    SamePlace,
    /// The one release of a run over one pack, whatever its id is.
    Only(PackRef),
    /// Those of several packs, by id.
    ById(Known),
}

/// Packs that were opened once, to learn their ids and versions.
#[derive(Debug, Default)]
struct Known {
    by_id: BTreeMap<String, Vec<Candidate>>,
    /// What could not be opened, with the reason.
    unopened: Vec<String>,
}

#[derive(Debug, Clone)]
struct Candidate {
    pack: PackRef,
    version: Option<String>,
    digest: String,
}

impl Releases {
    /// The newest lower version of the registry or the layout that a pack comes from.
    #[must_use]
    pub fn same_place() -> Self {
        Self::of_source(Source::SamePlace, &["auto".into()])
    }

    /// The releases `previous`, for a run over `judged` packs. Opens each, and keeps none
    /// in memory.
    #[must_use]
    pub fn named(
        previous: &[PackRef],
        judged: usize,
        registries: &Registries,
        conditions: &Conditions,
    ) -> Self {
        let mut known = Known::default();
        let mut digests = Vec::new();
        for pack in previous {
            let opening = opened(pack, registries, conditions);
            digests.push(opening.digest().to_owned());
            known.add(pack, &opening);
        }
        digests.sort();
        let source = match (previous, judged) {
            ([only], 1) => Source::Only(only.clone()),
            _ => Source::ById(known),
        };
        Self::of_source(source, &digests)
    }

    fn of_source(source: Source, digests: &[String]) -> Self {
        Self {
            source,
            digest: digest(digests.join("\n").as_bytes()),
            used: AtomicBool::new(false),
        }
    }

    /// What identifies the releases among the settings of a run.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Whether releases were named of which no pack of the run is the successor.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        matches!(self.source, Source::ById(_)) && !self.used.load(Ordering::Relaxed)
    }

    /// The release before `pack`, which was opened, and where it is.
    #[must_use]
    pub fn before(
        &self,
        pack: &PackRef,
        opening: &Opening,
        registries: &Registries,
        conditions: &Conditions,
    ) -> (Option<Predecessor>, Option<PackRef>) {
        let found = match &self.source {
            Source::Only(only) => Ok(only.clone()),
            Source::ById(known) => known.before(opening),
            Source::SamePlace => at_its_place(pack, opening, registries),
        };
        let before = match found {
            Ok(before) => before,
            Err(predecessor) => return (Some(predecessor), None),
        };
        self.used.store(true, Ordering::Relaxed);
        let opening = opened(&before, registries, conditions);
        let predecessor = match opening.refusal() {
            Some(OpenError::Registry { code, message }) if !code.is_of_content() => {
                let expected = "the release before, to compare the pack with";
                let at = inert(&show(&before.path), 300);
                Predecessor::Error(Finding::new(*code, at, expected, message))
            }
            _ => Predecessor::Pack(Box::new(opening)),
        };
        (Some(predecessor), Some(before))
    }
}

fn opened(pack: &PackRef, registries: &Registries, conditions: &Conditions) -> Opening {
    let limits = &conditions.limits.archive;
    let read = place::read(&pack.path, pack.reference.as_ref(), registries, limits);
    // Nobody judges the archive of an earlier release.
    let conditions = Conditions {
        ask_other_readers: false,
        ..conditions.clone()
    };
    examine::open(read, &conditions)
}

/// The id and the version of an opened pack.
fn identity(opening: &Opening) -> Option<(String, Option<String>)> {
    let manifest = opening.pack()?.manifest();
    Some((manifest.id.clone()?, manifest.version.clone()))
}

impl Known {
    fn add(&mut self, pack: &PackRef, opening: &Opening) {
        match (identity(opening), opening.refusal()) {
            (Some((id, version)), _) => {
                let candidate = Candidate {
                    pack: pack.clone(),
                    version,
                    digest: opening.digest().to_owned(),
                };
                self.by_id.entry(id).or_default().push(candidate);
            }
            (None, refusal) => {
                let why = refusal.map_or("it has no id".into(), |e| e.code().to_string());
                self.unopened.push(format!("{} ({why})", pack.label));
            }
        }
    }

    fn before(&self, opening: &Opening) -> Result<PackRef, Predecessor> {
        let Some((id, version)) = identity(opening) else {
            let why = "the pack has no id, by which the release before would be found";
            return Err(Predecessor::Unknown(why.into()));
        };
        let candidates = self.by_id.get(&id).map_or(&[][..], Vec::as_slice);
        let id = inert(&id, 120);
        if candidates.is_empty() {
            let none = format!("no pack that --previous names has the id `{id}`");
            return Err(match self.unopened.first() {
                None => Predecessor::None(none),
                Some(first) => Predecessor::Unknown(format!(
                    "{none}, and {} could not be opened, the first is {first}",
                    self.unopened.len()
                )),
            });
        }
        let chosen = choose(candidates, version.as_deref(), opening.digest());
        chosen.map(|c| c.pack.clone()).ok_or_else(|| {
            let why = format!(
                "--previous names {} packs with the id `{id}`, and their versions, or that of \
                 the pack, are no semantic versions",
                candidates.len()
            );
            Predecessor::Unknown(why)
        })
    }
}

/// The candidate that a pack of this version and digest follows: another pack of the same
/// version, else the newest of lower version, else the lowest of higher version. A
/// pre-release only if there is no release.
fn choose<'c>(
    candidates: &'c [Candidate],
    version: Option<&str>,
    digest: &str,
) -> Option<&'c Candidate> {
    if let [only] = candidates {
        return Some(only);
    }
    let own = Version::parse(version?).ok()?;
    let parsed = candidates.iter().map(|candidate| {
        let version = Version::parse(candidate.version.as_deref()?).ok()?;
        Some((version, candidate))
    });
    let all: Vec<(Version, &Candidate)> = parsed.collect::<Option<_>>()?;
    let same =
        |(v, c): &&(Version, &Candidate)| v.cmp_precedence(&own).is_eq() && c.digest != digest;
    if let Some((_, candidate)) = all.iter().find(same) {
        return Some(candidate);
    }
    let lower = newest_below(all.iter().map(|(v, c)| (v.clone(), *c)), &own);
    let higher = || {
        let higher = all.iter().filter(|(v, _)| v.cmp_precedence(&own).is_gt());
        higher.min_by(|a, b| a.0.cmp(&b.0)).map(|(_, c)| *c)
    };
    let itself = || all.first().map(|(_, c)| *c);
    lower.or_else(higher).or_else(itself)
}

/// The newest release whose version is below `own`, else the newest such pre-release.
fn newest_below<T>(all: impl Iterator<Item = (Version, T)>, own: &Version) -> Option<T> {
    let lower = all.filter(|(version, _)| version.cmp_precedence(own).is_lt());
    let newest = lower.max_by_key(|(version, _)| (version.pre.is_empty(), version.clone()));
    newest.map(|(_, found)| found)
}

/// The newest lower version in the registry or the layout that the pack comes from.
fn at_its_place(
    pack: &PackRef,
    opening: &Opening,
    registries: &Registries,
) -> Result<PackRef, Predecessor> {
    let Some(reference) = &pack.reference else {
        let why = "--previous auto looks in the registry of a pack, and this one is a file or a \
                   folder; name the release before";
        return Err(Predecessor::Unknown(why.into()));
    };
    let version = identity(opening).and_then(|(_, version)| version);
    let Some(own) = version.and_then(|version| Version::parse(&version).ok()) else {
        let why = "the pack has no semantic version, below which --previous auto would look";
        return Err(Predecessor::Unknown(why.into()));
    };
    let tagged = registries.tagged(reference).map_err(|error| {
        let expected = "the tags beside the pack, for --previous auto";
        let at = inert(&reference.to_string(), 300);
        Predecessor::Error(Finding::new(error.code, at, expected, error.message))
    })?;
    let versions = tagged.into_iter().filter_map(|reference| {
        let version = version_of(&reference)?;
        Some((version, reference))
    });
    match newest_below(versions, &own) {
        Some(before) => Ok(PackRef::of(before)),
        None => Err(Predecessor::None(format!(
            "no tag beside the pack is a version below {own}"
        ))),
    }
}

/// The version that the tag of a reference states.
fn version_of(reference: &Reference) -> Option<Version> {
    let which = match reference {
        Reference::Registry(image) => Some(&image.which),
        Reference::Layout(layout) => layout.which.as_ref(),
    };
    let Some(Which::Tag(tag)) = which else {
        return None;
    };
    Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn chosen(versions: &[&str], own: &str, digest: &str) -> Option<String> {
        let candidates: Vec<Candidate> = versions
            .iter()
            .map(|version| Candidate {
                pack: PackRef::local((*version).into(), PathBuf::new()),
                version: Some((*version).to_owned()),
                digest: format!("digest of {version}"),
            })
            .collect();
        let found = choose(&candidates, Some(own), digest);
        found.map(|c| c.pack.label.clone())
    }

    #[test]
    fn newest_lower_release_is_the_one_before() {
        let all = ["1.0.0", "1.2.0", "1.10.0", "1.11.0-rc.1", "2.0.0"];
        let before = |own| chosen(&all, own, "own");
        assert_eq!(before("1.11.0").as_deref(), Some("1.10.0"));
        assert_eq!(before("3.0.0").as_deref(), Some("2.0.0"));
        assert_eq!(before("1.1.0").as_deref(), Some("1.0.0"));
        assert_eq!(before("0.9.0").as_deref(), Some("1.0.0"));
        let rc = ["1.0.0-rc.1", "1.0.0-rc.2"];
        assert_eq!(chosen(&rc, "1.0.0", "own").as_deref(), Some("1.0.0-rc.2"));
        assert_eq!(chosen(&["1.2", "1.3.0"], "1.4.0", "own"), None);
        assert_eq!(chosen(&["1.2"], "1.4.0", "own").as_deref(), Some("1.2"));
    }

    #[test]
    fn other_bytes_of_the_same_version_come_before_lower_versions() {
        let all = ["1.0.0", "1.1.0"];
        assert_eq!(chosen(&all, "1.1.0", "own").as_deref(), Some("1.1.0"));
        let itself = "digest of 1.1.0";
        assert_eq!(chosen(&all, "1.1.0", itself).as_deref(), Some("1.0.0"));
    }
}
