//! The packs of this project: compared with themselves, and each with another one in both
//! directions.

use super::unmirrored;
use crate::project::files_of;
use provision_core::{Limits, Source};
use provision_exec::WasmtimeExecutor;
use provision_oracle::comparison::{Comparison, compare, observe_both};
use provision_oracle::{Conditions, Opening};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static EXECUTOR: LazyLock<WasmtimeExecutor> =
    LazyLock::new(|| WasmtimeExecutor::new(&Limits::default().step).expect("an executor"));

/// The names of the packs below `packs/FOLDER`, sorted. A layout is a folder of several.
fn names(folder: &str) -> Vec<String> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = fs::read_dir(packs.join(folder)).expect("readable");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let packs = paths.filter(|path| path.extension().is_none_or(|e| e != "toml"));
    let packs = packs.filter(|path| !path.join("oci-layout").exists());
    let name = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        format!("{folder}/{name}")
    };
    let mut names: Vec<String> = packs.map(name).collect();
    names.sort();
    names
}

fn opened(name: &str, conditions: &Conditions) -> Opening {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packs")
        .join(name);
    let source = if path.is_dir() {
        Source::Folder {
            files: files_of(name),
            manifest: None,
        }
    } else {
        Source::Archive(Arc::new(fs::read(path).expect("readable")))
    };
    Opening::of(Ok(source), conditions)
}

/// `new` compared with `old`; `None` if one cannot be opened, or if their versions differ.
fn compared(old: &str, new: &str, conditions: &Conditions) -> Option<Comparison> {
    let both = [old, new].map(|name| opened(name, conditions));
    let versions = both
        .each_ref()
        .map(|o| o.pack().map(|p| p.manifest().version.clone()));
    let [Some(before), Some(after)] = versions else {
        return None;
    };
    if before != after {
        return None;
    }
    let [old, new] = observe_both(both, &*EXECUTOR, conditions);
    Some(compare(&old, &new).expect("two packs in order"))
}

#[test]
fn pack_does_not_differ_from_itself() {
    let conditions = Conditions::default();
    let mut count = 0;
    for folder in ["conforming", "nonconforming", "previous"] {
        for name in names(folder) {
            let Some(comparison) = compared(&name, &name, &conditions) else {
                continue;
            };
            let Comparison {
                changes, reaches, ..
            } = &comparison;
            assert!(
                changes.is_empty() && reaches.is_empty(),
                "{name}: {comparison:#?}"
            );
            if folder == "conforming" {
                assert_eq!(comparison.not_compared, [], "{name}");
            }
            count += 1;
        }
    }
    assert!(count > 100, "{count} packs");
}

/// Both directions get the same answers: those of the older pack would be others.
#[test]
fn packs_in_the_other_order_have_the_mirrored_differences() {
    let conditions = Conditions {
        answers: Some(json!({})),
        ..Conditions::default()
    };
    let all: Vec<String> = ["conforming", "nonconforming"]
        .into_iter()
        .flat_map(names)
        .collect();
    let mut faults = Vec::new();
    let mut count = 0;
    for pair in all.windows(2) {
        let [one, other] = pair else { continue };
        let there = compared(one, other, &conditions);
        let Some(there) = there else { continue };
        let back = compared(other, one, &conditions).expect("compared there");
        let found = unmirrored(&there, &back);
        faults.extend(found.map(|fault| format!("{one}, {other}: {fault}")));
        count += 1;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 40, "{count} pairs");
}

/// The question for the secret is gone as well, but the secret says so; that is no reason why
/// the new wizard refuses what the old one accepts.
#[test]
fn refusal_breaks_beside_a_secret_that_is_no_longer_required() {
    let conditions = Conditions {
        answers: Some(json!({})),
        ..Conditions::default()
    };
    let one = "nonconforming/redirect-elsewhere";
    let other = "nonconforming/refuses-own-answers";
    let rules = |old, new| {
        let comparison = compared(old, new, &conditions).expect("both open");
        let changes = comparison.changes.iter();
        let rules = changes.map(|change| change.rule.slug());
        rules.collect::<BTreeSet<_>>()
    };
    assert_eq!(
        rules(one, other),
        [
            "pack.id-changed",
            "plan.answers-refused",
            "secret.not-required"
        ]
        .into()
    );
    assert_eq!(
        rules(other, one),
        [
            "pack.id-changed",
            "plan.answers-accepted",
            "secret.required"
        ]
        .into()
    );
}
