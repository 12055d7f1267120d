//! An artifact: the serialized code of a compiled step, and its name.

use crate::prepare::Code;
use wasmtime::component::Component;
use wasmtime::{Engine, Module, Precompiled};

/// The ending of an artifact's name.
pub(super) const ENDING: &str = "artifact";
/// The ending of files that earlier versions stored next to artifacts. Nothing
/// reads them any more; the cache removes them.
pub(super) const OBSOLETE_ENDING: &str = "note";

/// A store of compiled steps.
pub(crate) trait Artifacts: Send + Sync {
    /// Whether an artifact is stored under `name`; loading it may still fail.
    fn has(&self, name: &CodeName) -> bool;
    /// Loads the code that is stored under `name` into `engine`.
    fn load(&self, engine: &Engine, name: &CodeName) -> Option<Code>;
    /// Stores `code` under `name`.
    fn keep(&self, name: &CodeName, code: &Code);
}

/// The name of an artifact: a hash of everything that its code depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CodeName(pub(super) blake3::Hash);

impl CodeName {
    /// The hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl From<[u8; 32]> for CodeName {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }
}

/// Serializes `code` to an artifact.
pub(super) fn serialize(code: &Code) -> Option<Vec<u8>> {
    let artifact = match code {
        Code::Module(module) => module.serialize(),
        Code::Component(component) => component.serialize(),
    };
    artifact.ok()
}

/// The code in an artifact that is verified to be this user's.
#[expect(unsafe_code, reason = "the caller has verified the artifact")]
pub(super) fn deserialize(engine: &Engine, artifact: &[u8]) -> Option<Code> {
    // NB: takes the very bytes that were verified. Reading the file again would
    // let another process change it in between.
    match Engine::detect_precompiled(artifact)? {
        Precompiled::Module => {
            // SAFETY: `Module::serialize` made these bytes for this user.
            let module = unsafe { Module::deserialize(engine, artifact) };
            module.ok().map(Code::Module)
        }
        Precompiled::Component => {
            // SAFETY: `Component::serialize` made these bytes for this user.
            let component = unsafe { Component::deserialize(engine, artifact) };
            component.ok().map(Code::Component)
        }
    }
}
