//! Fuzz target: modules and components out of generators.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, component_smith);
