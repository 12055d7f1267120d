//! `wizard.labels-translated`: is every text that a wizard shows in the pack?

use crate::check::{Conclusion, Findings};
use crate::subject::{Observed, Opened, Subject};
use crate::varied::Variation;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::questions::{questions as read, spec_texts};
use provision_core::wizard::{Driver, StepFailure};
use std::collections::BTreeSet;

/// The English texts of a pack. The first that exists counts.
pub(crate) const CATALOGUES: [&str; 2] = ["i18n/en.json", "assets/i18n/en.json"];

/// `wizard.labels-translated`
pub(super) fn translated(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |opened, observed| {
        let Missing { by, keys } = match missing(subject, opened, observed) {
            Ok(missing) => missing,
            Err(conclusion) => return conclusion,
        };
        let missing = keys.into_iter().map(|key| {
            let key = format!("`{}`", inert(&key, 120));
            let expected = format!("a text in {}", inert(&by, 120));
            Finding::new(CheckCode::TextMissing, key, expected, "none")
        });
        Conclusion::of(missing.collect())
    });
}

/// The keys of texts that a wizard shows and that its texts lack.
pub(crate) struct Missing {
    /// The file that holds the texts: a component, or a catalogue of the pack.
    pub(crate) by: String,
    /// The keys.
    pub(crate) keys: BTreeSet<String>,
}

/// Compares the keys that a wizard shows with those of its texts.
///
/// # Errors
/// The conclusion of a wizard of which the keys are not compared.
pub(crate) fn missing(
    subject: &Subject,
    opened: &Opened,
    observed: &Observed,
) -> Result<Missing, Conclusion> {
    if matches!(observed.wizard.driver, Driver::Operator { .. }) {
        let reason = "the operator itself compares the keys with `i18n-keys`";
        return Err(Conclusion::NotApplicable(reason.into()));
    }
    let Some(run) = observed.run().filter(|run| run.completed()) else {
        return Err(Conclusion::Blocked("the wizard did not complete".into()));
    };
    let spoken = run
        .steps
        .iter()
        .filter_map(|s| s.output()?.questions.as_ref());
    let mut used = BTreeSet::new();
    for spec in spoken {
        used.extend(spec_texts(spec));
        let own = read(spec, &subject.limits.flow).unwrap_or_default();
        used.extend(own.into_iter().flat_map(|q| q.texts));
    }
    if used.is_empty() {
        let reason = "the wizard shows no text by its key";
        return Err(Conclusion::NotApplicable(reason.into()));
    }
    let (by, known) = bundle(subject, opened, observed)?;
    let keys = used.difference(&known).cloned().collect();
    Ok(Missing { by, keys })
}

/// The text keys of the wizard's component, or those of the pack if the component
/// exports no texts, and the file that holds them.
fn bundle(
    subject: &Subject,
    opened: &Opened,
    observed: &Observed,
) -> Result<(String, BTreeSet<String>), Conclusion> {
    let file = match &observed.wizard.driver {
        Driver::ComponentQa { component, .. } | Driver::Provisioner { component } => {
            Some(component)
        }
        Driver::Operator { component, .. } => component.as_ref(),
        _ => None,
    };
    let own = opened.texts.iter().find(|t| file == Some(&t.file));
    if let Some(texts) = own {
        let failed = |failure: &StepFailure, condition: &str| {
            let at = format!("{}{condition}", inert(&texts.file, 200));
            let message = failure.message.clone();
            let finding = Finding::new(failure.code, at, "the texts of the component", message);
            Err(Conclusion::Failed(vec![finding]))
        };
        return match (&texts.keys, &texts.elsewhere) {
            (Err(failure), _) => failed(failure, ""),
            (Ok(_), Some(failure)) => failed(failure, &format!(", {}", Variation::Locale.words())),
            (Ok(keys), None) => Ok((texts.file.clone(), keys.clone())),
        };
    }
    let found = CATALOGUES
        .iter()
        .find_map(|name| Some((name, opened.pack.read(name)?)));
    let Some((name, bytes)) = found else {
        let expected = "texts: `component-i18n`, or i18n/en.json";
        let finding = Finding::new(CheckCode::TextMissing, "pack", expected, "neither");
        return Err(Conclusion::Failed(vec![finding]));
    };
    let parsed = provision_core::json::parse(&bytes, subject.limits.depth);
    let map = parsed.unwrap_or_default();
    let keys = map.as_object().map(|m| m.keys().cloned().collect());
    Ok(((*name).to_owned(), keys.unwrap_or_default()))
}
