//! Fuzz target: bytes as a binary manifest.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, manifest_cbor);
