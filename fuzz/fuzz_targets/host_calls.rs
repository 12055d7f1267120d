//! Fuzz target: sequences of calls to the host.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests, host_calls);
