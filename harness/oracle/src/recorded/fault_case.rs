//! A fault case: which faults the runner injects, and which result it expects.

use super::field::Field;
use super::judged::{ABSENT, Log, quoted};
use super::members::{ArraySeed, Items, Members, ObjectSeed, Scalar, ScalarSeed};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use serde::de::{MapAccess, SeqAccess};

/// Where the runner injects faults.
const POINTS: [&str; 9] = [
    "BeforeComponentCall",
    "AfterComponentCall",
    "BeforeToolCall",
    "AfterToolCall",
    "StateRead",
    "StateWrite",
    "TemplateRender",
    "PackResolve",
    "Timeout",
];
/// What faults the runner injects.
const KINDS: [&str; 5] = ["Transient", "Permanent", "Timeout", "Trap", "BadInput"];
/// When the runner injects them, without a number and with one.
const MODES: [&str; 2] = ["Always", "Once"];
const NUMBERED_MODES: &[&str] = &["Nth", "Rate"];

/// What is known of a fault case.
#[derive(Debug, Default)]
pub(super) struct FaultCase {
    pub(super) name: Field,
    pub(super) pack: Field,
    pub(super) flow: Field,
    has_faults: bool,
    expect: Option<Expect>,
}

/// The result that a fault case expects.
#[derive(Debug, Default, Clone)]
pub(super) struct Expect {
    pub(super) retries: Option<u64>,
    /// In lower case, as the runner compares it.
    pub(super) status: Option<String>,
    pub(super) dlq: Option<bool>,
}

/// A fault case with its place.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) name: Option<String>,
    pub(super) place: String,
    pub(super) expect: Expect,
}

impl FaultCase {
    pub(super) fn is_there(&self) -> bool {
        self.has_faults || self.expect.is_some()
    }

    /// Judges the case at `at` as such.
    pub(super) fn end(self, at: &str, log: &mut Log) -> Expected {
        self.name
            .require(format_args!("{at}/name"), "the name of the case", log);
        self.pack
            .require(format_args!("{at}/pack"), "the id of a pack", log);
        self.flow
            .allow(format_args!("{at}/flow"), "the id of a flow", log);
        if !self.has_faults {
            log.missing(format_args!("{at}/faults"), "the faults");
        }
        let expect = self.expect.unwrap_or_else(|| {
            log.missing(format_args!("{at}/expect"), "the expected outcome");
            Expect::default()
        });
        let place = format!("{at}/expect");
        let impossible = |log: &mut Log, member: &str, expected: &str, found: String| {
            let at = log.at(format_args!("{place}/{member}"));
            let finding = || Finding::new(RecordedCode::Fault, at, expected, found);
            log.outcomes.faults.violate(finding);
        };
        if let Some(status) = &expect.status {
            if status != "pass" && status != "fail" {
                let expected = "`pass` or `fail`, the statuses that a case can have";
                impossible(log, "status", expected, quoted(status));
            } else if status == "pass" && expect.dlq == Some(true) {
                let expected = "false: only the error of a case that fails recommends it";
                impossible(log, "dlq", expected, "true, and the status `pass`".into());
            }
        }
        Expected {
            name: self.name.text().map(str::to_owned),
            place: log.at(if at.is_empty() { "the case" } else { at }),
            expect,
        }
    }
}

/// Reads a fault case.
pub(super) struct FaultMembers<'f> {
    pub(super) log: &'f mut Log,
    pub(super) at: &'f str,
    pub(super) case: &'f mut FaultCase,
}

impl Members for FaultMembers<'_> {
    const NAMES: &'static [&'static str] = &["name", "pack", "flow", "seed", "faults", "expect"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let at = format!("{}/{name}", self.at);
        match name {
            "name" => self.case.name = Field::read(members)?,
            "pack" => self.case.pack = Field::read(members)?,
            "flow" => self.case.flow = Field::read(members)?,
            "seed" => {
                let log = &mut *self.log;
                members.next_value_seed(ScalarSeed(|value: Scalar<'_>| match value {
                    Scalar::Count(_) | Scalar::Null => {}
                    other => log.wrong(at, "a whole number", other.words()),
                }))?;
            }
            "faults" => {
                self.case.has_faults = true;
                let (log, count) = (&mut *self.log, 0);
                members.next_value_seed(ArraySeed(&mut Faults { log, at, count }))?;
            }
            _ => {
                let expect = self.case.expect.insert(Expect::default());
                let log = &mut *self.log;
                let mut reader = ExpectMembers { log, at, expect };
                members.next_value_seed(ObjectSeed(&mut reader))?;
                reader.end();
            }
        }
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(self.at, name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.log
            .wrong(self.at, "a fault case, an object", found.words());
    }
}

struct ExpectMembers<'e> {
    log: &'e mut Log,
    at: String,
    expect: &'e mut Expect,
}

impl ExpectMembers<'_> {
    fn end(&mut self) {
        let Expect {
            retries,
            status,
            dlq,
        } = &*self.expect;
        for (is_known, name, what) in [
            (retries.is_some(), "retries", "a number of retries"),
            (status.is_some(), "status", "a status, a text"),
            (dlq.is_some(), "dlq", "true or false"),
        ] {
            if !is_known {
                let at = format!("{}/{name}", self.at);
                self.log.wrong(at, what, "something else, or not there");
            }
        }
    }
}

impl Members for ExpectMembers<'_> {
    const NAMES: &'static [&'static str] = &["retries", "status", "dlq"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let expect = &mut *self.expect;
        members.next_value_seed(ScalarSeed(|value: Scalar<'_>| match (name, value) {
            ("retries", Scalar::Count(count)) => expect.retries = Some(count),
            ("status", value) => {
                expect.status = Field::of(value).text().map(str::to_lowercase);
            }
            ("dlq", Scalar::Bool(is)) => expect.dlq = Some(is),
            _ => {}
        }))
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(&self.at, name);
    }

    fn other(&mut self, _: Scalar<'_>) {}
}

struct Faults<'f> {
    log: &'f mut Log,
    at: String,
    count: u64,
}

impl Items for Faults<'_> {
    fn read<'de, A: SeqAccess<'de>>(&mut self, items: &mut A) -> Result<bool, A::Error> {
        let mut fault = Fault {
            log: &mut *self.log,
            at: format!("{}/{}", self.at, self.count),
            point: Field::Absent,
            kind: Field::Absent,
            message: Field::Absent,
            mode: Some(ABSENT),
            is_object: true,
        };
        if items.next_element_seed(ObjectSeed(&mut fault))?.is_none() {
            return Ok(false);
        }
        fault.end();
        self.count += 1;
        Ok(true)
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.log
            .wrong(&self.at, "an array of faults", found.words());
    }
}

struct Fault<'f> {
    log: &'f mut Log,
    at: String,
    point: Field,
    kind: Field,
    message: Field,
    /// What the mode is, if it is none.
    mode: Option<&'static str>,
    is_object: bool,
}

impl Fault<'_> {
    fn end(&mut self) {
        if !self.is_object {
            return;
        }
        let (at, log) = (&self.at, &mut *self.log);
        for (name, field, known) in [
            ("point", &self.point, POINTS.as_slice()),
            ("error_kind", &self.kind, KINDS.as_slice()),
        ] {
            let at = format!("{at}/{name}");
            let expected = format!("one of {}", known.join(", "));
            match field.text() {
                Some(text) if known.contains(&text) => {}
                Some(text) => log.wrong(at, &expected, &quoted(text)),
                None => field.require(at, &expected, log),
            }
        }
        self.message
            .require(format_args!("{at}/message"), "a text", log);
        if let Some(found) = self.mode {
            let expected = "`Always`, `Once`, or an object with a number `Nth` or `Rate`";
            log.wrong(format_args!("{at}/mode"), expected, found);
        }
    }
}

impl Members for Fault<'_> {
    const NAMES: &'static [&'static str] = &["point", "mode", "error_kind", "message"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "point" => self.point = Field::read(members)?,
            "error_kind" => self.kind = Field::read(members)?,
            "message" => self.message = Field::read(members)?,
            _ => {
                let mut mode = Mode(Some("an object without `Nth` and `Rate`"));
                members.next_value_seed(ObjectSeed(&mut mode))?;
                self.mode = mode.0;
            }
        }
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(&self.at, name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.is_object = false;
        self.log
            .wrong(&self.at, "a fault, an object", found.words());
    }
}

/// When a fault is injected: what the value is instead, if it does not say.
struct Mode(Option<&'static str>);

impl Members for Mode {
    const NAMES: &'static [&'static str] = NUMBERED_MODES;

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        _: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        self.0 = members.next_value_seed(ScalarSeed(|value: Scalar<'_>| match value {
            Scalar::Count(_) => None,
            _ => Some("a mode without a whole number"),
        }))?;
        Ok(())
    }

    fn doubled(&mut self, _: &'static str) {
        self.0 = Some("a mode twice");
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.0 = match found {
            Scalar::Text(text) if MODES.contains(&text) => None,
            Scalar::Text(_) => Some("another text"),
            other => Some(other.words()),
        };
    }
}
