//! Many entries, each inside the bounds, that inflate beyond them together.

use super::{Apply, replace_data};

pub(super) const CODE: &str = "E_INFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let limits = archive.limits();
    let size = limits.entry_bytes;
    let packed = vec![0; (size / limits.ratio) as usize + 1];
    for _ in 0..=limits.total_bytes / size {
        let at = archive.fresh(b"", true);
        replace_data(archive, at, |data| data.clone_from(&packed));
        archive.both(at, |h| h.size = size as u32);
    }
});
