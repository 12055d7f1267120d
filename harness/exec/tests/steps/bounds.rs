//! Bounds of the executor, tested with guests that exceed them and guests that do not.

use crate::support::{OK, WithWallOf, code, executor, limits, module, step, text};
use provision_core::limits::StepLimits;
use provision_core::wizard::{StepCode, StepOutcome};

#[test]
fn deadline_stops_a_guest_that_fuel_does_not_stop() {
    let executor = executor(&StepLimits {
        fuel: u64::MAX / 2,
        deadline_ms: 30,
        ..limits()
    });
    let answer = text(&executor, &module("", "(loop $l (br $l)) unreachable"));
    assert_eq!(code(&answer), Some(StepCode::Deadline));
    assert!(
        StepCode::Deadline.is_error(),
        "a verdict never depends on the clock"
    );
    assert_eq!(code(&text(&executor, OK)), None, "the next step answers");
}

#[test]
fn fuel_ends_every_kind_of_loop_at_the_same_point() {
    let bodies = [
        ("", "(loop $l (br $l)) unreachable"),
        (
            "",
            "(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br $l)) unreachable",
        ),
        ("(func $f (loop $l (br $l))) (start $f)", "unreachable"),
        (
            "(func (export \"_initialize\") (loop $l (br $l)))",
            "unreachable",
        ),
        (
            "(func (export \"alloc\") (param i32) (result i32) (loop $l (br $l)) unreachable)",
            "unreachable",
        ),
    ];
    let executor = executor(&limits());
    for (items, body) in bodies {
        let answer = text(&executor, &module(items, body));
        assert_eq!(code(&answer), Some(StepCode::Fuel), "{items} {body}");
        let again = text(&executor, &module(items, body));
        assert_eq!(
            again.meters.with_wall_of(&answer),
            answer.meters,
            "{items} {body}"
        );
    }
}

#[test]
fn memory_is_bounded_as_a_total_and_metered() {
    let executor = executor(&limits());
    let grows = |pages: u32| {
        module(
            "",
            &format!("(drop (memory.grow (i32.const {pages}))) (i32.const 0) (i32.const 0)"),
        )
    };
    // 64 MiB are 1024 pages: one exists, and one more is for the input.
    let answer = text(&executor, &grows(1022));
    assert_eq!(code(&answer), None);
    assert_eq!(answer.meters.memory_bytes, 64 * 1024 * 1024);
    assert_eq!(code(&text(&executor, &grows(1023))), Some(StepCode::Memory));
    // If a module's own maximum refuses growth, the module continues.
    let own = r#"(module (memory (export "memory") 2 2)
        (func (export "alloc") (param i32) (result i32) (i32.const 1024))
        (func (export "run") (param i32 i32) (result i32 i32)
          (if (i32.ne (memory.grow (i32.const 2000)) (i32.const -1)) (then unreachable))
          (i32.const 0) (i32.const 0)))"#;
    assert_eq!(code(&text(&executor, own)), None);
}

#[test]
fn input_never_overwrites_the_guests_data() {
    let executor = executor(&limits());
    // The guest checks the sum of its first page, which holds its data segment: any
    // byte that the host wrote there would change the sum.
    let echo = r#"(module (memory (export "memory") 1)
        (data (i32.const 0) "\01\02\03")
        (func (export "run") (param $ptr i32) (param $len i32) (result i32 i32)
          (local $i i32) (local $sum i32)
          (loop $l
            (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 65536))))
          (if (i32.ne (local.get $sum) (i32.const 6)) (then unreachable))
          (local.get $ptr) (local.get $len)))"#;
    for len in [0usize, 1, 65_536, 65_537, 1_048_576] {
        let input = vec![b'x'; len];
        let answer = step(&executor, "step.wat", echo.as_bytes(), &input);
        assert_eq!(answer.result, Ok(StepOutcome::Json(input)), "{len} bytes");
    }
    let too_long = vec![b'x'; 1_048_577];
    let answer = step(&executor, "step.wat", echo.as_bytes(), &too_long);
    assert_eq!(code(&answer), Some(StepCode::Input));
    let full = r#"(module (memory (export "memory") 1 1)
        (func (export "run") (param i32 i32) (result i32 i32) (i32.const 0) (i32.const 0)))"#;
    assert_eq!(
        code(&text(&executor, full)),
        Some(StepCode::Input),
        "no free memory, and no `alloc`"
    );
}

#[test]
fn kind_of_a_file_is_decided_by_its_content() {
    let executor = executor(&limits());
    let binary = wat::parse_str(OK).expect("text");
    let of = |name: &str, bytes: &[u8]| code(&step(&executor, name, bytes, b"{}"));
    assert_eq!(of("step.wasm", &binary), None);
    assert_eq!(of("step.wat", &binary), None);
    assert_eq!(of("step.wasm", OK.as_bytes()), Some(StepCode::NotWasm));
    assert_eq!(of("step.wasm", b""), Some(StepCode::NotWasm));
    assert_eq!(of("step.wat", b"(module"), Some(StepCode::NotWasm));
    assert_eq!(of("step.wat", b"\x7fELF\x02"), Some(StepCode::Precompiled));
    assert_eq!(
        of("step.wasm", &binary[..binary.len() - 1]),
        Some(StepCode::Compile)
    );
    let small = self::executor(&StepLimits {
        component_bytes: OK.len(),
        ..limits()
    });
    assert_eq!(code(&text(&small, OK)), None);
    assert_eq!(
        code(&text(&small, &format!("{OK} "))),
        Some(StepCode::ComponentSize)
    );
}

#[test]
fn imports_of_a_core_module_are_refused_by_name() {
    let executor = executor(&limits());
    let importing = module("", "unreachable").replace(
        "(module",
        r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
           (import "env" "clock" (global i64))"#,
    );
    let answer = text(&executor, &importing);
    let failure = answer.result.expect_err("refused");
    assert_eq!(failure.code, StepCode::Import);
    assert!(
        failure
            .message
            .contains("env.clock, wasi_snapshot_preview1.fd_write"),
        "{failure}"
    );
}

#[test]
fn answer_outside_memory_is_refused() {
    let executor = executor(&limits());
    for (ptr, len, expected) in [
        (131_072u32, 0u32, None),
        (131_073, 0, Some(StepCode::OutputRange)),
        (131_071, 2, Some(StepCode::OutputRange)),
        (u32::MAX, 1, Some(StepCode::OutputRange)),
        (0, 1_048_577, Some(StepCode::Output)),
        (u32::MAX, u32::MAX, Some(StepCode::Output)),
    ] {
        let body = format!(
            "(i32.const {}) (i32.const {})",
            ptr.cast_signed(),
            len.cast_signed()
        );
        assert_eq!(
            code(&text(&executor, &module("", &body))),
            expected,
            "{ptr} {len}"
        );
    }
}

#[test]
fn module_with_a_disabled_feature_does_not_compile() {
    let executor = executor(&limits());
    for (name, wat) in [
        ("memory64", r#"(module (memory (export "memory") i64 1))"#),
        (
            "threads",
            r#"(module (memory (export "memory") 1 1 shared))"#,
        ),
        (
            "gc",
            "(module (type (struct (field i32))) (memory (export \"memory\") 1))",
        ),
        (
            "exceptions",
            "(module (tag (param i32)) (memory (export \"memory\") 1))",
        ),
        (
            "page sizes",
            r#"(module (memory (export "memory") 1 (pagesize 1)))"#,
        ),
    ] {
        assert_eq!(
            code(&text(&executor, wat)),
            Some(StepCode::Compile),
            "{name}"
        );
    }
    // The features that compilers of real guests use today must stay enabled.
    let real = module(
        "(table $t 1 funcref) (table $u 1 funcref) (type $v (func)) (elem (table $u) (i32.const 0) func $f) (func $f)",
        r#"(call_indirect $u (type $v) (i32.const 0))
           (drop (i32.extend8_s (i32.trunc_sat_f32_u (f32.const 1))))
           (memory.copy (i32.const 8) (i32.const 0) (i32.const 8))
           (drop (i8x16.splat (i32.const 1)))
           (i32.const 0) (i32.const 0)"#,
    );
    assert_eq!(
        code(&text(&executor, &real)),
        None,
        "{:?}",
        text(&executor, &real).result
    );
}

#[test]
fn component_of_the_step_world_is_called_with_strings() {
    let executor = executor(&limits());
    let component = |lift: &str, run: &str| {
        format!(
            r#"(component
        (core module $m
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
          {run})
        (core instance $i (instantiate $m))
        (func (export "run") {lift}
          (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc")))))"#
        )
    };
    let world = r#"(param "input" string) (result (result string (error string)))"#;
    // This guest answers its own input: ok(ptr, len).
    let echo = component(
        world,
        r#"(func (export "run") (param i32 i32) (result i32)
        (i32.store (i32.const 4) (local.get 0)) (i32.store (i32.const 8) (local.get 1)) (i32.const 0))"#,
    );
    let answer = step(
        &executor,
        "step.wat",
        echo.as_bytes(),
        "{\"ä\":1}".as_bytes(),
    );
    assert_eq!(answer.result, Ok(StepOutcome::Json("{\"ä\":1}".into())));
    let answers = |ptr: i32, len: i32| {
        component(
            world,
            &format!(
                r#"(data (i32.const 16) "\ff\fe") (func (export "run") (param i32 i32) (result i32)
        (i32.store (i32.const 4) (i32.const {ptr})) (i32.store (i32.const 8) (i32.const {len})) (i32.const 0))"#
            ),
        )
    };
    assert_eq!(
        code(&text(&executor, &answers(65535, 2))),
        Some(StepCode::OutputRange)
    );
    assert_eq!(
        code(&text(&executor, &answers(0, -1))),
        Some(StepCode::OutputRange)
    );
    assert_eq!(
        code(&text(&executor, &answers(16, 2))),
        Some(StepCode::OutputUtf8)
    );
    let other = component(
        r#"(param "input" string) (result string)"#,
        r#"(func (export "run") (param i32 i32) (result i32) (i32.const 0))"#,
    );
    assert_eq!(code(&text(&executor, &other)), Some(StepCode::Abi));
    assert_eq!(code(&text(&executor, "(component)")), Some(StepCode::Abi));
}
