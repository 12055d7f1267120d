//! Generated modules and components: valid ones from `wasm-smith`, and hostile ones.

use crate::sandbox::every_call;
use arbitrary::{Arbitrary, Unstructured};
use provision_core::wizard::StepCode;
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use provision_oracle::generators::guests::Guest;
use wasm_smith::{Component, Config, Module};

pub(crate) const TARGET: Target = Target {
    name: "component_smith",
    attacker: Attacker::Component,
    boundary: "the pre-scan, the compiler, the linker and the executor",
    oracle: "as for step_core; the harness refuses no valid module as invalid",
    max_len: 4096,
    seeds: Seeds::Random(600),
    body,
    show: shown,
    mutator: None,
};

fn body(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let Ok(guest) = guest(&mut u) else {
        return;
    };
    let failures = every_call(guest.name, &guest.bytes);
    if guest.name == "valid.wasm" {
        let refused = failures.iter().find(|f| f.code == StepCode::Compile);
        assert_eq!(
            refused, None,
            "the harness refuses a valid module as invalid"
        );
    }
}

fn guest(u: &mut Unstructured<'_>) -> arbitrary::Result<Guest> {
    Ok(match u.int_in_range(0..=7)? {
        0 | 1 => Guest {
            name: "valid.wasm",
            bytes: Module::new(config(), u)?.to_bytes(),
        },
        2 => Guest {
            name: "s.wasm",
            bytes: Component::new(config(), u)?.to_bytes(),
        },
        _ => Guest::arbitrary(u)?,
    })
}

/// Only features that the harness enables, and no imports, which it refuses.
fn config() -> Config {
    Config {
        max_imports: 0,
        export_everything: true,
        max_memories: 3,
        max_memory32_bytes: 1 << 22,
        memory64_enabled: false,
        gc_enabled: false,
        // NB: `externref` is a GC type to Wasmtime.
        reference_types_enabled: false,
        exceptions_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}

/// The guest that the generator makes of `data`, as text if it is text.
fn shown(data: &[u8]) -> String {
    match guest(&mut Unstructured::new(data)) {
        Ok(guest) => provision_fuzz_bytes::as_text(&guest.bytes),
        Err(why) => format!("nothing is made of it: {why}"),
    }
}
