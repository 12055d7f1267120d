//! What the reports share that have one result a cause: SARIF, annotations, code quality.
//! Each result is at a place in a file.

use crate::exit::Error;
use crate::fold::{PackRun, Run};
use provision_core::manifest;
use provision_core::text::counted;
use provision_oracle::{Cause, Level};
use std::collections::BTreeSet;

/// A place in a file. NB: lines begin at 1, and platforms require a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// The path below the root of the repository; absolute if the file is elsewhere.
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: Option<u32>,
}

impl Location {
    /// The pack itself.
    pub(super) fn of_pack(path: &str) -> Self {
        Self {
            file: path.to_owned(),
            line: 1,
            column: None,
        }
    }

    /// The first place of `cause` in a file of the pack; the pack if there is none.
    pub(super) fn of(pack: &PackRun, cause: &Cause) -> Self {
        let path = file_of(pack);
        let mut places = cause.places.iter().flat_map(|place| &place.at);
        let first = places.find_map(|at| Self::in_pack(path, at));
        first.unwrap_or_else(|| Self::of_pack(path))
    }

    /// The place `file:line` or `file:line:column` in the pack that `path` stands for, if the
    /// pack is a folder: what is in an archive has no path of its own.
    pub(super) fn in_pack(path: &str, at: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !manifest::FILE_NAMES.contains(&name) {
            return None;
        }
        let (rest, last) = at.rsplit_once(':')?;
        let last: u32 = last.parse().ok().filter(|n| *n > 0)?;
        let before = rest.rsplit_once(':');
        let before = before.and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
        let (file, line, column) = match before.filter(|(_, line)| *line > 0) {
            Some((file, line)) => (file, line, Some(last)),
            None => (rest, last, None),
        };
        let is_path = |c: char| c.is_alphanumeric() || "-._/ ".contains(c);
        let leaves = file.starts_with('/') || file.split('/').any(|part| part == "..");
        if file.is_empty() || leaves || !file.chars().all(is_path) || !file.contains('.') {
            return None;
        }
        let file = match folder {
            "" => file.to_owned(),
            folder => format!("{folder}/{file}"),
        };
        Some(Self { file, line, column })
    }

    /// The path in the repository; `None` if the file is elsewhere, for example in a registry.
    pub(super) fn in_repository(&self) -> Option<&str> {
        let file = self.file.trim_start_matches("./");
        let is_elsewhere = file.starts_with('/') || file == UNKNOWN || file.contains("://");
        (!is_elsewhere && !file.split('/').any(|part| part == "..")).then_some(file)
    }
}

/// What stands for the file of a pack that has none, because the run was cut off.
const UNKNOWN: &str = "unknown";

/// The file that stands for a pack.
pub(super) fn file_of(pack: &PackRun) -> &str {
    let finished = pack.finished.as_ref();
    finished.map_or(UNKNOWN, |f| f.file.as_ref().unwrap_or(&f.path))
}

/// The causes of a pack, each with whether expectations excuse it. A cause that is excused in
/// one place and not in another is not excused.
pub(super) fn causes(pack: &PackRun) -> impl Iterator<Item = (&Cause, bool)> {
    let red: BTreeSet<&str> = pack.causes.iter().map(|c| c.id.as_str()).collect();
    let excused = pack.finished.iter().flat_map(|f| &f.excused);
    let excused = excused.filter(move |cause| !red.contains(cause.id.as_str()));
    let causes = pack.causes.iter().map(|cause| (cause, false));
    causes.chain(excused.map(|cause| (cause, true)))
}

/// The check that stands for a cause.
pub(super) fn rule(cause: &Cause) -> &str {
    let mut named = cause.checks.iter().map(String::as_str);
    named.find(|id| !id.is_empty()).unwrap_or(UNKNOWN)
}

/// How much a cause weighs in a run that requires the checks up to a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// The profile requires it.
    Error,
    /// The profile requires it as good practice.
    Warning,
    /// Advice, or excused.
    Note,
}

impl Weight {
    pub(super) fn of(cause: &Cause, is_excused: bool, required: Level) -> Self {
        if is_excused || cause.level > required {
            return Self::Note;
        }
        Self::of_required(cause.level)
    }

    /// How much a failure of a check of this level weighs, if the profile requires it.
    pub(super) fn of_required(level: Level) -> Self {
        match level {
            Level::Must | Level::Publish => Self::Error,
            Level::Should => Self::Warning,
        }
    }
}

/// A cause of a pack in a report.
pub(super) struct Shown<'r> {
    pub(super) pack: &'r PackRun,
    pub(super) cause: &'r Cause,
    pub(super) weight: Weight,
    is_excused: bool,
}

impl Shown<'_> {
    /// The result as text, which says whether it is excused.
    pub(super) fn text(&self) -> String {
        let excused = if self.is_excused { "Excused: " } else { "" };
        format!("{excused}{}", message(self.pack, self.cause))
    }
}

/// What `make` makes of each cause, the worst first, and how many more than `most` there
/// are. `make` returns `None` for a cause that the report does not show.
pub(super) fn worst_first<T>(
    run: &Run,
    most: usize,
    make: impl Fn(&Shown<'_>) -> Option<T>,
) -> Result<(Vec<T>, usize), Error> {
    let mut by_weight = [Weight::Error, Weight::Warning, Weight::Note].map(|w| (w, Vec::new()));
    let mut count = 0usize;
    run.each(|pack| {
        for (cause, is_excused) in causes(pack) {
            let shown = Shown {
                pack,
                cause,
                weight: Weight::of(cause, is_excused, run.level()),
                is_excused,
            };
            let Some(made) = make(&shown) else {
                continue;
            };
            count += 1;
            let of_weight = by_weight.iter_mut().find(|(w, _)| *w == shown.weight);
            if let Some((_, of_weight)) = of_weight.filter(|(_, made)| made.len() < most) {
                of_weight.push(made);
            }
        }
        Ok(())
    })?;
    let all = by_weight.into_iter().flat_map(|(_, made)| made);
    let first: Vec<T> = all.take(most).collect();
    let more = count - first.len();
    Ok((first, more))
}

/// A result as text: the defect, what follows from it, and what to do.
pub(super) fn message(pack: &PackRun, cause: &Cause) -> String {
    let Cause { what, code, .. } = cause;
    let mut text = format!("{what} ({code}).\nUsers see: {}", cause.users_see);
    text += &format!("\nDo: {}", cause.fix);
    if !cause.also.is_empty() {
        text += &format!("\nAlso: {}", listed(&cause.also));
    }
    let requirements: Vec<&str> = cause.checks.iter().map(String::as_str).collect();
    text += &format!("\nChecks: {}", requirements.join(", "));
    if let Some(root) = &cause.blocked_by {
        text += &format!("\nIt follows from cause {root}.");
    }
    if let Some(command) = pack.finished.as_ref().and_then(|f| f.reproduce.as_ref()) {
        text += &format!("\nReproduce: {command}");
    }
    text
}

/// At most ten of the files, in words.
fn listed(files: &[String]) -> String {
    let shown: Vec<&str> = files.iter().take(10).map(String::as_str).collect();
    match files.len().saturating_sub(10) {
        0 => shown.join(", "),
        more => {
            let more = counted(more, "more file", "more files");
            format!("{} and {more}", shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Location;

    #[test]
    fn place_with_a_line_is_in_the_file_of_a_folder() {
        let found = |path, at| Location::in_pack(path, at);
        let place = |file: &str, line, column| {
            let file = file.to_owned();
            Some(Location { file, line, column })
        };
        let pack = "packs/p/pack.json";
        assert_eq!(
            found(pack, "assets/setup.yaml:3:5"),
            place("packs/p/assets/setup.yaml", 3, Some(5))
        );
        assert_eq!(
            found("pack.json", "qa/a b.json:12"),
            place("qa/a b.json", 12, None)
        );
        for (path, at) in [
            ("packs/p.gtpack", "assets/setup.yaml:3:5"),
            (pack, "/webhook_ops/0/url"),
            (pack, "setup.yaml"),
            (pack, "setup.yaml:0"),
            (pack, "../x.yaml:3"),
            (pack, "https://x.example:3"),
            (pack, "apply:3"),
        ] {
            assert_eq!(found(path, at), None, "{path} {at}");
        }
    }

    #[test]
    fn file_outside_of_the_repository_is_no_place_in_it() {
        for (file, inside) in [
            ("./packs/a.gtpack", Some("packs/a.gtpack")),
            ("/tmp/a.gtpack", None),
            ("oci://registry.example/a:1", None),
            ("../a.gtpack", None),
            ("unknown", None),
        ] {
            let place = Location::of_pack(file);
            assert_eq!(place.in_repository(), inside, "{file}");
        }
    }
}
