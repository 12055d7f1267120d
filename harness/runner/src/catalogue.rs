//! The check catalogue for people: what each check requires, why, what fails
//! it, what passes it, and what to do.

use provision_oracle::{Check, Level, checks};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The catalogue as it was last generated; a trial holds it against the table.
pub const MARKDOWN: &str = include_str!("../../../reports/CHECKS.md");

/// A pack of the project that fails a check, and one that passes it.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// The failing pack, and the codes of its violations.
    pub fails: Option<(String, Vec<String>)>,
    /// The passing pack.
    pub passes: Option<String>,
}

/// The level in the words of the catalogue.
#[must_use]
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "must",
        Level::Publish => "publish",
        Level::Should => "should",
    }
}

/// The catalogue, with `examples` by check id.
#[must_use]
pub fn markdown(examples: &BTreeMap<&str, Examples>) -> String {
    let mut out = String::from(
        "# Checks\n\nGenerated from the check table and from the packs of the project. \
         `greentic-provision explain ID` prints a section.\n\n\
         Profile `core` requires the level must, `publish` also publish, `strict` all.\n",
    );
    for check in checks::all() {
        let none = Examples::default();
        one(&mut out, check, examples.get(check.id).unwrap_or(&none));
    }
    out
}

fn one(out: &mut String, check: &Check, examples: &Examples) {
    let Check {
        id,
        requirement,
        why,
        fix,
        ..
    } = check;
    let _ = writeln!(out, "\n## {id}\n\nLevel: {}\n", level(check.level));
    let _ = writeln!(out, "- **Requirement.** {requirement}");
    let _ = writeln!(out, "- **Why.** {why}");
    if let Some((pack, codes)) = &examples.fails {
        let _ = writeln!(out, "- **Fails.** `packs/{pack}` with {}", codes.join(", "));
    }
    if let Some(pack) = &examples.passes {
        let _ = writeln!(out, "- **Passes.** `packs/{pack}`");
    }
    let _ = writeln!(out, "- **What to do.** {fix}");
}

/// The section of check `id`.
#[must_use]
pub fn section(id: &str) -> Option<&'static str> {
    let heading = format!("## {id}\n");
    let start = MARKDOWN.find(&heading)?;
    let rest = MARKDOWN.get(start..)?;
    let end = rest.get(3..)?.find("\n## ").map_or(rest.len(), |at| at + 4);
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_its_section_and_nothing_else_does() {
        for check in checks::all() {
            let section = section(check.id).unwrap_or_default();
            assert!(section.contains(check.requirement), "{}", check.id);
            assert!(section.contains("**What to do.**"), "{}", check.id);
            assert_eq!(section.matches("## ").count(), 1, "{}", check.id);
        }
        assert_eq!(section("no.such"), None);
        assert_eq!(MARKDOWN.matches("\n## ").count(), checks::all().count());
    }
}
