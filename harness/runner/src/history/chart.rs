//! Charts as inline SVG: columns of verdicts, strips of one pack, lines of one step. Each
//! has its content in words as its title, which screen readers say and browsers show.

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

/// The columns of all nights: the share of each verdict, the worst at the bottom. `name` and
/// `words` are escaped already.
pub(super) fn columns(
    nights: &[(String, Vec<(Verdict, usize)>)],
    name: &str,
    words: &str,
) -> String {
    let most = nights.iter().map(|(_, counts)| total(counts)).max();
    let most = most.unwrap_or(0).max(1);
    let count = nights.len().max(1);
    let mut out = format!(
        "<svg role=\"img\" aria-labelledby=\"nights-title nights-words\" \
         viewBox=\"0 0 {WIDTH} {COLUMNS}\" width=\"{WIDTH}\" height=\"{COLUMNS}\" \
         preserveAspectRatio=\"none\"><title id=\"nights-title\">{name}</title>\
         <desc id=\"nights-words\">{words}</desc>"
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

/// The verdicts of a pack by night; nights with the same verdict are one bar. The height of a
/// bar says as much as its colour. `words` are escaped already.
pub(super) fn strip(verdicts: &[Option<Verdict>], words: &str) -> String {
    let count = verdicts.len().max(1);
    let mut out = open(STRIP, words);
    for verdict in Verdict::WORST_FIRST {
        let height = match verdict {
            Verdict::Error | Verdict::Fail => STRIP,
            Verdict::Partial => STRIP * 3 / 4,
            Verdict::Pass => STRIP / 2,
            Verdict::NotApplicable => STRIP / 4,
        };
        // NB: one path, because a flaky pack has a bar a night.
        let mut path = String::new();
        for (from, to, at) in spans(verdicts) {
            if at == Some(verdict) {
                let (left, right) = (x(from, count), x(to, count));
                let width = (right - left).max(1);
                let _ = write!(path, "M{left} {STRIP}v-{height}h{width}v{height}z");
            }
        }
        if !path.is_empty() {
            let _ = write!(out, "<path class=\"{verdict}\" d=\"{path}\"/>");
        }
    }
    out + "</svg>"
}

/// The beginning of a chart of this height.
fn open(height: usize, words: &str) -> String {
    format!(
        "<svg role=\"img\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         preserveAspectRatio=\"none\"><title>{words}</title>"
    )
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

/// A line from night to night, with a bar at each of `marked`. `words` are escaped already.
pub(super) fn line(values: &[Option<u64>], marked: &[usize], words: &str) -> String {
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
    let mut out = open(LINE, words);
    out += "<path class=\"line\" d=\"";
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
    // NB: a circle would be an ellipse, because the chart is as wide as its column.
    let mut path = String::new();
    for night in marked {
        if let Some(Some(value)) = values.get(*night) {
            let _ = write!(path, "M{} 0v{LINE}", at(*night, *value).0);
        }
    }
    if !path.is_empty() {
        let _ = write!(out, "<path class=\"jump\" d=\"{path}\"/>");
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
        assert!(svg.contains("d=\"M0 26H150M450 18L600 3\""), "{svg}");
        assert!(svg.contains("class=\"jump\" d=\"M600 0v36\""), "{svg}");
        let huge = line(&[Some(u64::MAX), Some(1)], &[], "fuel");
        assert!(huge.contains("M0 3"), "{huge}");
    }

    #[test]
    fn strip_shows_each_verdict_by_its_height_and_leaves_gaps() {
        let (pass, fail) = (Some(Verdict::Pass), Some(Verdict::Fail));
        let svg = strip(&[pass, fail, None, pass], "words");
        assert!(svg.contains("<title>words</title>"), "{svg}");
        assert!(
            svg.contains("class=\"fail\" d=\"M150 14v-14h150v14z\""),
            "{svg}"
        );
        let passes = "class=\"pass\" d=\"M0 14v-7h150v7zM450 14v-7h150v7z\"";
        assert!(svg.contains(passes), "{svg}");
    }

    #[test]
    fn columns_share_the_height_by_the_number_of_packs() {
        let nights = [
            ("a".to_owned(), vec![(Verdict::Fail, 1), (Verdict::Pass, 3)]),
            ("b".to_owned(), vec![(Verdict::Fail, 0), (Verdict::Pass, 2)]),
        ];
        let svg = columns(&nights, "verdicts", "words");
        assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
        assert!(
            svg.contains("class=\"fail\" x=\"0\" y=\"120\" width=\"300\" height=\"40\""),
            "{svg}"
        );
    }
}
