//! Fuzz target: one guest by three compilers.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, compilers);
