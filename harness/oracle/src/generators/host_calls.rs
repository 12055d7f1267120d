//! Sequences of calls to the host with hostile arguments, each sequence a
//! component of its own.

use arbitrary::{Arbitrary, Result, Unstructured};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A core type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flat {
    /// `i32`: a pointer, a length, a handle, a small number.
    I32,
    /// `i64`: a number.
    I64,
}

/// A function of the host.
#[derive(Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The interface with its version.
    pub interface: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Types that the interface declares before it.
    types: &'static str,
    /// Its type in component text.
    ty: &'static str,
    /// The core parameters of the lowered function, the pointer for what does
    /// not fit into a core result among them.
    params: &'static [Flat],
    /// The core result.
    result: Option<Flat>,
}

use Flat::{I32, I64};

const HTTP: &str = r#"
    (type $h (list (tuple string string)))
    (type $rq (record (field "method" string) (field "url" string) (field "headers" $h) (field "body" (option (list u8)))))
    (export "request" (type $request (eq $rq)))
    (type $rs (record (field "status" u16) (field "headers" $h) (field "body" (option (list u8)))))
    (export "response" (type $response (eq $rs)))
    (type $er (record (field "code" string) (field "message" string)))
    (export "host-error" (type $error (eq $er)))"#;
const STATE: &str = r#"
    (type $er (record (field "code" string) (field "message" string)))
    (export "host-error" (type $error (eq $er)))
    (type $ok (enum "ok"))
    (export "op-ack" (type $ack (eq $ok)))"#;
const SECRETS: &str = r#"
    (type $er (enum "not-found" "denied" "invalid-key" "internal"))
    (export "secrets-error" (type $error (eq $er)))"#;
const POLLABLE: &str = r#"(export "pollable" (type $pollable (sub resource)))"#;

macro_rules! functions {
    ($($interface:literal { $($types:expr; $name:literal $ty:literal $params:expr => $result:expr,)+ })+) => {
        /// Every function of the host that takes no handle.
        pub const FUNCTIONS: &[HostFunction] = &[$($(HostFunction {
            interface: $interface, name: $name, types: $types, ty: $ty,
            params: &$params, result: $result,
        },)+)+];
    };
}

functions! {
    "greentic:provision-step/config@0.1.0" {
        ""; "get" r#"(func (param "key" string) (result (option string)))"# [I32, I32, I32] => None,
    }
    "greentic:runtime-config/runtime-config@1.0.0" {
        ""; "get" r#"(func (param "key" string) (result (result string (error string))))"# [I32, I32, I32] => None,
    }
    "greentic:secrets-store/secrets-store@1.0.0" {
        SECRETS; "get" r#"(func (param "key" string) (result (result (option (list u8)) (error $error))))"# [I32, I32, I32] => None,
    }
    "greentic:secrets-store/secrets-store@1.1.0" {
        ""; "put" r#"(func (param "key" string) (param "value" (list u8)))"# [I32, I32, I32, I32] => None,
    }
    "greentic:state/state-store@1.0.0" {
        STATE; "read" r#"(func (param "key" string) (result (result (list u8) (error $error))))"# [I32, I32, I32] => None,
        STATE; "write" r#"(func (param "key" string) (param "bytes" (list u8)) (result (result $ack (error $error))))"# [I32, I32, I32, I32, I32] => None,
        STATE; "delete" r#"(func (param "key" string) (result (result $ack (error $error))))"# [I32, I32, I32] => None,
    }
    "greentic:http/http-client@1.0.0" {
        HTTP; "send" r#"(func (param "req" $request) (result (result $response (error $error))))"# [I32, I32, I32, I32, I32, I32, I32, I32, I32, I32] => None,
    }
    "greentic:oauth-broker/broker-v1@1.0.0" {
        ""; "get-consent-url" r#"(func (param "provider-id" string) (param "subject" string) (param "scopes" (list string)) (param "redirect-path" string) (param "extra-json" string) (result string))"# [I32, I32, I32, I32, I32, I32, I32, I32, I32, I32, I32] => None,
        ""; "exchange-code" r#"(func (param "provider-id" string) (param "subject" string) (param "code" string) (param "redirect-path" string) (result string))"# [I32, I32, I32, I32, I32, I32, I32, I32, I32] => None,
        ""; "get-token" r#"(func (param "provider-id" string) (param "subject" string) (param "scopes" (list string)) (result string))"# [I32, I32, I32, I32, I32, I32, I32] => None,
    }
    "greentic:provision-step/subscriptions@0.1.0" {
        ""; "list" r#"(func (result (list string)))"# [I32] => None,
        ""; "sync" r#"(func (param "wanted" string) (result (result (error string))))"# [I32, I32, I32] => None,
    }
    "greentic:telemetry/logger-api@1.0.0" {
        ""; "log" r#"(func (param "level" u8) (param "fields" (list (tuple string string))) (result (result string (error string))))"# [I32, I32, I32, I32] => None,
    }
    "greentic:telemetry/logger@1.0.0" {
        ""; "log" r#"(func (param "level" u8) (param "fields" (list (tuple string string))))"# [I32, I32, I32] => None,
    }
    "greentic:component/control@0.6.0" {
        ""; "should-cancel" r#"(func (result bool))"# [] => Some(I32),
        ""; "yield-now" r#"(func)"# [] => None,
    }
    "wasi:cli/environment@0.2.6" {
        ""; "get-environment" r#"(func (result (list (tuple string string))))"# [I32] => None,
        ""; "get-arguments" r#"(func (result (list string)))"# [I32] => None,
        ""; "initial-cwd" r#"(func (result (option string)))"# [I32] => None,
    }
    "wasi:cli/exit@0.2.6" {
        ""; "exit" r#"(func (param "status" (result)))"# [I32] => None,
    }
    "wasi:clocks/monotonic-clock@0.2.6" {
        ""; "now" r#"(func (result u64))"# [] => Some(I64),
        ""; "resolution" r#"(func (result u64))"# [] => Some(I64),
    }
    "wasi:clocks/wall-clock@0.2.6" {
        r#"(type $d (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type $datetime (eq $d)))"#;
        "now" r#"(func (result $datetime))"# [I32] => None,
        r#"(type $d (record (field "seconds" u64) (field "nanoseconds" u32))) (export "datetime" (type $datetime (eq $d)))"#;
        "resolution" r#"(func (result $datetime))"# [I32] => None,
    }
    "wasi:random/random@0.2.6" {
        ""; "get-random-bytes" r#"(func (param "len" u64) (result (list u8)))"# [I64, I32] => None,
        ""; "get-random-u64" r#"(func (result u64))"# [] => Some(I64),
    }
    "wasi:random/insecure@0.2.6" {
        ""; "get-insecure-random-bytes" r#"(func (param "len" u64) (result (list u8)))"# [I64, I32] => None,
        ""; "get-insecure-random-u64" r#"(func (result u64))"# [] => Some(I64),
    }
    "wasi:random/insecure-seed@0.2.6" {
        ""; "insecure-seed" r#"(func (result (tuple u64 u64)))"# [I32] => None,
    }
}

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
