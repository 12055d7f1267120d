//! A decoded manifest, and the errors of decoding.

use crate::codes::CheckCode;
use crate::json::JsonError;
use crate::text::is_safe_name;
use greentic_types::PackManifest;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// File names of a manifest. The first that exists is the pack's manifest.
pub const FILE_NAMES: [&str; 3] = ["pack.json", "manifest.json", "manifest.cbor"];

/// The form of a manifest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `pack.json` or `manifest.json`.
    #[default]
    Json,
    /// `manifest.cbor`, pack-v1: what greentic-pack writes.
    PackV1,
    /// `manifest.cbor`, an older map.
    LegacyCbor,
    /// `manifest.json` of a digital worker.
    DigitalWorker,
}

/// A flow that the manifest declares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowDecl {
    /// The flow's id.
    pub id: String,
    /// Entries that the flow itself claims (`entry`, `name`, `entrypoints`).
    pub entries: BTreeSet<String>,
    /// Whether the manifest has a graph of nodes for it.
    pub has_graph: bool,
}

/// A component of an older map, and its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentFile {
    /// The component's name, as written.
    pub component: String,
    /// The file, as written.
    pub file: String,
    /// BLAKE3 of the file according to the manifest, in hexadecimal.
    pub blake3: Option<String>,
}

/// A flow of an older map, and a file that the map names for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowFile {
    /// The flow's id, as written.
    pub flow: String,
    /// The file, as written.
    pub file: String,
}

/// A decoded manifest.
#[derive(Debug, Clone, Default)]
pub struct Manifest {
    /// Its form.
    pub format: Format,
    /// The pack's id, if it is a safe identifier.
    pub id: Option<String>,
    /// The pack's version, if it is a semantic version.
    pub version: Option<String>,
    /// `meta.entry_flows`: entry (`setup`, …) and flow id.
    pub entry_flows: Vec<(String, String)>,
    /// The declared flows, in the manifest's order.
    pub flows: Vec<FlowDecl>,
    /// Whether setup needs a public base URL.
    pub requires_public_base_url: bool,
    /// Declared capabilities, sorted.
    pub capabilities: BTreeSet<String>,
    /// Components of older maps, with their files.
    pub component_files: Vec<ComponentFile>,
    /// Ids of the components of older maps, in the manifest's order.
    pub component_ids: Vec<String>,
    /// Files that older maps name for flows.
    pub flow_files: Vec<FlowFile>,
    /// `scenarios` of older maps, undecoded; `None` if the manifest has no such member.
    pub scenarios: Option<Value>,
    /// Malformed names. The harness only reports them.
    pub misnamed: Vec<Misnamed>,
    /// Unknown top-level fields, which are allowed.
    pub unknown: Vec<String>,
    /// The pack-v1 manifest itself, if that is the form.
    pub pack_v1: Option<Box<PackManifest>>,
}

/// What a name in a manifest identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameOf {
    /// The pack's id.
    Pack,
    /// The pack's version.
    Version,
    /// A flow, by its own id or as the value of an entry.
    Flow,
}

/// A malformed name in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misnamed {
    /// What it identifies.
    pub of: NameOf,
    /// As written.
    pub name: String,
}

impl Manifest {
    /// Moves every malformed name to `misnamed`, so that nothing else uses it.
    pub(super) fn with_names_checked(mut self) -> Self {
        let mut misnamed = Vec::new();
        let mut check = |of, name: &str| {
            let valid = match of {
                NameOf::Version if cfg!(planted_bug = "manifest_cbor") => true,
                NameOf::Pack if cfg!(planted_bug = "manifest_json") => true,
                NameOf::Version => semver::Version::parse(name).is_ok(),
                NameOf::Pack | NameOf::Flow => is_safe_name(name),
            };
            if !valid {
                let name = name.to_owned();
                misnamed.push(Misnamed { of, name });
            }
            valid
        };
        self.id = self.id.filter(|id| check(NameOf::Pack, id));
        self.version = self.version.filter(|v| check(NameOf::Version, v));
        self.entry_flows
            .retain(|(_, flow)| check(NameOf::Flow, flow));
        self.flows.retain(|flow| check(NameOf::Flow, &flow.id));
        self.misnamed = misnamed;
        self
    }
}

/// The first fields of `keys` that are not `known`.
pub(super) fn unknown<'k>(keys: impl Iterator<Item = &'k str>, known: &[&str]) -> Vec<String> {
    let unknown = keys.filter(|key| !known.contains(key)).take(50);
    unknown.map(|key| crate::text::inert(key, 80)).collect()
}

/// Why a manifest cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The pack has no manifest.
    #[error("E_MANIFEST_MISSING: no pack.json, manifest.json or manifest.cbor at the pack's root")]
    Missing,
    /// The pack has no manifest, but the source of one.
    #[error(
        "E_MANIFEST_MISSING: this is the source of a pack (pack.yaml); run `greentic-pack build` and judge its result"
    )]
    SourceFolder,
    /// It is not strict JSON.
    #[error("E_MANIFEST_JSON: {file}: {source}")]
    Json {
        /// Name of the manifest.
        file: String,
        /// What is wrong with it.
        source: JsonError,
    },
    /// It is not strict CBOR.
    #[error("E_MANIFEST_CBOR: {file}: {detail}")]
    Cbor {
        /// Name of the manifest.
        file: String,
        /// What is wrong with it.
        detail: String,
    },
    /// It decodes, but does not have the shape of a manifest.
    #[error("E_MANIFEST_SHAPE: {file}: {detail}")]
    Shape {
        /// Name of the manifest.
        file: String,
        /// Which part of it is wrong.
        detail: String,
    },
}

impl ManifestError {
    /// The stable code, `E_…`.
    #[must_use]
    pub fn code(&self) -> CheckCode {
        match self {
            Self::Missing | Self::SourceFolder => CheckCode::ManifestMissing,
            Self::Json { .. } => CheckCode::ManifestJson,
            Self::Cbor { .. } => CheckCode::ManifestCbor,
            Self::Shape { .. } => CheckCode::ManifestShape,
        }
    }
}
