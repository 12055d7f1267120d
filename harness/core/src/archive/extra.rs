//! Extra fields: one well-formed timestamp and one well-formed owner are allowed.
//! Everything else is refused, because it could change a name or a size.
//!
//! Info-ZIP's `zip` writes both for every file, so published packs have them.

use super::error::Rule;
use std::collections::BTreeMap;

/// Extended timestamp (`UT`, Info-ZIP): flags, then four bytes a time.
const EXTENDED_TIMESTAMP: u16 = 0x5455;
/// Sizes and offset beyond 4 GiB.
const ZIP64: u16 = 0x0001;
/// Unix owner (`ux`, Info-ZIP): version, sized user id, sized group id.
const UNIX_OWNER: u16 = 0x7875;

/// Why the extra field is refused, if it is.
pub(super) fn problem(mut rest: &[u8]) -> Option<(Rule, String)> {
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let [id_low, id_high, len_low, len_high, tail @ ..] = rest else {
            return Some((Rule::Extra, "the extra field is cut off".into()));
        };
        let id = u16::from_le_bytes([*id_low, *id_high]);
        let len = usize::from(u16::from_le_bytes([*len_low, *len_high]));
        let Some((value, tail)) = tail.split_at_checked(len) else {
            return Some((Rule::Extra, format!("extra field {id:#06x} is cut off")));
        };
        if seen.contains(&id) {
            return Some((Rule::Extra, format!("extra field {id:#06x} occurs twice")));
        }
        let well_formed = match id {
            EXTENDED_TIMESTAMP => is_timestamp(value),
            UNIX_OWNER => is_owner(value),
            ZIP64 => return Some((Rule::Zip64, "ZIP64 extra field; a pack needs none".into())),
            _ => {
                let detail = format!("extra field {id:#06x}; a pack needs none");
                return Some((Rule::Extra, detail));
            }
        };
        if !well_formed {
            return Some((Rule::Extra, format!("extra field {id:#06x} is malformed")));
        }
        seen.push(id);
        rest = tail;
    }
    None
}

/// How the extra fields of the local and the directory record contradict each
/// other. They agree if both have the same fields, equal owners and an equal first
/// time.
pub(super) fn contradiction(local: &[u8], central: &[u8]) -> Option<&'static str> {
    let (local, central) = (fields(local), fields(central));
    if local.keys().ne(central.keys()) {
        return Some("they have different extra fields");
    }
    for (id, here) in local {
        let there = central.get(&id).copied().unwrap_or_default();
        // Flags and the first time; only the local record has further times.
        let same = match id {
            EXTENDED_TIMESTAMP => here.get(..5).unwrap_or(here) == there,
            _ => here == there,
        };
        if !same {
            return Some("their extra fields differ in value");
        }
    }
    None
}

/// The fields of a well-formed extra field, by id.
fn fields(mut rest: &[u8]) -> BTreeMap<u16, &[u8]> {
    let mut fields = BTreeMap::new();
    while let [a, b, c, d, tail @ ..] = rest {
        let len = usize::from(u16::from_le_bytes([*c, *d])).min(tail.len());
        let (value, tail) = tail.split_at(len);
        fields.insert(u16::from_le_bytes([*a, *b]), value);
        rest = tail;
    }
    fields
}

/// NB: a directory record repeats the flags of all times, but has only the first time.
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
    use super::{Rule, problem};

    #[test]
    fn only_well_formed_timestamp_and_owner_are_allowed() {
        let ut = [0x55, 0x54, 5, 0, 3, 1, 2, 3, 4];
        let ux = [0x75, 0x78, 11, 0, 1, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0];
        assert_eq!(problem(&[]), None);
        assert_eq!(problem(&ut), None);
        assert_eq!(problem(&[&ut[..], &ux].concat()), None);
        for (bad, rule, detail) in [
            (&[0x55][..], Rule::Extra, "the extra field is cut off"),
            (
                &[0x55, 0x54, 6, 0, 3, 1, 2, 3, 4],
                Rule::Extra,
                "0x5455 is cut off",
            ),
            (
                &[0x55, 0x54, 1, 0, 0xff],
                Rule::Extra,
                "0x5455 is malformed",
            ),
            (&[0x55, 0x54, 0, 0], Rule::Extra, "0x5455 is malformed"),
            (
                &[0x75, 0x78, 2, 0, 1, 4],
                Rule::Extra,
                "0x7875 is malformed",
            ),
            (
                &[0x75, 0x78, 3, 0, 1, 0, 9],
                Rule::Extra,
                "0x7875 is malformed",
            ),
            // A Unicode path that renames, and a ZIP64 size.
            (
                &[0x75, 0x70, 1, 0, 1],
                Rule::Extra,
                "0x7075; a pack needs none",
            ),
            (
                &[1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                Rule::Zip64,
                "a pack needs none",
            ),
            (&[&ut[..], &ut].concat(), Rule::Extra, "0x5455 occurs twice"),
            (
                &[&ut[..], &[0]].concat(),
                Rule::Extra,
                "the extra field is cut off",
            ),
        ] {
            let (found, why) = problem(bad).expect("a problem");
            assert_eq!(found, rule, "{bad:02x?}");
            assert!(why.ends_with(detail), "{bad:02x?}: {why}");
        }
    }
}
