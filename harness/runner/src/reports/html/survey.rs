//! [`Survey`]: what the page says of the whole run, from one pass over its packs.

use crate::exit::Error;
use crate::fold::{CauseTable, PackRun, Run};
use provision_core::{Status, Verdict};
use std::collections::BTreeMap;

/// The result of a check in a pack that a reader has to see: the worst over all scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// The number of the check among those of the run.
    pub(super) check: usize,
    /// `None` if the stream has no result.
    pub(super) status: Option<Status>,
}

/// How many packs have each result of one check.
#[derive(Debug, Clone, Default)]
pub(super) struct CheckCount {
    by_status: BTreeMap<Status, usize>,
    /// Packs without a result.
    pub(super) missing: usize,
    /// Packs that are partial and in which it was blocked.
    pub(super) undecided: usize,
}

/// A pack on the page.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Its number among all packs, the worst first; it is the end of its anchors.
    pub(super) number: usize,
    /// What is neither passed nor not applicable, in the order of the checks.
    pub(super) cells: Vec<Cell>,
}

/// What the page says of the whole run.
#[derive(Debug)]
pub(super) struct Survey {
    /// The causes of all packs.
    pub(super) causes: CauseTable,
    /// The packs of each role.
    pub(super) roles: BTreeMap<String, usize>,
    /// The results of each check of the run, in its order.
    pub(super) checks: Vec<CheckCount>,
    /// The packs, in the order of the run.
    pub(super) rows: Vec<Row>,
}

impl Survey {
    /// The survey of `run`.
    ///
    /// # Errors
    /// [`Error::Io`] of the stream.
    pub(super) fn of(run: &Run) -> Result<Self, Error> {
        let mut survey = Self {
            causes: CauseTable::new(run.level()),
            roles: BTreeMap::new(),
            checks: vec![CheckCount::default(); run.started.checks.len()],
            rows: vec![Row::default(); run.packs.len()],
        };
        let mut number = 0;
        for verdict in Verdict::WORST_FIRST {
            for (row, pack) in survey.rows.iter_mut().zip(&run.packs) {
                if pack.verdict() == verdict {
                    row.number = number;
                    number += 1;
                }
            }
        }
        let mut at = 0;
        run.each(|pack| {
            survey.add(run, pack, at);
            at += 1;
            Ok(())
        })?;
        Ok(survey)
    }

    /// Adds the pack that is `at` this place in the run.
    fn add(&mut self, run: &Run, pack: &PackRun, at: usize) {
        self.causes.add(pack);
        let role = pack.finished.as_ref().and_then(|f| f.role.as_ref());
        let role = role.map_or_else(|| "no manifest".to_owned(), |r| r.role.to_string());
        *self.roles.entry(role).or_default() += 1;
        let mut worst: BTreeMap<&str, Status> = BTreeMap::new();
        for check in &pack.checks {
            let of_check = worst.entry(&check.check).or_insert(check.status);
            *of_check = check.status.max(*of_check);
        }
        let mut cells = Vec::new();
        for (check, (id, count)) in run.started.checks.iter().zip(&mut self.checks).enumerate() {
            let status = worst.get(id.as_str()).copied();
            match status {
                Some(status) => *count.by_status.entry(status).or_default() += 1,
                None => count.missing += 1,
            }
            let is_good = matches!(status, Some(Status::Passed | Status::NotApplicable));
            // NB: a run that was cut off has no result for very many packs.
            let is_undecided = status == Some(Status::Blocked);
            if is_undecided && pack.verdict() == Verdict::Partial {
                count.undecided += 1;
            }
            if !is_good && pack.finished.is_some() {
                cells.push(Cell { check, status });
            }
        }
        cells.shrink_to_fit();
        if let Some(row) = self.rows.get_mut(at) {
            row.cells = cells;
        }
    }

    /// The packs in the order of the page, each with its place in the run.
    pub(super) fn worst_first(&self) -> Vec<(usize, &Row)> {
        let mut rows: Vec<(usize, &Row)> = self.rows.iter().enumerate().collect();
        rows.sort_by_key(|(_, row)| row.number);
        rows
    }
}

impl CheckCount {
    /// The packs with this result.
    pub(super) fn of(&self, status: Status) -> usize {
        self.by_status.get(&status).copied().unwrap_or(0)
    }

    /// The packs in which the check failed, had an error or has no result.
    pub(super) fn bad(&self) -> usize {
        self.of(Status::Failed) + self.of(Status::Error) + self.missing
    }
}

impl Cell {
    /// Whether the check failed, and expectations excuse it or not.
    pub(super) fn is_failure(self) -> bool {
        self.is_bad() || self.status == Some(Status::Excused)
    }

    /// Whether the check failed, had an error or has no result.
    pub(super) fn is_bad(self) -> bool {
        self.status.is_none_or(|status| status >= Status::Failed)
    }
}
