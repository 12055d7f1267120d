//! Fuzz target: bytes as a JSON manifest.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(manifest_json);
