//! trace.*: what runners recorded of flows that ran.

use crate::check::{Applies, Bite, Check, Conclusion, Level, Run, ScopeKind, Stage};
use crate::recorded::{Format, Judged, Recording};

const fn check(
    id: &'static str,
    requirement: &'static str,
    why: &'static str,
    fix: &'static str,
    run: fn(&Recording) -> Conclusion,
) -> Check {
    Check {
        id,
        stage: Stage::Trace,
        level: Level::Must,
        scope: ScopeKind::Recording,
        applies: Applies::Traces,
        bites: Bite::Nowhere,
        host: "No host reads a trace. The reader of a trace takes it for evidence of what ran.",
        requirement,
        why,
        fix,
        run: Run::OfRecording(run),
    }
}

pub(super) const CHECKS: &[Check] = &[
    check(
        "trace.shape",
        "The file is strict JSON: documents of known formats whose members have the right types, with at least one run, step, case or span, and with at least one event in each run.",
        "A trace of nothing proves nothing, and a reader that does not understand a trace cannot judge it.",
        "Record a run that executes the flow, and keep the file as the recorder wrote it.",
        shape,
    ),
    check(
        "trace.tenant-isolation",
        "Each event of a run belongs to the tenant of the run, and no session of a case belongs to two tenants.",
        "An event of another tenant in a run, or a session that another tenant can continue, shows one tenant the data of another.",
        "Find out in the runner how an event gets to the session of another tenant, and give each tenant sessions of its own.",
        |recording| judged(recording, &ISOLATION),
    ),
    check(
        "trace.order",
        "The numbers of the events of a run rise by one from event to event.",
        "A gap is an event that was lost or removed, and a number that returns is an event that happened twice.",
        "Record all events of a run in the order in which they happen.",
        |recording| judged(recording, &ORDER),
    ),
    check(
        "trace.state",
        "Each run has an event that writes state, and a snapshot that names its writer and has more than no bytes.",
        "A session whose state nobody wrote cannot be continued.",
        "Let the flow write its state, and record the snapshot after the run.",
        |recording| judged(recording, &STATE),
    ),
    check(
        "trace.once-only",
        "Each state write of a case has an id that is not blank, and that no other state write of the case has.",
        "The same id again is an effect that happened twice, for example after a retry.",
        "Give each write an id, and let the store refuse one that it has.",
        |recording| judged(recording, &ONCE),
    ),
    check(
        "trace.digests",
        "A trace states the digest of the given pack, a flow of it with its version, and steps that are what nodes of its flows name.",
        "A trace of other bytes is no evidence of how the pack behaves.",
        "Give the pack that was running with --pack, or record the trace again with this pack.",
        |recording| judged(recording, &DIGESTS),
    ),
    check(
        "trace.io-hash",
        "Each hash of a step is a BLAKE3 digest, and each input that a trace has is the one whose hash, component and operation the step states.",
        "A step that states the hash of another input was changed after it was recorded.",
        "Record the trace again, with GREENTIC_TRACE_CAPTURE_INPUTS=1 so that it has the inputs.",
        |recording| judged(recording, &HASHES),
    ),
    check(
        "trace.faults",
        "Each fault case can have the outcome that it expects, and its recorded status, retries and dead letter are the expected ones.",
        "A fault case with another outcome is a fault that the runner does not handle as its operator relies on.",
        "Correct the expectation, or let the runner handle the fault; record the result behind the case.",
        |recording| judged(recording, &FAULTS),
    ),
    check(
        "trace.replay",
        "Each recorded step of a component that is run again with its recorded input answers what has the recorded hash. Steps that the runner carries out itself are not run again.",
        "A trace whose steps answer otherwise was recorded with another component, or was changed.",
        "Give the pack that was running with --replay, or record the trace again with this pack.",
        replay,
    ),
];

/// How a check that is judged while a recording passes concludes.
struct Concluding {
    outcome: fn(&Recording) -> &Judged,
    /// The formats that the requirement is about.
    about: Format,
    /// Formats that record a flow that ran, but not what the requirement is about, and what
    /// they lack.
    silent: Option<(Format, &'static str)>,
    /// What to say of the other formats.
    otherwise: &'static str,
    /// Whether there may be nothing to judge, and what there is none of.
    nothing: Nothing,
}

/// What it means that nothing was judged.
enum Nothing {
    /// The requirement is about nothing in the recording.
    Fine(&'static str),
    /// The recording should have it.
    Lacking(&'static str),
}

const ISOLATION: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.isolation,
    about: Format::Case,
    silent: Some((Format::Trace, "the runner writes no tenant into a trace")),
    otherwise: "fault cases have no tenants",
    nothing: Nothing::Lacking("no event of a known tenant"),
};

const ORDER: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.order,
    about: Format::Case,
    silent: Some((
        Format::Trace,
        "the runner does not number the steps of a trace",
    )),
    otherwise: "fault cases have no events",
    nothing: Nothing::Lacking("no event with a number"),
};

const STATE: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.state,
    about: Format::Case,
    silent: Some((Format::Trace, "the runner writes no state into a trace")),
    otherwise: "fault cases have no state",
    nothing: Nothing::Lacking("no run"),
};

const ONCE: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.once,
    about: Format::Case,
    silent: Some((
        Format::Trace,
        "the runner writes no ids of effects into a trace",
    )),
    otherwise: "fault cases have no effects",
    nothing: Nothing::Fine("no event writes state"),
};

const DIGESTS: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.digests,
    about: Format::Trace,
    silent: None,
    otherwise: "only a trace of the runner names a pack",
    nothing: Nothing::Lacking("nothing of the trace names the pack"),
};

const HASHES: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.hashes,
    about: Format::Trace,
    silent: None,
    otherwise: "only a trace of the runner has hashes",
    nothing: Nothing::Lacking(
        "the trace has no inputs; the runner writes them if GREENTIC_TRACE_CAPTURE_INPUTS is 1",
    ),
};

const FAULTS: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.faults,
    about: Format::Faults,
    silent: None,
    otherwise: "there are no fault cases",
    nothing: Nothing::Lacking("no outcome of a fault case"),
};

const REPLAY: Concluding = Concluding {
    outcome: |recording| &recording.outcomes.replay,
    about: Format::Trace,
    silent: None,
    otherwise: "only a trace of the runner has steps to run again",
    nothing: Nothing::Lacking("no step runs a component and has an output"),
};

fn judged(recording: &Recording, how: &Concluding) -> Conclusion {
    if recording.is_of_spans() {
        return Conclusion::NotApplicable("an export of spans is no trace of a run".into());
    }
    let outcome = (how.outcome)(recording);
    let conclusion = conclusion(outcome);
    if let Some(failed @ Conclusion::Failed(_)) = conclusion {
        return failed;
    }
    if recording.defect.is_some() {
        return Conclusion::Blocked("the recording cannot be read to its end".into());
    }
    match how.silent {
        Some((format, lacks)) if recording.has(format) => {
            return Conclusion::Blocked(lacks.into());
        }
        _ if recording.formats.is_empty() => {
            return Conclusion::Blocked("the format of the recording is unknown".into());
        }
        _ if !recording.has(how.about) => return Conclusion::NotApplicable(how.otherwise.into()),
        _ => {}
    }
    conclusion.unwrap_or_else(|| match how.nothing {
        Nothing::Fine(why) => Conclusion::NotApplicable(why.into()),
        Nothing::Lacking(why) => Conclusion::Blocked(why.into()),
    })
}

/// The conclusion if the requirement was judged at least once. `None` if nothing was.
fn conclusion(outcome: &Judged) -> Option<Conclusion> {
    let found = outcome.violations();
    if !found.is_empty() {
        return Some(Conclusion::Failed(found));
    }
    if let Some(why) = outcome.unknown() {
        return Some(Conclusion::Blocked(why.to_owned()));
    }
    (outcome.examined() > 0).then_some(Conclusion::Passed)
}

/// `trace.replay`
fn replay(recording: &Recording) -> Conclusion {
    if recording.is_replayed {
        judged(recording, &REPLAY)
    } else {
        Conclusion::NotApplicable("nobody asks with --replay to run steps again".into())
    }
}

/// `trace.shape`
fn shape(recording: &Recording) -> Conclusion {
    let conclusion = conclusion(&recording.outcomes.shape);
    match (&recording.defect, conclusion) {
        (Some(defect), Some(Conclusion::Failed(mut found))) => {
            found.push(defect.clone());
            Conclusion::Failed(found)
        }
        (Some(defect), _) => Conclusion::Failed(vec![defect.clone()]),
        (None, Some(conclusion)) => conclusion,
        (None, None) => Conclusion::Blocked("nothing was read".into()),
    }
}
