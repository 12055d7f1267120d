//! Fuzz target: bytes as a core module.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, step_core);
