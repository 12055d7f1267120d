//! Compiled steps that come from another process, and go to it: for an executor
//! that may open no file.

use super::artifact::{Artifacts, CodeName, packed, unpacked};
use crate::prepare::Code;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmtime::Engine;

/// Artifacts that were handed in, and the one that was made last.
#[derive(Debug, Default)]
pub struct Preloaded {
    given: Mutex<HashMap<CodeName, Vec<u8>>>,
    made: Mutex<Option<Vec<u8>>>,
}

impl Preloaded {
    /// Hands in what was compiled earlier.
    ///
    /// # Safety
    /// `artifact` is run as it is: it has to be what [`Self::take_made`] gave,
    /// for `name`, in a process that had run no guest.
    #[expect(
        unsafe_code,
        reason = "it hands over code, and nothing here can check it"
    )]
    pub unsafe fn give(&self, name: CodeName, artifact: Vec<u8>) {
        locked(&self.given).insert(name, artifact);
    }

    /// What was compiled last, once.
    pub fn take_made(&self) -> Option<Vec<u8>> {
        locked(&self.made).take()
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Artifacts for Preloaded {
    fn has(&self, name: &CodeName) -> bool {
        locked(&self.given).contains_key(name)
    }

    /// NB: once, so that nothing is kept twice; the executor has it from then on.
    fn load(&self, engine: &Engine, name: &CodeName) -> Option<Code> {
        let artifact = locked(&self.given).remove(name)?;
        unpacked(engine, &artifact)
    }

    fn keep(&self, _: &CodeName, code: &Code) {
        *locked(&self.made) = packed(code);
    }
}
