//! The kind of Wasm in a file, found from its content and never from its name.

pub mod shape;

use std::collections::BTreeSet;
use wasmparser::{ComponentTypeRef, Parser, Payload};

/// The kind of a step's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WasmKind {
    /// A core module in the binary format.
    Module,
    /// A component in the binary format.
    Component,
    /// A precompiled artifact (`.cwasm`): native code, never loaded.
    Precompiled,
    /// Anything else, which may be the text format.
    Other,
}

/// The kind of `bytes`, from their first bytes.
#[must_use]
pub fn kind(bytes: &[u8]) -> WasmKind {
    match bytes {
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => WasmKind::Module,
        [0, b'a', b's', b'm', _, 0, 1, 0, ..] => WasmKind::Component,
        // Wasmtime writes its artifacts as ELF.
        [0x7f, b'E', b'L', b'F', ..] => WasmKind::Precompiled,
        _ => WasmKind::Other,
    }
}

/// Names that the component in `bytes` exports at its root, for example
/// `greentic:component/qa@0.6.1`. Empty for anything that is not a component. At a
/// malformed section it stops and returns the names found before.
#[must_use]
pub fn component_exports(bytes: &[u8]) -> BTreeSet<String> {
    root_names(bytes, |payload, names| {
        if let Payload::ComponentExportSection(section) = payload {
            let exports = section.into_iter().flatten();
            names.extend(exports.map(|e| e.name.name.to_owned()));
        }
    })
}

/// Names of the interfaces and functions that the component in `bytes` imports at its root, by the same rules as
/// [`component_exports`].
#[must_use]
pub fn component_imports(bytes: &[u8]) -> BTreeSet<String> {
    root_names(bytes, |payload, names| {
        if let Payload::ComponentImportSection(section) = payload {
            let imports = section.into_iter().flatten();
            // A type gives access to nothing.
            let reached = imports.filter(|i| !matches!(i.ty, ComponentTypeRef::Type(_)));
            names.extend(reached.map(|i| i.name.name.to_owned()));
        }
    })
}

fn root_names(bytes: &[u8], take: impl Fn(Payload<'_>, &mut BTreeSet<String>)) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if kind(bytes) != WasmKind::Component {
        return names;
    }
    let mut depth = 0usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(payload) if depth == 0 => take(payload, &mut names),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    names
}

/// Whether `export` is the interface `name` in a version that starts with
/// `version`, for example `0.1` for any `0.1.x`.
#[must_use]
pub fn is_interface(export: &str, name: &str, version: &str) -> bool {
    let Some((found, found_version)) = export.split_once('@') else {
        return false;
    };
    found == name
        && found_version
            .strip_prefix(version)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '+']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_follows_from_the_first_bytes() {
        assert_eq!(kind(b"\0asm\x01\0\0\0"), WasmKind::Module);
        assert_eq!(kind(b"\0asm\x0d\0\x01\0"), WasmKind::Component);
        assert_eq!(kind(b"\x7fELF\x02"), WasmKind::Precompiled);
        assert_eq!(kind(b"(module)"), WasmKind::Other);
        assert_eq!(kind(b"\0as"), WasmKind::Other);
    }

    #[test]
    fn version_prefix_matches_whole_numbers_only() {
        let name = "greentic:provision/provisioner";
        assert!(is_interface(
            "greentic:provision/provisioner@0.1.0",
            name,
            "0.1"
        ));
        assert!(!is_interface(
            "greentic:provision/provisioner@0.10.0",
            name,
            "0.1"
        ));
        assert!(!is_interface("greentic:provision/provisioner", name, "0.1"));
        assert!(!is_interface("greentic:provision/other@0.1.0", name, "0.1"));
    }
}
