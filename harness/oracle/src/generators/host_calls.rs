//! Sequences of calls to the host with hostile arguments, each sequence a
//! component of its own.

mod functions;

use arbitrary::{Arbitrary, Result, Unstructured};
use functions::Flat::{I32, I64};
pub use functions::{FUNCTIONS, Flat, HostFunction};
use std::collections::BTreeSet;
use std::fmt::Write;

const POLLABLE: &str = r#"(export "pollable" (type $pollable (sub resource)))"#;

/// Functions that hand out handles: they need types of other interfaces, and
/// are called for as many handles as can be had.
const HANDED: [(&str, &str, &[Flat]); 2] = [
    (
        "subscribe-duration",
        r#"(func (param "when" u64) (result (own $p)))"#,
        &[I64],
    ),
    (
        "subscribe-instant",
        r#"(func (param "when" u64) (result (own $p)))"#,
        &[I64],
    ),
];

/// Calls of one component, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// Which function, how often, with what.
    pub calls: Vec<HostCalled>,
    /// How many pollables it asks for, and whether it drops them.
    pub pollables: Option<(u32, bool)>,
}

/// One call, repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCalled {
    /// Its place in [`FUNCTIONS`].
    pub function: usize,
    /// How often.
    pub times: u32,
    /// Its core arguments; the rest are zero.
    pub arguments: Vec<i64>,
}

/// Where a good text stands, where the answer goes, and what lies outside.
const PLACES: [i64; 14] = [
    64,
    2,
    512,
    8,
    0,
    1,
    3,
    65_535,
    65_536,
    70_000,
    0x7fff_fff0,
    -1,
    4_096,
    2_000_000,
];

impl<'a> Arbitrary<'a> for Calls {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let len = u.int_in_range(1..=5)?;
        let calls = (0..len).map(|_| {
            let function = u.choose_index(FUNCTIONS.len())?;
            // Mostly what works, so that later calls are reached.
            let sound = u.ratio(1, 2)?;
            let arguments = FUNCTIONS[function]
                .params
                .iter()
                .enumerate()
                .map(|(at, flat)| {
                    Ok(match (sound, flat) {
                        (true, _) => sound_argument(&FUNCTIONS[function], at),
                        (false, I32) => *u.choose(&PLACES)?,
                        (false, I64) => match u.ratio(1, 2)? {
                            true => *u.choose(&PLACES)?,
                            false => u.arbitrary()?,
                        },
                    })
                });
            let arguments = arguments.collect::<Result<_>>()?;
            let times = match u.int_in_range(0..=15)? {
                0 => u.int_in_range(2..=5_000)?,
                1..=3 => u.int_in_range(2..=20)?,
                _ => 1,
            };
            Ok(HostCalled {
                function,
                times,
                arguments,
            })
        });
        let calls = calls.collect::<Result<_>>()?;
        let pollables = match u.ratio(1, 6)? {
            true => Some((u.int_in_range(1..=300)?, u.arbitrary()?)),
            false => None,
        };
        Ok(Self { calls, pollables })
    }
}

/// An argument with which the call is answered: pairs of a good text's place
/// and length, and a place for the answer at the end.
fn sound_argument(function: &HostFunction, at: usize) -> i64 {
    let last = at + 1 == function.params.len() && function.result.is_none();
    match (function.params[at], last) {
        (I64, _) => 8,
        // No status, and no body.
        (I32, _) if function.name == "exit" || (function.name == "send" && at == 6) => 0,
        (I32, true) => 512,
        // NB: also a list of no items, which is as good.
        (I32, _) if at.is_multiple_of(2) => 64,
        (I32, _) => 0,
    }
}

impl Calls {
    /// Each function once, with arguments that are answered.
    #[must_use]
    pub fn sound(function: usize) -> Self {
        let params = FUNCTIONS[function].params.len();
        let arguments = (0..params).map(|at| sound_argument(&FUNCTIONS[function], at));
        let called = HostCalled {
            function,
            times: 1,
            arguments: arguments.collect(),
        };
        Self {
            calls: vec![called],
            pollables: None,
        }
    }

    /// The component as text: a step that makes the calls and answers `{}`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("(component ");
        let used: BTreeSet<usize> = self.calls.iter().map(|c| c.function).collect();
        self.imports(&used, &mut text);
        text.push_str(LIBC);
        for at in &used {
            let name = FUNCTIONS[*at].name;
            let _ = write!(
                text,
                "(core func $l{at} (canon lower (func $i{at} \"{name}\") \
                 (memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))))"
            );
        }
        text.push_str("(core module $step (import \"libc\" \"memory\" (memory 1))");
        for at in &used {
            let function = &FUNCTIONS[*at];
            let _ = write!(
                text,
                "(import \"host\" \"f{at}\" (func $f{at} (param{})",
                flats(function.params)
            );
            if let Some(flat) = function.result {
                let _ = write!(text, " (result{})", flats(&[flat]));
            }
            text.push_str("))");
        }
        if self.pollables.is_some() {
            text.push_str("(import \"host\" \"s0\" (func $s0 (param i64) (result i32)))");
            text.push_str("(import \"host\" \"s1\" (func $s1 (param i64) (result i32)))");
            text.push_str("(import \"host\" \"drop\" (func $drop (param i32)))");
        }
        self.body(&mut text);
        text.push_str("(core instance $s (instantiate $step (with \"libc\" (instance $libc)) (with \"host\" (instance ");
        for at in &used {
            let _ = write!(text, "(export \"f{at}\" (func $l{at}))");
        }
        if self.pollables.is_some() {
            text.push_str("(export \"s0\" (func $s0)) (export \"s1\" (func $s1)) (export \"drop\" (func $drop))");
        }
        text.push_str(
            "))))(func (export \"run\") (param \"input\" string) (result (result string (error string))) \
             (canon lift (core func $s \"run\") (memory (core memory $libc \"memory\")) \
             (realloc (core func $libc \"realloc\")))))",
        );
        text
    }

    fn imports(&self, used: &BTreeSet<usize>, text: &mut String) {
        // NB: an interface is imported once, whatever is used of it.
        let mut interfaces: BTreeSet<&str> = BTreeSet::new();
        for at in used {
            let HostFunction { interface, .. } = FUNCTIONS[*at];
            if !interfaces.insert(interface) {
                continue;
            }
            let _ = write!(
                text,
                "(import \"{interface}\" (instance $n{at} {}",
                FUNCTIONS[*at].types
            );
            let all = used
                .iter()
                .map(|o| &FUNCTIONS[*o])
                .filter(|f| f.interface == interface);
            for function in all {
                let _ = write!(text, "(export \"{}\" {})", function.name, function.ty);
            }
            text.push_str("))");
            for other in used
                .iter()
                .filter(|o| FUNCTIONS[**o].interface == interface)
            {
                let name = FUNCTIONS[*other].name;
                let _ = write!(text, "(alias export $n{at} \"{name}\" (func $a{other}))");
            }
        }
        for at in used {
            let name = FUNCTIONS[*at].name;
            let _ = write!(text, "(instance $i{at} (export \"{name}\" (func $a{at})))");
        }
        if self.pollables.is_some() {
            let _ = write!(
                text,
                "(import \"wasi:io/poll@0.2.6\" (instance $poll {POLLABLE}))"
            );
            text.push_str("(alias export $poll \"pollable\" (type $pollable))");
            text.push_str("(import \"wasi:clocks/monotonic-clock@0.2.6\" (instance $clock ");
            text.push_str("(export \"pollable\" (type $p (eq $pollable)))");
            for (name, ty, _) in HANDED {
                let _ = write!(text, "(export \"{name}\" {ty})");
            }
            text.push_str("))");
            for (at, (name, ..)) in HANDED.iter().enumerate() {
                let _ = write!(
                    text,
                    "(core func $s{at} (canon lower (func $clock \"{name}\")))"
                );
            }
            text.push_str("(core func $drop (canon resource.drop $pollable))");
        }
    }

    fn body(&self, text: &mut String) {
        text.push_str("(data (i32.const 64) \"{}\")(func (export \"run\") (param i32 i32) (result i32) (local $n i32)");
        for HostCalled {
            function,
            times,
            arguments,
        } in &self.calls
        {
            let HostFunction { params, result, .. } = &FUNCTIONS[*function];
            let _ = write!(
                text,
                "(local.set $n (i32.const {times}))(loop $l (call $f{function}"
            );
            for (at, flat) in params.iter().enumerate() {
                let value = arguments.get(at).copied().unwrap_or_default();
                let _ = match flat {
                    // The lower half, as a pointer has it.
                    I32 => write!(text, "(i32.const {})", value as i32),
                    I64 => write!(text, "(i64.const {value})"),
                };
            }
            text.push(')');
            if result.is_some() {
                text.push_str("drop ");
            }
            text.push_str("(br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))");
        }
        if let Some((count, dropped)) = self.pollables {
            let keep = if dropped { "(call $drop)" } else { "drop" };
            let _ = write!(
                text,
                "(local.set $n (i32.const {count}))(loop $l (call $s0 (i64.const 5)) {keep} \
                 (call $s1 (i64.const -1)) {keep} \
                 (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
            );
        }
        text.push_str(
            "(i32.store8 (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 64)) \
             (i32.store (i32.const 8) (i32.const 2)) (i32.const 0)))",
        );
    }
}

const LIBC: &str = r#"(core module $libcm
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (if (i32.gt_u (global.get $next) (i32.const 120000)) (then (global.set $next (i32.const 4096))))
      (local.get $at)))
  (core instance $libc (instantiate $libcm))"#;

fn flats(flats: &[Flat]) -> String {
    let names = flats.iter().map(|flat| match flat {
        I32 => " i32",
        I64 => " i64",
    });
    names.collect()
}
