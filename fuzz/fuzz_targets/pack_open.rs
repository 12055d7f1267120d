//! Fuzz target: bytes of an archive, judged.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, pack_open);
