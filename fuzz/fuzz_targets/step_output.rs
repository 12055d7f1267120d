//! Fuzz target: bytes that a step answered.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, step_output);
