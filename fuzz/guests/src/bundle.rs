//! Bytes as a bundle of `repro`: no accepted bundle has larger bounds than the
//! harness itself, and a bundle that is written again reads the same.

use greentic_provision::repro::{AnyBundle, lowered};
use provision_core::Limits;
use provision_fuzz_bytes::{Attacker, Target};

pub(crate) const TARGET: Target = Target {
    name: "bundle",
    attacker: Attacker::Bundle,
    boundary: "the reader of reproduction bundles",
    oracle: "no accepted bundle has a bound above the default; written again, it reads the same; its pack decodes or is refused",
    max_len: 65_536,
    choices: None,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: None,
};

fn body(data: &[u8]) {
    let Ok(decoded) = AnyBundle::parse(data) else {
        return;
    };
    let limits = decoded.bundle.limits();
    let (_, larger) = lowered(limits, &Limits::default());
    assert_eq!(larger, [""; 0], "bounds above the default");
    // The result is the bytes or a refusal; either is fine, a panic is not.
    drop(decoded.bundle.pack().carried());
    let again = serde_json::to_vec(&decoded.bundle).expect("writes");
    let read = AnyBundle::parse(&again).expect("reads what it wrote");
    assert_eq!(read.lowered, [""; 0], "the bounds were lowered already");
    let twice = serde_json::to_vec(&read.bundle).expect("writes");
    assert_eq!(again, twice, "not the same again");
}
