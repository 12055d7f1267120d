//! An artifact: the compiled code of a step as bytes, and its name.

use crate::prepare::Code;
use wasmtime::component::Component;
use wasmtime::{Engine, Module, Precompiled};

/// The ending of an artifact's name.
pub(super) const ENDING: &str = "artifact";
/// The ending of files that earlier versions kept beside artifacts. Nothing
/// reads them any more; the cache removes them.
pub(super) const OBSOLETE_ENDING: &str = "note";

/// Where compiled steps come from, and go to.
pub(crate) trait Artifacts: Send + Sync {
    /// Whether there is something under `name`; it may still be refused.
    fn has(&self, name: &CodeName) -> bool;
    /// The code that was kept under `name` for `engine`.
    fn load(&self, engine: &Engine, name: &CodeName) -> Option<Code>;
    /// Keeps `code` under `name`.
    fn keep(&self, name: &CodeName, code: &Code);
}

/// The name of an artifact: a hash of all that decides over its code.
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

/// The artifact of `code`.
pub(super) fn packed(code: &Code) -> Option<Vec<u8>> {
    let artifact = match code {
        Code::Module(module) => module.serialize(),
        Code::Component(component) => component.serialize(),
    };
    artifact.ok()
}

/// The code in an artifact that has proven to be ours.
#[expect(unsafe_code, reason = "the proof of an artifact is what makes it safe")]
pub(super) fn unpacked(engine: &Engine, artifact: &[u8]) -> Option<Code> {
    // NB: of the very bytes that were proven, never of the file once more.
    match Engine::detect_precompiled(artifact)? {
        Precompiled::Module => {
            // SAFETY: these bytes are what `Module::serialize` gave this user.
            let module = unsafe { Module::deserialize(engine, artifact) };
            module.ok().map(Code::Module)
        }
        Precompiled::Component => {
            // SAFETY: these bytes are what `Component::serialize` gave this user.
            let component = unsafe { Component::deserialize(engine, artifact) };
            component.ok().map(Code::Component)
        }
    }
}
