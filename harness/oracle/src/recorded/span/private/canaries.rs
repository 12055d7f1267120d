//! Values that the caller put into a run and that no recording may show.

use crate::secret_scan::{Hidden, Secrets, is_searchable};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Values that are to stay secret, with their names.
#[derive(Default)]
pub struct Canaries {
    plain: Option<Secrets>,
    hidden: Option<Hidden>,
    /// The values that are digits alone: within a longer number, one is there by chance.
    numbers: HashSet<String>,
    values: BTreeMap<String, String>,
}

impl PartialEq for Canaries {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl Eq for Canaries {}

impl std::fmt::Debug for Canaries {
    /// Never the values.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "canaries: {:?}", self.plain)
    }
}

impl Canaries {
    /// Values by name.
    ///
    /// # Errors
    /// The names of the values that are too short to be searched for.
    pub fn new(values: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let short = values.iter().filter(|(_, value)| !is_searchable(value));
        let short: Vec<String> = short.map(|(name, _)| name.clone()).collect();
        if !short.is_empty() {
            return Err(short);
        }
        let is_number = |value: &&String| value.bytes().all(|b| b.is_ascii_digit());
        Ok(Self {
            plain: Some(Secrets::new(values)),
            hidden: Hidden::new(values),
            numbers: values.values().filter(is_number).cloned().collect(),
            values: values.clone(),
        })
    }

    /// The names and the forms of the values in `text`, and why the text was not searched
    /// to its end.
    pub(super) fn find(&self, text: &str) -> (BTreeSet<(String, String)>, Option<String>) {
        let (mut found, mut unsearched) = (BTreeSet::new(), None);
        if let Some(plain) = &self.plain {
            plain.find("", text, &mut found);
        }
        let mut named: BTreeSet<(String, String)> = found
            .into_iter()
            .map(|leak| (leak.key, leak.form.into_owned()))
            .collect();
        if let Some(hidden) = &self.hidden {
            let searched = hidden.find("the text", text);
            let new = searched.leaks.into_iter();
            let new: Vec<_> = new
                .filter(|leak| named.iter().all(|(name, _)| *name != leak.key))
                .map(|leak| (leak.key, leak.form.into_owned()))
                .collect();
            named.extend(new);
            unsearched = searched.unsearched;
        }
        (named, unsearched)
    }

    /// Whether `number` is one of the values.
    pub(super) fn is_number(&self, number: &str) -> bool {
        self.numbers.contains(number)
    }

    /// `text` with each value, in any single encoding, replaced by its name.
    pub(super) fn without(&self, text: &str) -> String {
        match &self.plain {
            Some(plain) => plain.without(text),
            None => text.to_owned(),
        }
    }
}
