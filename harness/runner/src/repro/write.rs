//! Writes a bundle for each failure.

use super::bundle::Bundle;
use super::pack::bundled;
use crate::discover::PackRef;
use crate::evidence::folder_name;
use crate::examine::Examined;
use crate::exit::Error;
use crate::files;
use crate::out_folder::OutFolder;
use crate::shrink::{ShrunkAnswers, failed};
use provision_oracle::normalise::Rule;
use provision_oracle::{Conditions, Level, checks};

/// Writes a bundle for each failed check of `examined` below `root`.
///
/// # Errors
/// [`Error::Io`] names the file.
pub fn write(
    root: &OutFolder,
    pack: &PackRef,
    conditions: &Conditions,
    level: Level,
    examined: &Examined,
    shrunk: &ShrunkAnswers<'_>,
) -> Result<(), Error> {
    let subject = &examined.subject;
    for (scope, of_scope) in failed(&examined.results) {
        let folder = root.folder(&folder_name(&pack.label))?;
        let folder = folder.folder(&folder_name(&scope.to_string()))?;
        let folder = folder.folder("repro")?;
        for result in of_scope {
            let bundle = Bundle {
                format: 1,
                version: env!("CARGO_PKG_VERSION").into(),
                pack: bundled(pack, &subject.digest, subject.opened.is_ok()),
                check: result.check.into(),
                scope: result.scope.to_string(),
                profile: level.profile().into(),
                public_base_url: conditions.public_base_url.clone(),
                seed: conditions.seed,
                limits: conditions.limits.clone(),
                normalise: conditions.normalise.iter().map(Rule::to_string).collect(),
                answers: shrunk.of(result).cloned(),
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
