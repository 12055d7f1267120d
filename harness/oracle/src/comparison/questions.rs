//! Compares the questions of the setup form, and those that each wizard asks.

use super::change::{Found, Pair, both};
use super::packs::Packs;
use super::pairing::Pairing;
use super::question::{compare as compare_question, has_to_be_answered};
use super::rules::Rule;
use super::wizards::WizardPair;
use crate::observe::answer_set::AnswerSet;
use crate::probe_outcome::asked;
use crate::subject::{Observed, Opened};
use provision_core::Limits;
use provision_core::wizard::questions::{Question, canonical};
use provision_core::wizard::{ProvisionStep, StepRun};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A question and its position in its form.
pub(super) type Placed = (usize, Question);

/// The questions of one form, by id.
pub(super) type Form = BTreeMap<String, Placed>;

/// Compares the setup forms, and then the questions of each pair of wizards.
pub(super) fn compare(packs: Packs<'_>, pairs: &[WizardPair<'_>], found: &mut Found<'_>) {
    let form = |opened: &Opened| numbered(opened.form.questions.clone());
    let forms = [form(packs.old), form(packs.new)];
    let is_setup = |pair: &&WizardPair<'_>| pair.sets_up();
    let setups = pairs.iter().filter(is_setup);
    let of_setups = setups.map(|pair| own(pair, packs.limits));
    let of_setups: Vec<[Option<Form>; 2]> = of_setups.collect();
    let answers = pairs.iter().find(is_setup).map(|pair| answers(pair.old));
    let answers = answers.unwrap_or_default();
    // A wizard asks what a form lacks: a question that moves between them is not new.
    let elsewhere = [merged(&of_setups, 0), merged(&of_setups, 1)];
    lists("setup form", &forms, &elsewhere, &answers, found);
    for pair in pairs {
        let place = format!("wizard {}", pair.new.wizard.name);
        let none = [Form::new(), Form::new()];
        let of_setup = is_setup(&pair);
        // The comparison of the plans says why a wizard could not be asked.
        let [Some(old), Some(new)] = own(pair, packs.limits) else {
            continue;
        };
        let elsewhere = if of_setup { &forms } else { &none };
        let answers = self::answers(pair.old);
        found.of_unrun(pair.is_unrun());
        lists(&place, &[old, new], elsewhere, &answers, found);
    }
    found.of_unrun(false);
}

/// The questions that each side asks itself; `None` if it could not be asked.
pub(super) fn own(pair: &WizardPair<'_>, limits: &Limits) -> [Option<Form>; 2] {
    [pair.old, pair.new].map(|observed| {
        let run = observed.run()?;
        let collected = |s: &StepRun| s.step == ProvisionStep::Collect && s.output().is_some();
        let was_asked = run.completed() || run.steps.iter().any(collected);
        was_asked.then(|| numbered(asked(run, limits).unwrap_or_default()))
    })
}

/// The answers that the wizard received, by question.
fn answers(observed: &Observed) -> Map<String, Value> {
    let Ok(runs) = &observed.runs else {
        return Map::new();
    };
    AnswerSet::of(&observed.wizard, &runs.inputs, &runs.first).by_question()
}

fn merged(own: &[[Option<Form>; 2]], side: usize) -> Form {
    let forms = own.iter().filter_map(|forms| forms[side].clone());
    forms.flatten().collect()
}

/// The first question of each id, with its position.
fn numbered(questions: Vec<Question>) -> Form {
    let mut form = Form::new();
    for question in questions {
        let position = form.len();
        form.entry(question.id.clone())
            .or_insert((position, question));
    }
    form
}

/// Compares two forms. What is only in one of them is looked for elsewhere in the other
/// pack.
fn lists(
    place: &str,
    [old, new]: &[Form; 2],
    [old_elsewhere, new_elsewhere]: &[Form; 2],
    answers: &Map<String, Value>,
    found: &mut Found<'_>,
) {
    let mut pairing = Pairing::of(old, new);
    let at = |id: &str| format!("{place}, question `{id}`");
    let compared = |id: &str, old: &Question, new: &Question, found: &mut Found<'_>| {
        compare_question(&at(id), (old, new), answers.get(&old.id), found);
    };
    for (id, (_, old), (_, new)) in &pairing.kept {
        compared(id, old, new, found);
    }
    let same_text = |(_, old): &Placed, (_, new): &Placed| {
        let is_known = old.title.as_ref().is_some_and(|title| !title.is_empty());
        let same_keys = !old.texts.is_empty() && old.texts == new.texts;
        old.kind == new.kind && (is_known || same_keys) && old.title == new.title
    };
    // `telegram_bot_token` and `bot_token`.
    let same_name = |(_, old): &Placed, (_, new): &Placed| {
        let (one, other) = (canonical(&old.id), canonical(&new.id));
        let is_part = one.ends_with(&other) || other.ends_with(&one);
        is_part && old.answer() == new.answer() && old.secret == new.secret
    };
    let same_place = |(at, old): &Placed, (new_at, new): &Placed| {
        at == new_at && old.answer() == new.answer() && old.secret == new.secret
    };
    let [in_old, in_new] = [old_elsewhere, new_elsewhere].map(names);
    let is_in = |names: &BTreeSet<String>, id: &str| names.contains(&canonical(id));
    pairing.removed.retain(|(id, _)| !is_in(&in_new, id));
    pairing.added.retain(|(id, _)| !is_in(&in_old, id));
    let by_text = pairing.renamed(same_text);
    let mut guessed = pairing.renamed(same_name);
    guessed.extend(pairing.renamed(same_place));
    let certain = by_text.into_iter().map(|pair| (pair, false));
    let guessed = guessed.into_iter().map(|pair| (pair, true));
    for (((old_id, (_, old)), (new_id, (_, new))), guess) in certain.chain(guessed) {
        found.add(Rule::QuestionRenamed, place, both(old_id, new_id), guess);
        compared(new_id, old, new, found);
    }
    for (id, (_, question)) in pairing.removed {
        let kind = words(question);
        let pair: Pair<'_> = (Some(&kind), None);
        found.change(Rule::QuestionRemoved, &at(id), pair);
    }
    for (id, (_, question)) in pairing.added {
        let rule = if has_to_be_answered(question) && question.shown(answers) != Some(false) {
            Rule::QuestionAddedRequired
        } else {
            Rule::QuestionAdded
        };
        found.change(rule, &at(id), (None, Some(&words(question))));
    }
}

/// The names of the questions of a form, as the setup tool compares them.
fn names(form: &Form) -> BTreeSet<String> {
    form.keys().map(|id| canonical(id)).collect()
}

/// A question in words.
fn words(question: &Question) -> String {
    let required = if question.required {
        "required"
    } else {
        "optional"
    };
    let secret = if question.secret { ", secret" } else { "" };
    let kind = &question.kind;
    let default = question.default.as_ref();
    let default = default.map_or_else(String::new, |value| format!(", default {value}"));
    format!("{kind}, {required}{secret}{default}")
}
