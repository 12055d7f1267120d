//! Fuzz target: a sequence of plan patches.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz::target!(plan_merge);
