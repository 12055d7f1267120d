//! The zip readers with which the targets compare the walker on accepted archives.

use provision_oracle::zip_readers::{READERS, Reader, Visit};
use rc_zip_sync::ReadZip;

/// The readers of the product, and `rc-zip`, which would bring many dependencies to the
/// installed binary.
pub const ALL_READERS: [Reader; 3] = [
    READERS[0],
    READERS[1],
    Reader {
        name: "rc-zip",
        each_file: rc_zip,
    },
];

/// `rc-zip`: visits each file of the archive's directory.
fn rc_zip(bytes: &[u8], visit: &mut Visit<'_>) -> Result<(), String> {
    let archive = bytes.read_zip().map_err(|e| e.to_string())?;
    for entry in archive.entries() {
        // NB: rc-zip does not check the offset at which it starts to read.
        if entry.header_offset > bytes.len() as u64 {
            return Err(format!("{}: offset beyond the file", entry.name));
        }
        // NB: rc-zip takes the kind from the mode alone; FAT archives have no mode.
        if !entry.kind().is_dir() && !entry.name.ends_with('/') {
            visit(&entry.name, &mut entry.reader())?;
        }
    }
    Ok(())
}
