//! Writes a bundle for each failure.

use super::bundle::Bundle;
use super::pack::{BundledPack, bundled};
use crate::discover::PackRef;
use crate::evidence::folder_name;
use crate::examine::Examined;
use crate::exit::Error;
use crate::files;
use crate::out_folder::OutFolder;
use crate::shrink::{ShrunkAnswers, failed};
use provision_oracle::normalise::Rule;
use provision_oracle::{Conditions, Level, Previous, Stage, Subject, checks};

/// Writes a bundle for each failed check of `examined` below `root`.
///
/// # Errors
/// [`Error::Io`] names the file.
pub fn write(
    root: &OutFolder,
    (pack, before): (&PackRef, Option<&PackRef>),
    conditions: &Conditions,
    level: Level,
    examined: &Examined,
    shrunk: &ShrunkAnswers<'_>,
) -> Result<(), Error> {
    let subject = &examined.subject;
    let previous = previous(subject, before);
    for (scope, of_scope) in failed(&examined.results) {
        let folder = root.folder(&folder_name(&pack.label))?;
        let folder = folder.folder(&folder_name(&scope.to_string()))?;
        let folder = folder.folder("repro")?;
        for result in of_scope {
            let compares = Stage::of(result.check) == Some(Stage::Compare);
            let answers = match compares {
                // Those of the release before, unless the user gives some.
                true => conditions.answers.as_ref(),
                false => shrunk.of(result),
            };
            let bundle = Bundle {
                format: 1,
                version: env!("CARGO_PKG_VERSION").into(),
                pack: bundled(pack, &subject.digest, subject.opened.is_ok()),
                previous: previous.clone().filter(|_| compares),
                check: result.check.into(),
                scope: result.scope.to_string(),
                profile: level.profile().into(),
                public_base_url: conditions.public_base_url.clone(),
                seed: conditions.seed,
                limits: conditions.limits.clone(),
                normalise: conditions.normalise.iter().map(Rule::to_string).collect(),
                answers: answers.cloned(),
                expected: checks::by_id(result.check)
                    .map_or("", |c| c.requirement)
                    .into(),
                observed: result.findings.clone(),
            };
            let name = format!("{}.json", result.check);
            folder.write(&name, &files::pretty(&bundle)?)?;
        }
    }
    Ok(())
}

/// The release before the pack, if the two were compared.
fn previous(subject: &Subject, before: Option<&PackRef>) -> Option<BundledPack> {
    let Some(Previous::Compared(compared)) = &subject.previous else {
        return None;
    };
    let digest = &compared.comparison.old.digest;
    Some(bundled(before?, digest, true))
}
