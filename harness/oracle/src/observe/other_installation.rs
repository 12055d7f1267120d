//! [`OtherInstallation`]: everything by which one installation differs from another.
//!
//! All of it follows from the bytes of the pack: it is the same in every run of the pack,
//! and no pack can contain it, because its bytes would then be others.

use super::answer_set::{AnswerSet, replace};
use crate::generators::answers::Edit;
use provision_core::Pack;
use provision_core::rng::Rng;
use provision_core::wizard::TenantContext;
use provision_core::wizard::questions::{Question, canary, canary_of, fitting, fitting_of};
use serde_json::Value;

/// The host in answers that the harness makes up.
const USUAL_HOST: &str = "conformance.invalid";
/// Syllables of names, and the ends of host names.
const SYLLABLES: [&str; 16] = [
    "ba", "cor", "del", "fen", "gri", "hal", "jo", "ken", "lu", "mar", "nor", "pel", "ros", "ta",
    "vin", "wes",
];
const ENDS: [&str; 5] = ["com", "net", "org", "io", "eu"];

/// The set of canaries that `pack` cannot know, other than the usual one.
pub(crate) fn canaries_of(pack: &Pack) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *pack.fingerprint().as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h]).max(1)
}

/// Everything by which one installation differs from another.
#[derive(Debug)]
pub(super) struct OtherInstallation {
    /// The set of its canaries.
    seed: u64,
    host: String,
    install_id: String,
    tenant: TenantContext,
}

impl OtherInstallation {
    /// An installation of `pack`.
    pub(super) fn of(pack: &Pack) -> Self {
        let seed = canaries_of(pack);
        let mut rng = Rng::new(seed);
        let company = name(&mut rng, 3);
        let end = rng.choose(&ENDS).copied().unwrap_or_default();
        Self {
            seed,
            host: format!("{}.{company}.{end}", name(&mut rng, 2)),
            install_id: format!("{}-{}", name(&mut rng, 2), rng.below(90) + 10),
            tenant: TenantContext {
                environment: Some(name(&mut rng, 2)),
                tenant: Some(company),
                team: Some(name(&mut rng, 2)),
                user: Some(name(&mut rng, 2)),
            },
        }
    }

    /// The same inputs as in `base`, with its own ids and hosts, and another made-up
    /// answer in place of each one that the harness made up for `questions`.
    pub(super) fn answers(&self, base: &AnswerSet, questions: &[Question]) -> AnswerSet {
        let usual = base.inputs.public_base_url.as_deref();
        let changed = |part: AnswerSet| part.with(&self.edits(&part, questions, usual));
        // A guest of a real installation sees the secrets that its user enters.
        let mut of_inputs = base.clone().real();
        of_inputs.own = None;
        let mut answers = changed(of_inputs);
        answers.own = base.own.as_ref().and(changed(base.clone()).own);
        let url = format!("https://{}", self.host);
        let inputs = &mut answers.inputs;
        for value in answers.own.iter_mut().chain([&mut inputs.answers]) {
            if let Some(usual) = usual {
                replace(value, usual, &url);
            }
            replace(value, USUAL_HOST, &self.host);
        }
        inputs.public_base_url = Some(url);
        inputs.install_id.clone_from(&self.install_id);
        inputs.tenant = self.tenant.clone();
        answers
    }

    /// Another answer in place of each one that the harness made up.
    fn edits(&self, base: &AnswerSet, questions: &[Question], url: Option<&str>) -> Vec<Edit> {
        let made_up = |question: &Question| {
            let given = base.answer(&question.id)?;
            let other = fitting_of(question, url, self.seed);
            let is_other = *given == fitting(question, url) && *given != other;
            is_other.then(|| Edit {
                question: question.id.clone(),
                secret: question.secret,
                value: Some(other),
            })
        };
        let mut edits: Vec<Edit> = questions.iter().filter_map(made_up).collect();
        // The host holds these secrets, for which nobody may ask.
        for (key, value) in base.by_question() {
            let known = edits.iter().any(|edit| edit.question == key);
            let usual = canary(&key);
            if let Some(text) = value.as_str().filter(|text| text.contains(&usual))
                && !known
            {
                let text = text.replace(&usual, &canary_of(&key, self.seed));
                edits.push(Edit {
                    question: key,
                    secret: true,
                    value: Some(Value::String(text)),
                });
            }
        }
        edits
    }
}

/// A name of some syllables.
fn name(rng: &mut Rng, syllables: usize) -> String {
    let syllables = (0..syllables).filter_map(|_| rng.choose(&SYLLABLES));
    syllables.copied().collect()
}
