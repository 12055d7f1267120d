//! An empty target: its rate is the cost of libFuzzer itself.

use crate::target::{Attacker, Seeds, Target};

pub(crate) const TARGET: Target = Target {
    name: "baseline_empty",
    attacker: Attacker::Archive,
    boundary: "none",
    oracle: "none",
    max_len: 1024,
    seeds: Seeds::Files,
    body: |_| {},
    show: crate::as_text,
    mutator: None,
};
