//! Fuzz target: malformed ideas applied to sound packs.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(archive_mutated);
