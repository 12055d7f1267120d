//! A mutator that keeps Wasm valid.

use wasm_mutate::WasmMutate;

/// Makes another valid module of a valid one; `None` for components and other bytes,
/// which libFuzzer changes.
pub fn wasm(data: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    // NB: `wasm-mutate` panics on an invalid module.
    wasmparser::validate(data).ok()?;
    let mut mutate = WasmMutate::default();
    mutate
        .seed(seed.into())
        .fuel(1_000)
        .preserve_semantics(false);
    let mut changed = mutate.run(data).ok()?.filter_map(Result::ok);
    changed.find(|wasm| wasm.len() <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_module_is_changed_and_damaged_one_does_not_panic() {
        let module = wat::parse_str(
            "(module (memory 1) (data (i32.const 0) \"abc\") (func (export \"run\") (result i32) (i32.const 5)))",
        )
        .expect("a module");
        let changed = (0..20).filter_map(|seed| wasm(&module, 1_000, seed));
        let changed: Vec<Vec<u8>> = changed.filter(|c| *c != module).collect();
        assert!(!changed.is_empty());
        // Truncated or damaged modules are left to libFuzzer.
        for at in 0..module.len() {
            let cut = wasm(&module[..at], 1_000, 1);
            assert!(cut.is_none() || wasmparser::validate(&module[..at]).is_ok());
            let mut damaged = module.clone();
            damaged[at] ^= 0x55;
            wasm(&damaged, 1_000, 1);
        }
    }
}
