//! Fuzz target: malformed ideas over sound packs.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, archive_mutated);
