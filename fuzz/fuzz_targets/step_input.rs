//! Fuzz target; ci/fuzz-bins.sh writes this file, and fuzz/guests/src/step_input.rs has the body.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, step_input);
