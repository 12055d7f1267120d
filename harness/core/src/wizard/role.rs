//! The role of a pack: what hosts use it for. It decides whether setup checks apply.

use super::kind::WizardKind;
use crate::authored::SETUP_FORMS;
use crate::extensions::payload;
use crate::manifest::Format;
use crate::pack::Pack;
use crate::wasm::is_interface;
use greentic_types::{EXT_CAPABILITIES_V1, PROVIDER_EXTENSION_ID, PackKind, PackManifest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// Hosts no longer read a provider extension under this name.
pub const OLD_PROVIDER_EXTENSION: &str = "greentic.ext.provider";

/// What hosts use a pack for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It provides a capability (messaging, secrets, …), and hosts set it up.
    Provider,
    /// Its flows handle messages and events; a runner runs them.
    Application,
    /// Other packs use its components.
    Library,
    /// It configures the platform itself.
    Infrastructure,
    /// Its components validate other packs.
    Validator,
    /// It lists other packs, which a host installs together.
    Bundle,
    /// An agent with its own runtime; the runner of flows does not run it.
    DigitalWorker,
}

impl Role {
    /// The role as reports write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Application => "application",
            Self::Library => "library",
            Self::Infrastructure => "infrastructure",
            Self::Validator => "validator",
            Self::Bundle => "bundle",
            Self::DigitalWorker => "digital worker",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The role of a pack, and how the pack shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackRole {
    /// The role.
    pub role: Role,
    /// Why the pack has this role.
    pub reason: &'static str,
    /// Whether hosts run a setup wizard of the pack.
    pub needs_wizard: bool,
}

impl PackRole {
    /// Why checks of setup do not apply to a pack without a wizard.
    #[must_use]
    pub fn without_wizard(&self) -> String {
        let Self { role, reason, .. } = self;
        format!("hosts run no setup wizard of this pack; its role is {role}: {reason}")
    }
}

/// The role of `pack`, from its manifest and its files.
#[must_use]
pub fn role(pack: &Pack) -> PackRole {
    let manifest = pack.manifest().pack_v1.as_deref();
    // The extensions of a manifest outrank the files of the pack.
    let extends = |m: &&PackManifest| of_extensions(m).is_some();
    if let (None, Some((role, reason))) = (manifest.filter(extends), of_files(pack)) {
        return PackRole {
            role,
            reason,
            needs_wizard: false,
        };
    }
    let Some(manifest) = manifest else {
        if has_scenarios_only(pack) {
            return PackRole {
                role: Role::Application,
                reason: "its manifest lists scenarios, and nothing of it sets anything up",
                needs_wizard: false,
            };
        }
        // Older manifests name no kind. Hosts set up every pack of this form.
        return PackRole {
            role: Role::Provider,
            reason: "its manifest has an older form, which names no kind",
            needs_wizard: !pack.declares_no_provisioning(),
        };
    };
    let (role, reason) = of_manifest(manifest);
    // Offers say themselves whether they need setup.
    let optional = reason == OFFERS && !offers(manifest).iter().any(requires_setup);
    PackRole {
        role,
        reason,
        needs_wizard: role == Role::Provider && !optional && !pack.declares_no_provisioning(),
    }
}

const OFFERS: &str = "its manifest offers capabilities";

/// The role that the files of `pack` show.
fn of_files(pack: &Pack) -> Option<(Role, &'static str)> {
    let mut components = pack
        .files()
        .filter(|file| file.ends_with(".wasm"))
        .peekable();
    let validates = |file: &str| {
        let info = pack.info(file);
        info.is_some_and(|info| {
            info.exports
                .iter()
                .any(|e| is_interface(e, VALIDATOR, "0.1"))
        })
    };
    if pack.has("bundle.yaml") {
        Some((Role::Bundle, "it has a bundle.yaml"))
    } else if pack.manifest().format == Format::DigitalWorker {
        let reason = "its manifest.json is that of a digital worker";
        Some((Role::DigitalWorker, reason))
    } else if components.peek().is_some() && components.all(validates) {
        Some((Role::Validator, "all its components validate packs"))
    } else {
        None
    }
}

const VALIDATOR: &str = "greentic:pack-validate/validator";
/// The interfaces of components that set something up.
const OF_SETUP: [&str; 3] = [
    "greentic:provision/provisioner",
    "greentic:component/component-qa",
    "greentic:component/qa",
];

/// Whether the manifest of `pack` is an older one that lists scenarios, and neither its
/// flows nor its files set anything up.
fn has_scenarios_only(pack: &Pack) -> bool {
    let manifest = pack.manifest();
    let entries = manifest.entry_flows.iter().map(|(entry, _)| entry);
    let of_flows = manifest
        .flows
        .iter()
        .flat_map(|f| f.entries.iter().chain([&f.id]));
    let mut names = entries.chain(of_flows);
    let sets_up = |file: &str| {
        let exports = pack.info(file).map(|info| info.exports.iter());
        let mut names = exports.into_iter().flatten().map(|e| e.split('@').next());
        names.any(|name| name.is_some_and(|name| OF_SETUP.contains(&name)))
    };
    manifest.scenarios.is_some()
        && !names.any(|name| WizardKind::of_name(name).is_some())
        && !SETUP_FORMS.into_iter().any(|file| pack.has(file))
        && !pack.files().any(sets_up)
}

fn of_manifest(manifest: &PackManifest) -> (Role, &'static str) {
    of_extensions(manifest).unwrap_or(match manifest.kind {
        PackKind::Provider => (Role::Provider, "the kind in its manifest"),
        PackKind::Application => (Role::Application, "the kind in its manifest"),
        PackKind::Library => (Role::Library, "the kind in its manifest"),
        PackKind::Infrastructure => (Role::Infrastructure, "the kind in its manifest"),
    })
}

/// The role that the extensions of a manifest show.
fn of_extensions(manifest: &PackManifest) -> Option<(Role, &'static str)> {
    let extensions = manifest.extensions.as_ref();
    let has = |name: &str| extensions.is_some_and(|all| all.contains_key(name));
    if has(PROVIDER_EXTENSION_ID) {
        Some((Role::Provider, "its manifest has the provider extension"))
    } else if has(OLD_PROVIDER_EXTENSION) {
        Some((Role::Provider, "its manifest has an old provider extension"))
    } else if !offers(manifest).is_empty() {
        Some((Role::Provider, OFFERS))
    } else {
        None
    }
}

/// The capabilities that a manifest offers.
fn offers(manifest: &PackManifest) -> Vec<Value> {
    let mut value = payload(manifest, EXT_CAPABILITIES_V1).unwrap_or_default();
    match value.get_mut("offers").map(Value::take) {
        Some(Value::Array(offers)) => offers,
        _ => Vec::new(),
    }
}

fn requires_setup(offer: &Value) -> bool {
    offer.get("requires_setup").and_then(Value::as_bool) == Some(true)
}
