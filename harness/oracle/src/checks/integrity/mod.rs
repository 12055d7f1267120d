//! integrity.*: do SBOM, lock and signature match the pack's bytes?

pub(crate) mod lock;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::{Listing, Subject};
use provision_core::archive::names;
use provision_core::codes::CheckCode;
use provision_core::integrity::sbom::{self, Row, Sbom};
use provision_core::integrity::signature;
use provision_core::manifest::Format;
use provision_core::text::{counted, inert};
use provision_core::{Finding, Limits, Pack};
use std::collections::BTreeSet;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "integrity.sbom-decodes",
        stage: Stage::Integrity,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Load,
        host: "The reader of greentic-pack refuses a pack with an older manifest.",
        requirement: "An SBOM in a pack with an older manifest decodes strictly, and two SBOMs have the same rows.",
        why: "Pack tools refuse a pack whose SBOM they cannot read, and readers that prefer different SBOMs must not see different rows.",
        fix: "Write `sbom.cbor` in the format greentic-sbom-v1, and no second SBOM.",
        run: Run::OfPack(sbom_decodes),
    },
    Check {
        id: "integrity.sbom",
        stage: Stage::Integrity,
        // Hosts load a pack without reading its SBOM.
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "The pack doctor warns; no host refuses.",
        requirement: "The SBOM decodes, and lists exactly the files of the archive with their sizes and BLAKE3 \
                      digests; a second SBOM has the same rows.",
        why: "Nobody reviewed a file that the SBOM does not list, and a file that differs from its row changed after the review.",
        fix: "Write the SBOM after all other files, from the bytes that are packed.",
        run: Run::OfPack(sbom),
    },
    Check {
        id: "integrity.lock",
        stage: Stage::Integrity,
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "The pack doctor reports it; no host refuses.",
        requirement: "The digests in the pack's lock match the components.",
        why: "A lock whose digest differs from the component pins other bytes.",
        fix: "Resolve the lock again after building the components.",
        run: Run::OfPack(lock::pinned),
    },
    Check {
        id: "integrity.lock-current",
        stage: Stage::Integrity,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "The pack doctor refuses the pack; no host reads these rows of the lock.",
        requirement: "The lock names each component as the component describes itself, with the same operations, schemas and description.",
        why: "A lock that lists other operations or hashes was resolved from another build of the component.",
        fix: "Run `greentic-pack resolve` after building the components.",
        run: Run::OfPack(lock::current),
    },
    Check {
        id: "integrity.signature",
        stage: Stage::Integrity,
        level: Level::Publish,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Integrity,
        host: "`greentic-pack verify` refuses the pack under a strict policy.",
        requirement: "The pack is an archive, and is signed by a trusted key over its manifest and SBOM; each certificate up to that key is valid today and follows the path rules of RFC 5280: issuer, authority, path length, usage. The time of signing that the envelope states proves nothing.",
        why: "Without a signature nobody can tell who published these bytes.",
        fix: "Pack a folder into an archive; sign manifest and SBOM with an Ed25519 key whose certificate the user trusts (`--trust key.pem`).",
        run: Run::OfPack(signature),
    },
];

fn sbom_decodes(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let sboms = opened.sboms(subject.limits.depth);
    if sboms.is_empty() {
        return findings.pack(Conclusion::NotApplicable("the pack has no SBOM".into()));
    }
    if opened.pack.manifest().pack_v1.is_some() {
        let reason = "readers of a pack-v1 pack go on without its SBOM; `integrity.sbom` judges it";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    findings.pack(Conclusion::of(undecoded(sboms)));
}

/// The SBOMs that do not decode, and a second one with other rows.
fn undecoded(sboms: &[Listing]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut decoded = Vec::new();
    for (file, sbom) in sboms {
        match sbom {
            Ok(sbom) => decoded.push((*file, sbom)),
            Err(why) => found.push(Finding::new(
                CheckCode::SbomDecode,
                *file,
                "a greentic-sbom-v1 document that decodes strictly",
                inert(&why.to_string(), 300),
            )),
        }
    }
    if let [(_, one), (file, two)] = decoded.as_slice() {
        let set = |sbom: &Sbom| sbom.rows.iter().cloned().collect::<BTreeSet<_>>();
        if set(one) != set(two) {
            found.push(Finding::new(
                CheckCode::SbomAmbiguous,
                *file,
                "the rows of sbom.cbor, which other readers prefer",
                "other rows",
            ));
        }
    }
    found
}

fn sbom(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let pack = &opened.pack;
    let sboms = opened.sboms(subject.limits.depth);
    if sboms.is_empty() {
        if is_worker(pack) {
            let reason = "the form of digital workers has no SBOM";
            return findings.pack(Conclusion::NotApplicable(reason.into()));
        }
        if !subject.is_archive {
            let reason = "a folder gets its SBOM when it is packed";
            return findings.pack(Conclusion::NotApplicable(reason.into()));
        }
        let expected = "sbom.cbor or sbom.json, with a row for every file";
        let finding = Finding::new(CheckCode::SbomMissing, "the pack", expected, "neither");
        return findings.pack(Conclusion::Failed(vec![finding]));
    }
    let mut decoded = sboms
        .iter()
        .filter_map(|(file, sbom)| Some((*file, sbom.as_ref().ok()?)));
    let mut found = match pack.manifest().pack_v1 {
        Some(_) => undecoded(sboms),
        None => Vec::new(),
    };
    findings.pack(match decoded.next() {
        Some((file, sbom)) => {
            found.extend(against_files(pack, file, sbom));
            Conclusion::of(found)
        }
        None if !found.is_empty() => Conclusion::Failed(found),
        None => Conclusion::Blocked("no SBOM of the pack decodes".into()),
    });
}

/// Whether the pack has the form of digital workers, without SBOM and signature.
fn is_worker(pack: &Pack) -> bool {
    pack.manifest().format == Format::DigitalWorker
}

/// Whether an SBOM need not list the file: it cannot list itself, and its signature is
/// made after it.
pub(crate) fn is_exempt(name: &str) -> bool {
    sbom::FILE_NAMES.contains(&name)
        || name == signature::SIGNATURE_FILE
        || name == signature::CHAIN_FILE
}

/// Compares the rows with the files, in both directions.
fn against_files(pack: &Pack, file: &str, sbom: &Sbom) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut listed = BTreeSet::new();
    for row in &sbom.rows {
        let listed = listed.insert(row.path.as_str());
        if let Some((code, expected, actual)) = row_violation(pack, row, !listed) {
            let at = format!("{file}, `{}`", inert(&row.path, 120));
            found.push(Finding::new(code, at, expected, actual));
        }
    }
    let unlisted = pack
        .files()
        .filter(|n| !is_exempt(n) && !listed.contains(n));
    found.extend(unlisted.map(|name| {
        let at = format!("`{}`", inert(name, 120));
        Finding::new(
            CheckCode::SbomUnlisted,
            at,
            format!("a row in {file}"),
            "none",
        )
    }));
    found
}

/// The first violation of `row`: its code, what is expected, and what is found.
fn row_violation(pack: &Pack, row: &Row, repeated: bool) -> Option<(CheckCode, String, String)> {
    if let Err(violation) = names::check(&row.path, 0, &Limits::default().archive) {
        let detail = violation.detail.into();
        return Some((CheckCode::SbomPath, "a safe path".into(), detail));
    }
    if repeated {
        let actual = "a second row".into();
        return Some((CheckCode::SbomDuplicate, "one row a file".into(), actual));
    }
    let (Some(info), Some(size)) = (pack.info(&row.path), pack.size(&row.path)) else {
        let expected = "a file of this name".into();
        return Some((CheckCode::SbomNoFile, expected, "none".into()));
    };
    if size != row.size {
        let [expected, actual] = [row.size, size].map(|bytes| counted(bytes, "byte", "bytes"));
        return Some((CheckCode::SbomSize, expected, actual));
    }
    let actual = info.blake3.to_hex().to_string();
    let expected = format!("BLAKE3 {}", row.blake3);
    (actual != row.blake3).then_some((CheckCode::SbomDigest, expected, actual))
}

fn signature(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let pack = &opened.pack;
    if is_worker(pack) {
        let reason = "the form of digital workers has no signature";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    if !subject.is_archive {
        let reason = "a folder is signed when it is packed";
        return findings.pack(if subject.drafts {
            Conclusion::NotApplicable(reason.into())
        } else {
            let expected = "an archive: pack the folder, then sign the archive";
            let (code, at) = (CheckCode::NotArchive, "the pack");
            Conclusion::Failed(vec![Finding::new(code, at, expected, "a folder")])
        });
    }
    let failed = |code: CheckCode, at: &str, actual: String| {
        let expected = "an Ed25519 signature by a trusted key (--trust key.pem)";
        Conclusion::Failed(vec![Finding::new(code, at, expected, actual)])
    };
    let (envelope, chain) = (
        pack.read(signature::SIGNATURE_FILE),
        pack.read(signature::CHAIN_FILE),
    );
    let (Some(envelope), Some(chain)) = (envelope, chain) else {
        let missing = "signatures/pack.sig or signatures/chain.pem is missing";
        return findings.pack(failed(
            CheckCode::SignatureMissing,
            "the pack",
            missing.into(),
        ));
    };
    let Some((file, Ok(sbom))) = opened.sboms(subject.limits.depth).first() else {
        let reason = "there is no SBOM that decodes, which the signature is over";
        return findings.pack(Conclusion::Blocked(reason.into()));
    };
    let signed = signature::Signed {
        // NB: the signature covers the binary manifest, even if there are others.
        manifest: &pack
            .read("manifest.cbor")
            .or_else(|| pack.read(pack.manifest_file()))
            .unwrap_or_default(),
        sbom: &pack.read(file).unwrap_or_default(),
        rows: &sbom.rows,
        envelope: &envelope,
        chain: &chain,
    };
    findings.pack(
        match signature::verify(&signed, &subject.trusted, subject.limits.depth, subject.now) {
            Ok(()) => Conclusion::Passed,
            Err(e) => failed(
                e.code(),
                signature::SIGNATURE_FILE,
                inert(&e.to_string(), 300),
            ),
        },
    );
}
