//! Which packs `--packs` names: paths, references, patterns and lists of these.

use crate::cli::parsed::Parsed;
use crate::cli::registry::RegistryFlags;
use crate::discover::{Discovered, Marker, PackRef, discover, say_skipped, settle};
use crate::exit::{Error, show};
use crate::place::Place;
use crate::read_file;
use clap::builder::TypedValueParser;
use provision_registry::{Host, Named, Pattern, Reference, Registries};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Packs of a list, at most.
const LISTED: usize = 100_000;

/// One argument of `--packs`.
#[derive(Debug, Clone)]
pub(in crate::cli) enum WantedPacks {
    /// A pack, or a folder that is searched.
    Path(PathBuf),
    /// A pack in a registry or a layout.
    Reference(Reference),
    /// Packs of a registry.
    Pattern(String, Pattern),
    /// A file with one of these a line.
    List(PathBuf),
}

/// Parses an argument of `--packs`.
pub(in crate::cli) fn parser() -> impl TypedValueParser<Value = WantedPacks> {
    Parsed(WantedPacks::parse)
}

impl WantedPacks {
    pub(super) fn parse(text: OsString) -> Result<Self, String> {
        let Some(shown) = text.to_str() else {
            return Ok(Self::Path(PathBuf::from(text)));
        };
        if let Some(list) = shown.strip_prefix('@') {
            return Ok(Self::List(PathBuf::from(list)));
        }
        match Named::parse(shown) {
            None => Ok(Self::Path(PathBuf::from(shown))),
            Some(Err(why)) => Err(why.to_string()),
            Some(Ok(Named::One(reference))) => Ok(Self::Reference(reference)),
            Some(Ok(Named::Many(pattern))) => Ok(Self::Pattern(shown.to_owned(), pattern)),
        }
    }

    /// The file or folder that is read.
    pub(in crate::cli) fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Path(path) | Self::List(path) => Some(path),
            Self::Reference(Reference::Layout(layout)) => Some(&layout.path),
            Self::Reference(Reference::Registry(_)) | Self::Pattern(..) => None,
        }
    }

    /// With `map` of its path, if it has one.
    pub(super) fn map_path(self, map: impl FnOnce(PathBuf) -> PathBuf) -> Self {
        match self {
            Self::Path(path) => Self::Path(map(path)),
            Self::List(path) => Self::List(map(path)),
            Self::Reference(Reference::Layout(mut layout)) => {
                layout.path = map(layout.path);
                Self::Reference(Reference::Layout(layout))
            }
            other @ (Self::Reference(Reference::Registry(_)) | Self::Pattern(..)) => other,
        }
    }

    /// As the user typed it.
    pub(in crate::cli) fn shown(&self) -> String {
        match self {
            Self::Path(path) => show(path),
            Self::Reference(reference) => reference.to_string(),
            Self::Pattern(text, _) => text.clone(),
            Self::List(path) => format!("@{}", show(path)),
        }
    }
}

/// One argument of `--previous`.
#[derive(Debug, Clone)]
pub(super) enum WantedReleases {
    /// The newest lower version at the place of each pack.
    Auto,
    /// Packs, each the release before the one of its id.
    Packs(WantedPacks),
}

/// Parses an argument of `--previous`.
pub(super) fn releases() -> impl TypedValueParser<Value = WantedReleases> {
    Parsed(WantedReleases::parse)
}

impl WantedReleases {
    pub(super) fn parse(text: OsString) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        WantedPacks::parse(text).map(Self::Packs)
    }

    /// The packs; `None` for `auto`.
    pub(super) fn packs(&self) -> Option<&WantedPacks> {
        match self {
            Self::Auto => None,
            Self::Packs(packs) => Some(packs),
        }
    }

    /// For messages.
    fn shown(&self) -> String {
        self.packs().map_or("auto".into(), WantedPacks::shown)
    }

    /// As the user typed it.
    pub(super) fn typed(&self) -> String {
        match self {
            Self::Packs(WantedPacks::Path(path)) => path.to_string_lossy().into_owned(),
            Self::Packs(WantedPacks::List(path)) => format!("@{}", path.to_string_lossy()),
            other => other.shown(),
        }
    }
}

/// The packs that were found, and what asks the registries that hold some of them.
pub(super) struct Found {
    pub(super) packs: Vec<PackRef>,
    pub(super) registries: Registries,
    /// The releases that the packs are compared with.
    pub(super) previous: Vec<PackRef>,
}

/// The arguments, sorted by what they are.
#[derive(Default)]
struct Sorted {
    roots: Vec<PathBuf>,
    references: Vec<Reference>,
    patterns: Vec<Pattern>,
}

/// The packs that `wanted` names, and those that `previous` names. A registry is asked only
/// for a pattern.
///
/// # Errors
/// [`Error::Usage`] for what does not exist and for a malformed list, [`Error::Registry`]
/// for a registry that does not list its packs.
pub(super) fn find(
    (wanted, previous): (&[WantedPacks], &[WantedReleases]),
    flags: &RegistryFlags,
    latest: Option<usize>,
) -> Result<Found, Error> {
    let sorted = Sorted::of(wanted.iter())?;
    let releases = Sorted::of(previous.iter().filter_map(WantedReleases::packs))?;
    if latest.is_some() && sorted.patterns.is_empty() {
        let message = "--latest is for references that name many packs, such as \
                       oci://HOST/REPOSITORY:*";
        return Err(Error::Usage(message.into()));
    }
    let hosts: BTreeSet<&Host> = sorted.hosts().chain(releases.hosts()).collect();
    let registries = flags.for_hosts(&hosts)?;
    let packs = sorted.found("--packs", &registries, latest)?;
    let found = releases.found("--previous", &registries, None)?;
    if found.is_empty() && previous.iter().any(|one| one.packs().is_some()) {
        let shown: Vec<String> = previous.iter().map(WantedReleases::shown).collect();
        let message = format!(
            "--previous {}: there is no pack; name a .gtpack file or the folder of a pack",
            shown.join(" ")
        );
        return Err(Error::Usage(message));
    }
    Ok(Found {
        packs,
        registries,
        previous: found,
    })
}

/// The packs of this machine, and the folders, that `wanted` names.
///
/// # Errors
/// [`Error::Usage`] for what is in a registry or a layout, and for a malformed list.
pub(in crate::cli) fn roots(wanted: &[WantedPacks]) -> Result<Vec<PathBuf>, Error> {
    let sorted = Sorted::of(wanted.iter())?;
    let of_references = sorted.references.iter().map(ToString::to_string);
    let elsewhere = |one: &WantedPacks| matches!(one, WantedPacks::Pattern(..));
    let of_patterns = wanted.iter().filter(|one| elsewhere(one));
    let mut others = of_references.chain(of_patterns.map(WantedPacks::shown));
    match others.next() {
        None => Ok(sorted.roots),
        Some(other) => Err(Error::Usage(format!(
            "{other}: only files and folders of this machine can be watched; `conformance` judges \
             packs in registries and layouts"
        ))),
    }
}

impl Sorted {
    fn of<'w>(wanted: impl Iterator<Item = &'w WantedPacks>) -> Result<Self, Error> {
        let mut sorted = Self::default();
        for one in wanted {
            sorted.add(one)?;
        }
        let places = sorted.references.iter().cloned().map(Place::of);
        if let Some(place) = places.into_iter().find(Place::is_missing) {
            return Err(Error::missing(&place.path));
        }
        Ok(sorted)
    }

    /// The registries that hold some of the packs.
    fn hosts(&self) -> impl Iterator<Item = &Host> {
        let of_references = self
            .references
            .iter()
            .filter_map(|reference| match reference {
                Reference::Registry(image) => Some(&image.host),
                Reference::Layout(_) => None,
            });
        of_references.chain(self.patterns.iter().map(|pattern| &pattern.host))
    }

    /// The packs, sorted by label. `flag` named them.
    fn found(
        self,
        flag: &str,
        registries: &Registries,
        latest: Option<usize>,
    ) -> Result<Vec<PackRef>, Error> {
        let Discovered { mut packs, skipped } = discover(&self.roots, Marker::Manifest)?;
        say_skipped(&skipped, &format!("with {flag}"));
        for pattern in &self.patterns {
            let images = registries.list(pattern, latest).map_err(Error::Registry)?;
            let references = images.into_iter().map(Reference::Registry);
            packs.extend(references.map(PackRef::of));
        }
        packs.extend(self.references.into_iter().map(PackRef::of));
        settle(&mut packs);
        Ok(packs)
    }

    fn add(&mut self, one: &WantedPacks) -> Result<(), Error> {
        match one {
            WantedPacks::Path(path) => self.roots.push(path.clone()),
            WantedPacks::Reference(reference) => self.references.push(reference.clone()),
            WantedPacks::Pattern(_, pattern) => self.patterns.push(pattern.clone()),
            WantedPacks::List(path) => return self.list(path),
        }
        Ok(())
    }

    /// Adds what the lines of the file at `path` name. Empty lines, and those that begin
    /// with `#`, are for people.
    fn list(&mut self, path: &Path) -> Result<(), Error> {
        let text = read_file::read_text(path, read_file::PACK_LIST).map_err(Error::File)?;
        let mut named = 0;
        for (at, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong =
                |why: String| Error::Usage(format!("{}, line {}: {why}", show(path), at + 1));
            named += 1;
            if named > LISTED {
                return Err(wrong(format!(
                    "more than {LISTED} packs; cut the list in parts"
                )));
            }
            match WantedPacks::parse(OsString::from(line)).map_err(wrong)? {
                WantedPacks::List(_) => {
                    return Err(wrong("a list in a list; name its packs here".into()));
                }
                one => self.add(&one)?,
            }
        }
        if named == 0 {
            let message = format!(
                "{}: the list names no pack; write a path or a reference on each line",
                show(path)
            );
            return Err(Error::Usage(message));
        }
        Ok(())
    }
}
