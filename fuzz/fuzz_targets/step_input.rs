//! Fuzz target: inputs against the steps of conforming packs.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, step_input);
