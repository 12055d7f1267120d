//! JUnit XML through the library `junit-report`, adapted for consumers that
//! require more.
//!
//! [`legal`] cleans every text first, because the library would pass NUL and `]]>`
//! on. [`head`] writes a `<testsuites>` with the totals. [`adapted`] changes the
//! library's elements, one XML event at a time: each `<testsuite>` gets the count
//! of skipped cases, without which some consumers drop the file, and the pack's
//! file, for which the schema of Jenkins has no place in a case.

use super::cases::{CASE_TEXT, Case, Totals, is_skipped};
use crate::exit::Error;
use junit_report::{Duration, Report, TestCase, TestCaseBuilder, TestSuiteBuilder};
use provision_core::Status;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event as Xml};
use quick_xml::{Reader, Writer};

/// The file's beginning; `counts` are tests, failures, errors. NB: the schema
/// of Jenkins has no count of skipped cases here.
pub(super) fn head(name: &str, counts: [usize; 3], micros: u64) -> Result<String, Error> {
    let [tests, failures, errors] = counts.map(|n| n.to_string());
    let (name, time) = (legal(name, 400), in_seconds(micros));
    let root = BytesStart::new("testsuites").with_attributes([
        ("name", name.as_str()),
        ("tests", &tests),
        ("failures", &failures),
        ("errors", &errors),
        ("time", &time),
    ]);
    let mut out = Writer::new(Vec::new());
    let decl = BytesDecl::new("1.0", Some("utf-8"), None);
    let written = out
        .write_event(Xml::Decl(decl))
        .and_then(|()| out.write_event(Xml::Text(BytesText::new("\n"))))
        .and_then(|()| out.write_event(Xml::Start(root)));
    written.map_err(|e| unwritten(&e))?;
    String::from_utf8(out.into_inner()).map_err(|e| unwritten(&e))
}

fn unwritten(error: &dyn std::error::Error) -> Error {
    Error::Format {
        format: "JUnit",
        detail: error.to_string(),
    }
}

/// Cases that the library gets at a time.
const CHUNK: usize = 256;

/// The tag of a suite.
pub(super) struct Tag<'s> {
    pub(super) name: &'s str,
    pub(super) file: Option<&'s str>,
    pub(super) totals: Totals,
}

/// Passes one `<testsuite>` to `put`, some cases at a time: the library writes them in
/// reports of their own, [`adapted`] changes these.
pub(super) fn one_suite(
    tag: &Tag<'_>,
    cases: impl Iterator<Item = Case>,
    mut put: impl FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut cases = cases.peekable();
    let mut first = Some(tag);
    loop {
        let chunk: Vec<TestCase> = cases.by_ref().take(CHUNK).map(|c| case(&c)).collect();
        let is_last = cases.peek().is_none();
        let mut builder = TestSuiteBuilder::new(&legal(tag.name, 400));
        builder.add_testcases(chunk);
        let mut report = Report::new();
        report.add_testsuite(builder.build());
        let mut xml = Vec::new();
        report.write_xml(&mut xml).map_err(|e| unwritten(&e))?;
        let xml = String::from_utf8(xml).map_err(|e| unwritten(&e))?;
        put(&adapted(&xml, first.take(), is_last).map_err(|e| unwritten(&e))?)?;
        if is_last {
            return Ok(());
        }
    }
}

/// A part of a `<testsuite>` from the library's report `xml`, with the attributes that
/// consumers require. The first part has a tag, the last one has the end.
fn adapted(xml: &str, suite: Option<&Tag<'_>>, is_last: bool) -> Result<String, quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    let mut out = Writer::new(Vec::new());
    loop {
        match reader.read_event()? {
            Xml::Eof => break,
            Xml::Start(tag) => match tag.name().as_ref() {
                b"testsuites" => {}
                b"testsuite" => {
                    if let Some(suite) = suite {
                        out.write_event(Xml::Start(suite_tag(&tag, suite)?))?;
                    }
                }
                b"skipped" => out.write_event(Xml::Start(skipped_tag(&tag)?))?,
                _ => out.write_event(Xml::Start(tag))?,
            },
            Xml::Empty(tag) => match (tag.name().as_ref(), suite) {
                (b"testsuite", Some(suite)) => {
                    out.write_event(Xml::Empty(suite_tag(&tag, suite)?))?;
                }
                (b"skipped", _) => out.write_event(Xml::Empty(skipped_tag(&tag)?))?,
                _ => out.write_event(Xml::Empty(tag))?,
            },
            Xml::Decl(_) => {}
            Xml::End(tag) if tag.name().as_ref() == b"testsuites" => {}
            Xml::End(tag) if tag.name().as_ref() == b"testsuite" && !is_last => {}
            event => out.write_event(event)?,
        }
    }
    Ok(String::from_utf8_lossy(&out.into_inner()).into_owned())
}

/// The tag of a suite with the pack's file and the counts of all its cases, and
/// with a rounded time: the library adds floats and writes all their digits.
fn suite_tag(
    tag: &BytesStart<'_>,
    suite: &Tag<'_>,
) -> Result<BytesStart<'static>, quick_xml::Error> {
    let Tag { file, totals, .. } = suite;
    let mut adapted = BytesStart::new("testsuite");
    if let Some(file) = file {
        adapted.push_attribute(("file", legal(file, 400).as_str()));
    }
    adapted.push_attribute(("skipped", totals.skipped.to_string().as_str()));
    for attribute in tag.attributes() {
        let attribute = attribute?;
        match attribute.key.as_ref() {
            b"time" => adapted.push_attribute(("time", in_seconds(totals.micros).as_str())),
            b"tests" => adapted.push_attribute(("tests", totals.tests.to_string().as_str())),
            b"failures" => {
                adapted.push_attribute(("failures", totals.failures.to_string().as_str()))
            }
            b"errors" => adapted.push_attribute(("errors", totals.errors.to_string().as_str())),
            _ => adapted.push_attribute(attribute),
        }
    }
    Ok(adapted)
}

/// The tag of a skipped case without its type, for which the schema of Jenkins
/// has no place.
fn skipped_tag(tag: &BytesStart<'_>) -> Result<BytesStart<'static>, quick_xml::Error> {
    let mut adapted = BytesStart::new("skipped");
    for attribute in tag.attributes() {
        let attribute = attribute?;
        if attribute.key.as_ref() != b"type" {
            adapted.push_attribute(attribute);
        }
    }
    Ok(adapted)
}

/// The attribute `time`: seconds with three decimals.
fn in_seconds(micros: u64) -> String {
    format!("{:.3}", seconds(micros).as_seconds_f64())
}

/// Whole milliseconds: the schema of Jenkins knows no finer times.
fn seconds(micros: u64) -> Duration {
    Duration::milliseconds(i64::try_from(micros.div_ceil(1000)).unwrap_or(i64::MAX))
}

fn case(case: &Case) -> TestCase {
    let (name, message) = (legal(&case.name, 400), legal(&case.message, 2_000));
    let time = seconds(case.micros);
    let kind = message.split(':').next().unwrap_or_default();
    let mut builder = match case.status {
        Status::Passed => TestCaseBuilder::success(&name, time),
        status if is_skipped(status) => {
            TestCaseBuilder::skipped_with_cause(&name, "skipped", &message)
        }
        Status::Failed => TestCaseBuilder::failure(&name, time, kind, &message),
        _ => TestCaseBuilder::error(&name, time, kind, &message),
    };
    builder.set_classname(&legal(&case.class, 400));
    if !case.detail.is_empty() {
        builder.set_trace(&legal(&case.detail, CASE_TEXT));
    }
    if !case.output.is_empty() {
        builder.set_system_out(&legal(&case.output, CASE_TEXT));
    }
    builder.build()
}

/// `text` with nothing that XML 1.0 forbids, no terminal escape, nothing that
/// ends a CDATA section, and at most `max` bytes.
pub(super) fn legal(text: &str, max: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let keep = matches!(c, '\n' | '\t' | ' '..='\u{7e}' | '\u{a0}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
        out.push(if keep { c } else { '\u{fffd}' });
        if out.ends_with("]]>") {
            out.pop();
            out.push_str("\u{200a}>");
        }
        if out.len() >= max {
            out.push_str("… (cut)");
            break;
        }
    }
    out
}
