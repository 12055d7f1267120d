//! Bytes as exported spans, with a secret in some encodings: `$p` in the input stands for the
//! secret, `$r`, `$h`, `$b` and `$u` for it backwards, in hex, in base64 and escaped.

use crate::recordings::Parts;
use crate::target::{Attacker, Seeds, Target};
use provision_core::Status;
use provision_oracle::CheckResult;
use provision_oracle::recorded::{Aids, Canaries, Recording, judge, observe};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

pub(crate) const TARGET: Target = Target {
    name: "spans",
    attacker: Attacker::Recording,
    boundary: "the reader of exported spans, their trees, and the search for what is private",
    oracle: "spans are observed in the same way twice, in parts of any length, and with their members in another order; no finding shows the secret that is in the input, plain or in a single encoding",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: None,
};

const SECRET: &str = "canary-7f3a-Hunter2-staple";

/// What stands for the secret, and the secret in that encoding.
static FORMS: LazyLock<[(&str, String); 5]> = LazyLock::new(|| {
    let hex = |byte: u8| format!("{byte:02x}");
    [
        ("$p", SECRET.to_owned()),
        ("$r", SECRET.chars().rev().collect()),
        ("$h", SECRET.bytes().map(hex).collect()),
        ("$b", "Y2FuYXJ5LTdmM2EtSHVudGVyMi1zdGFwbGU".to_owned()),
        ("$u", SECRET.bytes().map(|b| format!("%{b:02x}")).collect()),
    ]
});

fn aids() -> Aids<'static> {
    static CANARIES: LazyLock<Arc<Canaries>> = LazyLock::new(|| {
        let values = BTreeMap::from([("secret".to_owned(), SECRET.to_owned())]);
        Arc::new(Canaries::new(&values).expect("it is long"))
    });
    Aids {
        canaries: CANARIES.clone(),
        ..Aids::default()
    }
}

fn observed(data: &[u8], part: usize) -> Recording {
    observe(Parts(data, part), &aids(), &mut Vec::new())
}

fn body(data: &[u8]) {
    let mut text = String::from_utf8_lossy(data).into_owned();
    for (name, form) in &*FORMS {
        // Each input has each form a few times at most, so that it stays short.
        text = text.replacen(name, form, 4);
    }
    let recording = observed(text.as_bytes(), usize::MAX);
    for part in [1, 13] {
        let again = observed(text.as_bytes(), part);
        assert_eq!(recording, again, "in parts of {part}");
    }
    let results = judge(&recording, |_| true);
    for result in &results {
        shows_nothing(result);
    }
    in_another_order(&text, &recording, &results);
}

fn shows_nothing(result: &CheckResult) {
    let texts = result.findings.iter();
    let texts = texts.flat_map(|f| [&f.at, &f.expected, &f.actual]);
    for text in texts.chain(&result.reason) {
        let text = text.to_lowercase();
        for (_, form) in &*FORMS {
            assert!(!text.contains(&form.to_lowercase()), "{result:?}");
        }
    }
}

/// The same members in the order of their names have the same results.
fn in_another_order(text: &str, recording: &Recording, results: &[CheckResult]) {
    let has_doubled = results.iter().any(|result| {
        let codes = result.findings.iter().map(|f| f.code.to_string());
        result.status == Status::Failed && codes.into_iter().any(|c| c == "E_RECORDING_JSON")
    });
    let value: Result<serde_json::Value, _> = serde_json::from_str(text);
    let (Ok(value), false) = (value, has_doubled || recording.spans.is_none()) else {
        return;
    };
    let sorted = observed(value.to_string().as_bytes(), usize::MAX);
    let shown = |results: &[CheckResult]| -> Vec<(&str, Status, BTreeSet<String>)> {
        let shown = results.iter().map(|result| {
            let codes = result.findings.iter().map(|f| f.code.to_string());
            (result.check, result.status, codes.collect())
        });
        shown.collect()
    };
    assert_eq!(shown(&judge(&sorted, |_| true)), shown(results));
}
