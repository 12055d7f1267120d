//! The state of one store's host: what the guest may call, and what it has called.

use super::plan_file::{Deployment, Written};
use super::stdio::Captured;
use crate::failure::{LimitHit, Unreported};
use crate::reflect::Data;
use provision_core::limits::{STORE_BYTES, StepLimits};
use provision_core::rng::Rng;
use provision_core::text::{hex, inert};
use provision_core::wizard::services::{Change, Refusal, Services};
use provision_core::wizard::transaction::services;
use provision_core::wizard::{
    Grants, HostActivity, HostCall, HostVerdict, StoreWrite, Surroundings,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::Val;

/// A capability of the host: an interface, in any of the listed versions.
pub(super) struct Capability {
    /// Its name without a version, for example `greentic:http/http-client`.
    pub(super) interface: &'static str,
    /// Versions, by their leading numbers.
    pub(super) versions: &'static [&'static str],
    /// Answers a call of the named function. The reply is then converted to the
    /// component's own types.
    pub(super) answer: fn(&mut Host, &str, &Arguments<'_>) -> Reply,
}

/// An answer to a call, and its verdict in the report.
pub(super) struct Reply {
    pub(super) data: Data,
    pub(super) verdict: HostVerdict,
}

impl Reply {
    pub(super) fn answered(data: Data) -> Self {
        Self {
            data,
            verdict: HostVerdict::Answered,
        }
    }
}

/// The arguments of a call.
pub(super) struct Arguments<'v>(pub(super) &'v [Val]);

impl Arguments<'_> {
    /// The string at `at`; empty if there is none.
    pub(super) fn text(&self, at: usize) -> &str {
        match self.0.get(at) {
            Some(Val::String(text)) => text,
            _ => "",
        }
    }

    /// The bytes at `at`; empty if there are none.
    pub(super) fn bytes(&self, at: usize) -> Vec<u8> {
        match self.0.get(at) {
            Some(Val::List(items)) => items
                .iter()
                .filter_map(|item| match item {
                    Val::U8(byte) => Some(*byte),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The string in field `name` of the record at `at`.
    pub(super) fn field(&self, at: usize, name: &str) -> &str {
        let Some(Val::Record(fields)) = self.0.get(at) else {
            return "";
        };
        match fields.iter().find(|(field, _)| field == name) {
            Some((_, Val::String(text))) => text,
            _ => "",
        }
    }

    /// The environment and the tenant of the context that is among the arguments.
    pub(super) fn tenant(&self) -> Option<(&str, &str)> {
        let fields = self.0.iter().find_map(|value| match value {
            Val::Record(fields) => Some(fields),
            Val::Option(Some(inner)) => match &**inner {
                Val::Record(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        })?;
        let text = |name: &str| match fields.iter().find(|(field, _)| field == name) {
            Some((_, Val::String(text))) => Some(text.as_str()),
            _ => None,
        };
        Some((text("env")?, text("tenant")?))
    }

    /// The pairs of strings in the list at `at`, as one line.
    pub(super) fn pairs(&self, at: usize) -> String {
        let Some(Val::List(items)) = self.0.get(at) else {
            return String::new();
        };
        let pair = |item: &Val| match item {
            Val::Tuple(pair) => match pair.as_slice() {
                [Val::String(key), Val::String(value)] => Some(format!("{key}={value}")),
                _ => None,
            },
            _ => None,
        };
        items.iter().filter_map(pair).collect::<Vec<_>>().join(" ")
    }
}

/// Which arguments of a call its digest in the report covers.
#[derive(Clone, Copy)]
enum Digested {
    /// All.
    All,
    /// The first, which is the key of what is read or written. In apply mode the value
    /// may be a real secret, and its digest would let a reader test guesses.
    First,
}

/// The host of one store: its services and bounds, and a record of the calls.
pub(crate) struct Host {
    pub(super) services: Box<dyn Services>,
    /// The plan and the folder of a component that renders a deployment plan.
    pub(super) deployment: Option<Deployment>,
    attempts: HostActivity,
    calls: u64,
    bytes: u64,
    /// Whether a write was refused because there is no room left.
    full: bool,
    /// A function without a result whose write was refused, and why.
    unreported: Option<(&'static str, Refusal)>,
    digested: Digested,
    max_calls: u64,
    max_bytes: usize,
    max_lines: usize,
    max_line: usize,
    /// Nanoseconds that the virtual clocks have advanced.
    elapsed: u64,
    pub(super) surroundings: Surroundings,
    random: Rng,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
}

impl Host {
    pub(crate) fn new(limits: &StepLimits, grants: Arc<Grants>) -> Self {
        let surroundings = grants.surroundings;
        let digested = match grants.stores {
            None => Digested::All,
            Some(_) => Digested::First,
        };
        let deployment = grants.deployment_plan.clone().map(Deployment::of);
        Self {
            deployment,
            services: services(grants),
            attempts: HostActivity::default(),
            calls: 0,
            bytes: 0,
            full: false,
            unreported: None,
            digested,
            max_calls: limits.host_calls,
            max_bytes: limits.host_call_bytes,
            max_lines: limits.log_lines,
            max_line: limits.log_bytes,
            elapsed: 0,
            surroundings,
            random: Rng::new(surroundings.seed),
            stdout: Captured::up_to(limits.stdio_bytes),
            stderr: Captured::up_to(limits.stdio_bytes),
        }
    }

    /// Number and bytes of the calls so far.
    pub(crate) fn meters(&self) -> (u64, u64) {
        (self.calls, self.bytes)
    }

    /// `ok` with the data, or `err` with the refusal's code.
    pub(super) fn reply(&self, result: Result<(Data, HostVerdict), Refusal>) -> Reply {
        match result {
            Ok((data, verdict)) => Reply {
                data: Data::ok(data),
                verdict,
            },
            Err(refusal) => Reply {
                data: Data::err(refusal.code(), self.services.refuses()),
                verdict: refusal.verdict(),
            },
        }
    }

    /// Makes `change`, withholds it, or refuses it.
    pub(super) fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal> {
        let done = self.services.change(change);
        self.full |= done == Err(Refusal::Full);
        done
    }

    /// Ends the step, because `function` cannot tell the guest that its write was
    /// refused. A dry run writes nothing, so that it only records the refusal.
    pub(super) fn refuse_unreported(&mut self, function: &'static str, refusal: Refusal) {
        if matches!(self.digested, Digested::First) {
            self.unreported = Some((function, refusal));
        }
    }

    /// Takes what the guest wrote to its stores.
    pub(crate) fn take_writes(&mut self) -> Vec<StoreWrite> {
        self.services.take_writes()
    }

    /// What the guest wrote to its folder.
    pub(crate) fn written(&self) -> Written {
        let deployment = self.deployment.as_ref();
        deployment.map(Deployment::written).unwrap_or_default()
    }

    /// The guest's calls, logs and output.
    pub(crate) fn into_attempts(self) -> HostActivity {
        let (stdout, cut_out) = self.stdout.take();
        let (stderr, cut_err) = self.stderr.take();
        HostActivity {
            stdout,
            stderr,
            truncated: self.attempts.truncated || cut_out || cut_err,
            ..self.attempts
        }
    }

    /// Keeps a log line, up to the bounds.
    pub(super) fn log(&mut self, line: &str) {
        if self.attempts.logs.len() >= self.max_lines {
            self.attempts.truncated = true;
            return;
        }
        self.attempts.truncated |= line.len() > self.max_line;
        self.attempts.logs.push(inert(line, self.max_line));
    }

    /// Counts and records a call.
    pub(super) fn record(
        &mut self,
        interface: &str,
        function: &str,
        arguments: &[Val],
        verdict: HostVerdict,
    ) -> Result<()> {
        let bytes = arguments.iter().map(size).sum::<usize>() as u64;
        self.calls += 1;
        self.bytes += bytes;
        if self.calls > self.max_calls {
            return Err(LimitHit::HostCalls {
                limit: self.max_calls,
            }
            .into());
        }
        if self.full {
            return Err(LimitHit::StoreBytes { limit: STORE_BYTES }.into());
        }
        if let Some((function, refusal)) = self.unreported {
            let reason = refusal.code();
            return Err(Unreported { function, reason }.into());
        }
        let digested = match self.digested {
            Digested::All => arguments,
            Digested::First => arguments.get(..1).unwrap_or_default(),
        };
        let mut hash = Sha256::new();
        digested.iter().for_each(|a| feed(&mut hash, a));
        let digest = hash.finalize();
        let call = HostCall {
            interface: inert(interface, 200),
            function: inert(function, 200),
            arguments: hex(&digest[..8]),
            bytes,
            count: 1,
            verdict,
        };
        match self.attempts.calls.last_mut() {
            Some(last)
                if HostCall {
                    count: 1,
                    ..last.clone()
                } == call =>
            {
                last.count += u64::from(!cfg!(planted_bug = "host_calls"));
            }
            _ => self.attempts.calls.push(call),
        }
        Ok(())
    }

    /// Advances the virtual time by so many nanoseconds, and returns it. Every
    /// reading of a clock advances it, so that no guest waits forever.
    pub(super) fn tick(&mut self, by: u64) -> u64 {
        self.elapsed = self.elapsed.saturating_add(by);
        self.elapsed
    }

    /// The next number of a sequence that is the same in every run.
    pub(super) fn random(&mut self) -> u64 {
        self.random.next_number()
    }

    /// Checks the bytes of one call against the bound.
    pub(super) fn check_bytes(&self, bytes: usize) -> Result<()> {
        let limit = self.max_bytes;
        if bytes > limit {
            return Err(LimitHit::HostCallBytes { bytes, limit }.into());
        }
        Ok(())
    }
}

/// The approximate size of a value in the guest's memory, in bytes.
pub(super) fn size(value: &Val) -> usize {
    match value {
        Val::String(text) => text.len(),
        Val::List(items) | Val::Tuple(items) | Val::FixedLengthList(items) => {
            items.iter().map(size).sum()
        }
        Val::Record(fields) => fields.iter().map(|(_, v)| size(v)).sum(),
        Val::Variant(_, Some(inner))
        | Val::Option(Some(inner))
        | Val::Result(Ok(Some(inner)) | Err(Some(inner))) => 1 + size(inner),
        Val::U16(_) | Val::S16(_) => 2,
        Val::U64(_) | Val::S64(_) | Val::Float64(_) => 8,
        Val::U32(_) | Val::S32(_) | Val::Float32(_) | Val::Char(_) => 4,
        _ => 1,
    }
}

/// Feeds a value to a hash, so that different values have different hashes.
fn feed(hash: &mut Sha256, value: &Val) {
    let mut list = |tag: &str, items: &[Val]| {
        hash.update(tag);
        hash.update((items.len() as u64).to_le_bytes());
        items.iter().for_each(|item| feed(hash, item));
    };
    match value {
        Val::U8(byte) => hash.update([*byte]),
        Val::List(items) => list("l", items),
        Val::Tuple(items) => list("t", items),
        Val::Record(fields) => fields.iter().for_each(|(name, v)| {
            hash.update(name);
            feed(hash, v);
        }),
        Val::Variant(_, Some(v))
        | Val::Option(Some(v))
        | Val::Result(Ok(Some(v)) | Err(Some(v))) => {
            hash.update("+");
            feed(hash, v);
        }
        Val::String(text) => {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        // NB: the number of a handle has no meaning outside the guest.
        Val::Resource(_) => hash.update("handle"),
        other => hash.update(format!("{other:?}")),
    }
}
