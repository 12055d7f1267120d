//! Fuzz target: bytes that a step answered.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(step_output);
