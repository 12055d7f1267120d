//! The beginning of the HTML report: charts, and the causes of the whole run.

use super::text::text;
use crate::events::RunKind;
use crate::exit::Error;
use crate::fold::{CauseTable, Run};
use provision_core::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Rows of the table of causes, at most.
const ROWS: usize = 100;
/// Bars of a chart, at most.
const BARS: usize = 10;
/// Characters of a bar's label, at most.
const LABEL: usize = 60;

/// One bar of a chart.
struct Bar {
    label: String,
    count: usize,
    /// The class of the page's style that colours it.
    class: &'static str,
}

/// The table of causes and the charts.
///
/// # Errors
/// [`Error::Io`] of the stream.
pub(super) fn overview(run: &Run) -> Result<String, Error> {
    let mut table = CauseTable::new(run.level());
    let mut roles: BTreeMap<String, usize> = BTreeMap::new();
    run.each(|pack| {
        table.add(pack);
        let role = pack.finished.as_ref().and_then(|f| f.role.as_ref());
        let role = role.map_or_else(|| "no manifest".to_owned(), |r| r.role.to_string());
        *roles.entry(role).or_default() += 1;
        Ok(())
    })?;
    let judged = run.started.judged;
    let mut out = causes(&table, judged);
    out += "<div class=\"charts\">";
    let verdicts = Verdict::WORST_FIRST.map(|verdict| Bar {
        label: verdict.name().to_owned(),
        count: run.count(verdict),
        class: verdict.name(),
    });
    out += &chart("verdicts", &verdicts);
    let rows = table.rows();
    let of_causes = rows.iter().take(BARS).map(|row| Bar {
        label: format!("{} {}", row.code, row.what),
        count: row.packs,
        class: if row.is_advice { "partial" } else { "fail" },
    });
    let title = format!("{} by cause", judged.name());
    out += &chart(&title, &of_causes.collect::<Vec<_>>());
    let of_roles = roles.into_iter().map(|(label, count)| Bar {
        label,
        count,
        class: "pass",
    });
    if judged == RunKind::Packs {
        out += &chart("packs by role", &of_roles.collect::<Vec<_>>());
    }
    Ok(out + "</div>\n")
}

fn causes(table: &CauseTable, judged: RunKind) -> String {
    let rows = table.rows();
    if rows.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "<h2>Causes</h2><div class=\"scroll\"><table><tr><th>{}</th><th>level</th>\
         <th>cause</th><th>code</th><th>users meet it at</th><th>first {}</th></tr>\n",
        judged.name(),
        judged.one(),
    );
    for row in rows.iter().take(ROWS) {
        let advice = if row.is_advice { ", advice" } else { "" };
        let _ = writeln!(
            out,
            "<tr><td class=\"n\">{}</td><td>{}{advice}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td></tr>",
            row.packs,
            row.level.name(),
            text(&row.what),
            text(row.code.as_str()),
            row.bite.name(),
            text(&row.first),
        );
    }
    out += "</table></div>\n";
    let left = rows.len().saturating_sub(ROWS) + table.left_out();
    if left > 0 {
        let _ = writeln!(out, "<p>and {left} more causes; see the JSON report</p>");
    }
    out
}

/// A bar chart as inline SVG; nothing if all bars are zero.
fn chart(title: &str, bars: &[Bar]) -> String {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let height = 18 * bars.len();
    let mut out = format!(
        "<figure><figcaption>{title}</figcaption><svg role=\"img\" aria-label=\"{title}\" \
         viewBox=\"0 0 640 {height}\" width=\"640\" height=\"{height}\">\n"
    );
    for (
        i,
        Bar {
            label,
            count,
            class,
        },
    ) in bars.iter().enumerate()
    {
        let (y, length) = (18 * i, count.saturating_mul(200) / most);
        let label: String = label.chars().take(LABEL).collect();
        let _ = writeln!(
            out,
            "<text x=\"395\" y=\"{}\" text-anchor=\"end\">{}</text><rect class=\"{class}\" \
             x=\"400\" y=\"{}\" width=\"{length}\" height=\"14\"/><text x=\"{}\" \
             y=\"{}\">{count}</text>",
            y + 13,
            text(&label),
            y + 2,
            404 + length,
            y + 13,
        );
    }
    out + "</svg></figure>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chart_has_a_bar_for_each_count_and_escapes_its_labels() {
        let bar = |label: &str, count| Bar {
            label: label.into(),
            count,
            class: "fail",
        };
        let svg = chart("t", &[bar("<script>", 4), bar("b", 2)]);
        assert!(svg.contains("&lt;script&gt;") && !svg.contains("<script"));
        assert!(svg.contains("width=\"200\" height=\"14\"") && svg.contains("width=\"100\""));
        assert_eq!(chart("t", &[bar("a", 0)]), "");
        assert_eq!(chart("t", &[]), "");
    }
}
