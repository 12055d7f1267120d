//! Sequences of calls to the host with hostile arguments. Each sequence becomes a
//! component.

mod handles;

use arbitrary::{Arbitrary, Result, Unstructured};
use handles::{FIRST, LIST, PRELUDE};
pub use handles::{HANDLES, HandleFunction};
use provision_core::wizard::capabilities::Flat::{self, I32, I64};
pub use provision_core::wizard::capabilities::{FUNCTIONS, HostFunction};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The calls of one component, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// Calls of [`FUNCTIONS`].
    pub calls: Vec<HostCalled>,
    /// Calls of [`HANDLES`], which come first.
    pub handles: Vec<HostCalled>,
}

/// One call, repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCalled {
    /// The function's index in [`FUNCTIONS`], or in [`HANDLES`].
    pub function: usize,
    /// The number of repetitions.
    pub times: u32,
    /// The core arguments; missing ones are zero.
    pub arguments: Vec<i64>,
}

/// Addresses of a valid text, of the answer, of other memory, and outside of it.
const PLACES: [i64; 17] = [
    LIST,
    4,
    5,
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
            let at = u.choose_index(FUNCTIONS.len())?;
            let function = &FUNCTIONS[at];
            called(u, at, function.params, |n| valid_argument(function, n))
        });
        let calls = calls.collect::<Result<_>>()?;
        let len = if u.ratio(1, 3)? {
            u.int_in_range(1..=8)?
        } else {
            0
        };
        let handles = (0..len).map(|_| {
            let at = u.choose_index(HANDLES.len())?;
            let function = &HANDLES[at];
            called(u, at, function.params, |n| function.valid[n])
        });
        let handles = handles.collect::<Result<_>>()?;
        Ok(Self { calls, handles })
    }
}

/// A call, half the time with valid arguments, so that later calls are reached.
fn called(
    u: &mut Unstructured<'_>,
    function: usize,
    params: &[Flat],
    valid: impl Fn(usize) -> i64,
) -> Result<HostCalled> {
    let all_valid = u.ratio(1, 2)?;
    let arguments = params.iter().enumerate().map(|(at, flat)| {
        Ok(match (all_valid, flat) {
            (true, _) => valid(at),
            (false, I32) => *u.choose(&PLACES)?,
            (false, I64) => {
                if u.ratio(1, 2)? {
                    *u.choose(&PLACES)?
                } else {
                    u.arbitrary()?
                }
            }
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
}

/// A valid argument: pairs of a text's address and length, and at the end an
/// address for the answer.
fn valid_argument(function: &HostFunction, at: usize) -> i64 {
    let last = at + 1 == function.params.len() && function.result.is_none();
    match (function.params[at], last) {
        (I64, _) => 8,
        // No status, and no body.
        (I32, _) if function.name.starts_with("exit") || (function.name == "send" && at == 6) => 0,
        (I32, true) => 512,
        // NB: the length is 0, so the address is also that of an empty list.
        (I32, _) if at.is_multiple_of(2) => 64,
        (I32, _) => 0,
    }
}

impl Calls {
    /// One call of a function of [`FUNCTIONS`] with valid arguments.
    #[must_use]
    pub fn valid(function: usize) -> Self {
        let params = FUNCTIONS[function].params.len();
        let arguments = (0..params).map(|at| valid_argument(&FUNCTIONS[function], at));
        let called = HostCalled {
            function,
            times: 1,
            arguments: arguments.collect(),
        };
        Self {
            calls: vec![called],
            handles: Vec::new(),
        }
    }

    /// One call of a function of [`HANDLES`] with valid arguments.
    #[must_use]
    pub fn valid_handle(function: usize) -> Self {
        let called = HostCalled {
            function,
            times: 1,
            arguments: HANDLES[function].valid.to_vec(),
        };
        Self {
            calls: Vec::new(),
            handles: vec![called],
        }
    }

    /// The number of calls that the host records if the guest makes all of them.
    #[must_use]
    pub fn recorded(&self) -> u64 {
        let handles = self.handles.iter();
        let handles = handles.filter(|c| HANDLES[c.function].recorded);
        let calls = self.calls.iter().chain(handles);
        let first = if self.handles.is_empty() {
            0
        } else {
            FIRST
                .iter()
                .filter(|(name, _)| HANDLES.iter().any(|f| f.recorded && f.name == *name))
                .count() as u64
        };
        first + calls.map(|c| u64::from(c.times)).sum::<u64>()
    }

    /// The component as text: a step that makes the calls and answers `{}`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::from("(component ");
        let used: BTreeSet<usize> = self.calls.iter().map(|c| c.function).collect();
        self.imports(&used, &mut text);
        text.push_str(LIBC);
        for (at, function) in self.with_handles() {
            let HandleFunction { of, name, .. } = function;
            let _ = match function.interface {
                "" => write!(text, "(core func $h{at} (canon resource.drop {of}))"),
                _ => write!(
                    text,
                    "(core func $h{at} (canon lower (func {of} \"{name}\") \
                     (memory (core memory $libc \"memory\")) (realloc (core func $libc \"realloc\"))))"
                ),
            };
        }
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
            let HostFunction { params, result, .. } = &FUNCTIONS[*at];
            import(&mut text, &format!("f{at}"), params, *result);
        }
        for (at, function) in self.with_handles() {
            import(
                &mut text,
                &format!("h{at}"),
                function.params,
                function.result,
            );
        }
        self.body(&mut text);
        text.push_str("(core instance $s (instantiate $step (with \"libc\" (instance $libc)) (with \"host\" (instance ");
        for at in &used {
            let _ = write!(text, "(export \"f{at}\" (func $l{at}))");
        }
        for (at, _) in self.with_handles() {
            let _ = write!(text, "(export \"h{at}\" (func $h{at}))");
        }
        text.push_str(
            "))))(func (export \"run\") (param \"input\" string) (result (result string (error string))) \
             (canon lift (core func $s \"run\") (memory (core memory $libc \"memory\")) \
             (realloc (core func $libc \"realloc\")))))",
        );
        text
    }

    fn imports(&self, used: &BTreeSet<usize>, text: &mut String) {
        // NB: a component may import an interface only once.
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
        if !self.handles.is_empty() {
            text.push_str(PRELUDE);
        }
    }

    /// The functions of [`HANDLES`] with their indices; none if no call needs them.
    fn with_handles(&self) -> impl Iterator<Item = (usize, &'static HandleFunction)> {
        let some = !self.handles.is_empty();
        HANDLES.iter().enumerate().filter(move |_| some)
    }

    fn body(&self, text: &mut String) {
        let _ = write!(
            text,
            "(data (i32.const 64) \"{{}}\")(data (i32.const {LIST}) \"\\04\\00\\00\\00\")\
             (func (export \"run\") (param i32 i32) (result i32) (local $n i32)"
        );
        if !self.handles.is_empty() {
            for (name, arguments) in FIRST {
                let at = HANDLES.iter().position(|f| f.name == name);
                let _ = write!(
                    text,
                    "(drop (call $h{} {arguments}))",
                    at.unwrap_or_default()
                );
            }
        }
        for called in &self.handles {
            let function = &HANDLES[called.function];
            repeated(text, called, 'h', function.params, function.result);
        }
        for called in &self.calls {
            let function = &FUNCTIONS[called.function];
            repeated(text, called, 'f', function.params, function.result);
        }
        text.push_str(
            "(i32.store8 (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 64)) \
             (i32.store (i32.const 8) (i32.const 2)) (i32.const 0)))",
        );
    }
}

/// The import of a function of the host into the core module.
fn import(text: &mut String, name: &str, params: &[Flat], result: Option<Flat>) {
    let params = flats(params);
    let _ = write!(
        text,
        "(import \"host\" \"{name}\" (func ${name} (param{params})"
    );
    if let Some(flat) = result {
        let _ = write!(text, " (result{})", flats(&[flat]));
    }
    text.push_str("))");
}

/// A call in a loop.
fn repeated(
    text: &mut String,
    called: &HostCalled,
    kind: char,
    params: &[Flat],
    result: Option<Flat>,
) {
    let (times, function) = (called.times, called.function);
    let _ = write!(
        text,
        "(local.set $n (i32.const {times}))(loop $l (call ${kind}{function}"
    );
    for (at, flat) in params.iter().enumerate() {
        let value = called.arguments.get(at).copied().unwrap_or_default();
        let _ = match flat {
            // The lower half, as in a pointer.
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
