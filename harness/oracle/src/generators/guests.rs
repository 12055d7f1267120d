//! Hostile guests, mostly as Wasm text: start functions, growing memories and
//! tables, recursion, allocators with invalid results, answers outside of memory.

use arbitrary::{Arbitrary, Result, Unstructured};
use std::fmt::Write;

/// A step's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Its name; the extension says whether it is Wasm text.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl<'a> Arbitrary<'a> for Guest {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let text = match u.int_in_range(0..=31)? {
            0 => {
                // The magic bytes of precompiled code, of Wasm, and of other formats.
                let head: &[u8] =
                    u.choose(&[&b"\x7fELF\x02\x01\x01\xc8"[..], b"\0asm", b"MZ", b""])?;
                let tail: Vec<u8> = u.arbitrary()?;
                let bytes = [head, &tail].concat();
                return Ok(Self {
                    name: "s.wasm",
                    bytes,
                });
            }
            1..=15 => core(u)?,
            _ => component(u)?,
        };
        let bytes = text.into_bytes();
        Ok(Self {
            name: "s.wat",
            bytes,
        })
    }
}

/// Code that a guest runs before it answers.
const BEHAVIOURS: [&str; 17] = [
    "",
    "",
    "",
    "",
    "(loop $l (br $l))",
    "unreachable",
    "(drop (memory.grow (i32.const 1)))",
    "(drop (memory.grow (i32.const 1000)))",
    "(drop (memory.grow (i32.const -1)))",
    "(drop (table.grow $t (ref.null func) (i32.const 100)))",
    "(drop (table.grow $t (ref.null func) (i32.const 1000000)))",
    "(call $again (i32.const 0))",
    "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
    "(i32.store (i32.const -4) (i32.const 1))",
    "(memory.fill (i32.const 512) (i32.const 32) (i32.const 60000))",
    "(loop $l (memory.fill (i32.const 512) (i32.const 32) (i32.const 60000)) (br $l))",
    "(call_indirect $t (type $void) (i32.const 3))",
];

/// Adds code that strains the compiler and never runs.
fn padding(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    match u.int_in_range(0..=31)? {
        0 => {
            let count = u.int_in_range(1_000..=6_000)?;
            let _ = write!(out, "(func (local{}))", " i32".repeat(count));
        }
        1 => {
            let depth = u.int_in_range(100..=1_500)?;
            let _ = write!(
                out,
                "(func {}{})",
                "(block ".repeat(depth),
                ")".repeat(depth)
            );
        }
        2 => {
            let len = u.int_in_range(1_000..=300_000)?;
            let _ = write!(out, "(@custom \"x\" \"{}\")", "a".repeat(len));
        }
        3 => {
            let targets = u.int_in_range(10..=12_000)?;
            let _ = write!(
                out,
                "(func (block (br_table{} (i32.const 0))))",
                " 0".repeat(targets)
            );
        }
        4 => {
            let count = u.int_in_range(1..=2_000)?;
            for _ in 0..count {
                out.push_str("(func (result i32) (i32.const 1))");
            }
        }
        _ => {}
    }
    Ok(())
}

/// A number that a guest returns as a pointer or a length.
fn place(u: &mut Unstructured<'_>) -> Result<i64> {
    Ok(match u.int_in_range(0..=7)? {
        0..=2 => i64::from(u.arbitrary::<u16>()?),
        3 => i64::from(u.arbitrary::<i32>()?),
        _ => *u.choose(&[0, 1, 2, 3, 64, 65_535, 65_536, 70_000, 0x7fff_fff0, -1, -4])?,
    })
}

/// Texts in a guest's memory, which serve as its answer or as an argument.
const DATA: [&str; 8] = [
    r#"{}"#,
    r#"{\"plan\":{\"notes\":[\"a\"]}}"#,
    r#"{\"summary\":1,\"summary\":2}"#,
    r#"{\"diagnostics\":[{\"severity\":\"error\",\"code\":\"c\",\"message\":\"m\"}]}"#,
    r#"NaN"#,
    r#"\ff\fe\00"#,
    r#"\ed\a0\80"#,
    r#"{\"a\":1e400}"#,
];

/// Mostly 0, else a number from 1 to `most`.
fn rarely(u: &mut Unstructured<'_>, most: usize) -> Result<usize> {
    if u.ratio(1, 12)? {
        u.int_in_range(1..=most)
    } else {
        Ok(0)
    }
}

/// The text of a core module, mostly with a `run` export.
fn core(u: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::from("(module (type $void (func))");
    if u.ratio(1, 16)? {
        text.push_str("(import \"env\" \"f\" (func))");
    }
    let pages = *u.choose(&[1, 1, 1, 1, 1, 3, 100, 65_536])?;
    if !u.ratio(1, 16)? {
        let _ = write!(text, "(memory (export \"memory\") {pages})");
    }
    let memories = rarely(u, 8)?;
    text.push_str(&"(memory 1)".repeat(memories));
    let tables = rarely(u, 20)?;
    let elements = *u.choose(&[0, 10, 10, 9_000, 20_000])?;
    let _ = write!(text, "(table $t {elements} funcref)");
    text.push_str(&"(table 1 funcref)".repeat(tables));
    let data = *u.choose(&DATA)?;
    let at = *u.choose(&[0, 0, 0, 0, 0, 65_530, 70_000])?;
    let _ = write!(text, "(data (i32.const {at}) \"{data}\")");
    text.push_str("(func $again (param i32) (call $again (local.get 0)))");
    if u.ratio(1, 8)? {
        let begin = u.choose(&BEHAVIOURS)?;
        let _ = write!(text, "(func $begin {begin}) (start $begin)");
    }
    if u.ratio(1, 8)? {
        let behaviour = u.choose(&BEHAVIOURS)?;
        let _ = write!(text, "(func (export \"_initialize\") {behaviour})");
    }
    if u.ratio(1, 4)? {
        let (behaviour, at) = (u.choose(&BEHAVIOURS)?, place(u)?);
        let _ = write!(
            text,
            "(func (export \"alloc\") (param i32) (result i32) {behaviour} (i32.const {at}))"
        );
    }
    padding(u, &mut text)?;
    let (ptr, len) = if u.ratio(2, 3)? {
        (0, 2)
    } else {
        (place(u)?, place(u)?)
    };
    let behaviour = u.choose(&BEHAVIOURS)?;
    match u.int_in_range(0..=15)? {
        0 => {}
        1 => text.push_str("(func (export \"run\") (param i32) (result i32) (i32.const 0))"),
        _ => {
            let _ = write!(
                text,
                "(func (export \"run\") (param i32 i32) (result i32 i32) \
                 {behaviour} (i32.const {ptr}) (i32.const {len}))"
            );
        }
    }
    text.push(')');
    Ok(text)
}

/// Bodies of a component's `realloc`.
const REALLOCS: [&str; 8] = [
    "(global.get $next) (global.set $next (i32.add (global.get $next) (local.get 3)))",
    "(global.get $next) (global.set $next (i32.add (global.get $next) (local.get 3)))",
    "(i32.const 0)",
    "(i32.const 3)",
    "(i32.const -16)",
    "unreachable",
    "(loop $l (br $l)) (i32.const 0)",
    "(call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3))",
];

/// The text of a component, mostly with the interface of a step or of questions.
fn component(u: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::from("(component ");
    if u.ratio(1, 24)? {
        text.push_str("(import \"a:b/c@1.0.0\" (instance (export \"f\" (func))))");
    }
    if u.ratio(1, 12)? {
        let count = u.int_in_range(1..=40)?;
        text.push_str("(core module $empty)");
        text.push_str(&"(core instance (instantiate $empty))".repeat(count));
    }
    let of_questions = u.ratio(1, 3)?;
    inner_module(u, of_questions, &mut text)?;
    let after = if u.ratio(1, 4)? {
        "(post-return (core func $i \"after\"))"
    } else {
        ""
    };
    let lift = format!(
        "(canon lift (core func $i \"run\") (memory (core memory $i \"memory\")) \
         (realloc (core func $i \"realloc\")) {after})"
    );
    let face = match (of_questions, u.ratio(1, 16)?) {
        (_, true) => "(func (export \"walk\") (param \"a\" string) (result string) LIFT)",
        (false, _) => STEP,
        (true, _) => ASKING,
    };
    text.push_str(&face.replace("LIFT", &lift));
    text.push(')');
    Ok(text)
}

/// The world of a step.
const STEP: &str = "(func (export \"run\") (param \"input\" string) \
    (result (result string (error string))) LIFT)";

/// The interface of questions. An instance can export its enum only from a nested
/// component.
const ASKING: &str = "(type $mode (enum \"default\" \"setup\" \"update\" \"remove\"))
    (export $named \"qa-mode\" (type $mode))
    (func $spec (param \"mode\" $named) (result (list u8)) LIFT)
    (component $face
      (import \"qa-mode\" (type $m (enum \"default\" \"setup\" \"update\" \"remove\")))
      (import \"mode\" (type $q (eq $m)))
      (import \"spec\" (func $s (param \"mode\" $q) (result (list u8))))
      (export $e \"qa-mode\" (type $m))
      (export \"qa-spec\" (func $s) (func (param \"mode\" $e) (result (list u8)))))
    (instance $faced (instantiate $face (with \"qa-mode\" (type $named))
      (with \"mode\" (type $named)) (with \"spec\" (func $spec))))
    (export \"greentic:component/component-qa@0.6.0\" (instance $faced))";

/// The core module of a component, and its instance `$i`.
fn inner_module(u: &mut Unstructured<'_>, of_questions: bool, text: &mut String) -> Result<()> {
    text.push_str("(core module $m (type $void (func))");
    let pages = *u.choose(&[1, 1, 1, 2, 100])?;
    let _ = write!(
        text,
        "(memory (export \"memory\") {pages})(table $t 10 funcref)"
    );
    text.push_str("(global $next (mut i32) (i32.const 4096))");
    let _ = write!(text, "(data (i32.const 64) \"{}\")", u.choose(&DATA)?);
    text.push_str("(func $again (param i32) (call $again (local.get 0)))");
    let _ = write!(
        text,
        "(func $realloc (export \"realloc\") (param i32 i32 i32 i32) (result i32) {})",
        u.choose(&REALLOCS)?
    );
    if u.ratio(1, 8)? {
        let begin = u.choose(&BEHAVIOURS)?;
        let _ = write!(text, "(func $begin {begin}) (start $begin)");
    }
    padding(u, text)?;
    let (tag, ptr, len) = if u.ratio(2, 3)? {
        (0, 64, 2)
    } else {
        (*u.choose(&[0, 1, 2, 255])?, place(u)?, place(u)?)
    };
    // A `result` has a tag before its value; a list has none.
    let (params, store) = if of_questions {
        (
            "i32",
            format!(
                "(i32.store (i32.const 0) (i32.const {ptr})) (i32.store (i32.const 4) (i32.const {len}))"
            ),
        )
    } else {
        (
            "i32 i32",
            format!(
                "(i32.store8 (i32.const 0) (i32.const {tag})) (i32.store (i32.const 4) (i32.const {ptr})) \
                 (i32.store (i32.const 8) (i32.const {len}))"
            ),
        )
    };
    let at = *u.choose(&[0, 0, 0, 0, 0, 0, 2, -16])?;
    let _ = write!(
        text,
        "(func (export \"run\") (param {params}) (result i32) {} {store} (i32.const {at}))",
        u.choose(&BEHAVIOURS)?
    );
    let _ = write!(
        text,
        "(func (export \"after\") (param i32) {})) (core instance $i (instantiate $m))",
        u.choose(&BEHAVIOURS)?
    );
    Ok(())
}
