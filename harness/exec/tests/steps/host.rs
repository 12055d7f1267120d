//! Bounds between a component and the host: handles, bytes, imports.

use crate::support::{code, executor, limits, text};
use provision_core::limits::StepLimits;
use provision_core::wizard::{StepAnswer, StepCode};

/// A component of the step world whose `run` executes `body` and answers `{}`.
/// `outer` is placed at the root, and `inner` in the core module; `with` provides
/// the core module's imports.
fn component(outer: &str, with: &str, inner: &str, body: &str) -> String {
    format!(
        r#"(component
          (core module $libc
            (memory (export "memory") 4)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
          (core instance $libc (instantiate $libc))
          {outer}
          (core module $step
            (import "libc" "memory" (memory 1))
            {inner}
            (data (i32.const 64) "{{}}")
            (func (export "run") (param i32 i32) (result i32) (local $n i32)
              {body}
              (i32.store8 (i32.const 0) (i32.const 0))
              (i32.store (i32.const 4) (i32.const 64))
              (i32.store (i32.const 8) (i32.const 2))
              (i32.const 0)))
          (core instance $i (instantiate $step (with "libc" (instance $libc)) {with}))
          (func (export "run") (param "input" string) (result (result string (error string)))
            (canon lift (core func $i "run")
              (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#
    )
}

/// A component that creates `count` resources of its own.
fn holding(count: u32) -> String {
    component(
        "(type $r (resource (rep i32))) (core func $new (canon resource.new $r))",
        r#"(with "host" (instance (export "new" (func $new))))"#,
        r#"(import "host" "new" (func $new (param i32) (result i32)))"#,
        &format!(
            "(loop $l (drop (call $new (i32.const 1)))
               (local.set $n (i32.add (local.get $n) (i32.const 1)))
               (br_if $l (i32.lt_u (local.get $n) (i32.const {count}))))"
        ),
    )
}

/// A component that logs a span with `fields` pairs of empty strings.
fn logging(fields: u32) -> String {
    component(
        r#"(import "greentic:telemetry/logger-api@1.0.0" (instance $h
             (export "log" (func (param "span" string) (param "fields" (list (tuple string string)))
               (result (result (error string)))))))
           (core func $log (canon lower (func $h "log")
             (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))"#,
        r#"(with "host" (instance (export "log" (func $log))))"#,
        r#"(import "host" "log" (func $log (param i32 i32 i32 i32 i32)))"#,
        &format!(
            "(call $log (i32.const 0) (i32.const 0) (i32.const 8192) (i32.const {fields}) (i32.const 128))"
        ),
    )
}

fn message(answer: &StepAnswer) -> String {
    let failure = answer.result.as_ref().err();
    failure.map(|f| f.message.clone()).unwrap_or_default()
}

#[test]
fn handles_over_the_bound_are_refused() {
    let executor = executor(&StepLimits {
        handles: 64,
        ..limits()
    });
    let few = text(&executor, &holding(50));
    assert_eq!(code(&few), None, "{}", message(&few));
    let many = text(&executor, &holding(100));
    assert_eq!(code(&many), Some(StepCode::Handles), "{}", message(&many));
}

#[test]
fn list_over_the_bound_is_refused_before_it_is_copied() {
    let executor = executor(&StepLimits {
        output_bytes: 1024,
        host_call_bytes: 1024,
        ..limits()
    });
    let few = text(&executor, &logging(4));
    assert_eq!(code(&few), None, "{}", message(&few));
    let many = text(&executor, &logging(10_000));
    assert_eq!(code(&many), Some(StepCode::HostCallBytes));
    // The message is Wasmtime's, from lifting; the host checks the bound only later.
    let message = message(&many);
    assert!(message.starts_with("too much data"), "{message}");
}

#[test]
fn every_import_that_is_not_granted_is_named() {
    let foreign = |name: &str| {
        format!(r#"(import "{name}" (instance (export "go" (func (param "a" string)))))"#)
    };
    let outer = ["zoo:keeper/gate@1.0.0", "acme:dns/resolve@0.1.0"].map(foreign);
    let answer = text(
        &executor(&limits()),
        &component(&outer.concat(), "", "", ""),
    );
    assert_eq!(code(&answer), Some(StepCode::Import));
    assert_eq!(
        message(&answer),
        "imports that are not granted: acme:dns/resolve@0.1.0, zoo:keeper/gate@1.0.0"
    );
}
