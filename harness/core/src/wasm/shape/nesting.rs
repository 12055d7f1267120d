//! Measures how deep component types and instance types nest, byte by byte.
//!
//! NB: without recursion, and before any item is read. The reader of such a type
//! calls itself for each type within it, and so does the code that frees it, so
//! 15 kB of nested types overflow the stack and abort the process.

use super::bounds::{ShapeError, bound};
use wasmparser::{BinaryReader, ComponentImport, ComponentType, InstanceTypeDeclaration};

/// Levels of component types and instance types in each other. Published
/// components have one.
pub(super) const TYPES_DEEP: u64 = 32;

const COMPONENT: u8 = 0x41;
const INSTANCE: u8 = 0x42;
const DECLARES_TYPE: u8 = 0x01;
const DECLARES_IMPORT: u8 = 0x03;

/// The types that a section of a component holds, at every level.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) types: u64,
    /// Whether every item could be read.
    pub(super) whole: bool,
}

/// Measures the `count` component types in `items`, up to `most` types in all.
///
/// # Errors
/// [`ShapeError`] if they nest too deep. What cannot be read is no error, because
/// the validator reports it.
pub(super) fn types(items: &[u8], count: u32, most: u64) -> Result<Measured, ShapeError> {
    let mut measured = Measured::default();
    let mut reader = BinaryReader::new(items, 0);
    // The number of items that are left at each level. The first level is the section.
    let mut left = vec![count];
    while let Some(level) = left.last_mut() {
        if *level == 0 {
            left.pop();
            continue;
        }
        *level -= 1;
        let at_section = left.len() == 1;
        let Some(nested) = item(&mut reader, at_section, &mut measured.types) else {
            return Ok(measured);
        };
        if measured.types > most {
            return Ok(measured);
        }
        if let Some(count) = nested {
            left.push(count);
            let deep = left.len() as u64 - 1;
            bound("levels of component types", deep, TYPES_DEEP, None)?;
        }
    }
    measured.whole = true;
    Ok(measured)
}

/// Reads one type of a section, or one declaration in a type, without what a type
/// in it declares. Returns the number of these declarations, if there are any to
/// read; `None` outside if the item cannot be read.
fn item(reader: &mut BinaryReader<'_>, is_type: bool, types: &mut u64) -> Option<Option<u32>> {
    if !is_type {
        match first(reader)? {
            DECLARES_TYPE => {
                reader.read_u8().ok()?;
            }
            DECLARES_IMPORT => {
                reader.read_u8().ok()?;
                reader.read::<ComponentImport<'_>>().ok()?;
                return Some(None);
            }
            // The reader of any other declaration does not call itself.
            _ => {
                reader.read::<InstanceTypeDeclaration<'_>>().ok()?;
                return Some(None);
            }
        }
    }
    *types += 1;
    if matches!(first(reader)?, COMPONENT | INSTANCE) {
        reader.read_u8().ok()?;
        return reader.read_var_u32().ok().map(Some);
    }
    reader.read::<ComponentType<'_>>().ok()?;
    Some(None)
}

/// The next byte, which stays unread.
fn first(reader: &BinaryReader<'_>) -> Option<u8> {
    reader.clone().read_u8().ok()
}
