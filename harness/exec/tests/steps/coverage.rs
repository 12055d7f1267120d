//! Coverage counters have the same numbers in the executors of all threads.

use crate::support::{limits, step};
use provision_exec::WasmtimeExecutor;

const ONE: &str = r#"(module (memory (export "memory") 1) (data (i32.const 0) "{}")
    (func $f (result i32) (i32.const 2))
    (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (call $f)))"#;
const OTHER: &str = r#"(module (memory (export "memory") 1) (data (i32.const 0) "{}")
    (func (export "run") (param i32 i32) (result i32 i32)
      (if (i32.eqz (local.get 1)) (then (unreachable))) (i32.const 0) (i32.const 2)))"#;

#[test]
fn counter_number_does_not_depend_on_who_compiles_first() {
    let limits = limits();
    let first = WasmtimeExecutor::covering(&limits).expect("an executor");
    let second = first.another(&limits).expect("an executor");
    let hits = |executor: &WasmtimeExecutor, (file, text): (&str, &str)| {
        let answer = step(executor, file, text.as_bytes(), b"{}");
        assert!(answer.result.is_ok(), "{answer:?}");
        executor.take_hits()
    };
    let (a, b) = (("one.wat", ONE), ("other.wat", OTHER));
    let one = hits(&first, a);
    let other = hits(&second, b);
    assert!(!one.is_empty() && !other.is_empty());
    assert!(
        one.iter().all(|hit| !other.contains(hit)),
        "{one:?} {other:?}"
    );
    assert_eq!(hits(&second, a), one);
    assert_eq!(hits(&first, b), other);
    assert_eq!(first.covered_functions(), second.covered_functions());
    assert_eq!(first.covered_functions().len(), 3, "no duplicates");
}
