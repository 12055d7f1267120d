//! What the harness says of a trap.

use crate::support::{executor, limits, module, text};
use provision_core::wizard::{StepAnswer, StepCode};
use provision_exec::WasmtimeExecutor;

fn message(answer: &StepAnswer) -> (StepCode, String) {
    let failure = answer.result.as_ref().expect_err("a failure");
    (failure.code, failure.message.clone())
}

#[test]
fn trap_names_the_functions_that_the_name_section_names() {
    // The second name is mangled as Rust mangles, with a hash of the build.
    let items = r#"
      (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
      (func $_ZN4chat4plan4make17h0123456789abcdefE (result i32) (call $divide (i32.const 0)))"#;
    let body = "(drop (call $_ZN4chat4plan4make17h0123456789abcdefE)) (i32.const 0) (i32.const 0)";
    let wat = module(items, body).replace("(func (export \"run\")", "(func $run (export \"run\")");
    let expected = "wasm trap: integer divide by zero, in `divide < chat::plan::make < run`";
    for executor in [
        executor(&limits()),
        WasmtimeExecutor::with_all_compilers(&limits()).expect("an executor"),
    ] {
        let answer = text(&executor, &wat);
        assert_eq!(message(&answer), (StepCode::Trap, expected.to_owned()));
    }
}

#[test]
fn trap_without_names_says_what_trapped_alone() {
    let (code, said) = message(&text(&executor(&limits()), &module("", "unreachable")));
    assert_eq!(code, StepCode::Trap);
    assert_eq!(said, "wasm trap: wasm `unreachable` instruction executed");
}

#[test]
fn names_of_functions_are_bounded_and_inert() {
    let long = "n".repeat(300);
    let items = format!("(func $\"{long}\" unreachable) (func $\"a`\\1b[31m\" (call $\"{long}\"))");
    let body = "(call $\"a`\\1b[31m\") (i32.const 0) (i32.const 0)";
    let (_, said) = message(&text(&executor(&limits()), &module(&items, body)));
    assert!(said.contains("220 more characters"), "{said}");
    assert!(said.ends_with("< a'\\u{1b}[31m`"), "{said}");
}

#[test]
fn violated_bound_names_no_function() {
    let items = "(func $deep (call $deep))";
    let body = "(call $deep) (i32.const 0) (i32.const 0)";
    let (code, said) = message(&text(&executor(&limits()), &module(items, body)));
    assert_eq!(code, StepCode::Stack);
    assert!(!said.contains("deep"), "{said}");
}
