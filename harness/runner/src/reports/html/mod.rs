//! The HTML report: one file that loads no other. It opens with the result and what to do;
//! the matrix and the folded packs follow. It is complete without scripts; its only script
//! filters, sorts and copies.

mod calls;
mod matrix;
mod not_judged;
mod pack;
mod summary;
mod survey;
mod text;

use crate::exit::Error;
use crate::fold::Run;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use not_judged::NotApplicable;
use provision_core::{Status, Verdict};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use survey::Survey;
use text::named;
pub(crate) use text::{badge, text};

pub(crate) const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Packs of one verdict, below which they are listed even if nothing of them failed.
const FEW: usize = 20;

/// Writes the report of `run`, one pack at a time.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let mut put = |text: &str| {
        let done = out.write_all(text.as_bytes());
        done.map_err(|e| Error::io("write", Path::new("the HTML report"), e))
    };
    let survey = Survey::of(run)?;
    let judged = run.started.judged.name();
    put(&head("Conformance", STYLE, SCRIPT))?;
    put("<body><a class=\"skip\" href=\"#packs\">Skip to the packs</a><main>\n")?;
    put(&summary::result(run, &survey))?;
    put(&summary::tiles(run))?;
    put(&summary::causes(run, &survey))?;
    put(&format!(
        "<section aria-labelledby=\"checks\"><h2 id=\"checks\">Checks</h2>\n{}</section>\n{}\
         <section class=\"far\" aria-labelledby=\"matrix-title\"><h2 id=\"matrix-title\">{} and checks</h2>\n",
        matrix::checks(run, &survey),
        filter(run, &survey),
        capital(judged)
    ))?;
    matrix::packs(run, &survey, &mut put)?;
    put(&format!(
        "</section>\n<section class=\"far\" id=\"packs\" aria-labelledby=\"packs-title\">\
         <h2 id=\"packs-title\">{}, worst first</h2>\n",
        capital(judged)
    ))?;
    packs(run, &survey, &mut put)?;
    put("</main></body></html>\n")
}

/// Everything before the body: the policy allows this style and this script alone.
pub(crate) fn head(title: &str, style: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let (scripts, script) = match script {
        "" => (String::new(), String::new()),
        script => (
            format!("; script-src 'sha256-{}'", hash(script)),
            format!("<script>{script}</script>"),
        ),
    };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         base-uri 'none'; form-action 'none'; style-src 'sha256-{}'{scripts}\">\
         <title>{title}</title><style>{style}</style>{script}</head>\n",
        hash(style),
    )
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// The form that filters the packs, which the script shows.
fn filter(run: &Run, survey: &Survey) -> String {
    let options = |values: BTreeSet<&str>| -> String {
        let option = |value: &str| format!("<option>{}</option>", text(value));
        values.into_iter().map(option).collect()
    };
    let verdicts: String = Verdict::WORST_FIRST
        .iter()
        .map(|v| {
            format!(
                "<option value=\"{v}\">{}</option>",
                v.name().replace('_', " ")
            )
        })
        .collect();
    let seen = run.started.checks.iter().zip(&survey.checks);
    let seen = seen.filter(|(_, count)| count.bad() + count.of(Status::Excused) > 0);
    let rows = survey.causes.rows();
    format!(
        "<form id=\"filter\" aria-label=\"filter\"><label>{} <input name=\"pack\" type=\"search\" \
         autocomplete=\"off\"></label><label>verdict <select name=\"verdict\"><option value=\"\">\
         all</option>{verdicts}</select></label><label>check <select name=\"check\">\
         <option value=\"\">all</option>{}</select></label><label>code <select name=\"code\">\
         <option value=\"\">all</option>{}</select></label><button type=\"reset\">show all</button>\
         <output id=\"shown\">all shown</output></form>\
         <p id=\"said\" class=\"said\" role=\"status\"></p>\n",
        run.started.judged.one(),
        options(seen.map(|(id, _)| id.as_str()).collect()),
        options(rows.iter().map(|row| row.code.as_str()).collect()),
    )
}

/// The packs by verdict, each folded.
fn packs(
    run: &Run,
    survey: &Survey,
    put: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut sets = NotApplicable::default();
    for verdict in Verdict::WORST_FIRST {
        let count = run.count(verdict);
        if count == 0 {
            continue;
        }
        let title = format!(
            "<h3 {}>{} ({count})</h3>",
            named("verdict", verdict.name()),
            badge(verdict)
        );
        let is_open = verdict >= Verdict::Partial || count <= FEW;
        let open = if is_open { " open" } else { "" };
        put(&format!(
            "<details class=\"group\"{open}><summary>{title}</summary>\n"
        ))?;
        let of_verdict = run.packs.iter().zip(&survey.rows);
        let mut rows = of_verdict
            .filter(|(pack, _)| pack.verdict() == verdict)
            .map(|(_, row)| row);
        run.each_of(verdict, |pack| match rows.next() {
            Some(row) => put(&pack::details(run, pack, row, &mut sets)),
            None => Ok(()),
        })?;
        put("</details>\n")?;
    }
    let mut last = String::from("</section>\n");
    let _ = write!(last, "{}", sets.section());
    put(&last)
}
