//! Nothing at all: what fuzzing itself costs, for rates to be compared with.

use crate::target::{Attacker, Target};

pub(crate) const TARGET: Target = Target {
    name: "baseline_empty",
    attacker: Attacker::Archive,
    boundary: "none",
    oracle: "none",
    max_len: 1024,
    choices: None,
    body: |_| {},
    show: crate::as_text,
    mutator: None,
};
