//! JUnit XML through `junit-report`, adapted where consumers want more.
//!
//! Text is made legal XML first, because the library would pass NUL and `]]>` on.
//! The elements that the library writes are adapted one XML event at a time:
//! `<testsuites>` gets the totals. Each `<testsuite>` gets the count of skipped
//! cases, without which some consumers drop the file, and the pack's file, for
//! which the schema of Jenkins has no place in a case.

use crate::events::CheckFinished;
use crate::exit::Error;
use crate::fold::{PackRun, Run};
use junit_report::{Duration, Report, TestCase, TestCaseBuilder, TestSuiteBuilder};
use provision_core::{Status, Verdict};
use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event as Xml};
use quick_xml::{Reader, Writer};
use std::io::Write;
use std::path::Path;

/// Bytes of one case's text that are kept.
const CASE_TEXT: usize = 64 * 1024;

/// One row of a JUnit file, before it is XML.
#[derive(Debug, Clone)]
pub struct Case {
    /// Groups cases; unique together with the name.
    pub class: String,
    /// The case's name.
    pub name: String,
    /// Wall time in microseconds.
    pub micros: u64,
    /// How it ended.
    pub status: Status,
    /// The code or reason, in a line.
    pub message: String,
    /// All there is to say, in lines.
    pub detail: String,
    /// What the case printed.
    pub output: String,
}

/// A named list of cases.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The suite's name.
    pub name: String,
    /// The file it speaks of.
    pub file: Option<String>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// Writes the JUnit file of a conformance run, a suite at a time.
///
/// # Errors
/// [`Error::Format`] if the library fails, [`Error::Io`] of the stream or of
/// `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let mut put = |text: &str| {
        let done = out.write_all(text.as_bytes());
        done.map_err(|e| Error::io("write", Path::new("the JUnit file"), e))
    };
    // Each pack has one case more than checks: its verdict.
    let verdicts = |wanted: &[Verdict]| -> usize { wanted.iter().map(|v| run.count(*v)).sum() };
    let mut micros = 0;
    run.each(|pack| {
        micros += suite(run, pack).cases.iter().map(|c| c.micros).sum::<u64>();
        Ok(())
    })?;
    let head = head(
        "greentic-provision",
        [
            run.packs
                .iter()
                .map(|p| p.checks.values().sum::<usize>() + 1)
                .sum(),
            run.checks(Status::Failed) + verdicts(&[Verdict::Partial, Verdict::Fail]),
            run.checks(Status::Error) + verdicts(&[Verdict::Error]),
        ],
        micros,
    )?;
    put(&head)?;
    run.each(|pack| put(&one_suite(&suite(run, pack))?))?;
    put("</testsuites>\n")
}

fn suite(run: &Run, pack: &PackRun) -> Suite {
    let checks = pack.checks.iter();
    let mut cases: Vec<Case> = checks.map(|c| of_check(run, pack, c)).collect();
    cases.push(verdict(pack));
    Suite {
        name: pack.label().to_owned(),
        file: pack.finished.as_ref().map(|f| f.path.clone()),
        cases,
    }
}

fn of_check(run: &Run, pack: &PackRun, check: &CheckFinished) -> Case {
    let good = check.status == Status::Passed || !check.applicable;
    let mut case = Case {
        class: format!("{}.{}", pack.label(), check.scope),
        name: check.check.clone(),
        micros: 0,
        status: check.status,
        message: check.reason.clone().unwrap_or_default(),
        detail: if good {
            String::new()
        } else {
            detail(run.requirement(&check.check), check)
        },
        output: String::new(),
    };
    if let Some(first) = check.findings.first() {
        case.message = format!("{}: {}", first.code, first.actual);
    }
    if check.check == "wizard.completes" {
        steps(pack, &check.scope, &mut case);
    }
    case
}

/// A skipped check looks green to most consumers, so the verdict is a case of
/// its own: red unless the pack passed or has nothing to provision.
fn verdict(pack: &PackRun) -> Case {
    let verdict = pack.verdict();
    Case {
        class: format!("{}.pack", pack.label()),
        name: "verdict".into(),
        micros: 0,
        status: match verdict {
            Verdict::Pass => Status::Passed,
            Verdict::NotApplicable => Status::Skipped,
            Verdict::Partial | Verdict::Fail => Status::Failed,
            Verdict::Error => Status::Error,
        },
        message: verdict.to_string(),
        detail: pack.errors().join("\n"),
        output: pack
            .finished
            .as_ref()
            .map_or_else(String::new, |f| format!("sha256: {}\n", f.digest)),
    }
}

fn steps(pack: &PackRun, wizard: &str, case: &mut Case) {
    let Some(driven) = pack.wizards.iter().find(|w| w.wizard == wizard) else {
        return;
    };
    case.micros = driven.steps.iter().map(|s| s.meters.wall_micros).sum();
    let steps = driven.steps.iter().map(|s| {
        let (fuel, memory) = (s.meters.fuel, s.meters.memory_bytes);
        format!(
            "step {}: {}, fuel {fuel}, memory {memory} bytes\n",
            s.step, s.status
        )
    });
    let notes = driven.notes.iter().map(|n| format!("note: {n}\n"));
    // Of steps that are fine the JSON report has the meters; a JUnit file of
    // thousands of packs has to stay readable.
    let steps = steps.filter(|_| case.status != Status::Passed);
    case.output = steps.chain(notes).collect();
}

fn detail(requirement: Option<&str>, check: &CheckFinished) -> String {
    let mut text = requirement.map_or_else(String::new, |r| format!("requirement: {r}\n"));
    for f in &check.findings {
        text += &format!(
            "{} at {}\n  expected: {}\n  actual:   {}\n",
            f.code, f.at, f.expected, f.actual
        );
    }
    if let Some(command) = &check.reproduce {
        text += &format!("reproduce: {command}\n");
    }
    text
}

/// `suites` as a JUnit file with `name` at its root.
///
/// # Errors
/// [`Error::Format`] if the library fails.
pub fn render(name: &str, suites: &[Suite]) -> Result<Vec<u8>, Error> {
    let cases = || suites.iter().flat_map(|s| &s.cases);
    let count = |status| cases().filter(|c| c.status == status).count();
    let counts = [cases().count(), count(Status::Failed), count(Status::Error)];
    let mut text = head(name, counts, cases().map(|c| c.micros).sum())?;
    for suite in suites {
        text += &one_suite(suite)?;
    }
    Ok(format!("{text}</testsuites>\n").into_bytes())
}

/// The file's beginning; `counts` are tests, failures, errors. NB: the schema
/// of Jenkins has no count of skipped cases here.
fn head(name: &str, counts: [usize; 3], micros: u64) -> Result<String, Error> {
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

/// One `<testsuite>`, written by the library in a report of its own and adapted.
fn one_suite(suite: &Suite) -> Result<String, Error> {
    let mut builder = TestSuiteBuilder::new(&legal(&suite.name, 400));
    builder.add_testcases(suite.cases.iter().map(case));
    let mut report = Report::new();
    report.add_testsuite(builder.build());
    let mut xml = Vec::new();
    report.write_xml(&mut xml).map_err(|e| unwritten(&e))?;
    let xml = String::from_utf8(xml).map_err(|e| unwritten(&e))?;
    adapted(&xml, suite).map_err(|e| unwritten(&e))
}

/// The `<testsuite>` in the library's report `xml` of `suite`, as consumers want
/// it.
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

/// The tag of a suite with the pack's file and the count of skipped cases. The
/// library adds the cases' times up as floats, and writes all digits.
fn suite_tag(tag: &BytesStart<'_>, suite: &Suite) -> Result<BytesStart<'static>, quick_xml::Error> {
    let mut adapted = BytesStart::new("testsuite");
    if let Some(file) = &suite.file {
        adapted.push_attribute(("file", legal(file, 400).as_str()));
    }
    let skipped = suite.cases.iter().filter(|c| c.status == Status::Skipped);
    adapted.push_attribute(("skipped", skipped.count().to_string().as_str()));
    let time = in_seconds(suite.cases.iter().map(|c| c.micros).sum());
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

/// As an attribute has it.
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
        Status::Skipped => TestCaseBuilder::skipped_with_cause(&name, "skipped", &message),
        Status::Failed => TestCaseBuilder::failure(&name, time, kind, &message),
        Status::Error => TestCaseBuilder::error(&name, time, kind, &message),
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
fn legal(text: &str, max: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_strangers_stays_text() {
        let hostile = "]]><testcase name=\"x\"/>\0\u{1b}[31m\u{fffe}";
        let legal = legal(hostile, 1000);
        assert!(!legal.contains("]]>") && !legal.contains('\0') && !legal.contains('\u{1b}'));
        let case = Case {
            class: hostile.into(),
            name: hostile.into(),
            micros: 1,
            status: Status::Failed,
            message: hostile.into(),
            detail: hostile.into(),
            output: hostile.into(),
        };
        let suite = Suite {
            name: hostile.into(),
            file: Some(hostile.into()),
            cases: vec![case],
        };
        let xml = String::from_utf8(render("t", &[suite]).expect("renders")).expect("UTF-8");
        assert!(
            xml.contains("tests=\"1\" failures=\"1\" errors=\"0\""),
            "{xml}"
        );
        assert_eq!(
            xml.matches("]]>").count(),
            2,
            "the two CDATA sections end once: {xml}"
        );
        assert!(!xml.contains('\0') && !xml.contains('\u{1b}'));
    }
}
