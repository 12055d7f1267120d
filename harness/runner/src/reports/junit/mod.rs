//! The JUnit report: makes cases from the events, and XML from the cases.

mod cases;
mod xml;

use crate::exit::Error;
use crate::fold::Run;
pub use cases::{Case, Suite};
use cases::{Cases, Totals, suite_of_run, total};
use provision_core::{Status, Verdict};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use xml::{Tag, head, one_suite};

/// Writes the JUnit file of a conformance run, one suite at a time.
///
/// # Errors
/// [`Error::Format`] if the library fails, [`Error::Io`] of the stream or of
/// `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let mut put = |text: &str| {
        let done = out.write_all(text.as_bytes());
        done.map_err(|e| Error::io("write", Path::new("the JUnit file"), e))
    };
    let mut micros = 0;
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    run.each(|pack| {
        *places.entry(pack.place().to_owned()).or_default() += 1;
        micros = total([Cases::of(run, pack).totals().micros, micros].into_iter());
        Ok(())
    })?;
    let of_run = suite_of_run(run);
    let by_verdict = |is: fn(Verdict) -> bool| {
        let packs = run.packs.iter().filter(|p| p.fails_by_verdict());
        packs.filter(|p| is(p.verdict())).count()
    };
    // Each pack has one case more than checks: its verdict.
    let cases = run.packs.iter();
    let cases = cases.map(|p| p.checks.values().sum::<usize>() + 1);
    let not_error = by_verdict(|v| v != Verdict::Error);
    let counts = [
        cases.sum::<usize>() + usize::from(of_run.is_some()),
        run.checks(Status::Failed) + not_error + usize::from(of_run.is_some()),
        run.checks(Status::Error) + by_verdict(|v| v == Verdict::Error),
    ];
    put(&head("greentic-provision", counts, micros)?)?;
    run.each(|pack| {
        let place = pack.place();
        let name = match places.get(place) {
            // The same pack twice.
            Some(2..) => format!("{place} ({})", pack.label()),
            _ => place.to_owned(),
        };
        let cases = Cases::of(run, pack);
        let tag = Tag {
            name: &name,
            file: pack.finished.as_ref().map(|f| f.path.as_str()),
            totals: cases.totals(),
        };
        one_suite(&tag, cases.each(&name), &mut put)
    })?;
    if let Some(of_run) = of_run {
        of_run.put(&mut put)?;
    }
    put("</testsuites>\n")
}

impl Suite {
    /// Passes the suite as XML to `put`.
    fn put(&self, put: impl FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
        let cases = self.cases.iter();
        let tag = Tag {
            name: &self.name,
            file: self.file.as_deref(),
            totals: Totals::of(cases.clone().map(|c| (c.status, c.micros))),
        };
        one_suite(&tag, cases.cloned(), put)
    }
}

/// `suites` as a JUnit file with `name` at its root.
///
/// # Errors
/// [`Error::Format`] if the library fails.
pub fn render(name: &str, suites: &[Suite]) -> Result<Vec<u8>, Error> {
    let cases = || suites.iter().flat_map(|s| &s.cases);
    let count = |status| cases().filter(|c| c.status == status).count();
    let counts = [cases().count(), count(Status::Failed), count(Status::Error)];
    let mut text = head(name, counts, total(cases().map(|c| c.micros)))?;
    for suite in suites {
        suite.put(|part| {
            text += part;
            Ok(())
        })?;
    }
    Ok(format!("{text}</testsuites>\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untrusted_text_cannot_add_markup_or_end_cdata() {
        let hostile = "]]><testcase name=\"x\"/>\0\u{1b}[31m\u{fffe}";
        let legal = xml::legal(hostile, 1000);
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

    #[test]
    fn suite_counts_skipped_cases_and_names_its_file() {
        let case = |status, micros| Case {
            class: "c".into(),
            name: "n".into(),
            micros,
            status,
            message: "why".into(),
            detail: String::new(),
            output: String::new(),
        };
        let suite = Suite {
            name: "s".into(),
            file: Some("a \"b\".gtpack".into()),
            cases: vec![case(Status::Blocked, 0), case(Status::Passed, 1500)],
        };
        let xml = String::from_utf8(render("t", &[suite]).expect("renders")).expect("UTF-8");
        for part in [
            "<testsuite file=\"a &quot;b&quot;.gtpack\" skipped=\"1\" id=\"0\" name=\"s\"",
            " time=\"0.002\"><testcase ",
            "<skipped message=\"why\"/></testcase>",
            "</testsuite></testsuites>\n",
        ] {
            assert!(xml.contains(part), "{part}: {xml}");
        }
    }
}
