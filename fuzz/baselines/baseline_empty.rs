//! A baseline: `ci/fuzz-rates.sh` compares the rates of targets with its rate.
#![cfg_attr(fuzzing, no_main)]

provision_fuzz_bytes::target!(provision_fuzz_bytes::BASELINES, baseline_empty);
