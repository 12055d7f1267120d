//! A bundle: packs that a host installs together.

use crate::extensions::payload;
use crate::pack::Pack;
use greentic_types::EXT_CAPABILITIES_V1;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the packs of a bundle provide for each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BundlePacks {
    /// Their ids.
    pub ids: BTreeSet<String>,
    /// The capabilities that they offer.
    pub capabilities: BTreeSet<String>,
}

impl BundlePacks {
    /// Adds a pack of the bundle.
    pub fn add(&mut self, pack: &Pack) {
        let manifest = pack.manifest();
        self.ids.extend(manifest.id.clone());
        let Some(manifest) = &manifest.pack_v1 else {
            return;
        };
        let named = manifest.capabilities.iter().map(|c| c.name.clone());
        self.capabilities.extend(named);
        let extension = payload(manifest, EXT_CAPABILITIES_V1).unwrap_or_default();
        let offers = extension.get("offers").and_then(Value::as_array);
        let offered = offers.into_iter().flatten();
        let offered = offered.filter_map(|offer| offer.get("cap_id")?.as_str());
        self.capabilities.extend(offered.map(str::to_owned));
    }

    /// Whether they provide the pack `id`, or else all of these capabilities.
    #[must_use]
    pub fn provide(&self, id: &str, capabilities: &[String]) -> bool {
        let offered = |capability: &String| self.capabilities.contains(capability.trim());
        let instead = !capabilities.is_empty() && capabilities.iter().all(offered);
        self.ids.contains(id) || instead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_or_all_its_capabilities_provide_a_dependency() {
        let bundle = BundlePacks {
            ids: ["store".to_owned()].into(),
            capabilities: ["read".to_owned(), "write".to_owned()].into(),
        };
        let provides = |id: &str, capabilities: &[&str]| {
            let capabilities: Vec<String> = capabilities.iter().map(|c| (*c).to_owned()).collect();
            bundle.provide(id, &capabilities)
        };
        assert!(provides("store", &[]));
        assert!(provides("store", &["delete"]));
        assert!(provides("other", &["read"]));
        assert!(provides("other", &[" read ", "write"]));
        assert!(!provides("other", &["read", "delete"]));
        assert!(!provides("other", &[]));
    }
}
