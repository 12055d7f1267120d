//! What is known of a pack's files, beyond the findings: their bytes, and which wizards
//! call them.

use crate::subject::Subject;
use provision_core::Pack;
use provision_core::text::inert;
use provision_core::wasm::{self, WasmKind};
use std::collections::BTreeSet;

/// Facts about the files of one subject; a recording has none.
pub(super) struct Facts<'s> {
    subject: Option<&'s Subject>,
}

impl<'s> Facts<'s> {
    pub(super) fn of(subject: &'s Subject) -> Self {
        let subject = Some(subject);
        Self { subject }
    }

    pub(super) fn none() -> Self {
        Self { subject: None }
    }

    fn pack(&self) -> Option<&'s Pack> {
        self.subject?.opened.as_ref().ok().map(|o| &*o.pack)
    }

    /// BLAKE3 of the file `name` of the pack; `None` if the pack has no such file.
    pub(super) fn digest(&self, name: &str) -> Option<String> {
        let pack = self.pack()?;
        let digest = match pack.info(name) {
            Some(info) => info.blake3,
            None => blake3::hash(&pack.read(name)?),
        };
        Some(digest.to_hex().to_string())
    }

    /// Whether the file `name` is a component without exports.
    pub(super) fn is_empty_component(&self, name: &str) -> bool {
        let bytes = self.pack().and_then(|pack| pack.read(name));
        bytes.is_some_and(|bytes| {
            wasm::kind(&bytes) == WasmKind::Component && wasm::component_exports(&bytes).is_empty()
        })
    }

    /// The names of the wizards that call a file with this digest.
    pub(super) fn callers(&self, digest: &str) -> BTreeSet<&'s str> {
        let calls = |file: &str| self.digest(&inert(file, 300)).as_deref() == Some(digest);
        let wizards = self.subject.into_iter().flat_map(Subject::wizards);
        let callers = wizards.filter(|o| o.called().into_iter().any(calls));
        callers.map(|o| o.wizard.name.as_str()).collect()
    }
}
