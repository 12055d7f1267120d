//! Packs with one defect each, and packs with a harmless peculiarity: a sound wizard as
//! data, changed by a row of a table. Their guests run.

mod answers;
mod defect;
mod files;
mod forbidden;
mod form;
mod forms;
mod guest_language;
mod guest_state;
mod guest_text;
mod harmless;
mod later;
mod plans;
mod recognised;
mod tenants;
mod wizard;

pub use defect::{Defect, Found, Harmless};
pub use form::{Asked, Form, Role, Takes};
pub use guest_language::{Act, Out, Part, Path, Rule, Step, Test, Whose};
pub use wizard::{Plan, Shape, Wizard};

/// Every defect, in the order of the tables.
pub fn defects() -> impl Iterator<Item = Defect> {
    let answers = answers::OFFERED.into_iter().chain(answers::BOUNDARIES);
    let answers = answers.chain(forbidden::FORBIDDEN).chain(answers::IGNORED);
    let plans = plans::OF_ANSWERS.into_iter().chain(plans::URLS);
    let plans = plans.chain(plans::CONDITIONS).chain(later::LATER);
    let forms = forms::FORMS.into_iter().chain(forms::SECRETS);
    let recognised = recognised::RECOGNISED.into_iter();
    let all = answers.chain(plans).chain(forms).chain(recognised);
    all.chain(tenants::TENANTS)
}

/// Every harmless peculiarity, in the order of the table.
pub fn harmless() -> impl Iterator<Item = Harmless> {
    harmless::ALL.into_iter().chain(tenants::OWN)
}
