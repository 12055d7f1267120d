//! `pack fix` over every pack of the project and over generated ones: it gives the same
//! bytes when it runs again, takes no check from a pack that passes it, leaves components,
//! flows and plans as they are, and mends what its table promises.

use crate::bridge::generated;
use crate::project::files_of;
use proptest::prelude::*;
use provision_core::archive::{Archive, write};
use provision_core::wizard::{NoopExecutor, StepExecutor};
use provision_core::{Limits, Source, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::fix::{
    FIXES, Facts, Files, Fixed, Wanted, disagreeing_manifests, files, fix, fix_for, regressions,
};
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::mutations::{MUTATIONS, mutate};
use provision_oracle::{CheckResult, Conditions, Subject, judge, observe};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// The conditions of guests that run: each wizard is driven, and not probed.
fn driven() -> Conditions {
    Conditions {
        probes: 0,
        second_runs: false,
        ..Conditions::default()
    }
}

fn limits() -> provision_core::limits::ArchiveLimits {
    Limits::default().archive
}

/// The packs below `packs/FOLDER` as archives, by name. A folder is written as one; of one
/// with several packs, none is taken.
fn archives(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let entries = fs::read_dir(root.join(folder)).expect("a folder of packs");
    let mut all = Vec::new();
    for entry in entries {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        let bytes = if path.is_dir() {
            let files = files_of(&format!("{folder}/{name}"));
            write(&files, &limits()).ok()
        } else if name.ends_with(".gtpack") {
            Some(fs::read(&path).expect("readable"))
        } else {
            None
        };
        all.extend(bytes.map(|bytes| (name.to_owned(), bytes)));
    }
    all.sort();
    all
}

/// What a test needs to fix and judge packs.
struct Bench<'e> {
    executor: &'e dyn StepExecutor,
    conditions: Conditions,
}

impl Bench<'_> {
    fn observed(&self, bytes: &[u8]) -> (Subject, Vec<CheckResult>) {
        let source = Source::Archive(bytes.to_vec().into());
        let subject = observe(Ok(source), self.executor, &self.conditions);
        let results = judge(&subject);
        (subject, results)
    }

    /// The fixed archive, with the first of several manifests as the right one; `None` if
    /// the pack cannot be opened.
    fn fixed(&self, bytes: &[u8], wanted: &Wanted) -> Option<(Fixed, Vec<CheckResult>)> {
        let (subject, results) = self.observed(bytes);
        let opened = subject.opened.as_ref().ok()?;
        let archive = opened.pack.archive().expect("an archive");
        let disagreeing = disagreeing_manifests(&files(archive), subject.limits.depth);
        let right = disagreeing.first().map(|name| (*name).to_owned());
        let facts = Facts::of(&subject, opened, right);
        let fixed = fix(archive, &facts, wanted, &limits()).expect("within bounds");
        Some((fixed, results))
    }

    /// What is wrong with the fix of this pack, and what the table promises for it.
    fn faults(&self, name: &str, bytes: &[u8]) -> (Vec<String>, Promises) {
        let Some((fixed, before)) = self.fixed(bytes, &Wanted::All) else {
            return (Vec::new(), Promises::new());
        };
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(format!("{name}: {what}"));
        let (again, after) = self.fixed(&fixed.bytes, &Wanted::All).expect("opens");
        if again.bytes != fixed.bytes || !again.changes.is_empty() {
            fault(format!("a second fix changes: {:?}", again.changes));
        }
        for lost in regressions(&before, &after, &[]) {
            fault(format!("lost: {lost:?}"));
        }
        let (promises, kept) = (promised(&before), promised(&after));
        for (check, code) in promises.intersection(&kept) {
            fault(format!("{check} still finds {code}"));
        }
        for check in all_promised(&before) {
            let mut now = after.iter().filter(|r| r.check == check);
            if !now.all(|r| r.status == Status::Passed) {
                fault(format!("{check} does not pass"));
            }
        }
        let (found, finds) = (failing(&before), failing(&after));
        let gone = found
            .difference(&finds)
            .filter(|row| !promises.contains(*row));
        for (check, code) in gone {
            fault(format!(
                "{check} does not find {code} any more, which no fix promises"
            ));
        }
        let (old, new) = (opened(bytes), opened(&fixed.bytes));
        for (file, contents) in old.iter().filter(|(file, _)| is_untouchable(file)) {
            if new.get(file) != Some(contents) {
                fault(format!("{file} is touched"));
            }
        }
        (faults, promises)
    }
}

fn opened(bytes: &[u8]) -> Files {
    files(&Archive::open(bytes.to_vec(), &limits()).expect("opens"))
}

/// Components, flows and plans.
fn is_untouchable(file: &str) -> bool {
    let ends = [".wasm", ".wat", ".ygtc", ".plan.json"];
    ends.iter().any(|end| file.ends_with(end)) || file.contains("flows/")
}

/// Checks and codes.
type Promises = BTreeSet<(&'static str, String)>;

/// The findings of all failed checks, by check and code.
fn failing(results: &[CheckResult]) -> Promises {
    let failed = results.iter().filter(|r| r.status == Status::Failed);
    let all = failed.flat_map(|r| r.findings.iter().map(|f| (r.check, f.code.to_string())));
    all.collect()
}

/// The checks on the pack that fail, and whose findings the table promises to mend.
fn all_promised(results: &[CheckResult]) -> impl Iterator<Item = &'static str> {
    let failed = results.iter().filter(|r| r.status == Status::Failed);
    let is_promised = |r: &&CheckResult| r.findings.iter().all(|f| fix_for(r.check, f).is_some());
    failed.filter(is_promised).map(|r| r.check)
}

/// The findings that the table promises to mend, by check and code.
fn promised(results: &[CheckResult]) -> Promises {
    let failed = results.iter().filter(|r| r.status == Status::Failed);
    let findings = failed.flat_map(|r| r.findings.iter().map(move |f| (r.check, f)));
    let mended = findings.filter(|(check, finding)| fix_for(check, finding).is_some());
    mended
        .map(|(check, finding)| (check, finding.code.to_string()))
        .collect()
}

#[test]
fn each_pack_of_the_project_keeps_its_promises_without_guests() {
    let bench = Bench {
        executor: &NoopExecutor,
        conditions: Conditions::default(),
    };
    let mut faults = Vec::new();
    let mut count = 0;
    for folder in ["conforming", "nonconforming", "hostile"] {
        for (name, bytes) in archives(folder) {
            faults.extend(bench.faults(&name, &bytes).0);
            count += 1;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 200, "{count} packs");
}

#[test]
fn each_pack_with_guests_that_run_keeps_its_promises() {
    static EXECUTOR: LazyLock<WasmtimeExecutor> =
        LazyLock::new(|| WasmtimeExecutor::new(&Limits::default().step).expect("an executor"));
    let bench = Bench {
        executor: &*EXECUTOR,
        conditions: driven(),
    };
    let (mut faults, mut mended) = (Vec::new(), BTreeSet::new());
    for folder in ["conforming", "nonconforming"] {
        for (name, bytes) in archives(folder) {
            let (found, promises) = bench.faults(&name, &bytes);
            faults.extend(found);
            mended.extend(promises);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for (check, code) in [
        ("archive.canonical", "E_NOT_CANONICAL"),
        ("hygiene.no-residue", "E_BUILD_RESIDUE"),
        ("integrity.lock", "E_LOCK_DIGEST"),
        ("integrity.sbom", "E_SBOM_MISSING"),
        ("integrity.sbom", "E_SBOM_UNLISTED"),
        ("integrity.sbom-decodes", "E_SBOM_DECODE"),
        ("manifest.unambiguous", "E_MANIFEST_DISAGREES"),
    ] {
        let is_shown = mended.contains(&(check, code.to_owned()));
        assert!(is_shown, "no pack of the project has {check} with {code}");
    }
}

/// Mutations whose SBOM has another format, which nobody converts.
const OF_ANOTHER_FORMAT: [&str; 1] = ["sbom_of_other_format"];

#[test]
fn each_mutation_is_refused_or_mended_as_promised() {
    let bench = Bench {
        executor: &NoopExecutor,
        conditions: Conditions::default(),
    };
    let (mut faults, mut refused) = (Vec::new(), 0);
    for cbor in [false, true] {
        let pack = ValidPack {
            sbom_cbor: cbor,
            ..ValidPack::plain()
        };
        for mutation in MUTATIONS.iter() {
            let bytes = mutate(&pack, &[mutation], &limits());
            if bench.fixed(&bytes, &Wanted::All).is_none() {
                refused += 1;
                continue;
            }
            let (found, _) = bench.faults(mutation.id, &bytes);
            let excepted = OF_ANOTHER_FORMAT.contains(&mutation.id);
            assert!(
                !excepted || !found.is_empty(),
                "the exception is not needed"
            );
            faults.extend(found.into_iter().filter(|_| !excepted));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(refused > 100, "{refused} refused archives");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn sound_pack_of_the_generator_is_fixed_once_and_loses_nothing(pack in generated::<ValidPack>(1_200)) {
        let bench = Bench { executor: &NoopExecutor, conditions: Conditions::default() };
        let bytes = pack.archive(&limits());
        prop_assert_eq!(bench.faults("generated", &bytes).0, [""; 0]);
        let (fixed, _) = bench.fixed(&bytes, &Wanted::All).expect("opens");
        let archive = Archive::open(fixed.bytes, &limits()).expect("opens");
        prop_assert!(provision_core::archive::differences(&archive).is_empty());
    }
}

#[test]
fn each_fix_alone_loses_no_check_and_leaves_what_it_is_not_about() {
    let bench = Bench {
        executor: &NoopExecutor,
        conditions: Conditions::default(),
    };
    let (mut faults, mut changed) = (Vec::new(), BTreeSet::new());
    for (name, bytes) in archives("nonconforming") {
        // With an SBOM that is right: it has to follow each change.
        let Some((sealed, _)) = bench.fixed(&bytes, &Wanted::Only(["sbom"].into())) else {
            continue;
        };
        let bytes = sealed.bytes;
        for row in &FIXES {
            let wanted = Wanted::Only([row.name].into());
            let Some((fixed, before)) = bench.fixed(&bytes, &wanted) else {
                continue;
            };
            if fixed.bytes == bytes {
                continue;
            }
            changed.insert(row.name);
            let (_, after) = bench.observed(&fixed.bytes);
            let lost = regressions(&before, &after, &[]);
            faults.extend(lost.iter().map(|l| format!("{name}, {}: {l:?}", row.name)));
            let follows = ["sbom", "canonical", "signature"];
            let other = |change: &&provision_oracle::fix::Change| {
                change.fix != row.name && !follows.contains(&change.fix)
            };
            let others = fixed.changes.iter().filter(other);
            faults.extend(others.map(|c| format!("{name}, {}: {c:?}", row.name)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let expected = BTreeSet::from(["lock-digests", "manifests", "residue"]);
    assert!(changed.is_superset(&expected), "{changed:?}");
}

#[test]
fn signature_goes_only_if_the_bytes_that_it_signs_change() {
    let bench = Bench {
        executor: &NoopExecutor,
        conditions: Conditions::default(),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let signed = fs::read(root.join("conforming/signed.gtpack")).expect("a pack");
    let (fixed, _) = bench.fixed(&signed, &Wanted::All).expect("opens");
    assert_eq!(
        (fixed.bytes.as_slice(), fixed.signature_removed),
        (&signed[..], false)
    );
    let mut pack = opened(&signed);
    pack.insert("assets/notes.txt~".into(), b"x"[..].into());
    let changed = write(&pack, &limits()).expect("writes");
    let (fixed, _) = bench.fixed(&changed, &Wanted::All).expect("opens");
    assert_eq!((fixed.bytes, fixed.signature_removed), (signed, false));
    // Readers prefer the other SBOM, which the signature is over.
    pack.insert("sbom.json".into(), b"{}"[..].into());
    let changed = write(&pack, &limits()).expect("writes");
    let (fixed, _) = bench.fixed(&changed, &Wanted::All).expect("opens");
    assert!(!fixed.signature_removed && fixed.changes.iter().any(|c| c.fix == "sbom"));
    pack.remove("sbom.json");
    pack.remove("assets/notes.txt~");
    pack.insert("assets/new.txt".into(), b"x"[..].into());
    let changed = write(&pack, &limits()).expect("writes");
    let (fixed, _) = bench.fixed(&changed, &Wanted::All).expect("opens");
    assert!(fixed.signature_removed);
    let kept = opened(&fixed.bytes);
    assert!(!kept.keys().any(|name| name.starts_with("signatures/")));
    let changes: Vec<&str> = fixed.changes.iter().map(|c| c.check).collect();
    assert_eq!(changes, ["integrity.signature", "integrity.sbom"]);
}
