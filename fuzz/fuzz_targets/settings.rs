//! Fuzz target; ci/fuzz-bins.sh writes this file, and fuzz/guests/src/settings.rs has the body.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, settings);
