//! `manifest.cbor`: pack-v1 through `greentic-types`, older maps as such.
//!
//! A pre-scan walks the bytes before any decoder sees them, because decoders
//! recurse, allocate what a length claims, and keep one of two equal keys.

use super::{FlowDecl, Format, Manifest, ManifestError, legacy};
use ciborium::Value as Cbor;
use greentic_types::PackManifest;
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;

pub(super) fn decode(file: &str, bytes: &[u8], depth: usize) -> Result<Manifest, ManifestError> {
    let error = |detail: String| ManifestError::Cbor {
        file: file.to_owned(),
        detail,
    };
    let mut scan = Scan {
        bytes,
        at: 0,
        depth,
    };
    scan.item(0).map_err(error)?;
    if scan.at != bytes.len() {
        return Err(error(format!(
            "{} bytes follow the manifest",
            bytes.len() - scan.at
        )));
    }
    let tree: Cbor = ciborium::from_reader(bytes).map_err(|e| error(e.to_string()))?;
    if !is_pack_v1(&tree) {
        let value = json(&tree).map_err(error)?;
        return legacy::from_map(file, &value, Format::LegacyCbor);
    }
    let manifest = greentic_types::decode_pack_manifest(bytes)
        .map_err(|e| error(format!("not a pack-v1 manifest: {e}")))?;
    Ok(from_pack_v1(manifest))
}

/// A symbol table is what tells pack-v1 from the older maps.
fn is_pack_v1(tree: &Cbor) -> bool {
    let Cbor::Map(entries) = tree else {
        return false;
    };
    let has = |key: &str| entries.iter().any(|(k, _)| k.as_text() == Some(key));
    has("schema_version") && has("symbols")
}

fn from_pack_v1(manifest: PackManifest) -> Manifest {
    let flows = manifest.flows.iter().map(|entry| FlowDecl {
        id: entry.id.as_str().to_owned(),
        entries: entry.entrypoints.iter().cloned().collect(),
        has_graph: !entry.flow.nodes.is_empty(),
    });
    Manifest {
        format: Format::PackV1,
        id: Some(manifest.pack_id.as_str().to_owned()),
        version: Some(manifest.version.to_string()),
        entry_flows: Vec::new(),
        flows: flows.collect(),
        requires_public_base_url: false,
        capabilities: manifest
            .capabilities
            .iter()
            .map(|c| c.name.clone())
            .collect(),
        pack_v1: Some(Box::new(manifest)),
    }
}

/// The JSON of an older manifest; what JSON cannot say is refused.
fn json(tree: &Cbor) -> Result<Value, String> {
    Ok(match tree {
        Cbor::Null => Value::Null,
        Cbor::Bool(b) => Value::Bool(*b),
        Cbor::Text(s) => Value::String(s.clone()),
        Cbor::Float(f) => Number::from_f64(*f)
            .map(Value::Number)
            .ok_or("a number is not finite")?,
        Cbor::Integer(i) => {
            let wide = i128::from(*i);
            let number = u64::try_from(wide).map(Number::from);
            let number = number.or_else(|_| i64::try_from(wide).map(Number::from));
            Value::Number(number.map_err(|_| "an integer is out of range")?)
        }
        Cbor::Array(items) => Value::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Cbor::Bytes(bytes) => Value::Array(bytes.iter().map(|b| Value::from(*b)).collect()),
        Cbor::Map(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                let key = key.as_text().ok_or("a key is not text")?;
                map.insert(key.to_owned(), json(value)?);
            }
            Value::Object(map)
        }
        Cbor::Tag(tag, _) => return Err(format!("tag {tag} has no place in a manifest")),
        _ => return Err("a value of an unknown kind".into()),
    })
}

/// Walks CBOR (RFC 8949) without building anything.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Scan<'a> {
    fn take(&mut self, n: u64) -> Result<&'a [u8], String> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(n).ok().and_then(|n| left.get(..n));
        let Some(taken) = taken else {
            return Err(format!(
                "byte {} claims {n} more bytes, {} are left",
                self.at,
                left.len()
            ));
        };
        self.at += taken.len();
        Ok(taken)
    }

    /// Major type and argument of the next head; no argument where the length
    /// is indefinite, as serialisers of flattened structs write it.
    fn head(&mut self) -> Result<(u8, Option<u64>), String> {
        let at = self.at;
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 0x1f);
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => Some(
                self.take(1 << (info - 24))?
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            ),
            31 if matches!(major, 2..=5) => None,
            _ => return Err(format!("head {first:#04x} has no place at byte {at}")),
        };
        Ok((major, argument))
    }

    /// Consumes a break, if one stands here.
    fn at_break(&mut self) -> bool {
        let stands = self.bytes.get(self.at) == Some(&0xff);
        self.at += usize::from(stands);
        stands
    }

    fn item(&mut self, level: usize) -> Result<(), String> {
        let at = self.at;
        let (major, argument) = self.head()?;
        if matches!(major, 4..=6) && level >= self.depth {
            return Err(format!(
                "nested deeper than {} levels at byte {at}",
                self.depth
            ));
        }
        match major {
            0 | 1 | 7 => Ok(()),
            2 | 3 => match argument {
                Some(len) => self.string(major, len),
                None => self.chunks(major),
            },
            4 => self.repeat(argument, |scan| scan.item(level + 1)),
            5 => {
                let mut keys = BTreeSet::new();
                self.repeat(argument, |scan| scan.pair(&mut keys, level + 1))
            }
            _ => self.item(level + 1),
        }
    }

    fn string(&mut self, major: u8, len: u64) -> Result<(), String> {
        let at = self.at;
        let text = self.take(len)?;
        match major == 3 && std::str::from_utf8(text).is_err() {
            true => Err(format!("text at byte {at} is not UTF-8")),
            false => Ok(()),
        }
    }

    fn chunks(&mut self, major: u8) -> Result<(), String> {
        while !self.at_break() {
            let at = self.at;
            match self.head()? {
                (found, Some(len)) if found == major => self.string(major, len)?,
                _ => return Err(format!("a chunk of another kind at byte {at}")),
            }
        }
        Ok(())
    }

    /// `count` times, or until a break.
    fn repeat(
        &mut self,
        count: Option<u64>,
        mut one: impl FnMut(&mut Self) -> Result<(), String>,
    ) -> Result<(), String> {
        match count {
            // NB: what a count claims is bounded by the bytes that are left,
            // because every item takes at least one.
            Some(count) => (0..count).try_for_each(|_| one(self)),
            None => {
                while !self.at_break() {
                    one(self)?;
                }
                Ok(())
            }
        }
    }

    fn pair(&mut self, keys: &mut BTreeSet<&'a [u8]>, level: usize) -> Result<(), String> {
        let start = self.at;
        self.item(level)?;
        if !keys.insert(&self.bytes[start..self.at]) {
            return Err(format!("duplicate key at byte {start}"));
        }
        self.item(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(bytes: &[u8]) -> Result<(), String> {
        let mut scan = Scan {
            bytes,
            at: 0,
            depth: 64,
        };
        scan.item(0)
    }

    #[test]
    fn hostile_cbor_is_refused_before_a_decoder_sees_it() {
        let deep = vec![0x81; 100_000];
        for bad in [
            &deep[..],
            &[0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0],
            &[0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            &[0x62, 0xff, 0xfe],
            &[0xa2, 0x61, b'a', 1, 0x61, b'a', 2],
            &[0xbf, 0x61, b'a', 1, 0x61, b'a', 2, 0xff],
            &[0x9f, 0x01],
            &[0x7f, 0x41, b'a', 0xff],
            &[0x1f],
            &[0xff],
            &[0x1c],
            &[],
        ] {
            assert!(scan(bad).is_err(), "{:02x?}", &bad[..bad.len().min(16)]);
        }
        for good in [
            &[0xa1, 0x61, b'a', 0x82, 1, 0xf6][..],
            &[0xbf, 0x61, b'a', 0x9f, 1, 0xff, 0xff],
            &[0x7f, 0x61, b'a', 0x61, b'b', 0xff],
        ] {
            assert_eq!(scan(good), Ok(()));
        }
    }
}
