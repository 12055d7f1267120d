//! What holds of every answer of an executor, whatever the guest: its bounds,
//! and that it is the guest's answer and not the harness's.

use provision_core::limits::StepLimits;
use provision_core::wizard::{HostActivity, StepAnswer, StepCode, StepOutcome};

/// Which of the executor's promises `answer` breaks; empty where it keeps all.
#[must_use]
pub fn violations(answer: &StepAnswer, limits: &StepLimits) -> Vec<String> {
    let mut broken = Vec::new();
    let mut output = 0;
    match &answer.result {
        Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => output = bytes.len(),
        Ok(StepOutcome::NotRun) => broken.push("nothing ran, and it is no failure".to_owned()),
        Err(failure) if failure.code.is_error() && failure.code != StepCode::Unsupported => {
            broken.push(format!("the harness is to blame: {failure}"));
        }
        Err(_) => {}
    }
    let used = used(answer, output, limits);
    let over = used.iter().filter(|(_, used, bound)| used > bound);
    broken.extend(over.map(|(what, used, bound)| format!("{used} {what}, bound {bound}")));
    broken
}

/// What was used, of what, and how much there is.
fn used(answer: &StepAnswer, output: usize, limits: &StepLimits) -> [(&'static str, u64, u64); 11] {
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
    // The call to the host that is one too many is counted before it is
    // refused, and escaping makes a byte of a log line six at most.
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

/// What has to be equal in two answers to the same request: everything but the
/// wall clock.
#[must_use]
pub fn timeless(mut answer: StepAnswer) -> StepAnswer {
    answer.meters.wall_micros = 0;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::Limits;
    use provision_core::wizard::{Meters, StepFailure};

    fn answer() -> StepAnswer {
        StepAnswer {
            result: Ok(StepOutcome::Json(b"{}".to_vec())),
            meters: Meters::default(),
            attempts: HostActivity::default(),
        }
    }

    #[test]
    fn each_promise_can_be_broken() {
        let limits = Limits::FUZZ.step;
        assert_eq!(violations(&answer(), &limits), [""; 0]);
        let too_much: [fn(&mut StepAnswer, &StepLimits); 8] = [
            |a, l| a.meters.fuel = l.fuel + 1,
            |a, l| a.meters.memory_bytes = l.memory_bytes as u64 + 1,
            |a, l| a.meters.table_elements = l.table_elements as u64 + 1,
            |a, l| a.meters.host_calls = l.host_calls + 2,
            |a, l| a.result = Ok(StepOutcome::Json(vec![0; l.output_bytes + 1])),
            |a, l| a.attempts.stdout = vec![0; l.stdio_bytes + 1],
            |a, l| a.attempts.logs = vec![String::new(); l.log_lines + 1],
            |a, _| a.result = Err(StepFailure::new(StepCode::Harness, "")),
        ];
        for spoil in too_much {
            let mut spoiled = answer();
            spoil(&mut spoiled, &limits);
            assert_eq!(violations(&spoiled, &limits).len(), 1);
        }
        let mut trapped = answer();
        trapped.result = Err(StepFailure::new(StepCode::Trap, ""));
        assert_eq!(violations(&trapped, &limits), [""; 0]);
    }
}
