//! Lists on the page of a history: the first rows, then the others folded, within a bound.

use provision_core::text::counted;

/// Rows that are not folded.
const OPEN: usize = 10;
/// Rows of a list, at most.
const ROWS: usize = 300;

/// A list of these rows, each the content of an item as HTML.
pub(super) fn list(rows: &[String]) -> String {
    let items = |rows: &[String]| -> String {
        let items = rows.iter().map(|row| format!("<li>{row}</li>"));
        format!("<ul>{}</ul>\n", items.collect::<String>())
    };
    let shown = rows.get(..ROWS).unwrap_or(rows);
    let (open, folded) = shown.split_at(shown.len().min(OPEN));
    let mut out = items(open);
    if !folded.is_empty() {
        let more = counted(folded.len(), "more", "more");
        out += &format!(
            "<details><summary>{more}</summary>{}</details>\n",
            items(folded)
        );
    }
    if rows.len() > shown.len() {
        let more = counted(rows.len() - shown.len(), "more is", "more are");
        out += &format!("<p>{more} left out.</p>\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::list;

    #[test]
    fn rows_beyond_the_first_are_folded_and_beyond_the_bound_counted() {
        let rows: Vec<String> = (0..302).map(|row| format!("r{row}")).collect();
        let html = list(&rows);
        assert_eq!(html.matches("<li>").count(), 300);
        assert!(html.contains("<summary>290 more</summary>"), "{html}");
        assert!(html.contains("<p>2 more are left out.</p>"), "{html}");
        assert!(!list(&rows[..10]).contains("<details>"));
    }
}
