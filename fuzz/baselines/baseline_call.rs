//! What rates are compared with, see `ci/fuzz-rates.sh`.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_guests::BASELINES, baseline_call);
