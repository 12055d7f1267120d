//! Fuzz target: bytes as a JSON manifest.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, manifest_json);
