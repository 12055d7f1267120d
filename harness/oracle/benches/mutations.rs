//! Bounds the cost of refusing a malformed archive: each mutation, bombs included,
//! takes less than 50 ms and 64 MiB beyond the archive itself.
//!
//! `cargo bench --workspace --bench mutations`
#![expect(clippy::expect_used, reason = "a bench fails by a panic")]

use peak_alloc::PeakAlloc;
use provision_core::wizard::NoopExecutor;
use provision_core::{Limits, Source};
use provision_oracle::generators::pack::ValidPack;
use provision_oracle::mutations::{MUTATIONS, mutate};
use provision_oracle::{Conditions, deciding_code, judge, observe};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MOST_TIME: Duration = Duration::from_millis(50);
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The time and memory that refusing `bytes` takes, and the code.
fn measure(bytes: Vec<u8>) -> (Duration, usize, Option<String>) {
    let conditions = Conditions {
        // The cost of refusing does not include other readers.
        ask_other_readers: false,
        ..Conditions::default()
    };
    let source = Source::Archive(bytes.into());
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    let subject = observe(Ok(source), &NoopExecutor, &conditions);
    let results = judge(&subject);
    let (time, peak) = (start.elapsed(), ALLOCATOR.peak_usage());
    let code = deciding_code(&subject, &results).map(|c| c.to_string());
    (time, peak.saturating_sub(before), code)
}

fn main() {
    let limits = Limits::default().archive;
    let valid = ValidPack::plain();
    let (time, bytes, code) = measure(valid.archive(&limits));
    assert_eq!(code, None, "the valid pack");
    println!(
        "{:<34} {:>9.3} ms {:>10} bytes",
        "(valid)",
        time.as_secs_f64() * 1e3,
        bytes
    );
    let (mut slowest, mut largest) = ((Duration::ZERO, ""), (0, ""));
    for mutation in MUTATIONS.iter() {
        // The fastest of three runs, because other load on the machine slows some.
        let runs = (0..3).map(|_| measure(mutate(&valid, &[mutation], &limits)));
        let (time, bytes, code) = runs.min_by_key(|run| run.0).expect("three runs");
        assert_eq!(
            code.as_deref(),
            Some(mutation.code.as_str()),
            "{}",
            mutation.id
        );
        assert!(time < MOST_TIME, "{} took {time:?}", mutation.id);
        assert!(bytes < MOST_BYTES, "{} took {bytes} bytes", mutation.id);
        slowest = slowest.max((time, mutation.id));
        largest = largest.max((bytes, mutation.id));
    }
    println!("{} mutations", MUTATIONS.len());
    println!(
        "{:<34} {:>9.3} ms",
        slowest.1,
        slowest.0.as_secs_f64() * 1e3
    );
    println!("{:<34} {:>23} bytes", largest.1, largest.0);
}
