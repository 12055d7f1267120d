//! Bounds the cost of checking a recording: as many MiB as `GREENTIC_BENCH_MIB` says (256) of
//! events, of which every fourth writes state with an id of its own, take at most two and a half times as
//! long as `serde_json` takes to skip the same bytes, at least 100 MB a second, and memory that does
//! not depend on how many they are.
//!
//! `cargo bench --workspace --bench recordings`
#![expect(clippy::expect_used, reason = "a bench fails by a panic")]

use peak_alloc::PeakAlloc;
use provision_oracle::recorded::{Aids, Recording, Spill, judge, observe};
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MOST_RATIO: f64 = 2.5;
const LEAST_SPEED: f64 = 100e6;
const MOST_BYTES: usize = 64 << 20;
/// Events of a run.
const RUN: u64 = 1_000_000;

/// Writes a case of so many bytes while it is read, and a little more.
struct Stream {
    left: u64,
    number: u64,
    part: Vec<u8>,
    at: usize,
    is_over: bool,
}

impl Stream {
    fn of(bytes: u64) -> Self {
        Self {
            left: bytes,
            number: 0,
            part: br#"{"name":"long","runs":["#.to_vec(),
            at: 0,
            is_over: false,
        }
    }

    /// Writes the next part.
    fn next(&mut self) {
        let (number, part) = (self.number, &mut self.part);
        part.clear();
        self.at = 0;
        let ends = br#"],"state_snapshot":{"writer":"runner","bytes_written":4096}}"#;
        if self.left < 256 {
            part.extend(ends);
            part.extend(b"]}\n");
            self.is_over = true;
            return;
        }
        let in_run = number % RUN;
        if in_run == 0 {
            if number > 0 {
                part.extend(ends);
                part.push(b',');
            }
            let run = number / RUN;
            write!(
                part,
                r#"{{"tenant_id":"tenant-{run}","session_id":"session-{run}","events":["#
            )
            .expect("writes");
        } else {
            part.push(b',');
        }
        let run = number / RUN;
        if number.is_multiple_of(4) {
            write!(
                part,
                "{{\"sequence\":{in_run},\"kind\":\"state_write\",\"tenant_id\":\"tenant-{run}\",\
                 \"trace_id\":\"{number:032x}\"}}"
            )
            .expect("writes");
        } else {
            write!(
                part,
                "{{\"sequence\":{in_run},\"kind\":\"bot_message\",\"tenant_id\":\"tenant-{run}\"}}"
            )
            .expect("writes");
        }
        self.number += 1;
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.at == self.part.len() {
                if self.is_over {
                    break;
                }
                self.next();
            }
            let rest = &self.part[self.at..];
            let len = rest.len().min(buffer.len() - filled);
            buffer[filled..filled + len].copy_from_slice(&rest[..len]);
            (self.at, filled) = (self.at + len, filled + len);
        }
        self.left = self.left.saturating_sub(filled as u64);
        Ok(filled)
    }
}

/// A temporary file.
struct Temporary(File, u64);

impl Spill for Temporary {
    fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let at = self.1;
        self.0.seek(SeekFrom::Start(at))?;
        self.0.write_all(bytes)?;
        self.1 += bytes.len() as u64;
        Ok(at)
    }

    fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(offset))?;
        self.0.read_exact(buffer)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.1 = 0;
        self.0.set_len(0)
    }
}

fn checked(bytes: u64) -> Recording {
    let path = std::env::temp_dir().join(format!("recordings-bench-{}", std::process::id()));
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(&path);
    let file = file.expect("a file");
    // NB: the file has no name from here on, so that nothing is left behind.
    std::fs::remove_file(&path).expect("removes");
    observe(Stream::of(bytes), &Aids::default(), &mut Temporary(file, 0))
}

/// Seconds that `run` takes, and what it gives.
fn seconds<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let made = run();
    (start.elapsed().as_secs_f64(), made)
}

fn main() {
    let mib = std::env::var("GREENTIC_BENCH_MIB").ok();
    let mib: u64 = mib.map_or(256, |text| text.parse().expect("a number of MiB"));
    let bytes = mib << 20;
    let megabytes = bytes as f64 / 1e6;
    let say = |what: &str, time: f64| {
        println!("{what:<28} {time:>9.3} s {:>9.1} MB/s", megabytes / time);
    };
    let (made, _) = seconds(|| io::copy(&mut Stream::of(bytes), &mut io::sink()).expect("reads"));
    say("writing the stream", made);
    let (hashed, _) = seconds(|| {
        let mut hash = Sha256::new();
        let mut part = vec![0; 256 * 1024];
        let mut stream = Stream::of(bytes);
        loop {
            match stream.read(&mut part).expect("reads") {
                0 => break,
                count => hash.update(&part[..count]),
            }
        }
        hash.finalize()
    });
    say("and hashing it", hashed);
    let (bare, _) = seconds(|| {
        let input = BufReader::with_capacity(256 * 1024, Stream::of(bytes));
        let mut parser = serde_json::Deserializer::from_reader(input);
        IgnoredAny::deserialize(&mut parser).expect("JSON")
    });
    say("and skipping it", bare);
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let (time, recording) = seconds(|| checked(bytes));
    let peak = ALLOCATOR.peak_usage().saturating_sub(before);
    say("and checking it", time);
    println!("{} events, {peak} bytes of memory", recording.entries);
    let failed = judge(&recording, |_| true);
    let failed: Vec<_> = failed.iter().filter(|r| !r.findings.is_empty()).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let (bare, time) = (bare - made, time - made);
    println!("ratio {:.2} without the writing", time / bare);
    assert!(time / bare <= MOST_RATIO, "ratio {}", time / bare);
    assert!(megabytes / time >= LEAST_SPEED / 1e6, "too slow");
    assert!(peak < MOST_BYTES, "{peak} bytes");
}
