//! Fuzz target: bytes as a binary manifest.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(manifest_cbor);
