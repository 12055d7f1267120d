//! A mutator of stores: it changes bytes of pages and makes all checksums right again, so
//! that the change reaches what the database engine does with verified pages.
//!
//! The layout is that of redb's file format 3: a header with two commit slots of 128
//! bytes from byte 64, then pages of 4096 bytes. A tree is a page number and the XXH3
//! checksum of its root; a branch holds those of its children. The leaves of the tree of
//! tables hold the roots of the tables.

use provision_core::rng::Rng;
use std::ops::Range;
use twox_hash::XxHash3_128;

const PAGE: usize = 4096;
/// Levels of trees that are followed; a changed page may refer to itself.
const DEPTH: usize = 12;
/// Pages that are followed: changed branches may share children.
const PAGES: usize = 512;
const SLOT: usize = 128;
/// Where the flags of the two roots are in a slot, and the roots.
const ROOTS: [(usize, usize); 2] = [(1, 8), (2, 40)];
/// Where a slot's own checksum is.
const SLOT_SUM: usize = 112;

/// Changes up to four bytes of the header and the pages in use, mostly at the start of a
/// page, and makes the checksums right.
pub(crate) fn change(data: &[u8], _most: usize, seed: u32) -> Option<Vec<u8>> {
    let mut rng = Rng::new(seed.into());
    let mut bytes = data.to_vec();
    let pages = bytes.len() / PAGE;
    for _ in 0..=rng.below(4) {
        let page = rng.below(pages.max(1)) * PAGE;
        let inside = match rng.below(4) {
            0 => rng.below(PAGE),
            1 => rng.below(512),
            _ => rng.below(64),
        };
        let byte = bytes.get_mut(page + inside)?;
        *byte = match rng.below(3) {
            0 => *byte ^ (1 << rng.below(8)),
            1 => byte.wrapping_add(1),
            _ => rng.next_number() as u8,
        };
    }
    reseal(&mut bytes)?;
    Some(bytes)
}

/// Makes the checksums of the newest commit right; `None` if the file has no slots.
fn reseal(bytes: &mut [u8]) -> Option<()> {
    let primary = usize::from(bytes.get(9)? & 1);
    let slot = 64 + SLOT * primary;
    let mut left = PAGES;
    for (flag, root) in ROOTS {
        if *bytes.get(slot + flag)? != 0 {
            // A tree that cannot be followed stays as it is.
            let _ = tree(bytes, slot + root, Rows::TABLES, DEPTH, &mut left);
        }
    }
    let sum = XxHash3_128::oneshot(bytes.get(slot..slot + SLOT_SUM)?);
    put(bytes, slot + SLOT_SUM, sum)
}

/// What the rows of a tree are.
#[derive(Debug, Clone, Copy)]
struct Rows {
    key: Option<usize>,
    value: Option<usize>,
    /// Whether the values are tables with roots of their own.
    tables: bool,
}

impl Rows {
    const TABLES: Self = Self {
        key: None,
        value: None,
        tables: true,
    };
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<usize> {
    let found = bytes.get(at..at.checked_add(N)?)?;
    let number = found
        .iter()
        .rev()
        .fold(0_u64, |n, b| n << 8 | u64::from(*b));
    usize::try_from(number).ok()
}

fn put(bytes: &mut [u8], at: usize, sum: u128) -> Option<()> {
    let place = bytes.get_mut(at..at.checked_add(16)?)?;
    place.copy_from_slice(&sum.to_le_bytes());
    Some(())
}

/// Makes the checksum right of the tree whose root is at `at`.
fn tree(bytes: &mut [u8], at: usize, rows: Rows, depth: usize, left: &mut usize) -> Option<()> {
    let root = number::<8>(bytes, at)?;
    let sum = page(bytes, root, rows, depth, left)?;
    put(bytes, at + 8, sum)
}

/// The bytes of a page of the first region.
fn place(bytes: &[u8], page: usize) -> Option<Range<usize>> {
    let (index, region, order) = (page & 0xf_ffff, page >> 20 & 0xf_ffff, page >> 59);
    let len = PAGE.checked_shl(u32::try_from(order).ok()?)?;
    let headers = number::<4>(bytes, 16)?;
    let start = headers.checked_add(1)?.checked_mul(PAGE)?;
    let start = start.checked_add(index.checked_mul(len)?)?;
    let end = start.checked_add(len)?;
    (region == 0 && end <= bytes.len()).then_some(start..end)
}

/// The checksum of a page, after those of the pages below it were made right.
fn page(bytes: &mut [u8], of: usize, rows: Rows, depth: usize, left: &mut usize) -> Option<u128> {
    *left = left.checked_sub(1)?;
    let depth = depth.checked_sub(1)?;
    let place = place(bytes, of)?;
    let start = place.start;
    let count = number::<2>(bytes, start + 2)?;
    let end = match bytes.get(start)? {
        1 => {
            if rows.tables {
                for row in 0..count {
                    // A row that is no table has nothing below it.
                    let _ = table(bytes, start, count, row, depth, left);
                }
            }
            leaf_end(bytes, start, count, rows)?
        }
        2 => {
            let numbers = start + 8 + 16 * (count + 1);
            for child in 0..=count {
                let below = number::<8>(bytes, numbers + 8 * child)?;
                if let Some(sum) = page(bytes, below, rows, depth, left) {
                    put(bytes, start + 8 + 16 * child, sum)?;
                }
            }
            let keys = 8 + 24 * (count + 1);
            match rows.key {
                Some(width) => keys + width * count,
                None => number::<4>(bytes, start + keys + 4 * count.checked_sub(1)?)?,
            }
        }
        _ => return None,
    };
    let content = bytes.get(start..start.checked_add(end)?.min(place.end))?;
    Some(XxHash3_128::oneshot(content))
}

/// Makes the checksum right of the table in a row of the tree of tables.
fn table(
    bytes: &mut [u8],
    start: usize,
    count: usize,
    row: usize,
    depth: usize,
    left: &mut usize,
) -> Option<()> {
    let ends = start + 4 + 4 * count;
    let value = match row.checked_sub(1) {
        Some(before) => number::<4>(bytes, ends + 4 * before)?,
        // The first value begins where the last key ends.
        None => number::<4>(bytes, start + 4 * count)?,
    };
    let value = start.checked_add(value)?;
    if *bytes.get(value + 9)? == 0 {
        return Some(());
    }
    let width = |at: usize| -> Option<Option<usize>> {
        match bytes.get(at)? {
            0 => Some(None),
            _ => Some(Some(number::<4>(bytes, at + 1)?)),
        }
    };
    let rows = Rows {
        key: width(value + 42)?,
        value: width(value + 47)?,
        tables: false,
    };
    tree(bytes, value + 10, rows, depth, left)
}

/// Where the last value of a leaf ends.
fn leaf_end(bytes: &[u8], start: usize, count: usize, rows: Rows) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let ends = |width: Option<usize>| match width {
        Some(_) => 0,
        None => 4 * count,
    };
    if rows.value.is_none() {
        return number::<4>(bytes, start + 4 + ends(rows.key) + 4 * last);
    }
    let keys = match rows.key {
        Some(width) => (4 + ends(rows.value)).checked_add(width.checked_mul(count)?)?,
        None => number::<4>(bytes, start + 4 + 4 * last)?,
    };
    keys.checked_add(rows.value?.checked_mul(count)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Right checksums are those that the engine wrote.
    #[test]
    fn stores_of_the_engine_stay_as_they_are() {
        for seed in crate::store_file::seeds() {
            let mut sealed = seed.clone();
            reseal(&mut sealed).expect("has slots");
            assert!(sealed == seed);
            // The root page of the newest commit.
            let slot = 64 + SLOT * usize::from(seed[9] & 1);
            let root = place(&seed, number::<8>(&seed, slot + 8).expect("a root"));
            sealed[root.expect("a page").start + 1] ^= 1;
            reseal(&mut sealed).expect("has slots");
            let sums = slot + 16..slot + 32;
            assert_ne!(sealed[sums.clone()], seed[sums]);
        }
    }
}
