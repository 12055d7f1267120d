//! Fuzz target: bytes as an archive.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(archive_bytes);
