//! One table of ratios: medians, spreads, bars.

use serde_json::Value;
use std::fmt;
use std::fs;
use std::path::Path;

/// The ratios of criterion's measurements: a group, the bench in the numerator, the
/// bench in the denominator, and the bar.
const CRITERION: [(&str, &str, &str, Option<f64>); 12] = [
    ("step_core", "ours", "floor", Some(1.3)),
    ("step_tiny", "ours", "floor", Some(1.3)),
    ("step_wasi", "ours", "floor", Some(1.3)),
    ("step_rust", "ours", "floor", Some(1.3)),
    ("archive_stored", "walk", "blake3", None),
    ("archive_stored", "open", "blake3", None),
    ("archive_stored", "open", "sha256", None),
    ("archive_deflated", "walk", "blake3", None),
    ("archive_deflated", "open", "blake3", None),
    ("archive_deflated", "open", "sha256", None),
    ("pack", "js-provider", "noop-provision", None),
    ("pack", "rust-wasi-step", "noop-provision", None),
];

/// The median of `samples`, which this function sorts.
pub(crate) fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    quantile(samples, 0.5)
}

/// A quantile of sorted samples.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = at * last as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    let share = place - place.floor();
    // NB: a missing measurement is infinite, and infinity times 0 would be a NaN.
    if low == high {
        return sorted[low];
    }
    sorted[low] * (1.0 - share) + sorted[high] * share
}

/// A ratio with several measurements.
pub(crate) struct Row {
    label: String,
    samples: Vec<f64>,
    bar: Option<f64>,
}

impl Row {
    pub(crate) fn new(label: impl Into<String>, mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self {
            label: label.into(),
            samples,
            bar: None,
        }
    }

    pub(crate) fn at_most(self, bar: f64) -> Self {
        Self {
            bar: Some(bar),
            ..self
        }
    }

    fn median(&self) -> f64 {
        quantile(&self.samples, 0.5)
    }

    fn is_beyond(&self) -> bool {
        self.bar.is_some_and(|bar| self.median() > bar)
    }
}

/// All rows.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{row}");
        self.0.push(row);
    }

    /// Whether a median is beyond its bar.
    pub(crate) fn is_beyond(&self) -> bool {
        self.0.iter().any(Row::is_beyond)
    }

    /// Adds the ratios of criterion's measurements below `folder`. The table marks a
    /// missing measurement, which is beyond every bar.
    pub(crate) fn criterion(&mut self, folder: &Path) {
        for (group, ours, floor, bar) in CRITERION {
            let label = format!("{group}: {ours} / {floor}");
            let samples = |name: &str| samples(&folder.join(group).join(name));
            let row = match (samples(ours), samples(floor)) {
                (Some(ours), Some(mut floor)) => {
                    let floor = median(&mut floor);
                    let ratios = ours.into_iter().map(|time| time / floor);
                    Row::new(label, ratios.collect())
                }
                _ => Row::new(format!("{label} (not measured)"), vec![f64::INFINITY]),
            };
            self.add(Row { bar, ..row });
        }
    }
}

/// Nanoseconds of an iteration, for each sample of a bench.
fn samples(bench: &Path) -> Option<Vec<f64>> {
    let text = fs::read_to_string(bench.join("new/sample.json")).ok()?;
    let sample: Value = serde_json::from_str(&text).ok()?;
    let numbers = |key: &str| sample.get(key).and_then(Value::as_array);
    let pairs = numbers("times")?.iter().zip(numbers("iters")?);
    pairs
        .map(|(time, iters)| Some(time.as_f64()? / iters.as_f64()?))
        .collect()
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = [0.25, 0.75].map(|at| quantile(&self.samples, at));
        let (label, median) = (&self.label, self.median());
        write!(f, "{label:62} {median:8.2}  [{low:.2}, {high:.2}]")?;
        match self.bar {
            Some(bar) if self.is_beyond() => write!(f, "  BEYOND {bar}"),
            Some(bar) => write!(f, "  ≤ {bar}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "ratio: median, and where the middle half lies")?;
        self.0.iter().try_for_each(|row| writeln!(f, "{row}"))
    }
}
