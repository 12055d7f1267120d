//! The results of fault cases: the runner writes that of a case behind the case, and its
//! report on a list of cases has an entry for each.

use super::fault_case::{Expected, FaultCase, FaultMembers};
use super::field::Field;
use super::judged::{Log, quoted};
use super::members::{ArraySeed, Items, Members, ObjectSeed, Scalar, ScalarSeed};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use serde::de::{MapAccess, SeqAccess};
use std::collections::BTreeMap;

/// Cases of which the names are kept until a report has them.
const CASES: usize = 10_000;
/// What the runner writes into an error after which a message belongs into the dead letter
/// queue.
const DEAD_LETTER: &str = "dlq_recommended";

/// The fault cases whose outcome is not known yet.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// A case whose result may come next.
    one: Option<Expected>,
    /// The place of each case of a list, by name.
    listed: BTreeMap<String, String>,
    has_list: bool,
    has_report: bool,
    is_cut: bool,
}

impl Pending {
    /// The result of this case may come next.
    pub(super) fn expect(&mut self, expected: Expected, log: &mut Log) {
        if let Some(before) = self.one.replace(expected) {
            log.outcomes
                .faults
                .leave(|| format!("no result of {} is recorded", before.place));
        }
    }

    fn list(&mut self, case: Expected) {
        self.has_list = true;
        let Some(name) = case.name else { return };
        if self.listed.len() == CASES {
            self.is_cut = true;
        } else {
            self.listed.insert(name, case.place);
        }
    }

    /// Judges what is still unknown at the end of the recording.
    pub(super) fn end(&mut self, log: &mut Log) {
        if let Some(one) = self.one.take() {
            log.outcomes
                .faults
                .leave(|| format!("no result of {} is recorded", one.place));
        }
        if self.is_cut {
            log.outcomes
                .faults
                .leave(|| format!("there are more than {CASES} fault cases"));
        }
        for (name, place) in std::mem::take(&mut self.listed) {
            if !self.has_report {
                log.outcomes
                    .faults
                    .leave(|| format!("no outcome of {place} is recorded"));
                return;
            }
            log.outcomes.faults.violate(|| {
                let expected = format!("an entry of the report for case {}", quoted(&name));
                Finding::new(RecordedCode::Fault, place, expected, "none")
            });
        }
    }
}

/// Reads the array `cases`.
pub(super) struct Cases<'c> {
    pub(super) log: &'c mut Log,
    pub(super) faults: &'c mut Pending,
    pub(super) count: u64,
}

impl Cases<'_> {
    pub(super) fn end(self) {
        if self.count == 0 {
            let at = self.log.at("/cases");
            let finding = || Finding::new(RecordedCode::Empty, at, "at least one case", "none");
            self.log.outcomes.shape.violate(finding);
        }
    }
}

impl Items for Cases<'_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let at = format!("/cases/{}", self.count);
        let mut case = FaultCase::default();
        let mut members = FaultMembers {
            log: &mut *self.log,
            at: &at,
            case: &mut case,
        };
        if items.next_element_seed(ObjectSeed(&mut members))?.is_none() {
            return Ok(false);
        }
        self.faults.list(case.end(&at, self.log));
        self.count += 1;
        self.log.entries += 1;
        Ok(true)
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.log
            .wrong("/cases", "an array of fault cases", found.words());
        self.count = 1;
    }
}

/// The result of a fault case.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    is_there: bool,
    status: Field,
    error: Option<Option<bool>>,
    retries: Option<Result<u64, &'static str>>,
}

impl Outcome {
    pub(super) fn is_there(&self) -> bool {
        self.is_there
    }

    /// Reads the member `name`.
    pub(super) fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        members: &mut A,
        log: &mut Log,
    ) -> Result<(), A::Error> {
        self.is_there |= matches!(name, "retries" | "replies");
        match name {
            "status" => self.status = Field::read(members)?,
            _ => members.next_value_seed(ScalarSeed(|value: Scalar<'_>| match (name, value) {
                ("error", Scalar::Null) => self.error = Some(None),
                ("error", Scalar::Text(text)) => {
                    self.error = Some(Some(text.contains(DEAD_LETTER)));
                }
                ("error", other) => log.wrong("/error", "a text or null", other.words()),
                ("retries", Scalar::Count(count)) => self.retries = Some(Ok(count)),
                ("retries", other) => self.retries = Some(Err(other.words())),
                _ => {}
            }))?,
        }
        Ok(())
    }

    /// Compares the outcome with the case before it.
    pub(super) fn end(self, faults: &mut Pending, log: &mut Log) {
        self.status.require("/status", "`pass` or `fail`", log);
        match self.retries {
            Some(Ok(_)) => {}
            Some(Err(found)) => log.wrong("/retries", "a number of retries", found),
            None => log.missing("/retries", "the number of retries"),
        }
        let Some(expected) = faults.one.take() else {
            let why = || "a result is recorded without its fault case before it".into();
            log.outcomes.faults.leave(why);
            return;
        };
        log.entries += 1;
        let expect = expected.expect;
        let is_dead = self.error == Some(Some(true));
        let differs = |log: &mut Log, at: &str, expected: String, found: String| {
            log.outcomes.faults.examine();
            if expected != found {
                let at = log.at(at);
                let finding = || Finding::new(RecordedCode::Fault, at, expected, found);
                log.outcomes.faults.violate(finding);
            }
        };
        if let (Some(due), Some(status)) = (expect.status, self.status.text()) {
            differs(log, "/status", quoted(&due), quoted(&status.to_lowercase()));
            let has_error = matches!(self.error, Some(Some(_)));
            let words = |is: bool| if is { "an error" } else { "no error" }.to_owned();
            differs(log, "/error", words(status == "fail"), words(has_error));
        }
        if let (Some(due), Some(Ok(retries))) = (expect.retries, self.retries) {
            differs(log, "/retries", due.to_string(), retries.to_string());
        }
        if let Some(due) = expect.dlq {
            let words = |is: bool| {
                if is {
                    format!("an error with `{DEAD_LETTER}`")
                } else {
                    format!("no error with `{DEAD_LETTER}`")
                }
            };
            differs(log, "/error", words(due), words(is_dead));
        }
    }
}

/// Reads the array `packs` of a report.
pub(super) struct Reported<'r> {
    log: &'r mut Log,
    faults: &'r mut Pending,
    count: u64,
    /// Whether an entry is of a fault case.
    pub(super) is_of_faults: bool,
}

impl<'r> Reported<'r> {
    pub(super) fn new(log: &'r mut Log, faults: &'r mut Pending) -> Self {
        Self {
            log,
            faults,
            count: 0,
            is_of_faults: false,
        }
    }

    fn judge(&mut self, entry: Entry, at: &str) {
        let Some(name) = entry.case.text() else {
            return;
        };
        self.is_of_faults = true;
        self.faults.has_report = true;
        self.log.entries += 1;
        self.log.outcomes.faults.examine();
        let is_listed = self.faults.listed.remove(name).is_some();
        if self.faults.has_list && !is_listed && !self.faults.is_cut {
            let at = self.log.at(format_args!("{at}/case"));
            self.log.outcomes.faults.violate(|| {
                let expected = "a case of the list, once";
                Finding::new(RecordedCode::Fault, at, expected, quoted(name))
            });
        }
        entry
            .status
            .require(format_args!("{at}/status"), "`pass` or `fail`", self.log);
        if let Some(status) = entry.status.text()
            && status != "pass"
        {
            let at = self.log.at(format_args!("{at}/status"));
            self.log.outcomes.faults.violate(|| {
                let expected = format!("`pass`: case {} ends as it expects", quoted(name));
                let why = entry.diagnostics.join(", ");
                Finding::new(
                    RecordedCode::Fault,
                    at,
                    expected,
                    format!("{} ({why})", quoted(status)),
                )
            });
        }
    }
}

impl Items for Reported<'_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let mut entry = Entry::default();
        if items.next_element_seed(ObjectSeed(&mut entry))?.is_none() {
            return Ok(false);
        }
        let at = format!("/packs/{}", self.count);
        if let Some(name) = entry.doubled {
            self.log.doubled(&at, name);
        }
        self.judge(entry, &at);
        self.count += 1;
        Ok(true)
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.log
            .wrong("/packs", "an array of entries", found.words());
    }
}

/// An entry of a report.
#[derive(Default)]
struct Entry {
    case: Field,
    status: Field,
    /// The codes of its first diagnostics.
    diagnostics: Vec<String>,
    doubled: Option<&'static str>,
}

impl Members for Entry {
    const NAMES: &'static [&'static str] = &["case", "status", "diagnostics"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "case" => self.case = Field::read(members)?,
            "status" => self.status = Field::read(members)?,
            _ => members.next_value_seed(ArraySeed(&mut Diagnostics(&mut self.diagnostics)))?,
        }
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.doubled = Some(name);
    }

    fn other(&mut self, _: Scalar<'_>) {}
}

struct Diagnostics<'d>(&'d mut Vec<String>);

impl Items for Diagnostics<'_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let mut code = Code(Field::Absent);
        if items.next_element_seed(ObjectSeed(&mut code))?.is_none() {
            return Ok(false);
        }
        if let (Some(code), true) = (code.0.text(), self.0.len() < 5) {
            self.0.push(quoted(code));
        }
        Ok(true)
    }

    fn other(&mut self, _: Scalar<'_>) {}
}

struct Code(Field);

impl Members for Code {
    const NAMES: &'static [&'static str] = &["code"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        _: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        self.0 = Field::read(members)?;
        Ok(())
    }

    fn doubled(&mut self, _: &'static str) {}

    fn other(&mut self, _: Scalar<'_>) {}
}
