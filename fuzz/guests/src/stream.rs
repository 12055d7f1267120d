//! Writes events, folds them and reports them in every format. Checks the invariants
//! that reports have for any events.

use greentic_provision::events::{Event, EventLog};
use greentic_provision::exit::Error;
use greentic_provision::fold::Run;
use greentic_provision::out_folder::OutFolder;
use greentic_provision::reports::FORMATS;
use greentic_provision::reports::console::{self, Detail};
use greentic_provision::run::{Options, started};
use provision_core::Status;
use provision_core::text::{inert_json, inert_lines};
use provision_oracle::{Conditions, Level};
use provision_registry::Registries;
use quick_xml::events::Event as Xml;
use serde_json::Value;
use std::collections::BTreeSet;

thread_local! {
    /// The folder for the stream of each input, in memory if the system has such a
    /// folder, because the event log syncs a stream to its disk.
    static SCRATCH: tempfile::TempDir = tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a scratch folder");
}

/// Bytes of the largest Markdown summary that GitHub accepts.
const SUMMARY: usize = 1024 * 1024;

/// Writes `events` about the packs `labels` and checks every report of them.
pub(crate) fn reported(events: &[Event], labels: &[&str]) {
    // A stream that contradicts itself gets no reports.
    let Some(run) = folded(events, labels) else {
        return;
    };
    let facts = Facts::of(events);
    assert!(run.finished);
    assert_eq!(
        run.packs.len(),
        labels.iter().collect::<BTreeSet<_>>().len()
    );
    for format in FORMATS {
        let mut bytes = Vec::new();
        (format.write)(&run, &mut bytes).expect("writes");
        let text = String::from_utf8(bytes).expect("UTF-8");
        inert(&text, format.flag);
        match format.flag {
            "report" => of_json(&text, &run, &facts),
            "junit" => of_junit(&text, &run, &facts),
            "sarif" => of_sarif(&text, &facts),
            "html" => of_html(&text),
            "markdown" => of_markdown(&text),
            "annotations" => of_annotations(&text),
            _ => {}
        }
    }
    of_console(&run);
}

/// The run in a stream of `events`; `None` if it contradicts itself.
fn folded(events: &[Event], labels: &[&str]) -> Option<Run> {
    let scratch = SCRATCH.with(|scratch| scratch.path().to_owned());
    let path = scratch.join("events.jsonl");
    let options = Options {
        level: Level::Should,
        trust: Vec::new(),
        answers: None,
        filter: None,
        conditions: Conditions::default(),
        registries: Registries::default(),
        releases: None,
        release_flags: String::new(),
        config_flags: "",
        artifacts: OutFolder::create(&scratch).expect("a folder"),
        jobs: 1,
        expectations: None,
        configuration: Vec::new(),
        complete: true,
    };
    let mut begun = started(&[], &[], None, &options);
    begun.packs = labels.iter().map(|l| (*l).to_owned()).collect();
    let log = EventLog::create(&path, None).expect("creates");
    log.emit(&Event::RunStarted(Box::new(begun)));
    log.emit_all(events);
    log.emit(&Event::RunFinished { exit_code: 0 });
    log.finish().expect("writes");
    let text = std::fs::read_to_string(&path).expect("UTF-8");
    for line in text.lines() {
        let event: Event = serde_json::from_str(line).expect("a written event is accepted");
        let again = serde_json::to_string(&event).expect("an event is JSON");
        let again = inert_json(&again);
        assert_eq!(again, line, "an event changes when it is read and written");
    }
    match Run::read(&path) {
        Ok(run) => Some(run),
        Err(Error::Usage(_)) => None,
        Err(error) => panic!("a stream cannot be read: {error:?}"),
    }
}

/// The facts on which all reports must agree.
struct Facts {
    failed: usize,
    errors: usize,
    causes: usize,
    /// Ids of the checks that failed.
    checks: BTreeSet<String>,
    codes: BTreeSet<String>,
}

impl Facts {
    fn of(events: &[Event]) -> Self {
        let checks = || {
            events.iter().filter_map(|event| match event {
                Event::CheckFinished(check) => Some(check),
                _ => None,
            })
        };
        let count = |status| checks().filter(|c| c.status == status).count();
        let bad = || checks().filter(|c| c.status >= Status::Failed);
        Self {
            failed: count(Status::Failed),
            errors: count(Status::Error),
            causes: events.iter().map(causes).sum(),
            checks: bad().map(|c| c.check.clone()).collect(),
            codes: bad()
                .flat_map(|c| c.findings.iter().map(|f| inert_lines(f.code.as_str())))
                .collect(),
        }
    }
}

/// The number of causes in an event.
fn causes(event: &Event) -> usize {
    match event {
        Event::PackFinished(done) => done.causes.len(),
        _ => 0,
    }
}

fn of_json(text: &str, run: &Run, facts: &Facts) {
    let report: Value = serde_json::from_str(text).expect("JSON");
    let packs = report["packs"].as_array().expect("packs");
    assert_eq!(packs.len(), run.packs.len());
    let checks = || {
        packs
            .iter()
            .flat_map(|p| p["checks"].as_array().into_iter().flatten())
    };
    let count = |status: &str| checks().filter(|c| c["status"] == status).count();
    assert_eq!(count("failed"), facts.failed, "failed checks in JSON");
    assert!(count("error") >= facts.errors, "errors in JSON");
    let bad = checks().filter(|c| c["status"] == "failed" || c["status"] == "error");
    let findings = bad.flat_map(|c| c["findings"].as_array().into_iter().flatten());
    let codes: BTreeSet<String> = findings
        .filter_map(|f| Some(f["code"].as_str()?.to_owned()))
        .collect();
    assert!(
        codes.is_superset(&facts.codes),
        "the JSON report lacks codes: {codes:?}, {:?}",
        facts.codes
    );
    for pack in packs {
        let fine = pack["ok"] == true;
        assert_eq!(fine, pack["verdict"] == "pass", "{pack}");
        let red = pack["checks"].as_array().into_iter().flatten();
        let red = red
            .filter(|c| c["status"] == "failed" || c["status"] == "error")
            .count();
        assert!(!fine || red == 0, "a pack passes with {red} failures");
    }
    assert_eq!(report["exit_code"], run.exit() as u8);
}

fn of_junit(text: &str, run: &Run, facts: &Facts) {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut cases, mut failures, mut errors) = (BTreeSet::new(), 0, 0);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Xml::Eof => break,
            Xml::Start(tag) | Xml::Empty(tag) => {
                let attributes: Vec<(String, String)> = tag
                    .attributes()
                    .map(|a| {
                        let a = a.expect("an attribute");
                        let value = a
                            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
                            .expect("a value")
                            .into_owned();
                        (String::from_utf8_lossy(a.key.as_ref()).into_owned(), value)
                    })
                    .collect();
                match tag.name().as_ref() {
                    b"testcase" => {
                        let id = attributes
                            .into_iter()
                            .filter(|(k, _)| k == "name" || k == "classname");
                        cases.insert(id.collect::<Vec<_>>());
                    }
                    b"failure" => failures += 1,
                    b"error" => errors += 1,
                    b"testsuites" | b"testsuite" | b"skipped" | b"system-out" => {}
                    other => panic!("an element `{}`", String::from_utf8_lossy(other)),
                }
            }
            Xml::GeneralRef(name) => {
                let known = name.is_char_ref()
                    || ["lt", "gt", "amp", "quot", "apos"]
                        .contains(&&*name.decode().expect("UTF-8"));
                assert!(known, "an unknown entity {name:?}");
            }
            Xml::Text(_) | Xml::CData(_) | Xml::End(_) | Xml::Decl(_) => {}
            other => panic!("{other:?} in JUnit"),
        }
    }
    assert!(failures >= facts.failed, "{failures} failures in JUnit");
    assert!(errors >= facts.errors, "{errors} errors in JUnit");
    assert!(cases.len() >= run.packs.len());
}

fn of_sarif(text: &str, facts: &Facts) {
    let report: Value = serde_json::from_str(text).expect("JSON");
    let results = report["runs"][0]["results"].as_array().expect("results");
    assert!(
        results.len() >= facts.causes.min(5_000),
        "{} SARIF results",
        results.len()
    );
    let rules: BTreeSet<&str> = results
        .iter()
        .filter_map(|r| r["ruleId"].as_str())
        .collect();
    for check in &facts.checks {
        let names = |r: &Value| r.to_string().contains(check.as_str());
        let is_there = rules.contains(check.as_str()) || results.iter().any(names);
        assert!(
            is_there || results.len() == 5_000,
            "no SARIF result of {check}"
        );
    }
    for result in results {
        let rule = result["ruleId"].as_str().expect("a rule");
        assert!(!rule.is_empty() && result["message"]["text"].is_string());
        let at = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(
            at.as_str()
                .is_none_or(|uri| !uri.contains(char::is_control)),
            "{at}"
        );
    }
}

fn of_markdown(text: &str) {
    assert!(text.len() < SUMMARY, "{} bytes of Markdown", text.len());
    for line in text.lines().map(outside_of_code) {
        assert!(
            !line.contains(['<', '&', '\\', '`']),
            "live markup in Markdown: {line}"
        );
    }
}

fn of_html(page: &str) {
    assert!(!page.contains("alert(1)</script>"), "live markup in HTML");
    assert_eq!(page.matches("<script").count(), 1, "scripts in HTML");
}

fn of_console(run: &Run) {
    let mut lines = String::new();
    for detail in [Detail::Brief, Detail::Verbose] {
        console::report(run, detail.into(), |line| {
            lines.push_str(line);
            lines.push('\n');
            Ok(())
        })
        .expect("reports");
    }
    // The harness's own colours are the only escape sequences that the console may have.
    inert(&without_colours(&lines), "the console");
    assert!(
        !lines
            .lines()
            .any(|l| l.starts_with("::") || l.starts_with("##vso[")),
        "a command in {lines}"
    );
}

/// The parts of a line of Markdown outside code spans: a run of backticks opens a code
/// span, and the next run of the same length closes it.
fn outside_of_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let inside = &rest[at + fence..];
        let runs = inside.match_indices('`').map(|(i, _)| i);
        let starts = runs.filter(|i| *i == 0 || !inside[..*i].ends_with('`'));
        let len = |i: usize| inside[i..].len() - inside[i..].trim_start_matches('`').len();
        match starts.into_iter().find(|i| len(*i) == fence) {
            Some(end) => rest = &inside[end + fence..],
            None => {
                outside.push_str(&rest[at..at + fence]);
                rest = inside;
            }
        }
    }
    outside + rest
}

/// Each line is one command that annotates, so that no text of a pack is a command.
fn of_annotations(text: &str) {
    let annotates = |line: &&str| {
        ["::error ", "::warning ", "::notice "]
            .iter()
            .any(|command| line.starts_with(command))
    };
    let other = text.split(['\n', '\r']).filter(|line| !line.is_empty());
    assert_eq!(other.clone().find(|line| !annotates(line)), None);
}

/// `text` has no control characters except line breaks and tabs, and no characters
/// that change the direction of text.
fn inert(text: &str, what: &str) {
    let bad = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found = text.lines().find(|line| line.contains(|c| bad(&c)));
    assert_eq!(found, None, "an active character in {what}");
}

/// `text` without the harness's own colours. NB: this also removes the colours of a
/// guest, but not the other control characters of the generated texts.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.and_then(|end| part.get(end..)?.strip_prefix('m')) {
            Some(rest) => plain.push_str(rest),
            None => {
                plain.push_str("\u{1b}[");
                plain.push_str(part);
            }
        }
    }
    plain
}
