//! [`Facts`]: what fixes know of a pack that is not in its files alone.

use crate::checks::wizard::translated::{CATALOGUES, missing};
use crate::subject::{Opened, Subject};
use provision_core::manifest::Format;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What was observed of a pack, and what its author decided.
#[derive(Debug, Default)]
pub struct Facts {
    /// The bound on the nesting of documents.
    pub depth: usize,
    /// Whether the pack is a digital worker, which needs no SBOM.
    pub is_worker: bool,
    /// The manifest that is right where several disagree, if the author said so.
    pub manifest: Option<String>,
    /// What components say of themselves, by id.
    pub described: BTreeMap<String, Value>,
    /// The keys of texts that wizards show and that the English catalogue of the pack
    /// lacks, by catalogue.
    pub absent: BTreeMap<String, BTreeSet<String>>,
}

impl Facts {
    /// The facts on the pack that `subject` observed.
    #[must_use]
    pub fn of(subject: &Subject, opened: &Opened, manifest: Option<String>) -> Self {
        let described = opened.described.iter();
        let described = described.filter_map(|described| {
            let answer = described.answer.as_ref().ok()?;
            Some((described.component.clone(), answer.clone()))
        });
        let mut absent: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for observed in &opened.wizards {
            let Ok(missing) = missing(subject, opened, observed) else {
                continue;
            };
            // The texts of a component are in the component, which no fix touches.
            if CATALOGUES.contains(&missing.by.as_str()) && !missing.keys.is_empty() {
                absent.entry(missing.by).or_default().extend(missing.keys);
            }
        }
        Self {
            depth: subject.limits.depth,
            is_worker: opened.pack.manifest().format == Format::DigitalWorker,
            manifest,
            described: described.collect(),
            absent,
        }
    }
}
