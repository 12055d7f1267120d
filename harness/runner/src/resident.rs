//! The memory of this process.

use std::fs::File;
use std::io::Read;

/// Peak resident memory of this process in bytes; 0 if the system does not report it.
pub(crate) fn resident_peak() -> u64 {
    // NB: one call reads all of it; reading it as a file of unknown size takes ten.
    let mut status = [0; 8192];
    let read = File::open("/proc/self/status").and_then(|mut file| file.read(&mut status));
    let status = status.get(..read.unwrap_or_default()).unwrap_or_default();
    let status = String::from_utf8_lossy(status);
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::resident_peak;
    use std::hint::black_box;

    #[test]
    fn peak_counts_memory_that_was_touched_and_given_back() {
        const TOUCHED: usize = 256 << 20;
        drop(black_box(vec![1_u8; TOUCHED]));
        let peak = resident_peak();
        assert!(peak >= TOUCHED as u64, "{peak} bytes");
        assert!(peak < 1 << 40, "{peak} bytes");
    }
}
