//! Whether a layer is a pack, by its bytes. What is wrong with the archive is for the
//! checks to say, so this looks at names alone and forgives everything else.

use provision_core::manifest;

/// What the bytes of a layer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A zip with a manifest of a pack, or one whose directory is lost: only the checks
    /// can say more about it.
    Pack,
    /// A zip with a directory that lists no manifest.
    OtherZip,
    /// No zip.
    Other,
}

/// The first bytes of a zip: of its first local record, or of its end if it is empty.
pub(crate) fn begins_as_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Says what `bytes` are.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    if !begins_as_zip(bytes) {
        return Kind::Other;
    }
    let mut listed = false;
    for (at, _) in bytes
        .windows(4)
        .enumerate()
        .filter(|(_, w)| w == b"PK\x01\x02")
    {
        let number = |offset: usize| {
            let two = bytes.get(at + offset..at + offset + 2)?;
            Some(usize::from(u16::from_le_bytes([two[0], two[1]])))
        };
        // Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.12.
        let name = number(28).and_then(|len| bytes.get(at + 46..at + 46 + len));
        let Some(name) = name else { continue };
        listed = true;
        if manifest::FILE_NAMES
            .iter()
            .any(|file| name == file.as_bytes())
            || name == b"pack.yaml"
        {
            return Kind::Pack;
        }
    }
    if listed { Kind::OtherZip } else { Kind::Pack }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn central(name: &str) -> Vec<u8> {
        let mut record = b"PK\x01\x02".to_vec();
        record.resize(46, 0);
        record[28] = u8::try_from(name.len()).expect("short");
        record.extend(name.bytes());
        record
    }

    #[test]
    fn manifest_in_the_directory_makes_a_zip_a_pack() {
        let zip = |name: &str| [b"PK\x03\x04data".to_vec(), central(name)].concat();
        assert_eq!(kind(&zip("manifest.cbor")), Kind::Pack);
        assert_eq!(kind(&zip("pack.json")), Kind::Pack);
        assert_eq!(kind(&zip("docs/manifest.cbor")), Kind::OtherZip);
        assert_eq!(kind(&zip("README.md")), Kind::OtherZip);
        assert_eq!(kind(b"PK\x03\x04cut off"), Kind::Pack);
        assert_eq!(kind(b"# pack.json"), Kind::Other);
    }
}
