//! Fuzz target: bytes as an SBOM, a lock or a signature.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, sbom);
