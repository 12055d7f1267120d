//! span.*: what runners exported as telemetry.

use crate::check::{Applies, Bite, Check, Conclusion, Level, Run, ScopeKind, Stage};
use crate::recorded::{Part, Recording, Spans};
use provision_core::Finding;

const NOBODY: &str =
    "No host reads spans. The operators of the platform search them, and hand them to others.";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "span.keys",
        stage: Stage::Span,
        level: Level::Must,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: NOBODY,
        requirement: "Each span of the platform has the 14 keys `service.name` and `greentic.` with pack.id, pack.version, \
                      flow.id, node.id, component.name, component.version, tenant.id, team.id, user.id, session.id, \
                      run.status, capability and artifacts.dir as strings that are not blank; pack.version is a \
                      semantic version. An attribute of the resource counts for each span that does not have it \
                      itself. A span is of the platform if it has attributes that begin with `greentic.` or `gt.`, \
                      or if neither its scope nor the module that opened it has a name that does not begin with \
                      `greentic`.",
        why: "A span without these keys cannot be attributed to a pack, a node or a tenant. Spans of libraries, such as \
              an HTTP client, know nothing of them.",
        fix: "Set the keys on the span, or on the resource if they are the same for the process.",
        run: Run::OfRecording(keys),
    },
    Check {
        id: "span.tenant",
        stage: Stage::Span,
        level: Level::Must,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: NOBODY,
        requirement: "All spans of a trace that name a tenant, a team or a user name the same ones, parents and children \
                      alike, and none of these names is blank. The names are in `greentic.tenant.id`, \
                      `greentic.team.id` and `greentic.user.id`, or in `gt.tenant` and `gt.team`.",
        why: "A trace that crosses tenants shows that the data of one tenant got into the run of another.",
        fix: "Find out which call crossed the border; set the context of the tenant where the trace begins.",
        run: Run::OfRecording(tenant),
    },
    Check {
        id: "span.default-tenant",
        stage: Stage::Span,
        level: Level::Should,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: "The public conformance suite refuses these names when it runs in CI, and uses them on a laptop.",
        requirement: "No span names the tenant `local-tenant`, the team `local-team` or the user `local-user`.",
        why: "These are the defaults of a run to which nobody gave a tenant. On a laptop they are in order; in CI and in \
              production they hide that the tenant got lost.",
        fix: "Set TENANT_ID, TEAM_ID and USER_ID where the run starts.",
        run: Run::OfRecording(defaults),
    },
    Check {
        id: "span.private",
        stage: Stage::Span,
        level: Level::Must,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: NOBODY,
        requirement: "Names, attributes, events, links and messages of spans, resources and scopes contain no value that \
                      --canary names, plain or encoded, and nothing that looks like a credential, a token, an \
                      e-mail address, the user of a URL or a phone number.",
        why: "Telemetry leaves the platform, is kept for long and is read by people who may not see secrets and users' data.",
        fix: "Remove the value where the span is made, or let the exporter redact the attribute. Revoke a credential that \
              was exported.",
        run: Run::OfRecording(private),
    },
    Check {
        id: "span.tree",
        stage: Stage::Span,
        level: Level::Must,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: NOBODY,
        requirement: "The spans of a trace form one tree, over all documents of the recording: ids are hexadecimal, of 16 \
                      and 8 bytes, and not zero; no two spans have the same id; one span has no parent; the recording \
                      has each parent that is not in another process; no span is its own ancestor. A span does not \
                      end before it starts, and does not start before a parent of the same process.",
        why: "Readers draw a trace as a tree. What is not connected is not shown, or shown in the wrong place.",
        fix: "Export all spans of a trace, with the context of their parents. Judge the files of all batches as one \
              recording.",
        run: Run::OfRecording(tree),
    },
    Check {
        id: "span.nested",
        stage: Stage::Span,
        level: Level::Should,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: "OpenTelemetry allows a child to end after its parent; a flow waits for its nodes.",
        requirement: "A span does not end after a parent of the same process, unless it has links, or one of the two is a \
                      producer or a consumer.",
        why: "A node that outlasts its flow runs without anybody who waits for its result.",
        fix: "Wait for the work before the span of the flow ends, or link a span that goes on by itself.",
        run: Run::OfRecording(nested),
    },
    Check {
        id: "span.conventions",
        stage: Stage::Span,
        level: Level::Should,
        scope: ScopeKind::Recording,
        applies: Applies::Spans,
        bites: Bite::Nowhere,
        host: "Collectors and viewers of OpenTelemetry rely on them.",
        requirement: "Spans follow OpenTelemetry: spans and events have names; kinds and status codes are integers of the \
                      known range; keys differ; only an error has a message; a span that ended well has no \
                      `error.type`; `error.type` is a string; an event `exception` has a type or a message, and its \
                      attributes are of the types of the convention.",
        why: "A viewer that does not understand an attribute shows no error where there is one.",
        fix: "Set status, kind and exceptions through the API of OpenTelemetry.",
        run: Run::OfRecording(conventions),
    },
];

/// What keeps a check from a pass: a bound that the recording exceeds, or, as an error, why
/// it cannot be judged.
type Due = Result<Option<Finding>, &'static str>;

fn keys(recording: &Recording) -> Conclusion {
    judge(recording, Part::Keys, |spans| match spans.of_platform {
        0 if spans.without_resource.is_none() => {
            Err("no span is of the platform: libraries opened all of them")
        }
        _ => Ok(spans.without_resource.clone()),
    })
}

fn tenant(recording: &Recording) -> Conclusion {
    judge(recording, Part::Tenant, |spans| match spans.with_tenant {
        _ if spans.with_ids == 0 => Err(NO_IDS),
        0 if spans.too_many.is_none() => Err("no span names a tenant"),
        _ => Ok(spans.too_many.clone()),
    })
}

fn defaults(recording: &Recording) -> Conclusion {
    judge(recording, Part::Defaults, |_| Ok(None))
}

fn private(recording: &Recording) -> Conclusion {
    judge(recording, Part::Private, |spans| match spans.unsearched {
        Some(_) => Err("a text is too long to undo all of its encodings"),
        None => Ok(None),
    })
}

fn tree(recording: &Recording) -> Conclusion {
    judge(recording, Part::Tree, of_tree)
}

fn nested(recording: &Recording) -> Conclusion {
    judge(recording, Part::Nested, of_tree)
}

fn of_tree(spans: &Spans) -> Due {
    match spans.with_ids {
        0 => Err(NO_IDS),
        _ => Ok(spans.too_many.clone()),
    }
}

const NO_IDS: &str =
    "the spans have no ids, so it is not known which of them are of one trace, and how";

fn conventions(recording: &Recording) -> Conclusion {
    judge(recording, Part::Conventions, |_| Ok(None))
}

fn judge(recording: &Recording, part: Part, due: fn(&Spans) -> Due) -> Conclusion {
    let Some(spans) = &recording.spans else {
        return Conclusion::NotApplicable(
            "no document of the recording is known to have spans".into(),
        );
    };
    let mut found = spans.violations(part);
    let compares = matches!(part, Part::Tenant | Part::Tree | Part::Nested);
    let why = match (&recording.defect, due(spans)) {
        (Some(_), _) if compares => {
            // What was not read may have the parent of what was.
            let why = "the recording cannot be read to its end, so its traces are not whole";
            return Conclusion::Blocked(why.into());
        }
        (Some(_), _) => "the recording cannot be read to its end",
        _ if spans.count == 0 => "the recording has no span",
        (None, Err(why)) => why,
        _ if spans.too_large.is_some() => "a span is too large to be judged",
        (None, Ok(bound)) => {
            found.extend(bound);
            return Conclusion::of(found);
        }
    };
    if found.is_empty() {
        Conclusion::Blocked(why.into())
    } else {
        Conclusion::Failed(found)
    }
}
