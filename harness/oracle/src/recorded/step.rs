//! A step of a trace.

use super::compact::{BOUND, Compact, CompactSeed};
use super::field::Field;
use super::judged::{ABSENT, Log, quoted};
use super::members::{Members, ObjectSeed, Scalar, ScalarSeed};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use serde::de::MapAccess;

/// The runner's name for what it does not know.
pub(super) const UNKNOWN: &str = "unknown";
/// The only algorithm that the runner has.
const ALGORITHM: &str = "blake3";
/// Letters of its digests.
const DIGITS: usize = 64;

/// What a step says. It is used for one step after the other.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) is_object: bool,
    node: Field,
    component: Field,
    operation: Field,
    input: Hash,
    pub(super) output: Hash,
    delta: Hash,
    invocation: Invocation,
    /// Whether the input is in another file.
    elsewhere: bool,
    /// What the duration is, unless it is a number.
    duration: Option<&'static str>,
    error: bool,
}

/// A hash with its algorithm.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Hash {
    is_there: bool,
    algorithm: Field,
    value: Field,
}

impl Hash {
    /// The digest, if it is one of the runner's algorithm.
    pub(super) fn digest(&self) -> Option<&str> {
        let digest = self.value.text().filter(|value| {
            let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
            value.len() == DIGITS && value.bytes().all(hex)
        });
        digest.filter(|_| self.algorithm.text() == Some(ALGORITHM))
    }
}

/// The input of a step, as it is recorded.
#[derive(Debug, Default)]
struct Invocation {
    is_there: bool,
    component: Field,
    operation: Field,
    has_payload: bool,
    payload: Compact,
}

impl Step {
    /// Nothing is known.
    pub(super) fn clear(&mut self) {
        let mut payload = std::mem::take(&mut self.invocation.payload);
        payload.clear();
        *self = Self {
            is_object: true,
            duration: Some(ABSENT),
            invocation: Invocation {
                payload,
                ..Invocation::default()
            },
            ..Self::default()
        };
    }

    /// The node, the component and the operation; `None` if one is not there, or if the
    /// step stands for a flow that failed before any node.
    pub(super) fn names(&self) -> Option<[&str; 3]> {
        let names = [&self.node, &self.component, &self.operation];
        let [Some(node), Some(component), Some(operation)] = names.map(Field::text) else {
            return None;
        };
        let names = [node, component, operation];
        (names != [UNKNOWN; 3] || !self.error).then_some(names)
    }

    /// The input as compact JSON, if the trace has it and it is not too long.
    pub(super) fn payload(&self) -> Option<&[u8]> {
        let invocation = &self.invocation;
        let is_whole = invocation.has_payload && !invocation.payload.is_cut;
        is_whole.then_some(invocation.payload.text.as_slice())
    }

    /// Whether the step ended with an error.
    pub(super) fn is_error(&self) -> bool {
        self.error
    }

    /// Judges the step with this number.
    pub(super) fn judge(&self, number: u64, log: &mut Log) {
        let at = format!("/steps/{number}");
        self.node
            .require(format_args!("{at}/node_id"), "the id of a node", log);
        self.component.require(
            format_args!("{at}/component_id"),
            "the id of a component",
            log,
        );
        self.operation.require(
            format_args!("{at}/operation"),
            "the name of an operation",
            log,
        );
        if let Some(found) = self.duration {
            log.wrong(
                format_args!("{at}/duration_ms"),
                "a number of milliseconds",
                found,
            );
        }
        if !self.input.is_there {
            log.missing(format_args!("{at}/input_hash"), "the hash of the input");
        }
        match (self.output.is_there, self.error) {
            (true, false) | (false, true) => {}
            (true, true) => log.wrong(&at, "the hash of an output or an error", "both"),
            (false, false) => log.wrong(&at, "the hash of an output or an error", "neither"),
        }
        for (name, hash) in [
            ("input_hash", &self.input),
            ("output_hash", &self.output),
            ("state_delta_hash", &self.delta),
        ] {
            if hash.is_there && hash.digest().is_none() {
                let at = log.at(format_args!("{at}/{name}"));
                let shown = |field: &Field| quoted(field.text().unwrap_or("no text"));
                let found = format!("{} {}", shown(&hash.algorithm), shown(&hash.value));
                log.outcomes.hashes.violate(|| {
                    let expected = format!("`{ALGORITHM}` and {DIGITS} lower-case hex digits");
                    Finding::new(RecordedCode::Hash, at, expected, found)
                });
            }
        }
        self.input(&at, log);
    }

    /// The recorded input has its hash, and names what the step names.
    fn input(&self, at: &str, log: &mut Log) {
        let invocation = &self.invocation;
        if !invocation.is_there {
            if self.elsewhere {
                let why = || format!("the input of {at} is in another file, which is not read");
                log.outcomes.hashes.leave(why);
            }
            return;
        }
        for (name, stated, own) in [
            ("component_id", &invocation.component, &self.component),
            ("operation", &invocation.operation, &self.operation),
        ] {
            let place = format!("{at}/invocation_json/{name}");
            stated.require(&place, "a text", log);
            if let (Some(stated), Some(own)) = (stated.text(), own.text())
                && stated != own
            {
                let at = log.at(place);
                let expected = format!("{}, as in the step", quoted(own));
                let finding = || Finding::new(RecordedCode::Input, at, expected, quoted(stated));
                log.outcomes.hashes.violate(finding);
            }
        }
        if !invocation.has_payload {
            log.missing(
                format_args!("{at}/invocation_json/payload"),
                "the input of the step",
            );
            return;
        }
        let Some(payload) = self.payload() else {
            let why = || format!("the input of {at} has more than {BOUND} bytes");
            log.outcomes.hashes.leave(why);
            return;
        };
        let Some(stated) = self.input.digest() else {
            return;
        };
        log.outcomes.hashes.examine();
        if !has_digest(payload, stated) {
            let at = log.at(format_args!("{at}/invocation_json/payload"));
            log.outcomes.hashes.violate(|| {
                let digest = blake3::hash(payload).to_hex();
                let expected = format!("the input with BLAKE3 {stated}");
                Finding::new(
                    RecordedCode::Input,
                    at,
                    expected,
                    format!("BLAKE3 {digest}"),
                )
            });
        }
    }
}

/// Whether compact JSON has this digest, in its own order of members or in that in which
/// the runner writes them.
pub(super) fn has_digest(compact: &[u8], digest: &str) -> bool {
    let is = |bytes: &[u8]| blake3::hash(bytes).to_hex().as_str() == digest;
    is(compact)
        || serde_json::from_slice::<serde_json::Value>(compact)
            .is_ok_and(|value| is(value.to_string().as_bytes()))
}

/// Reads a step.
pub(super) struct StepMembers<'s> {
    pub(super) log: &'s mut Log,
    pub(super) number: u64,
    pub(super) step: &'s mut Step,
}

impl Members for StepMembers<'_> {
    const NAMES: &'static [&'static str] = &[
        "node_id",
        "component_id",
        "operation",
        "input_hash",
        "invocation_json",
        "invocation_path",
        "output_hash",
        "state_delta_hash",
        "duration_ms",
        "error",
    ];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let at = format!("/steps/{}/{name}", self.number);
        let step = &mut *self.step;
        match name {
            "node_id" => step.node = Field::read(members)?,
            "component_id" => step.component = Field::read(members)?,
            "operation" => step.operation = Field::read(members)?,
            "input_hash" | "output_hash" | "state_delta_hash" => {
                let hash = match name {
                    "input_hash" => &mut step.input,
                    "output_hash" => &mut step.output,
                    _ => &mut step.delta,
                };
                hash.is_there = true;
                let log = &mut *self.log;
                let is_required = name == "input_hash";
                let mut reader = HashMembers {
                    log,
                    at,
                    hash,
                    is_required,
                };
                members.next_value_seed(ObjectSeed(&mut reader))?;
            }
            "invocation_json" => {
                step.invocation.is_there = true;
                let (log, invocation) = (&mut *self.log, &mut step.invocation);
                let mut reader = InvocationMembers {
                    log,
                    at,
                    invocation,
                };
                members.next_value_seed(ObjectSeed(&mut reader))?;
            }
            "invocation_path" => {
                let path = Field::read(members)?;
                path.allow(at, "a path", self.log);
                step.elsewhere = path.text().is_some();
            }
            "duration_ms" => {
                let duration = |value: Scalar<'_>| match value {
                    Scalar::Count(_) => None,
                    other => Some(other.words()),
                };
                step.duration = members.next_value_seed(ScalarSeed(duration))?;
            }
            _ => {
                let log = &mut *self.log;
                step.error = members.next_value_seed(ScalarSeed(|value: Scalar<'_>| {
                    match value {
                        Scalar::Object => {}
                        Scalar::Null => return false,
                        other => log.wrong(at, "an error, an object", other.words()),
                    }
                    true
                }))?;
            }
        }
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.log
            .doubled(format_args!("/steps/{}", self.number), name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.step.is_object = false;
        self.log.wrong(
            format_args!("/steps/{}", self.number),
            "a step, an object",
            found.words(),
        );
    }
}

struct HashMembers<'h> {
    log: &'h mut Log,
    at: String,
    hash: &'h mut Hash,
    is_required: bool,
}

impl Members for HashMembers<'_> {
    const NAMES: &'static [&'static str] = &["algorithm", "value"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        let field = Field::read(members)?;
        field.require(format_args!("{}/{name}", self.at), "a text", self.log);
        match name {
            "algorithm" => self.hash.algorithm = field,
            _ => self.hash.value = field,
        }
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(&self.at, name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        if found == Scalar::Null && !self.is_required {
            self.hash.is_there = false;
        } else {
            self.log.wrong(&self.at, "a hash, an object", found.words());
        }
    }
}

struct InvocationMembers<'i> {
    log: &'i mut Log,
    at: String,
    invocation: &'i mut Invocation,
}

impl Members for InvocationMembers<'_> {
    const NAMES: &'static [&'static str] = &["component_id", "operation", "payload"];

    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        members: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "component_id" => self.invocation.component = Field::read(members)?,
            "operation" => self.invocation.operation = Field::read(members)?,
            _ => {
                self.invocation.has_payload = true;
                members.next_value_seed(CompactSeed(&mut self.invocation.payload))?;
            }
        }
        Ok(())
    }

    fn doubled(&mut self, name: &'static str) {
        self.log.doubled(&self.at, name);
    }

    fn other(&mut self, found: Scalar<'_>) {
        self.invocation.is_there = false;
        if found != Scalar::Null {
            self.log
                .wrong(&self.at, "the input, an object", found.words());
        }
    }
}
