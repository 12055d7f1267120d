//! JUnit XML through the library `junit-report`, adapted for consumers that
//! require more.
//!
//! [`legal`] cleans every text first, because the library would pass NUL and `]]>`
//! on. [`head`] writes a `<testsuites>` with the totals. [`adapted`] changes the
//! library's elements, one XML event at a time: each `<testsuite>` gets the count
//! of skipped cases, without which some consumers drop the file, and the pack's
//! file, for which the schema of Jenkins has no place in a case.

use super::cases::{Case, Suite, total};
use crate::exit::Error;
use junit_report::{Duration, Report, TestCase, TestCaseBuilder, TestSuiteBuilder};
use provision_core::Status;
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event as Xml};
use quick_xml::{Reader, Writer};

/// The bound on one case's text, in bytes.
const CASE_TEXT: usize = 64 * 1024;

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

/// One `<testsuite>`: the library writes it in a report of its own, [`adapted`]
/// changes it.
pub(super) fn one_suite(suite: &Suite) -> Result<String, Error> {
    let mut builder = TestSuiteBuilder::new(&legal(&suite.name, 400));
    builder.add_testcases(suite.cases.iter().map(case));
    let mut report = Report::new();
    report.add_testsuite(builder.build());
    let mut xml = Vec::new();
    report.write_xml(&mut xml).map_err(|e| unwritten(&e))?;
    let xml = String::from_utf8(xml).map_err(|e| unwritten(&e))?;
    adapted(&xml, suite).map_err(|e| unwritten(&e))
}

/// The `<testsuite>` of the library's report `xml` about `suite`, with the
/// attributes that consumers require.
fn adapted(xml: &str, suite: &Suite) -> Result<String, quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    let mut out = Writer::new(Vec::new());
    loop {
        match reader.read_event()? {
            Xml::Eof => break,
            Xml::Start(tag) => match tag.name().as_ref() {
                b"testsuites" => {}
                b"testsuite" => out.write_event(Xml::Start(suite_tag(&tag, suite)?))?,
                b"skipped" => out.write_event(Xml::Start(skipped_tag(&tag)?))?,
                _ => out.write_event(Xml::Start(tag))?,
            },
            Xml::Empty(tag) => match tag.name().as_ref() {
                b"testsuite" => out.write_event(Xml::Empty(suite_tag(&tag, suite)?))?,
                b"skipped" => out.write_event(Xml::Empty(skipped_tag(&tag)?))?,
                _ => out.write_event(Xml::Empty(tag))?,
            },
            Xml::Decl(_) => {}
            Xml::End(tag) if tag.name().as_ref() == b"testsuites" => {}
            event => out.write_event(event)?,
        }
    }
    Ok(String::from_utf8_lossy(&out.into_inner()).into_owned())
}

/// The tag of a suite with the pack's file and the count of skipped cases, and
/// with a rounded time: the library adds floats and writes all their digits.
fn suite_tag(tag: &BytesStart<'_>, suite: &Suite) -> Result<BytesStart<'static>, quick_xml::Error> {
    let mut adapted = BytesStart::new("testsuite");
    if let Some(file) = &suite.file {
        adapted.push_attribute(("file", legal(file, 400).as_str()));
    }
    let skipped = suite.cases.iter().filter(|c| is_skipped(c.status));
    adapted.push_attribute(("skipped", skipped.count().to_string().as_str()));
    let time = in_seconds(total(suite.cases.iter().map(|c| c.micros)));
    for attribute in tag.attributes() {
        let attribute = attribute?;
        match attribute.key.as_ref() {
            b"time" => adapted.push_attribute(("time", time.as_str())),
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

/// Whether a case of this status is one that JUnit calls skipped, with a reason.
fn is_skipped(status: Status) -> bool {
    status.is_skipped() || status == Status::Excused
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
