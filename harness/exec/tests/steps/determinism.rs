//! The same step gives the same bytes and uses the same fuel, wherever it runs.

use crate::support::{WithWallOf, executor, limits, module, pack, text};
use provision_core::wizard::{Call, StepExecutor, StepOutcome, StepRequest};

#[test]
fn thousand_runs_in_two_executors_give_equal_results() {
    let (first, second) = (executor(&limits()), executor(&limits()));
    let counts = module(
        "",
        r#"
        (local $i i32)
        (loop $l
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 1000))))
        (i32.const 0) (i32.const 0)"#,
    );
    let reference = text(&first, &counts);
    assert!(reference.meters.fuel > 1000, "{:?}", reference.meters);
    let pack = pack("step.wat", counts.as_bytes());
    let request = StepRequest::new(
        "step.wat",
        Call::Step {
            input: b"{}".to_vec(),
        },
    );
    for i in 0..1000 {
        let executor = if i % 2 == 0 { &first } else { &second };
        let answer = executor.execute(&pack, &request);
        assert_eq!(answer.result, reference.result);
        assert_eq!(answer.meters.with_wall_of(&reference), reference.meters);
    }
}

#[test]
fn no_guest_state_is_kept_between_two_steps() {
    let executor = executor(&limits());
    let counter = module(
        "(global $g (mut i32) (i32.const 0))",
        r#"
        (i32.store8 (i32.const 0) (i32.add (i32.load8_u (i32.const 0)) (i32.const 49)))
        (global.set $g (i32.add (global.get $g) (i32.const 1)))
        (i32.const 0) (global.get $g)"#,
    );
    for _ in 0..3 {
        assert_eq!(
            text(&executor, &counter).result,
            Ok(StepOutcome::Json(b"1".to_vec()))
        );
    }
}

/// A module that answers the sixteen bytes of `vector`.
fn answers(vector: &str) -> String {
    let body = format!("(v128.store (i32.const 0) {vector}) (i32.const 0) (i32.const 16)");
    module("", &body)
}

#[test]
fn processor_dependent_instructions_have_a_fixed_result() {
    let executor = executor(&limits());
    let run = |vector: &str| match text(&executor, &answers(vector)).result {
        Ok(StepOutcome::Json(bytes)) => bytes,
        other => panic!("{other:?}"),
    };
    // A NaN with a payload; processors differ in how much of it they keep.
    let nan = run("(f32x4.add (v128.const i32x4 0x7fa12345 0 0 0) (v128.const i32x4 0 0 0 0))");
    assert_eq!(nan[..4], 0x7fc0_0000u32.to_le_bytes(), "the canonical NaN");
    // An index of 16: x86 reads lane 0, and other processors return 0.
    let indices = "(v128.const i8x16 16 16 16 16 16 16 16 16 16 16 16 16 16 16 16 16)";
    let swizzled = run(&format!(
        "(i8x16.relaxed_swizzle (i8x16.splat (i32.const 7)) {indices})"
    ));
    assert_eq!(swizzled, [0; 16]);
}
