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
