//! What each recording of a run is, without judging it, so that shards weigh alike.

use crate::discover::PackRef;
use crate::read_file::open_regular;
use crate::shard::listing::{Component, Listed};
use provision_core::archive::crc32;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes at each end of a recording that its fingerprint covers. Every shard lists all
/// recordings, which may be long.
const ENDS: u64 = 64 * 1024;

/// Lists `recordings`, in their order. A recording weighs its bytes.
#[must_use]
pub fn list(recordings: &[PackRef]) -> Vec<Listed> {
    recordings.iter().map(listed).collect()
}

fn listed(recording: &PackRef) -> Listed {
    let (fingerprint, bytes) = fingerprint(&recording.path).unwrap_or_default();
    let weight = Component {
        bytes,
        // NB: no two recordings share anything, so each has a number of its own.
        crc32: crc32(recording.label.as_bytes()),
    };
    Listed {
        label: recording.label.clone(),
        fingerprint,
        components: [weight].into(),
    }
}

/// BLAKE3, in hex, of the length of the file at `path` and of its ends; and its length.
fn fingerprint(path: &Path) -> Option<(String, u64)> {
    let mut file = open_regular(path).ok()?;
    let len = file.metadata().ok()?.len();
    let mut hash = blake3::Hasher::new();
    hash.update(&len.to_le_bytes());
    for start in [0, len.saturating_sub(ENDS)] {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(start)).ok()?;
        (&mut file).take(ENDS).read_to_end(&mut bytes).ok()?;
        hash.update(&bytes);
    }
    Some((hash.finalize().to_hex().to_string(), len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::cut::Cut;

    #[test]
    fn long_recording_is_a_shard_of_its_own_and_each_change_of_its_ends_shows() {
        let folder = tempfile::tempdir().expect("a folder");
        let recording = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("writes");
            PackRef::local(name.into(), path)
        };
        let mut long = vec![b' '; 4 * ENDS as usize];
        let recordings = [
            recording("a", b"{}"),
            recording("b", b"{}"),
            recording("long", &long),
        ];
        let listed = list(&recordings);
        let cut = Cut::of(&listed, 2);
        let shards: Vec<u64> = cut.packs.iter().map(|placed| placed.shard).collect();
        assert_eq!(shards[0], shards[1]);
        assert_ne!(shards[0], shards[2]);
        for at in [0, long.len() - 1] {
            long[at] = b'\n';
            let changed = list(&[recording("long", &long)]);
            assert_ne!(changed[0].fingerprint, listed[2].fingerprint, "byte {at}");
            long[at] = b' ';
        }
        long.push(b' ');
        let longer = list(&[recording("long", &long)]);
        assert_ne!(longer[0].fingerprint, listed[2].fingerprint);
    }
}
