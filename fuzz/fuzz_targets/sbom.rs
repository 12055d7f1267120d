//! Fuzz target: bytes as an SBOM.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(sbom);
