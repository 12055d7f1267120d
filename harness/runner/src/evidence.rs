//! Writes the evidence of failures, which a publisher needs in addition to the reports.

use crate::discover::PackRef;
use crate::exit::{Error, show};
use crate::files;
use crate::out_folder::OutFolder;
use crate::shrink::failed;
use provision_core::Status;
use provision_core::pack::digest;
use provision_core::text::slug;
use provision_core::wizard::StepRun;
use provision_oracle::normalise::{Rule, Rules};
use provision_oracle::{CheckResult, Level, Observed, Runs, Scope, Subject};
use provision_registry::Settings;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A folder name for `label`; different labels get different names.
#[must_use]
pub fn folder_name(label: &str) -> String {
    let slug = slug(label);
    if slug == label {
        return slug;
    }
    // The slug loses characters; the digest distinguishes labels with equal slugs.
    format!("{slug}-{}", &digest(label.as_bytes())[..8])
}

/// The flags that affect the results of a run: its profile, its trusted keys and its
/// answers.
#[must_use]
pub fn flags(level: Level, trust: &[PathBuf], answers: Option<&Path>) -> String {
    let mut flags = match level {
        Level::Must => String::new(),
        Level::Publish | Level::Should => format!(" --profile {}", level.profile()),
    };
    for key in trust {
        flags += &format!(" --trust {}", quoted(&key.to_string_lossy()));
    }
    if let Some(answers) = answers {
        flags += &format!(" --answers {}", quoted(&answers.to_string_lossy()));
    }
    flags
}

/// The flags without which results would be compared with goldens in another way.
#[must_use]
pub fn rule_flags(rules: &Rules) -> String {
    let flag = |rule: &Rule| format!(" --normalise {}", quoted(&rule.to_string()));
    rules.iter().map(flag).collect()
}

/// The flags without which a registry would be asked in another way.
#[must_use]
pub fn registry_flags(settings: &Settings) -> String {
    let mut flags = String::new();
    if settings.plain_http {
        flags += " --plain-http";
    }
    for host in &settings.auth_hosts {
        flags += &format!(" --auth-host {host}");
    }
    flags
}

/// The command that judges one scope of one pack again, with the run's `flags` and a
/// filter for `check`.
#[must_use]
pub fn reproduce(pack: &PackRef, flags: &str, scope: &str, check: &str) -> String {
    format!(
        "greentic-provision conformance --packs {}{flags} --filter {}",
        quoted(&pack.path.to_string_lossy()),
        quoted(&format!("{}::{scope}::{check}", pack.own_label())),
    )
}

/// The command that judges all failed checks of one pack again, with the run's `flags`;
/// `None` if none failed.
#[must_use]
pub fn reproduce_all(pack: &PackRef, flags: &str, results: &[CheckResult]) -> Option<String> {
    let failed: Vec<&CheckResult> = results
        .iter()
        .filter(|r| r.status >= Status::Failed)
        .collect();
    match failed[..] {
        [] => None,
        [only] => Some(reproduce(pack, flags, &only.scope.to_string(), only.check)),
        _ => Some(format!(
            "greentic-provision conformance --packs {}{flags}",
            quoted(&pack.path.to_string_lossy()),
        )),
    }
}

/// `text` as one word of a POSIX shell.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Removes the evidence of `pack` that an earlier run left below `root`, and writes
/// that of every scope with a failure or an error.
///
/// # Errors
/// [`Error::Io`] names the file.
pub fn write(
    root: &OutFolder,
    pack: &PackRef,
    flags: &str,
    subject: &Subject,
    results: &[CheckResult],
) -> Result<(), Error> {
    let name = folder_name(&pack.label);
    root.remove(&name)?;
    let mut failed = failed(results);
    let folder = || root.folder(&name);
    if let Some(of_pack) = failed.remove(&Scope::Pack) {
        scope_folder(&folder()?, "pack", pack, flags, subject, &of_pack)?;
    }
    for observed in subject.wizards() {
        let name = &observed.wizard.name;
        if let Some(of_wizard) = failed.remove(&Scope::Wizard(name.clone())) {
            let folder = scope_folder(&folder()?, name, pack, flags, subject, &of_wizard)?;
            wizard(&folder, observed)?;
        }
    }
    Ok(())
}

fn scope_folder(
    folder: &OutFolder,
    scope: &str,
    pack: &PackRef,
    flags: &str,
    subject: &Subject,
    failed: &[&CheckResult],
) -> Result<OutFolder, Error> {
    let folder = folder.folder(&folder_name(scope))?;
    let manifest = subject.opened.as_ref().ok().map(|o| o.pack.manifest());
    let identity = json!({
        "pack": pack.label,
        "path": show(&pack.path),
        "id": manifest.and_then(|m| m.id.clone()),
        "version": manifest.and_then(|m| m.version.clone()),
        "digest": subject.digest,
    });
    folder.write("pack.json", &files::pretty(&identity)?)?;
    let findings: Vec<Value> = failed
        .iter()
        .map(|r| json!({"check": r.check, "status": r.status.name(), "findings": r.findings}))
        .collect();
    folder.write("findings.json", &files::pretty(&findings)?)?;
    let check = match failed {
        [only] => only.check,
        _ => "",
    };
    let command = format!("{}\n", reproduce(pack, flags, scope, check));
    folder.write("reproduce.txt", command.as_bytes())?;
    Ok(folder)
}

fn wizard(folder: &OutFolder, observed: &Observed) -> Result<(), Error> {
    let Ok(Runs { inputs, first, .. }) = &observed.runs else {
        return Ok(());
    };
    folder.write("inputs.json", &files::pretty(inputs)?)?;
    folder.write("diagnostics.json", &files::pretty(&first.diagnostics)?)?;
    let steps: Vec<Value> = first.steps.iter().map(step).collect();
    folder.write("steps.json", &files::pretty(&steps)?)
}

fn step(run: &StepRun) -> Value {
    json!({
        "step": run.step,
        "component": run.component,
        "failure": run.failure(),
        "output": run.output().map(|o| &o.data),
        // The output of a failed step, as lossy text.
        "raw": run.failure().and(run.raw.as_deref()).map(String::from_utf8_lossy),
        "meters": run.meters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_with_shell_characters_is_quoted() {
        assert_eq!(quoted("packs/a-b.gtpack"), "packs/a-b.gtpack");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn labels_with_the_same_slug_get_different_folders() {
        assert_eq!(folder_name("noop"), "noop");
        assert_ne!(folder_name("a/b"), folder_name("a b"));
        assert!(!folder_name("../..").contains('/'));
    }
}
