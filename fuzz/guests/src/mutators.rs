//! Changes of Wasm that leave it valid Wasm.

use wasm_mutate::WasmMutate;

/// Changes a core module as a module; a component's bytes are left to others.
pub fn wasm(data: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    let mut mutate = WasmMutate::default();
    mutate
        .seed(seed.into())
        .fuel(1_000)
        .preserve_semantics(false);
    let mut changed = mutate.run(data).ok()?.filter_map(Result::ok);
    changed.find(|wasm| wasm.len() <= most)
}
