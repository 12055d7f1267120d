//! archive.*: can the bytes be read, and in one way only?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::Subject;
use crate::zip_readers::Reading;
use provision_core::archive::{ArchiveError, Difference, Violation, differences};
use provision_core::codes::CheckCode;
use provision_core::text::{counted, inert};
use provision_core::{Finding, OpenError};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "archive.readable",
        stage: Stage::Archive,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "Every reader refuses the archive, or reads another one than the verifier.",
        requirement: "The archive is one unambiguous zip: every byte belongs to exactly one record, \
                      and any reader extracts the same files.",
        why: "Two readers that extract different files from the same bytes install different packs, and only one of them was reviewed.",
        fix: "Get the archive again if a byte of it changed on the way. If its only faults are data descriptors, which packers write to a stream, unpack it and pack it into a file: `unzip IN -d DIR`, then in DIR `zip -X -r -D ../OUT.gtpack .`. Otherwise build it again, with a packer that writes one local record and one directory record for each file and nothing else; `greentic-provision pack inspect --pack FILE` shows what each reader sees.",
        run: Run::OfPack(readable),
    },
    Check {
        id: "archive.bounded",
        stage: Stage::Archive,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "The pack tools refuse archives over 64 MiB and entries over 16 MiB.",
        requirement: "The archive stays inside the size, count, ratio and name bounds.",
        why: "An archive of kilobytes can inflate to gigabytes, and a million entries exhaust a host that trusts the count.",
        fix: "Split the pack or leave large assets out; the finding names the bound and the value.",
        run: Run::OfPack(bounded),
    },
    Check {
        id: "archive.portable-names",
        stage: Stage::Archive,
        // The readers of the hosts accept a colon, and hosts run on Linux.
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "Hosts on Linux read the file; on Windows the name is a stream of another file, or refused.",
        requirement: "No name of a file has a colon.",
        why: "Windows reads the part after the colon as a stream of the file before it, so tools there lose the file or hide it.",
        fix: "Rename the file; flows of old packs write `__` instead of `::`.",
        run: Run::OfPack(portable_names),
    },
    Check {
        id: "archive.canonical",
        stage: Stage::Archive,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "No host asks for the canonical form.",
        requirement: "Entries are sorted, dated 1980-01-01, mode 0644, without directories, extra \
                      fields or comments, so that the same content is the same bytes.",
        why: "Only the same bytes can be compared, cached and signed; dates and orders of a build machine make every build a different archive.",
        fix: "Run `greentic-provision pack repack IN OUT` as the last step of the build, before signing.",
        run: Run::OfPack(canonical),
    },
];

fn refused(subject: &Subject) -> Option<&ArchiveError> {
    match &subject.opened {
        Err(OpenError::Archive(error)) => Some(error),
        _ => None,
    }
}

/// The violations of `error` as findings: those of bounds, or all others.
fn findings(error: &ArchiveError, bounds: bool, expected: &str) -> Vec<Finding> {
    let of_side = error.violations().filter(|v| v.rule.is_bound() == bounds);
    let finding = |v: &Violation| {
        let mut at = format!("byte {}", v.offset);
        if let Some(entry) = &v.entry {
            at = format!("{at}, entry `{entry}`");
        }
        Finding::new(v.rule, at, expected, v.detail.clone())
    };
    of_side.map(finding).collect()
}

fn readable(subject: &Subject, out: &mut Findings) {
    if let Err(error @ OpenError::Unread(why)) = &subject.opened {
        let finding = Finding::new(error.code(), "the path", "a pack that can be read", why);
        return out.pack(Conclusion::Error(vec![finding]));
    }
    if let Err(error @ OpenError::Registry { .. }) = &subject.opened {
        let reason = format!("there is no archive: {}", error.code());
        return out.pack(Conclusion::Blocked(reason));
    }
    let Some(error) = refused(subject) else {
        return out.pack(if subject.is_archive {
            Conclusion::Passed
        } else {
            Conclusion::NotApplicable("the pack is a folder, not an archive".into())
        });
    };
    let mut found = findings(error, false, "one unambiguous set of files");
    let Some(first) = found.first_mut() else {
        let reason = format!("reading stopped at a bound: {}", error.rule().code());
        return out.pack(Conclusion::Blocked(reason));
    };
    if let Some(others) = seen_by_others(&subject.readings) {
        first.actual = format!("{}; {others}", first.actual);
    }
    out.pack(Conclusion::Failed(found));
}

/// The files that other readers extract, in one line.
fn seen_by_others(readings: &[Reading]) -> Option<String> {
    let one = |reading: &Reading| match &reading.files {
        Err(why) => format!("{} refuses it ({})", reading.reader, inert(why, 80)),
        Ok(files) => {
            let names: Vec<String> = files.iter().take(8).map(|f| inert(&f.name, 60)).collect();
            let more = match files.len().saturating_sub(names.len()) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            format!("{} sees {}{more}", reading.reader, names.join(", "))
        }
    };
    let all: Vec<String> = readings.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

fn bounded(subject: &Subject, out: &mut Findings) {
    if let Err(OpenError::Unread(_) | OpenError::Registry { .. }) = &subject.opened {
        return;
    }
    out.pack(match refused(subject) {
        None => Conclusion::Passed,
        Some(error) => match findings(error, true, "sizes and counts inside the bounds") {
            found if found.is_empty() => {
                Conclusion::Blocked(format!("reading stopped: {}", error.rule().code()))
            }
            found => Conclusion::Failed(found),
        },
    });
}

fn portable_names(subject: &Subject, out: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let finding = |name: &str| {
        Finding::new(
            CheckCode::NameColon,
            inert(name, 200),
            "a name without `:`",
            "the name has a colon",
        )
    };
    let names = opened.pack.files().filter(|name| name.contains(':'));
    out.pack(Conclusion::of(names.map(finding).collect()));
}

fn canonical(subject: &Subject, out: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let Some(archive) = opened.pack.archive() else {
        let reason = "the pack is a folder, not an archive";
        return out.pack(Conclusion::NotApplicable(reason.into()));
    };
    let found = differences(archive).into_iter().map(|difference| {
        let Difference {
            what,
            offsets,
            entry,
        } = difference;
        let shown: Vec<String> = offsets.iter().take(20).map(u64::to_string).collect();
        let at = format!("byte {}, first entry `{entry}`", shown.join(", "));
        let count = counted(offsets.len(), "record", "records");
        let expected = "the canonical form, which `greentic-provision pack repack` writes";
        Finding::new(
            CheckCode::NotCanonical,
            at,
            expected,
            format!("{what} ({count})"),
        )
    });
    out.pack(Conclusion::of(found.collect()));
}
