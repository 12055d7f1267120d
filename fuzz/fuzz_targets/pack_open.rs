//! Fuzz target: bytes of an archive.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(pack_open);
