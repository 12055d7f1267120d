//! Fuzz target: sequences of patches.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, plan_merge);
