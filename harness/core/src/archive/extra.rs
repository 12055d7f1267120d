//! Extra fields: timestamps and owners are let through, each once and
//! well-formed; whatever could change a name or a size is not.
//!
//! Info-ZIP's `zip` writes both for every file, and published packs have them.

use super::{ArchiveError, Rule};

/// Extended timestamp (`UT`, Info-ZIP): flags, then four bytes a time.
const EXTENDED_TIMESTAMP: u16 = 0x5455;
/// Unix owner (`ux`, Info-ZIP): version, sized user id, sized group id.
const UNIX_OWNER: u16 = 0x7875;

/// Checks the extra field of the entry `name` in the record at `offset`.
pub(super) fn check(extra: &[u8], offset: usize, name: &str) -> Result<(), ArchiveError> {
    problem(extra).map_or(Ok(()), |detail| {
        Err(ArchiveError::new(Rule::Extra, offset, detail).of(name))
    })
}

fn problem(mut rest: &[u8]) -> Option<String> {
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let [id_low, id_high, len_low, len_high, tail @ ..] = rest else {
            return Some("the extra field is cut off".into());
        };
        let id = u16::from_le_bytes([*id_low, *id_high]);
        let len = usize::from(u16::from_le_bytes([*len_low, *len_high]));
        let Some((value, tail)) = tail.split_at_checked(len) else {
            return Some(format!("extra field {id:#06x} is cut off"));
        };
        if seen.contains(&id) {
            return Some(format!("extra field {id:#06x} is there twice"));
        }
        let well_formed = match id {
            EXTENDED_TIMESTAMP => is_timestamp(value),
            UNIX_OWNER => is_owner(value),
            _ => return Some(format!("extra field {id:#06x}; a pack needs none")),
        };
        if !well_formed {
            return Some(format!("extra field {id:#06x} is malformed"));
        }
        seen.push(id);
        rest = tail;
    }
    None
}

/// NB: directory records repeat the flags of all times, and hold the first.
fn is_timestamp(value: &[u8]) -> bool {
    matches!(value, [flags, times @ ..] if flags & !7 == 0
        && times.len() % 4 == 0
        && times.len() <= 4 * flags.count_ones() as usize)
}

fn is_owner(value: &[u8]) -> bool {
    let [1, uid_len, rest @ ..] = value else {
        return false;
    };
    let gid = rest.get(usize::from(*uid_len)..);
    matches!(gid, Some([gid_len, gid @ ..]) if usize::from(*gid_len) == gid.len())
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn timestamps_and_owners_are_all_that_is_let_through() {
        let ut = [0x55, 0x54, 5, 0, 3, 1, 2, 3, 4];
        let ux = [0x75, 0x78, 11, 0, 1, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0];
        assert_eq!(problem(&[]), None);
        assert_eq!(problem(&ut), None);
        assert_eq!(problem(&[&ut[..], &ux].concat()), None);
        for bad in [
            &[0x55][..],
            &[0x55, 0x54, 6, 0, 3, 1, 2, 3, 4],
            &[0x55, 0x54, 1, 0, 0xff],
            &[0x55, 0x54, 0, 0],
            &[0x75, 0x78, 2, 0, 1, 4],
            &[0x75, 0x78, 3, 0, 1, 0, 9],
            // A Unicode path that renames, and a ZIP64 size.
            &[0x75, 0x70, 1, 0, 1],
            &[1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[&ut[..], &ut].concat(),
            &[&ut[..], &[0]].concat(),
        ] {
            assert!(problem(bad).is_some(), "{bad:02x?}");
        }
    }
}
