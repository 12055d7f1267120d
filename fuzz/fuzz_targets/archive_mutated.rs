//! Fuzz target: mutations of valid packs.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, archive_mutated);
