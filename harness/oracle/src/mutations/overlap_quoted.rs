//! An entry whose data is the next entry, so that both share bytes.

use super::Apply;
use crate::generators::archive::common;

pub(super) const CODE: &str = "E_ZIP_DANGLING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let (first, second) = (archive.fresh(b"", false), archive.fresh(b"shared", false));
    let mut quoted = b"PK\x03\x04".to_vec();
    common(&mut quoted, &archive.entries[second].local);
    quoted.extend(&archive.entries[second].local.name);
    quoted.extend(b"shared");
    let mut crc = flate2::Crc::new();
    crc.update(&quoted);
    archive.both(first, |h| {
        (h.packed, h.size) = (quoted.len() as u32, quoted.len() as u32);
        h.crc = crc.sum();
    });
});
