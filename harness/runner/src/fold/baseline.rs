//! Reads the fuel of each step of an earlier run from its JSON report.

use crate::events::{StepDone, WizardDriven};
use crate::exit::{Error, show};
use crate::read_file::{self, BoundedFile};
use provision_core::text::inert;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;

/// Identifies a step of a wizard: its name, its node, its function, and its number
/// among the steps that agree in these.
type Place = (String, Option<String>, String, usize);

/// An earlier run.
#[derive(Debug, Default)]
pub struct Baseline {
    /// Fuel by pack, wizard and step.
    fuel: BTreeMap<(String, String), BTreeMap<Place, u64>>,
}

#[derive(Deserialize)]
struct Report {
    packs: Vec<Pack>,
}

#[derive(Deserialize)]
struct Pack {
    pack: String,
    wizards: Vec<Wizard>,
}

#[derive(Deserialize)]
struct Wizard {
    wizard: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    step: String,
    node: Option<String>,
    function: String,
    fuel: u64,
}

/// The places of `steps`, in their order.
fn places<'s>(
    steps: impl Iterator<Item = (&'s str, Option<&'s str>, &'s str)>,
) -> impl Iterator<Item = Place> {
    let mut seen: BTreeMap<(String, Option<String>, String), usize> = BTreeMap::new();
    steps.map(move |(step, node, function)| {
        let name = (
            step.to_owned(),
            node.map(str::to_owned),
            function.to_owned(),
        );
        let nth = seen.entry(name.clone()).or_default();
        *nth += 1;
        (name.0, name.1, name.2, *nth)
    })
}

impl Baseline {
    /// Reads the JSON report at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::File`] if it cannot be read, and [`Error::Usage`]
    /// if it is not a JSON report.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut file = BoundedFile::open(path, read_file::BASELINE)?;
        let parsed = Self::parse(&mut file);
        // NB: check the bound first: a report that is cut off at the bound is also
        // invalid JSON.
        file.check()?;
        parsed.map_err(|e| {
            let (path, e) = (show(path), inert(&e.to_string(), 300));
            Error::Usage(format!(
                "{path}: not a JSON report of this harness: {e}; --baseline reads a file that \
                 an earlier --report wrote"
            ))
        })
    }

    /// Reads a JSON report.
    ///
    /// # Errors
    /// The parser's error if it is not a report, or if reading fails.
    pub fn parse(report: impl Read) -> serde_json::Result<Self> {
        let report: Report = serde_json::from_reader(BufReader::new(report))?;
        let mut baseline = Self::default();
        for Pack { pack, wizards } in report.packs {
            for Wizard { wizard, steps } in wizards {
                let named = steps.iter();
                let named = named.map(|s| (&*s.step, s.node.as_deref(), &*s.function));
                let fuel = places(named).zip(steps.iter().map(|s| s.fuel)).collect();
                baseline.fuel.insert((pack.clone(), wizard), fuel);
            }
        }
        Ok(baseline)
    }

    /// The change in fuel of each step of `wizard`; `None` if the earlier run had no
    /// such step.
    #[must_use]
    pub fn changes(&self, wizard: &WizardDriven) -> Vec<Option<i64>> {
        let key = (wizard.pack.clone(), wizard.wizard.clone());
        let Some(before) = self.fuel.get(&key) else {
            return vec![None; wizard.steps.len()];
        };
        let named = wizard.steps.iter();
        let named = named.map(|s| (&*s.step, s.node.as_deref(), &*s.call.function));
        let change = |(place, step): (Place, &StepDone)| {
            let before = i64::try_from(*before.get(&place)?).ok()?;
            Some(i64::try_from(step.call.meters.fuel).ok()? - before)
        };
        places(named).zip(&wizard.steps).map(change).collect()
    }
}
