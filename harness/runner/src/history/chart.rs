//! Charts as inline SVG: columns of verdicts, strips of one pack, lines of one step.

use provision_core::Verdict;
use std::fmt::Write;

/// Width of a strip or a line, in units of the chart.
const WIDTH: usize = 600;
/// Height of the columns.
const COLUMNS: usize = 160;
/// Height of a strip.
const STRIP: usize = 14;
/// Height of a line.
const LINE: usize = 36;

/// The columns of all nights: the share of each verdict, the worst at the bottom. `name` is
/// escaped already.
pub(super) fn columns(nights: &[(String, Vec<(Verdict, usize)>)], name: &str) -> String {
    let most = nights.iter().map(|(_, counts)| total(counts)).max();
    let most = most.unwrap_or(0).max(1);
    let count = nights.len().max(1);
    let mut out = format!(
        "<svg role=\"img\" aria-label=\"{name}\" viewBox=\"0 0 {WIDTH} {COLUMNS}\" \
         width=\"{WIDTH}\" height=\"{COLUMNS}\" preserveAspectRatio=\"none\">"
    );
    for (at, (title, counts)) in nights.iter().enumerate() {
        let (left, right) = (x(at, count), x(at + 1, count));
        let _ = write!(out, "<g><title>{title}</title>");
        let mut below = 0;
        for (verdict, packs) in counts {
            let (bottom, top) = (y(below, most), y(below + packs, most));
            below += packs;
            if bottom > top {
                let _ = write!(
                    out,
                    "<rect class=\"{verdict}\" x=\"{left}\" y=\"{top}\" width=\"{}\" \
                     height=\"{}\"/>",
                    right - left,
                    bottom - top
                );
            }
        }
        out += "</g>";
    }
    out + "</svg>"
}

fn total(counts: &[(Verdict, usize)]) -> usize {
    counts.iter().map(|(_, packs)| packs).sum()
}

/// The left edge of column `at` of `count`, in tenths of a unit rounded down.
fn x(at: usize, count: usize) -> usize {
    at * WIDTH / count
}

fn y(packs: usize, most: usize) -> usize {
    COLUMNS - packs * COLUMNS / most
}

/// The verdicts of a pack by night; nights with the same verdict are one bar. `label` is
/// escaped already.
pub(super) fn strip(verdicts: &[Option<Verdict>], label: &str) -> String {
    let count = verdicts.len().max(1);
    let mut out = format!(
        "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {WIDTH} {STRIP}\" \
         width=\"{WIDTH}\" height=\"{STRIP}\" preserveAspectRatio=\"none\">"
    );
    for (from, to, verdict) in spans(verdicts) {
        if let Some(verdict) = verdict {
            let (left, right) = (x(from, count), x(to, count));
            let _ = write!(
                out,
                "<rect class=\"{verdict}\" x=\"{left}\" y=\"0\" width=\"{}\" height=\"{STRIP}\"/>",
                (right - left).max(1)
            );
        }
    }
    out + "</svg>"
}

/// Equal values in a row: first night, the one after the last, value.
pub(super) fn spans<T: Copy + PartialEq>(values: &[T]) -> Vec<(usize, usize, T)> {
    let mut found: Vec<(usize, usize, T)> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        match found.last_mut() {
            Some((_, end, last)) if last == value => *end = at + 1,
            _ => found.push((at, at + 1, *value)),
        }
    }
    found
}

/// A line from night to night, with a dot at each of `marked`. `label` is escaped already.
pub(super) fn line(values: &[Option<u64>], marked: &[usize], label: &str) -> String {
    let known = || values.iter().flatten().copied();
    let most = known().max().unwrap_or(0).max(1);
    let count = values.len().max(2) - 1;
    let at = |night: usize, value: u64| {
        let height = (LINE - 6) as u64;
        // NB: values up to 2^64 are divided first, where the product would not fit.
        let share = match value.checked_mul(height) {
            Some(product) => product / most,
            None => (value / most.max(1)).min(1) * height,
        };
        let y = (LINE as u64 - 3) - share.min(height);
        (night * WIDTH / count, y)
    };
    let mut out = format!(
        "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {WIDTH} {LINE}\" \
         width=\"{WIDTH}\" height=\"{LINE}\" preserveAspectRatio=\"none\"><path d=\""
    );
    let mut pen_is_down = false;
    for (from, to, value) in spans(values) {
        let Some(value) = value else {
            pen_is_down = false;
            continue;
        };
        let (left, y) = at(from, value);
        let (right, _) = at(to - 1, value);
        let letter = if pen_is_down { 'L' } else { 'M' };
        let _ = write!(out, "{letter}{left} {y}");
        if right > left {
            let _ = write!(out, "H{right}");
        }
        pen_is_down = true;
    }
    out += "\"/>";
    for night in marked {
        if let Some(Some(value)) = values.get(*night) {
            let (x, y) = at(*night, *value);
            let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\"/>");
        }
    }
    out + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_in_a_row_are_one_span() {
        assert_eq!(spans(&[1, 1, 2, 1]), [(0, 2, 1), (2, 3, 2), (3, 4, 1)]);
        assert_eq!(spans::<u8>(&[]), []);
    }

    #[test]
    fn line_is_broken_where_a_night_lacks_the_step() {
        let svg = line(&[Some(1), Some(1), None, Some(2), Some(4)], &[4], "fuel");
        assert_eq!(svg.matches('M').count(), 2, "{svg}");
        assert_eq!(svg.matches("<circle").count(), 1, "{svg}");
        let huge = line(&[Some(u64::MAX), Some(1)], &[], "fuel");
        assert!(huge.contains("M0 3"), "{huge}");
    }

    #[test]
    fn columns_share_the_height_by_the_number_of_packs() {
        let nights = [
            ("a".to_owned(), vec![(Verdict::Fail, 1), (Verdict::Pass, 3)]),
            ("b".to_owned(), vec![(Verdict::Fail, 0), (Verdict::Pass, 2)]),
        ];
        let svg = columns(&nights, "verdicts");
        assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
        assert!(
            svg.contains("class=\"fail\" x=\"0\" y=\"120\" width=\"300\" height=\"40\""),
            "{svg}"
        );
    }
}
