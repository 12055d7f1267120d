//! Artifacts in memory that another process sends or receives: for an executor
//! that may open no files.

use super::artifact::{Artifacts, CodeName, deserialize, serialize};
use crate::prepare::Code;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wasmtime::Engine;

/// The artifacts that were given to this process, and the one that it made last.
#[derive(Debug, Default)]
pub struct Preloaded {
    given: Mutex<HashMap<CodeName, Vec<u8>>>,
    made: Mutex<Option<Vec<u8>>>,
}

impl Preloaded {
    /// Adds an artifact that was compiled earlier.
    ///
    /// # Safety
    /// Wasmtime runs `artifact` without checking it. It must be what
    /// [`Self::take_made`] returned for `name`, in a process that had run no guest.
    #[expect(
        unsafe_code,
        reason = "accepts machine code, which nothing here can check"
    )]
    pub unsafe fn give(&self, name: CodeName, artifact: Vec<u8>) {
        locked(&self.given).insert(name, artifact);
    }

    /// Takes the artifact that was made last.
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

    /// NB: removes the artifact, so that it is not kept twice; the executor keeps
    /// the code from then on.
    fn load(&self, engine: &Engine, name: &CodeName) -> Option<Code> {
        let artifact = locked(&self.given).remove(name)?;
        deserialize(engine, &artifact)
    }

    fn keep(&self, _: &CodeName, code: &Code) {
        *locked(&self.made) = serialize(code);
    }
}
