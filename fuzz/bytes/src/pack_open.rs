//! Bytes of an archive: other readers extract the same files from an accepted archive,
//! and the verdict is never *pass*, because no guest runs.

use crate::target::{Attacker, Seeds, Target};
use provision_core::codes::CheckCode;
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source, Verdict};
use provision_oracle::zip_readers::disagreement;
use provision_oracle::{Conditions, judge, observe, verdict};

pub(crate) const TARGET: Target = Target {
    name: "pack_open",
    attacker: Attacker::Archive,
    boundary: "opening a pack, resolving its wizards, judging it, the verdict",
    oracle: "the verdict is not *pass*, because no guest runs; every check reaches a conclusion; other readers extract the same files from every accepted archive",
    max_len: 8192,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(crate::mutators::archive),
};

fn body(data: &[u8]) {
    let conditions = Conditions {
        limits: Limits::FUZZ,
        // Other readers panic on hostile archives, which would end the fuzzing.
        ask_other_readers: false,
        ..Conditions::default()
    };
    let source = Source::Archive(data.to_vec().into());
    let subject = observe(Ok(source), &NoopExecutor, &conditions);
    let results = judge(&subject);
    let verdict = verdict(&subject, &results);
    assert_ne!(
        verdict,
        Verdict::Pass,
        "the verdict is pass, and no guest ran"
    );
    assert!(!results.iter().any(|r| {
        r.findings
            .iter()
            .any(|f| f.code == CheckCode::Unconcluded.into())
    }));
    if let Ok(opened) = &subject.opened {
        let archive = opened.pack.archive().expect("opened as an archive");
        assert_eq!(disagreement(archive, &crate::ALL_READERS), None);
    }
}
