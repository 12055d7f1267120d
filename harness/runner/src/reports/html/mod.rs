//! The HTML report: one file that loads no other. It opens with the causes of the whole
//! run. It is readable without scripts; its only script filters the packs.

mod calls;
mod overview;
mod pack;
mod text;

use crate::exit::Error;
use crate::fold::{PackRun, Run};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use provision_core::{Status, Verdict};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
pub(crate) use text::text;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The form that filters the packs; a script shows it.
const FILTER: &str = "<p id=\"filter\" class=\"hidden\"><input id=\"query\" placeholder=\"pack\" \
            aria-label=\"pack\"> <select id=\"verdict\" aria-label=\"verdict\">\
            <option value=\"\">all verdicts</option><option>error</option><option>fail</option>\
            <option>partial</option><option>pass</option><option>not_applicable</option></select></p>\n";

/// Writes the report of `run`, one pack at a time.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let mut put = |text: &str| {
        let done = out.write_all(text.as_bytes());
        done.map_err(|e| Error::io("write", Path::new("the HTML report"), e))
    };
    put(&head(run))?;
    put(&overview::overview(run)?)?;
    put(FILTER)?;
    put("<h2>Packs and checks</h2><div class=\"scroll\"><table class=\"matrix\">\n")?;
    put(&columns(run))?;
    run.each(|pack| put(&row(run, pack)))?;
    put(
        "</table></div>\n<p>✓ passed, ✗ failed, ! error of the harness or the machine, \
         ? blocked (could not be judged), \
         ~ failed and excused, · not applicable</p>\n<h2>Packs, worst first</h2>\n",
    )?;
    for verdict in Verdict::WORST_FIRST {
        run.each_of(verdict, |pack| pack::details(run, pack, &mut put))?;
    }
    put(&format!("<script>{SCRIPT}</script></body></html>\n"))
}

fn head(run: &Run) -> String {
    let script = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    let (tally, exit) = (run.tally(), run.exit() as u8);
    let started = &run.started;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'sha256-{script}'\">\
         <title>Conformance</title><style>{STYLE}</style></head><body>\n\
         <h1>Conformance</h1><p>{tally}; exit code {exit}; profile {}; version {}</p>\n",
        text(&started.profile),
        text(&started.version),
    );
    if let Some(cut) = run.cut() {
        let _ = writeln!(
            out,
            "<p class=\"error\">{}; packs without a result count as errors.</p>",
            text(&cut)
        );
    }
    if let Some(why) = run.shortfall().filter(|_| run.cut().is_none()) {
        let _ = writeln!(out, "<p class=\"error\">no success: {}</p>", text(&why));
    }
    for stale in &run.stale {
        let _ = writeln!(out, "<p class=\"error\">stale: {}</p>", text(stale));
    }
    out
}

fn columns(run: &Run) -> String {
    let mut out = String::from("<tr><th></th>");
    for check in &run.started.checks {
        let _ = write!(out, "<th class=\"c\"><span>{}</span></th>", text(check));
    }
    out + "</tr>\n"
}

/// One row of the matrix: for each check, the worst status over all scopes.
fn row(run: &Run, pack: &PackRun) -> String {
    let (verdict, label) = (pack.verdict(), text(pack.label()));
    let mut out = format!(
        "<tr data-pack=\"{label}\" data-verdict=\"{verdict}\"><td class=\"l\">\
         <b class=\"{verdict}\">{verdict}</b> {label}</td>"
    );
    let mut worst: BTreeMap<&str, Status> = BTreeMap::new();
    for check in &pack.checks {
        let of_check = worst.entry(&check.check).or_insert(check.status);
        *of_check = check.status.max(*of_check);
    }
    for id in &run.started.checks {
        let (class, sign) = match worst.get(id.as_str()) {
            Some(Status::Error) => ("error", "!"),
            Some(Status::Failed) => ("failed", "✗"),
            Some(Status::Blocked) => ("blocked", "?"),
            Some(Status::Excused) => ("excused", "~"),
            Some(Status::Passed) => ("passed", "✓"),
            Some(Status::NotApplicable) => ("skipped", "·"),
            None => ("error", ""),
        };
        let _ = write!(
            out,
            "<td class=\"{class}\" title=\"{}\">{sign}</td>",
            text(id)
        );
    }
    out + "</tr>\n"
}
