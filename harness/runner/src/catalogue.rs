//! Renders the check catalogue for people: for each check its requirement, the
//! reason, a pack that fails it, a pack that passes it, and what to do.

use provision_core::FindingCode;
use provision_oracle::{Check, Level, Run, checks};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The generated catalogue; a trial compares it with the check table.
pub const MARKDOWN: &str = include_str!("../../../reports/CHECKS.md");

/// A pack of this project that fails a check, and one that passes it.
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// The failing pack, and the codes of its violations.
    pub fails: Option<(String, Vec<String>)>,
    /// The passing pack.
    pub passes: Option<String>,
}

/// The level as the catalogue writes it.
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
    for check in checks::catalogue() {
        let none = Examples::default();
        one(&mut out, check, examples.get(check.id).unwrap_or(&none));
    }
    out += "\n# Codes\n\nA finding has one of these codes, or a code of the Greentic types.\n\n";
    for code in FindingCode::all() {
        let _ = writeln!(out, "- `{code}`: {}", code.sentence().unwrap_or_default());
    }
    out
}

/// The section of `code`: its sentence, and the checks of the catalogue that a pack
/// of this project fails with it.
#[must_use]
pub fn code(code: &FindingCode) -> String {
    let sentence = code.sentence().unwrap_or("A code of another tool.");
    let mut out = format!("## {code}\n\n{sentence}\n");
    let lists = |section: &str| {
        let fails = section.lines().find(|l| l.starts_with("- **Fails.**"));
        let codes = fails.and_then(|l| l.rsplit_once(" with "));
        codes.is_some_and(|(_, codes)| codes.split(", ").any(|c| c == code.as_str()))
    };
    let checks = checks::catalogue().filter(|check| section(check.id).is_some_and(lists));
    let ids: Vec<String> = checks.map(|check| format!("`{}`", check.id)).collect();
    if !ids.is_empty() {
        let _ = writeln!(out, "\nChecks that report it: {}.", ids.join(", "));
    }
    out
}

fn one(out: &mut String, check: &Check, examples: &Examples) {
    let Check {
        id,
        requirement,
        why,
        fix,
        host,
        ..
    } = check;
    let _ = writeln!(out, "\n## {id}\n\nLevel: {}\n", level(check.level));
    let _ = writeln!(out, "- **Applies to.** {}", check.applies.name());
    let _ = writeln!(out, "- **Requirement.** {requirement}");
    let _ = writeln!(out, "- **Why.** {why}");
    let _ = writeln!(out, "- **Where it bites.** {}: {host}", check.bites.name());
    // Where the examples are: packs, or recordings.
    let folder = match check.run {
        Run::OfPack(_) => "packs",
        Run::OfRecording(_) => "corpus",
    };
    if let Some((example, codes)) = &examples.fails {
        let codes = codes.join(", ");
        let _ = writeln!(out, "- **Fails.** `{folder}/{example}` with {codes}");
    }
    if let Some(example) = &examples.passes {
        let _ = writeln!(out, "- **Passes.** `{folder}/{example}`");
    }
    let _ = writeln!(out, "- **What to do.** {fix}");
}

/// The section of check `id`.
#[must_use]
pub fn section(id: &str) -> Option<&'static str> {
    let heading = format!("## {id}\n");
    let start = MARKDOWN.find(&heading)?;
    let rest = MARKDOWN.get(start..)?;
    let end = rest.get(3..)?.find("\n#").map_or(rest.len(), |at| at + 4);
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_one_section_and_every_code_is_listed() {
        for check in checks::catalogue() {
            let section = section(check.id).unwrap_or_default();
            assert!(section.contains(check.requirement), "{}", check.id);
            assert!(section.contains("**What to do.**"), "{}", check.id);
            assert_eq!(section.matches("## ").count(), 1, "{}", check.id);
        }
        assert_eq!(section("no.such"), None);
        assert_eq!(
            MARKDOWN.matches("\n## ").count(),
            checks::catalogue().count()
        );
        for known in FindingCode::all() {
            assert!(MARKDOWN.contains(&format!("\n- `{known}`: ")), "{known}");
        }
    }
}
