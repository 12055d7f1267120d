//! Mutators that keep the format of an input: JSON stays JSON, and the records of an
//! archive stay consistent.

use provision_core::Limits;
use provision_core::archive::Archive;
use provision_core::rng::Rng;
use provision_oracle::generators::archive::{ArchiveBuilder, Style};
use provision_oracle::generators::json::{Dictionary, change};
use serde_json::Value;

/// Levels that a changed document may nest; one more than the readers accept.
const DEEPEST: usize = 65;

/// Changes values of a JSON document; `None` if `data` is not JSON.
pub fn json(data: &[u8], _most: usize, seed: u32) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(data).ok()?;
    let mut numbers = Rng::new(seed.into());
    for _ in 0..=numbers.below(3) {
        change(&mut value, &mut numbers, &Dictionary::default(), DEEPEST);
    }
    serde_json::to_vec(&value).ok()
}

/// Changes a file of an archive, or its name, and writes the archive again, so that
/// sizes, checksums and offsets match the change.
pub fn archive(data: &[u8], _most: usize, seed: u32) -> Option<Vec<u8>> {
    let archive = Archive::open(data.to_vec(), &Limits::FUZZ.archive).ok()?;
    let mut numbers = Rng::new(seed.into());
    let names: Vec<&str> = archive.names().collect();
    let target_entry = numbers.choose(&names).copied();
    let mut changed = ArchiveBuilder::empty();
    for name in &names {
        let mut bytes = archive.read(name)?.into_owned();
        let mut name = (*name).to_owned();
        if Some(name.as_str()) == target_entry {
            match numbers.below(4) {
                0 => continue,
                1 => name.push_str(numbers.choose(&["/x", "..", ":", "é", "~"])?),
                _ => scratch(&mut bytes, &mut numbers),
            }
        }
        changed.add(&name, &bytes, Style::default());
    }
    Some(changed.write())
}

/// Changes values if the bytes are JSON, else one byte.
fn scratch(bytes: &mut Vec<u8>, numbers: &mut Rng) {
    if let Some(changed) = json(bytes, usize::MAX, numbers.next_number() as u32) {
        *bytes = changed;
        return;
    }
    let at = numbers.below(bytes.len() + 1);
    match bytes.get_mut(at) {
        Some(byte) => *byte = numbers.next_number() as u8,
        None => bytes.push(numbers.next_number() as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_oracle::generators::pack::ValidPack;
    use std::collections::BTreeSet;

    #[test]
    fn changed_archives_differ_and_are_mostly_accepted() {
        let limits = Limits::FUZZ.archive;
        let sound = ValidPack::plain().archive(&limits);
        let mut seen = BTreeSet::new();
        let mut refused = 0;
        for seed in 0..400 {
            let changed = archive(&sound, usize::MAX, seed).expect("changes");
            refused += usize::from(Archive::open(changed.clone(), &limits).is_err());
            seen.insert(changed);
        }
        assert!(seen.len() > 100, "{} different archives", seen.len());
        assert!((1..200).contains(&refused), "{refused} of 400 refused");
    }

    #[test]
    fn changed_json_is_json_and_other_bytes_are_not_changed() {
        for seed in 0..400 {
            let changed = json(br#"{"a":[1,"b"]}"#, usize::MAX, seed).expect("changes");
            assert!(serde_json::from_slice::<Value>(&changed).is_ok());
        }
        assert_eq!(json(b"\x00", usize::MAX, 1), None);
    }
}
