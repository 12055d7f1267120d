//! Fuzz target: a reproduction bundle.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, bundle);
