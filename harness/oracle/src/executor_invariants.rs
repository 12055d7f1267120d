//! Invariants of every answer of an executor, whatever the guest does: usage stays
//! within the bounds, and no failure is a harness error.

use provision_core::limits::StepLimits;
use provision_core::wizard::{HostActivity, StepAnswer, StepCode, StepOutcome};

/// The invariants that `answer` violates; empty if it keeps all.
#[must_use]
pub fn violations(answer: &StepAnswer, limits: &StepLimits) -> Vec<String> {
    let mut violated = Vec::new();
    let mut output = 0;
    match &answer.result {
        Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => output = bytes.len(),
        Ok(StepOutcome::NotRun) => violated.push("success, but nothing ran".to_owned()),
        Err(failure) if failure.code.is_error() && failure.code != StepCode::Unsupported => {
            violated.push(format!("harness error: {failure}"));
        }
        Err(_) => {}
    }
    let usage = usage(answer, output, limits);
    let over = usage.iter().filter(|(_, used, bound)| used > bound);
    violated.extend(over.map(|(what, used, bound)| format!("{used} {what}, bound {bound}")));
    violated
}

/// For each bounded resource: its name, the usage and the bound.
fn usage(
    answer: &StepAnswer,
    output: usize,
    limits: &StepLimits,
) -> [(&'static str, u64, u64); 11] {
    let StepAnswer {
        meters, attempts, ..
    } = answer;
    let calls: u64 = attempts.calls.iter().map(|c| c.count).sum();
    let line = attempts.logs.iter().map(String::len).max().unwrap_or(0);
    let HostActivity {
        stdout,
        stderr,
        logs,
        ..
    } = attempts;
    // The host counts a call before it refuses it, and escaping makes at most six
    // bytes of each byte of a log line.
    let most_calls = limits.host_calls + 1;
    [
        ("fuel", meters.fuel, limits.fuel),
        (
            "bytes of memory",
            meters.memory_bytes,
            wide(limits.memory_bytes),
        ),
        (
            "table elements",
            meters.table_elements,
            wide(limits.table_elements),
        ),
        ("calls to the host", meters.host_calls, most_calls),
        ("recorded calls", calls, most_calls),
        ("bytes of answer", wide(output), wide(limits.output_bytes)),
        (
            "metered bytes of answer",
            meters.output_bytes,
            wide(limits.output_bytes),
        ),
        (
            "bytes of stdout",
            wide(stdout.len()),
            wide(limits.stdio_bytes),
        ),
        (
            "bytes of stderr",
            wide(stderr.len()),
            wide(limits.stdio_bytes),
        ),
        ("log lines", wide(logs.len()), wide(limits.log_lines)),
        (
            "bytes of a log line",
            wide(line),
            6 * wide(limits.log_bytes),
        ),
    ]
}

fn wide(bytes: usize) -> u64 {
    bytes as u64
}

/// `answer` without the wall-clock time: two answers to the same request must be
/// equal in everything else.
#[must_use]
pub fn timeless(mut answer: StepAnswer) -> StepAnswer {
    answer.meters.wall_micros = 0;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::Limits;
    use provision_core::wizard::StepFailure;

    fn answer() -> StepAnswer {
        StepAnswer::of(Ok(StepOutcome::Json(b"{}".to_vec())))
    }

    #[test]
    fn violation_of_each_invariant_is_detected() {
        let limits = Limits::FUZZ.step;
        assert_eq!(violations(&answer(), &limits), [""; 0]);
        let violate: [fn(&mut StepAnswer, &StepLimits); 8] = [
            |a, l| a.meters.fuel = l.fuel + 1,
            |a, l| a.meters.memory_bytes = l.memory_bytes as u64 + 1,
            |a, l| a.meters.table_elements = l.table_elements as u64 + 1,
            |a, l| a.meters.host_calls = l.host_calls + 2,
            |a, l| a.result = Ok(StepOutcome::Json(vec![0; l.output_bytes + 1])),
            |a, l| a.attempts.stdout = vec![0; l.stdio_bytes + 1],
            |a, l| a.attempts.logs = vec![String::new(); l.log_lines + 1],
            |a, _| a.result = Err(StepFailure::new(StepCode::Harness, "")),
        ];
        for violate in violate {
            let mut answer = answer();
            violate(&mut answer, &limits);
            assert_eq!(violations(&answer, &limits).len(), 1);
        }
        let mut trapped = answer();
        trapped.result = Err(StepFailure::new(StepCode::Trap, ""));
        assert_eq!(violations(&trapped, &limits), [""; 0]);
    }
}
