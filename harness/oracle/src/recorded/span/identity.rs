//! The ids and the times of a span.

use super::place::{Place, Violations};
use super::value::{kind, member};
use provision_core::codes::SpanCode;
use provision_core::text::{counted, inert};
use serde_json::Value;

/// The flag that says that it is known whether the parent is remote, and the one that says
/// that it is. OTLP: bits 8 and 9 of `flags`.
const KNOWS_REMOTE: u64 = 0x100;
const IS_REMOTE: u64 = 0x200;

/// The names of the members of a span, in OTLP and, if the format allows them, in the
/// original spelling of the fields.
const TRACE: Member = Member("traceId", "trace_id");
const SPAN: Member = Member("spanId", "span_id");
const PARENT: Member = Member("parentSpanId", "parent_span_id");
const START: Member = Member("startTimeUnixNano", "start_time_unix_nano");
const END: Member = Member("endTimeUnixNano", "end_time_unix_nano");

/// A member under one of two names.
struct Member(&'static str, &'static str);

/// Which names of members and which gaps a format allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// OTLP JSON: members in `lowerCamelCase`, ids and times required.
    Otlp,
    /// A span that the runner exports, which may have neither ids nor times.
    Exported,
}

impl Member {
    fn of<'v>(&self, span: &'v Value, spelling: Spelling) -> Option<(&'static str, &'v Value)> {
        let other = match spelling {
            Spelling::Otlp => None,
            Spelling::Exported => Some(self.1),
        };
        let names = [Some(self.0), other].into_iter().flatten();
        names
            .filter_map(|name| Some((name, member(span, name)?)))
            .next()
    }
}

/// The parent of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Parent {
    /// The span is a root.
    #[default]
    None,
    /// The id of the parent is wrong, so nobody can find it.
    Unknown,
    /// The span with this id.
    Span(u64),
}

impl Parent {
    /// The id.
    pub(super) fn id(self) -> Option<u64> {
        match self {
            Self::Span(id) => Some(id),
            Self::None | Self::Unknown => None,
        }
    }
}

/// The ids, the times and the links to other processes of a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) trace: [u8; 16],
    /// Zero if there is none.
    pub(super) span: u64,
    pub(super) parent: Parent,
    /// In nanoseconds of Unix time; zero if they are not known.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Whether the parent may be in another process.
    pub(super) may_be_remote: bool,
    /// Whether the span may lie outside the time of its parent.
    pub(super) may_lie_outside: bool,
    /// Whether its children may lie outside its time.
    pub(super) is_producer: bool,
}

/// Whether `span` has an id of its own.
pub(super) fn has_ids(span: &Value, spelling: Spelling) -> bool {
    [TRACE, SPAN]
        .iter()
        .any(|id| id.of(span, spelling).is_some())
}

/// Reads the identity of `span`, and adds what is wrong with it; a part that is wrong is zero.
pub(super) fn identity(
    span: &Value,
    spelling: Spelling,
    place: Place,
    wrong: &mut Violations,
) -> Identity {
    let mut at = At { place, wrong };
    let must = spelling == Spelling::Otlp || has_ids(span, spelling);
    let trace = at.id::<16>(&TRACE, TRACE.of(span, spelling), must);
    let own = at.id::<8>(&SPAN, SPAN.of(span, spelling), must);
    let parent = at.parent(span, spelling);
    let start = at.time(&START, START.of(span, spelling), must);
    let end = at.time(&END, END.of(span, spelling), must);
    let (mut start, mut end) = (start.unwrap_or(0), end.unwrap_or(0));
    if start > end && end != 0 {
        let expected = "an end that is not before the start";
        let actual = format!("it starts at {start} and ends at {end}");
        at.wrong
            .add(SpanCode::TimeOrder, (place, ""), expected, actual);
        (start, end) = (0, 0);
    }
    let kind = member(span, "kind").and_then(Value::as_u64);
    let flags = member(span, "flags").and_then(Value::as_u64);
    let known = flags.filter(|flags| flags & KNOWS_REMOTE != 0);
    // Older exporters set no flags. The parent of a server's or consumer's span is then
    // taken for a span of another process: OTLP says that such spans are of requests that
    // other processes sent.
    let may_be_remote = match known {
        Some(flags) => flags & IS_REMOTE != 0,
        None => matches!(kind, Some(2 | 5)),
    };
    let links = member(span, "links").and_then(Value::as_array);
    Identity {
        trace: trace.unwrap_or_default(),
        span: own.map_or(0, u64::from_be_bytes),
        parent,
        start,
        end,
        may_be_remote,
        // OTLP, `SpanKind`: there is often no direct relationship in time between producers
        // and consumers, and a producer ends when the broker has the message. A span with
        // links has several causes.
        may_lie_outside: may_be_remote
            || matches!(kind, Some(4 | 5))
            || links.is_some_and(|links| !links.is_empty()),
        is_producer: kind == Some(4),
    }
}

/// Adds what is wrong with the ids and times of the links and events of `span`.
pub(super) fn parts(span: &Value, place: Place, wrong: &mut Violations) {
    let mut at = At { place, wrong };
    for (index, link) in at.list(span, "links").iter().enumerate() {
        at.below_id::<16>(link, "traceId", &format!("/links/{index}"));
        at.below_id::<8>(link, "spanId", &format!("/links/{index}"));
    }
    for (index, event) in at.list(span, "events").iter().enumerate() {
        let below = format!("/events/{index}/timeUnixNano");
        if let Some(Err(why)) = member(event, "timeUnixNano").map(nanos) {
            let expected = "nanoseconds of Unix time";
            at.wrong.add(SpanCode::Time, (place, &below), expected, why);
        }
    }
    for (name, is_right, expected) in SHAPES {
        if let Some(found) = member(span, name).filter(|found| !is_right(found)) {
            let at = (place, &*format!("/{name}"));
            wrong.add(SpanCode::Shape, at, *expected, kind(found));
        }
    }
}

type IsRight = fn(&Value) -> bool;

const SHAPES: &[(&str, IsRight, &str)] = &[
    ("name", Value::is_string, "a string"),
    ("status", Value::is_object, "an object"),
    ("flags", Value::is_u64, "a number that is not negative"),
    ("traceState", Value::is_string, "a string"),
];

/// Where violations of a span are added.
struct At<'w> {
    place: Place,
    wrong: &'w mut Violations,
}

impl At<'_> {
    /// The id in a member; `None` if there is none or it is wrong.
    fn id<const N: usize>(
        &mut self,
        names: &Member,
        found: Option<(&'static str, &Value)>,
        must: bool,
    ) -> Option<[u8; N]> {
        let name = found.map_or(names.0, |(name, _)| name);
        match found.map(|(_, value)| id::<N>(value)) {
            Some(Ok(Some(id))) => return Some(id),
            None | Some(Ok(None)) if !must => {}
            None | Some(Ok(None)) => self.bad_id::<N>(name, "none".into()),
            Some(Err(why)) => self.bad_id::<N>(name, why),
        }
        None
    }

    fn parent(&mut self, span: &Value, spelling: Spelling) -> Parent {
        let found = PARENT.of(span, spelling);
        let is_given = found.is_some_and(|(_, value)| value.as_str() != Some(""));
        match self.id::<8>(&PARENT, found, false) {
            Some(id) => Parent::Span(u64::from_be_bytes(id)),
            None if is_given => Parent::Unknown,
            None => Parent::None,
        }
    }

    fn bad_id<const N: usize>(&mut self, name: &str, why: String) {
        let expected = format!("{} hexadecimal digits that are not all zero", 2 * N);
        let at = (self.place, &*format!("/{name}"));
        self.wrong.add(SpanCode::Id, at, expected, why);
    }

    /// The same for a link, whose ids are required.
    fn below_id<const N: usize>(&mut self, link: &Value, name: &str, below: &str) {
        let why = match member(link, name).map(id::<N>) {
            Some(Ok(Some(_))) => return,
            None | Some(Ok(None)) => "none".to_owned(),
            Some(Err(why)) => why,
        };
        self.bad_id::<N>(&format!("{}/{name}", below.trim_start_matches('/')), why);
    }

    fn time(
        &mut self,
        names: &Member,
        found: Option<(&'static str, &Value)>,
        must: bool,
    ) -> Option<u64> {
        let name = found.map_or(names.0, |(name, _)| name);
        let why = match found.map(|(_, value)| nanos(value)) {
            Some(Ok(time)) if time > 0 => return Some(time),
            None | Some(Ok(_)) if !must => return None,
            None | Some(Ok(_)) => "none".to_owned(),
            Some(Err(why)) => why,
        };
        let at = (self.place, &*format!("/{name}"));
        let expected = "nanoseconds of Unix time, as a number or a string";
        self.wrong.add(SpanCode::Time, at, expected, why);
        None
    }

    /// The list of objects in the member `name`.
    fn list<'v>(&mut self, span: &'v Value, name: &str) -> &'v [Value] {
        let items = match member(span, name) {
            None => return &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                let at = (self.place, &*format!("/{name}"));
                self.wrong.add(SpanCode::Shape, at, "an array", kind(other));
                return &[];
            }
        };
        for (index, item) in items
            .iter()
            .enumerate()
            .filter(|(_, item)| !item.is_object())
        {
            let at = (self.place, &*format!("/{name}/{index}"));
            self.wrong.add(SpanCode::Shape, at, "an object", kind(item));
        }
        items
    }
}

/// An id of `N` bytes; `None` if the text is empty, which is the same as a missing member.
fn id<const N: usize>(value: &Value) -> Result<Option<[u8; N]>, String> {
    let Value::String(text) = value else {
        return Err(kind(value).to_owned());
    };
    if text.is_empty() {
        return Ok(None);
    }
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let Some(digits) = digits else {
        return Err("a text with other characters".into());
    };
    if digits.len() != 2 * N {
        return Err(counted(digits.len(), "digit", "digits"));
    }
    let mut id = [0; N];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    if id.iter().all(|byte| *byte == 0) {
        Err("zeros alone".into())
    } else {
        Ok(Some(id))
    }
}

/// A time in nanoseconds. The JSON mapping of protocol buffers takes numbers and strings.
fn nanos(value: &Value) -> Result<u64, String> {
    match value {
        Value::Number(number) => {
            let found = || format!("the number {}", inert(&number.to_string(), 40));
            number.as_u64().ok_or_else(found)
        }
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => text
            .parse()
            .map_err(|_| "digits of no 64-bit number".into()),
        Value::String(_) => Err("a text that is no number".into()),
        other => Err(kind(other).to_owned()),
    }
}
