//! What a publisher needs to see of a failure, beside the reports.

use crate::discover::PackRef;
use crate::exit::{Error, show};
use crate::files;
use provision_core::Status;
use provision_core::pack::digest;
use provision_core::text::slug;
use provision_core::wizard::StepRun;
use provision_oracle::{CheckResult, Level, Observed, Runs, Scope, Subject};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder name for `label`, one name a label.
#[must_use]
pub fn folder_name(label: &str) -> String {
    let slug = slug(label);
    if slug == label {
        return slug;
    }
    // Different labels must not share a folder because of what was cut.
    format!("{slug}-{}", &digest(label.as_bytes())[..8])
}

/// The flags that decide what a run finds: its profile, and whom it trusts.
#[must_use]
pub fn flags(level: Level, trust: &[PathBuf]) -> String {
    let mut flags = match level {
        Level::Must => String::new(),
        Level::Publish | Level::Should => format!(" --profile {}", level.profile()),
    };
    for key in trust {
        flags += &format!(" --trust {}", quoted(&key.to_string_lossy()));
    }
    flags
}

/// The command that judges one scope of one pack again with the run's `flags`,
/// and what selects it.
#[must_use]
pub fn reproduce(pack: &PackRef, flags: &str, scope: &str, check: &str) -> String {
    format!(
        "greentic-provision conformance --packs {}{flags} --filter {}",
        quoted(&pack.path.to_string_lossy()),
        quoted(&format!("{}::{scope}::{check}", pack.own_label())),
    )
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Writes the evidence of every scope of `pack` that did not pass below
/// `root`, and removes what an earlier run left of this pack.
///
/// # Errors
/// [`Error::Io`] names the file.
pub fn write(
    root: &Path,
    pack: &PackRef,
    flags: &str,
    subject: &Subject,
    results: &[CheckResult],
) -> Result<(), Error> {
    let folder = root.join(folder_name(&pack.label));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| Error::io("remove", &folder, e))?;
    }
    let bad = |scope: &Scope| -> Vec<&CheckResult> {
        let failed = |r: &&CheckResult| r.status >= Status::Failed && r.scope == *scope;
        results.iter().filter(failed).collect()
    };
    let of_pack = bad(&Scope::Pack);
    if !of_pack.is_empty() {
        scope_folder(&folder, "pack", pack, flags, subject, &of_pack)?;
    }
    for observed in subject.wizards() {
        let name = &observed.wizard.name;
        let failed = bad(&Scope::Wizard(name.clone()));
        if !failed.is_empty() {
            let folder = scope_folder(&folder, name, pack, flags, subject, &failed)?;
            wizard(&folder, observed)?;
        }
    }
    Ok(())
}

fn scope_folder(
    folder: &Path,
    scope: &str,
    pack: &PackRef,
    flags: &str,
    subject: &Subject,
    failed: &[&CheckResult],
) -> Result<PathBuf, Error> {
    let folder = folder.join(folder_name(scope));
    fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
    let manifest = subject.opened.as_ref().ok().map(|o| o.pack.manifest());
    let identity = json!({
        "pack": pack.label,
        "path": show(&pack.path),
        "id": manifest.and_then(|m| m.id.clone()),
        "version": manifest.and_then(|m| m.version.clone()),
        "digest": subject.digest,
    });
    files::write_evidence(&folder.join("pack.json"), &files::pretty(&identity)?)?;
    let findings: Vec<Value> = failed
        .iter()
        .map(|r| json!({"check": r.check, "status": r.status.name(), "findings": r.findings}))
        .collect();
    files::write_evidence(&folder.join("findings.json"), &files::pretty(&findings)?)?;
    let check = match failed {
        [only] => only.check,
        _ => "",
    };
    let command = format!("{}\n", reproduce(pack, flags, scope, check));
    files::write_evidence(&folder.join("reproduce.txt"), command.as_bytes())?;
    Ok(folder)
}

fn wizard(folder: &Path, observed: &Observed) -> Result<(), Error> {
    let Ok(Runs { inputs, first, .. }) = &observed.runs else {
        return Ok(());
    };
    files::write_evidence(&folder.join("inputs.json"), &files::pretty(inputs)?)?;
    files::write_evidence(
        &folder.join("diagnostics.json"),
        &files::pretty(&first.diagnostics)?,
    )?;
    let steps: Vec<Value> = first.steps.iter().map(step).collect();
    files::write_evidence(&folder.join("steps.json"), &files::pretty(&steps)?)
}

fn step(run: &StepRun) -> Value {
    json!({
        "step": run.step,
        "component": run.component,
        "failure": run.failure(),
        "output": run.output().map(|o| &o.data),
        // Bytes that could not be decoded, as far as they are text at all.
        "raw": run.failure().and(run.raw.as_deref()).map(String::from_utf8_lossy),
        "meters": run.meters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_any_file_name() {
        assert_eq!(quoted("packs/a-b.gtpack"), "packs/a-b.gtpack");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn labels_that_look_alike_as_folders_keep_apart() {
        assert_eq!(folder_name("noop"), "noop");
        assert_ne!(folder_name("a/b"), folder_name("a b"));
        assert!(!folder_name("../..").contains('/'));
    }
}
