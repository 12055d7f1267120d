//! Seeds from the fixture packs, so that libFuzzer's changes start from real inputs.

use crate::fixtures::FIXTURES;
use provision_core::Limits;
use provision_core::archive::Archive;
use provision_core::pack::digest;
use provision_core::rng::Rng;
use provision_core::wasm::{WasmKind, kind};
use provision_core::wizard::{Call, StepExecutor, StepOutcome, StepRequest};
use provision_exec::WasmtimeExecutor;
use provision_fuzz_bytes::Seeds as Source;
use provision_oracle::generators::archive::{ArchiveBuilder, Style};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Seeds by `<target>/<name>`.
pub type Seeds = BTreeMap<String, Vec<u8>>;

/// Bytes of the longest seed; longer ones are slow and reach little more code.
const LONGEST: usize = 64 * 1024;
/// Generated seeds of each target whose input only directs a generator.
const CHOICES: u64 = 12;

/// Seeds that reach no code beyond that of the other seeds of their target.
/// `ci/fuzz-seeds.sh` writes the list, so a new seed is not in it.
const REDUNDANT: &str = include_str!("../../../corpus/redundant.txt");

/// The seeds made from the packs below `packs`, the same each time, without redundant
/// ones.
#[must_use]
pub fn seeds(packs: &Path) -> Seeds {
    let redundant: BTreeSet<&str> = REDUNDANT.lines().collect();
    let mut seeds = all_seeds(packs);
    seeds.retain(|name, _| !redundant.contains(name.as_str()));
    seeds
}

/// All seeds made from the packs below `packs`.
#[must_use]
pub fn all_seeds(packs: &Path) -> Seeds {
    let mut seeds = Seeds::new();
    let mut files = Vec::new();
    walk(packs, &mut files);
    for path in &files {
        let bytes = std::fs::read(path).expect("readable");
        of_file(&mut seeds, path, &bytes);
    }
    folders(&mut seeds, packs);
    answers(&mut seeds);
    for target in crate::all() {
        let mut add = |name: String, bytes: &[u8]| add(&mut seeds, target.name, &name, bytes);
        match target.seeds {
            Source::Files => {}
            Source::Texts(texts) => {
                let texts = texts.iter().enumerate();
                texts.for_each(|(at, text)| add(format!("text-{at}"), text.as_bytes()));
            }
            Source::Random(len) => (0..CHOICES).for_each(|seed| {
                add(format!("choices-{seed}"), &Rng::new(seed).bytes(len));
            }),
        }
    }
    seeds
}

/// Whether this code makes the seed `name`; other seeds are made by hand.
#[must_use]
pub fn is_made(name: &str) -> bool {
    let (head, rest) = name.split_at_checked(12).unwrap_or_default();
    head.bytes().all(|b| b.is_ascii_hexdigit()) && rest.starts_with('-')
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if !path.is_dir() {
            files.push(path);
        } else if !path.ends_with("sources") {
            // The sources of guests are not packs.
            walk(&path, files);
        }
    }
}

/// Adds a seed, unless its target already has the same bytes under another name.
fn add(seeds: &mut Seeds, target: &str, name: &str, bytes: &[u8]) {
    if bytes.len() <= LONGEST {
        let sha = digest(bytes);
        let prefix = format!("{target}/{}-", &sha[..12]);
        if !seeds.keys().any(|key| key.starts_with(&prefix)) {
            seeds.insert(format!("{prefix}{name}"), bytes.to_vec());
        }
    }
}

fn of_file(seeds: &mut Seeds, path: &Path, bytes: &[u8]) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.as_ref() {
        name if name.ends_with(".gtpack") => of_archive(seeds, name, bytes),
        "pack.json" | "manifest.json" => add(seeds, "manifest_json", "pack.json", bytes),
        "manifest.cbor" => add(seeds, "manifest_cbor", "manifest.cbor", bytes),
        name if name.ends_with(".wat") => {
            if let Ok(binary) = wat::parse_bytes(bytes) {
                of_wasm(seeds, &name.replace(".wat", ".wasm"), &binary);
            }
        }
        name if name.ends_with(".wasm") => of_wasm(seeds, name, bytes),
        "setup.input.json" => {
            for (at, _) in FIXTURES.iter().enumerate() {
                for which in [0u8, 3, 4] {
                    let input = [&[at as u8, which], bytes].concat();
                    add(seeds, "step_input", "setup.json", &input);
                }
            }
        }
        _ => {}
    }
}

fn of_wasm(seeds: &mut Seeds, name: &str, binary: &[u8]) {
    match kind(binary) {
        WasmKind::Module => add(seeds, "step_core", name, binary),
        WasmKind::Component => add(seeds, "component_raw", name, binary),
        WasmKind::Precompiled | WasmKind::Other => {}
    }
}

fn of_archive(seeds: &mut Seeds, name: &str, bytes: &[u8]) {
    add(seeds, "archive_bytes", name, bytes);
    add(seeds, "pack_fix", name, bytes);
    add(seeds, "pack_open", name, bytes);
    let Ok(archive) = Archive::open(bytes.to_vec(), &Limits::default().archive) else {
        return;
    };
    for file in archive.names() {
        let content = archive.read(file).unwrap_or_default();
        match file {
            "manifest.cbor" => add(seeds, "manifest_cbor", "manifest.cbor", &content),
            "pack.json" | "manifest.json" => add(seeds, "manifest_json", "pack.json", &content),
            "sbom.cbor" | "sbom.json" | "pack.lock.cbor" | "pack.lock.json" => {
                add(seeds, "sbom", file, &content);
            }
            _ => {}
        }
    }
}

/// Packs that are folders, as archives, if these are small.
fn folders(seeds: &mut Seeds, packs: &Path) {
    for folder in ["conforming", "nonconforming"] {
        let mut paths = Vec::new();
        let entries = std::fs::read_dir(packs.join(folder)).expect("a folder");
        paths.extend(
            entries
                .map(|e| e.expect("an entry").path())
                .filter(|p| p.is_dir()),
        );
        paths.sort();
        for path in paths {
            let mut files = Vec::new();
            walk(&path, &mut files);
            let mut archive = ArchiveBuilder::empty();
            for file in files.iter().filter(|f| !f.ends_with("expect.toml")) {
                let name = file.strip_prefix(&path).expect("below").to_string_lossy();
                let bytes = std::fs::read(file).expect("readable");
                archive.add(&name, &bytes, Style::default());
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let bytes = archive.write();
            if bytes.len() <= 8 * 1024 {
                add(seeds, "archive_bytes", &format!("{name}.gtpack"), &bytes);
                add(seeds, "pack_open", &format!("{name}.gtpack"), &bytes);
            }
        }
    }
}

/// The outputs of the steps of the fixtures.
fn answers(seeds: &mut Seeds) {
    let executor = WasmtimeExecutor::new(&Limits::FUZZ.step).expect("an executor");
    for fixture in FIXTURES.iter() {
        for step in ["requirements", "collect", "validate", "apply", "summary"] {
            let input = format!(r#"{{"step":"{step}","inputs":{{"answers":{{}}}}}}"#);
            let call = Call::Step {
                input: input.into_bytes(),
            };
            let request = StepRequest::new(fixture.file, call);
            let answer = executor.execute(&fixture.pack, &request);
            if let Ok(StepOutcome::Json(bytes)) = answer.result {
                add(seeds, "step_output", &format!("{step}.json"), &bytes);
            }
        }
    }
}
