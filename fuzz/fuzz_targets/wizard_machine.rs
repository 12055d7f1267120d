//! Fuzz target: wizards whose steps answer anything.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes, wizard_machine);
