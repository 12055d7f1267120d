//! Fuzz target: bytes of an archive.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, archive_bytes);
