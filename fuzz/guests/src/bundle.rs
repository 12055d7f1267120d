//! Bytes as a repro bundle: no accepted bundle has larger bounds than the harness
//! itself, and a bundle reads the same after it is written again.

use greentic_provision::repro::AnyBundle;
use provision_core::Limits;
use provision_fuzz_bytes::{Attacker, Seeds, Target};
use serde_json::{Value, json};

pub(crate) const TARGET: Target = Target {
    name: "bundle",
    attacker: Attacker::Bundle,
    boundary: "the reader of repro bundles",
    oracle: "no accepted bundle has a bound above the default; a bundle reads the same after it is written again; the reader decodes its pack or refuses it",
    max_len: 65_536,
    seeds: Seeds::Files,
    body,
    show: provision_fuzz_bytes::as_text,
    mutator: None,
};

fn body(data: &[u8]) {
    let Ok(decoded) = AnyBundle::parse(data) else {
        return;
    };
    // NB: the reader lowers bounds with code of its own, which must not judge itself.
    let limits = json!(decoded.bundle.limits());
    let larger = larger("", &limits, &json!(Limits::default()));
    assert_eq!(larger, [""; 0], "bounds above the default");
    // The bundle carries bytes or a refusal; the target looks only for a panic.
    drop(decoded.bundle.pack().carried());
    let again = serde_json::to_vec(&decoded.bundle).expect("writes");
    let read = AnyBundle::parse(&again).expect("a written bundle is accepted");
    assert_eq!(
        read.lowered, [""; 0],
        "the first reading already lowered the bounds"
    );
    let twice = serde_json::to_vec(&read.bundle).expect("writes");
    assert_eq!(again, twice, "a bundle changes when it is written again");
}

/// The places of the numbers in `asked` that are larger than those in `most`, or not there.
fn larger(at: &str, asked: &Value, most: &Value) -> Vec<String> {
    let Value::Object(members) = asked else {
        let fits = asked.as_u64().zip(most.as_u64());
        let fits = fits.is_some_and(|(asked, most)| asked <= most);
        return if fits {
            Vec::new()
        } else {
            vec![at.to_owned()]
        };
    };
    let members = members.iter();
    let below = members.flat_map(|(key, asked)| {
        let most = most.get(key).unwrap_or(&Value::Null);
        larger(&format!("{at}/{key}"), asked, most)
    });
    below.collect()
}
