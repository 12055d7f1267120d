//! Fuzz target: bytes as a component.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, component_raw);
