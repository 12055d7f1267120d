//! [`OtherInstallation`]: everything by which one installation differs from another.
//!
//! All of it follows from the bytes of the pack: it is the same in every run of the pack,
//! and no pack can contain it, because its bytes would then be others.

use super::answer_set::{AnswerSet, replace};
use crate::generators::answers::Edit;
use crate::given::asks_a_place;
use provision_core::Pack;
use provision_core::rng::Rng;
use provision_core::wizard::questions::{
    GIVEN, Kind, Question, canary, canary_of, fitting, fitting_of,
};
use provision_core::wizard::{ProvisionInputs, TenantContext};
use serde_json::Value;

/// The host in answers that the harness makes up.
const USUAL_HOST: &str = "conformance.invalid";
/// What makes the seed of a tenant the seed of another one.
const BESIDE: u64 = 0x7e4a_1155;
/// Bytes of the shortest name that counts as distinct.
const DISTINCT: usize = 9;
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
        Self::of_seed(seed)
    }

    fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let end = rng.choose(&ENDS).copied().unwrap_or_default();
        Self {
            seed,
            host: format!("{}.{}.{end}", name(&mut rng, 2), name(&mut rng, 3)),
            install_id: format!("{}-{}", name(&mut rng, 2), rng.below(90) + 10),
            tenant: TenantContext {
                environment: Some(name(&mut rng, 2)),
                tenant: Some(distinct_name(&mut rng)),
                team: Some(distinct_name(&mut rng)),
                user: Some(distinct_name(&mut rng)),
            },
        }
    }

    /// An installation for another tenant of the same host, with the same id.
    pub(super) fn beside(&self) -> Self {
        let other = Self::of_seed(self.seed ^ BESIDE);
        Self {
            install_id: self.install_id.clone(),
            tenant: TenantContext {
                environment: self.tenant.environment.clone(),
                ..other.tenant
            },
            ..other
        }
    }

    /// The same answers with a text of its own in place of each that may be any text;
    /// `None` if there is none.
    pub(super) fn worded(&self, base: &AnswerSet, questions: &[Question]) -> Option<AnswerSet> {
        let mut rng = Rng::new(self.seed);
        let free = questions.iter().filter(|q| is_free(q));
        let edits = free.filter_map(|question| {
            base.answer(&question.id)?.as_str()?;
            let text = distinct_name(&mut rng);
            let (least, most) = question.bounds;
            let length = text.len() as f64;
            let fits = least.is_none_or(|l| length >= l) && most.is_none_or(|m| length <= m);
            fits.then(|| Edit {
                question: question.id.clone(),
                secret: false,
                value: Some(Value::String(text)),
            })
        });
        let edits: Vec<Edit> = edits.collect();
        (!edits.is_empty()).then(|| base.with(&edits))
    }

    /// The inputs of this installation in place of `usual` ones.
    pub(super) fn inputs(&self, usual: &ProvisionInputs, asked: &[Question]) -> ProvisionInputs {
        let usual = AnswerSet::new(usual.clone(), None);
        self.answers(&usual, asked).inputs
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

    /// Another answer in place of each one that the harness made up. Texts that are equal
    /// stay equal: a form may ask for the same twice.
    fn edits(&self, base: &AnswerSet, questions: &[Question], url: Option<&str>) -> Vec<Edit> {
        let mut texts: Vec<(&Question, &Value, Value)> = Vec::new();
        let mut edits = Vec::new();
        for question in questions {
            let Some(given) = base.answer(&question.id) else {
                continue;
            };
            let is_twice = |(one, before, _): &&(&Question, &Value, Value)| {
                one.kind == question.kind && *before == given
            };
            let value = match texts.iter().find(is_twice) {
                Some((.., other)) => other.clone(),
                None if *given == fitting(question, url) => fitting_of(question, url, self.seed),
                None => continue,
            };
            if given.is_string() {
                texts.push((question, given, value.clone()));
            }
            if *given != value {
                edits.push(Edit {
                    question: question.id.clone(),
                    secret: question.secret,
                    value: Some(value),
                });
            }
        }
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

/// Whether a question takes any text, as far as its form says.
fn is_free(question: &Question) -> bool {
    let kinds = ["text", "string", "str", "multiline"];
    let is_text = kinds.contains(&question.kind.as_str()) && question.answer() == Some(Kind::Text);
    let is_place = asks_a_place(&question.id) || question.id.contains("email");
    let is_any = question.pattern.is_none() && question.choices().next().is_none();
    is_text && is_any && !is_place && !question.secret && question.id != GIVEN
}

/// A name that is long enough to be found, and that no other text holds by chance.
fn distinct_name(rng: &mut Rng) -> String {
    let mut text = name(rng, 3);
    while text.len() < DISTINCT {
        text += &name(rng, 1);
    }
    text
}

/// A name of some syllables.
fn name(rng: &mut Rng, syllables: usize) -> String {
    let syllables = (0..syllables).filter_map(|_| rng.choose(&SYLLABLES));
    syllables.copied().collect()
}
