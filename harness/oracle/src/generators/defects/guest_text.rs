//! Guests as Wasm text: a core module or a component that does what a [`Step`] says.
//! Each test becomes a branch of its own, as in guests that people write.

use super::guest_language::{Act, Out, Part, Path, Step, Test, Whose};
use super::guest_state as state;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The functions that every guest has.
const RUNTIME: &str = include_str!("guest.wat");
/// Where constants begin in a guest's memory.
const CONSTANTS: usize = 1024;
/// `null` and the hexadecimal digits, at the places where the runtime expects them.
const FIXED: &str = r#"(data (i32.const 8) "null") (data (i32.const 16) "0123456789abcdef")"#;
const PAGE: usize = 64 * 1024;
/// The import of the time of day. The host writes it into the memory of the guest, which
/// exists before the guest for that reason.
const WALL_CLOCK: &str = r#"(import "wasi:clocks/wall-clock@0.2.6" (instance $wall
  (type $fields (record (field "seconds" u64) (field "nanoseconds" u32)))
  (export "datetime" (type $datetime (eq $fields)))
  (export "now" (func (result $datetime)))))
(core func $lowered-wall (canon lower (func $wall "now") (memory (core memory $m "memory"))))
"#;
/// The seconds of the time of day.
const WALL: &str = "(func $wall (result i64) \
     (call $ask_wall (i32.const 48)) (i64.load (i32.const 48)))\n";

/// The code of one guest while it is written.
#[derive(Default)]
struct Writer {
    constants: Vec<u8>,
    known: BTreeMap<Vec<u8>, usize>,
    code: String,
}

/// A core module that runs each of `steps` when its input names it.
#[must_use]
pub(super) fn module(steps: &[(&str, &Step)]) -> String {
    let (code, data, pages) = core(steps);
    format!(
        "(module (memory (export \"memory\") {pages}) {FIXED} {data}\n{RUNTIME}\n\
         (func (export \"run\") (param $in i32) (param $len i32) (result i32 i32)\n{code}\n\
         (global.get $start) (i32.sub (global.get $end) (global.get $start))))"
    )
}

/// A component of the step world that does the same. It may ask for the time and for
/// random numbers.
#[must_use]
pub(super) fn component(steps: &[(&str, &Step)]) -> String {
    let (code, data, pages) = core(steps);
    let keeps = ["keep", "put_kept", "has_kept"];
    let keeps = keeps
        .iter()
        .any(|name| code.contains(&format!("(call ${name} ")));
    let realloc = if keeps { state::REALLOC } else { "" };
    let mut hosts =
        format!("(core module $memory (memory (export \"memory\") {pages}) {realloc})\n");
    hosts.push_str("(core instance $m (instantiate $memory))\n");
    let (mut imports, mut with) = (String::new(), String::new());
    let mut wall = "";
    if code.contains("(call $wall)") {
        hosts.push_str(WALL_CLOCK);
        imports.push_str("(import \"host\" \"wall\" (func $ask_wall (param i32)))\n");
        with.push_str("(export \"wall\" (func $lowered-wall))");
        wall = WALL;
    }
    let mut kept = "";
    if keeps {
        hosts.push_str(state::HOST);
        imports.push_str(state::IMPORTS);
        with.push_str(state::WITH);
        kept = state::FUNCTIONS;
    }
    for (name, interface, function) in [
        ("clock", "wasi:clocks/monotonic-clock@0.2.6", "now"),
        ("chance", "wasi:random/random@0.2.6", "get-random-u64"),
    ] {
        if !code.contains(&format!("(call ${name})")) {
            continue;
        }
        let _ = writeln!(
            hosts,
            "(import \"{interface}\" (instance ${name} (export \"{function}\" (func (result u64)))))\n\
             (core func $lowered-{name} (canon lower (func ${name} \"{function}\")))"
        );
        let _ = writeln!(
            imports,
            "(import \"host\" \"{name}\" (func ${name} (result i64)))"
        );
        let _ = write!(with, "(export \"{name}\" (func $lowered-{name}))");
    }
    let with =
        format!("(with \"host\" (instance (export \"memory\" (memory $m \"memory\")) {with}))");
    format!(
        "(component {hosts}(core module $guest\n{imports}\
         (import \"host\" \"memory\" (memory {pages})) {FIXED} {data}\n{RUNTIME}\n{wall}{kept}\
         (func (export \"realloc\") (param i32 i32 i32) (param $len i32) (result i32)\n\
         (i32.shl (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $len) (i32.const 16)))) \
         (i32.const 16)))\n\
         (func (export \"run\") (param $in i32) (param $len i32) (result i32)\n{code}\n\
         (i32.store (i32.const 36) (global.get $start))\n\
         (i32.store (i32.const 40) (i32.sub (global.get $end) (global.get $start)))\n\
         (i32.const 32)))\n\
         (core instance $i (instantiate $guest {with}))\n\
         (func (export \"run\") (param \"input\" string) (result (result string (error string)))\n\
         (canon lift (core func $i \"run\") (memory (core memory $m \"memory\")) \
         (realloc (core func $i \"realloc\")))))"
    )
}

/// The code of `steps`, the data segments of their constants, and the pages of memory
/// that these need.
fn core(steps: &[(&str, &Step)]) -> (String, String, usize) {
    let mut writer = Writer::default();
    writer.push("(call $begin)\n");
    for (name, step) in steps {
        let path = vec!["step".to_owned()];
        let test = writer.test(&Test::Is(path, (*name).into()));
        writer.push(&format!("(if {test} (then (block $said\n"));
        writer.step(step);
        writer.push(")))\n");
    }
    let mut data = format!("(data (i32.const {CONSTANTS}) \"");
    for byte in &writer.constants {
        let _ = write!(data, "\\{byte:02x}");
    }
    data.push_str("\")");
    let pages = (CONSTANTS + writer.constants.len()).div_ceil(PAGE);
    (writer.code, data, pages)
}

impl Writer {
    fn push(&mut self, code: &str) {
        self.code.push_str(code);
    }

    /// Place and length of a constant, as two operands.
    fn constant(&mut self, bytes: &[u8]) -> String {
        let place = match self.known.get(bytes) {
            Some(place) => *place,
            None => {
                let place = CONSTANTS + self.constants.len();
                self.constants.extend(bytes);
                self.known.insert(bytes.to_vec(), place);
                place
            }
        };
        format!("(i32.const {place}) (i32.const {})", bytes.len())
    }

    /// The place of the value at `path`; 0 if there is none.
    fn place(&mut self, path: &Path) -> String {
        let mut place = "(local.get $in)".to_owned();
        for key in path {
            let key = self.constant(key.as_bytes());
            place = format!("(call $member {place} {key})");
        }
        place
    }

    /// An expression that is 1 if the test holds, else 0.
    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::Always => "(i32.const 1)".into(),
            Test::Is(path, value) => {
                let value = self.constant(value.to_string().as_bytes());
                format!("(call $same {} {value})", self.place(path))
            }
            Test::Absent(path) => format!("(call $absent {})", self.place(path)),
            Test::Holds(path, text) => {
                let text = self.constant(text.as_bytes());
                format!("(call $holds {} {text})", self.place(path))
            }
            Test::Text(path) => format!("(call $is_text {})", self.place(path)),
            Test::Whole(path) => format!("(call $is_whole {})", self.place(path)),
            Test::Spelled(path) => format!("(call $is_spelled {})", self.place(path)),
            Test::Between(path, least, most) => self.between(path, *least, *most),
            Test::LongerThan(path, chars) => format!(
                "(i32.ge_u (call $chars {}) (i32.const {chars}))",
                self.place(path)
            ),
            Test::Made(path, first, last) => format!(
                "(call $within {} (i32.const {}) (i32.const {}))",
                self.place(path),
                *first as u32,
                *last as u32
            ),
            Test::LaterThan(nanoseconds) => {
                format!("(i64.gt_u (call $clock) (i64.const {nanoseconds}))")
            }
            Test::Chance(times) => {
                format!("(i64.eqz (i64.rem_u (call $chance) (i64.const {times})))")
            }
            Test::Kept(whose) => format!("(call $has_kept {})", self.whose(whose)),
            Test::All(all) => self.chain(all, "(i32.const 0)", true),
            Test::Any(any) => self.chain(any, "(i32.const 1)", false),
            Test::Not(test) => format!("(i32.eqz {})", self.test(test)),
        }
    }

    /// Place and length of the name of a tenant, as two operands.
    fn whose(&mut self, whose: &Whose) -> String {
        match whose {
            Whose::Fixed(tenant) => self.constant(tenant.as_bytes()),
            Whose::Of(path) => {
                let place = self.place(path);
                format!("(i32.add {place} (i32.const 1)) (call $inner {place})")
            }
        }
    }

    fn between(&mut self, path: &Path, least: i64, most: i64) -> String {
        let place = self.place(path);
        let is_number = format!("(i32.or (call $is_whole {place}) (call $is_spelled {place}))");
        let within = format!(
            "(i32.and (i64.ge_s (call $number {place}) (i64.const {least})) \
             (i64.le_s (call $number {place}) (i64.const {most})))"
        );
        format!("(if (result i32) {is_number} (then {within}) (else (i32.const 0)))")
    }

    /// Tests in order until one is decisive: the next runs where the one before is
    /// `goes_on`, else the result is `decided`.
    fn chain(&mut self, tests: &[Test], decided: &str, goes_on: bool) -> String {
        let last = if goes_on {
            "(i32.const 1)"
        } else {
            "(i32.const 0)"
        };
        tests.iter().rev().fold(last.to_owned(), |rest, test| {
            let test = self.test(test);
            let (then, or) = if goes_on {
                (rest.as_str(), decided)
            } else {
                (decided, rest.as_str())
            };
            format!("(if (result i32) {test} (then {then}) (else {or}))")
        })
    }

    fn step(&mut self, step: &Step) {
        for (test, act) in &step.rules {
            let test = self.test(test);
            self.push(&format!("(if {test} (then\n"));
            match act {
                Act::Trap => self.push("unreachable"),
                Act::Loop => self.push("(loop $ever (br $ever))"),
                Act::ReadClock => self.push("(drop (call $clock))"),
                Act::Keep(whose, path) => {
                    let (whose, place) = (self.whose(whose), self.place(path));
                    self.push(&format!("(call $keep {whose} {place})"));
                }
                Act::Divide(path) => {
                    let place = self.place(path);
                    let quotient = format!("(i64.div_s (i64.const 100) (call $number {place}))");
                    self.push(&format!("(drop {quotient})"));
                }
                Act::Say(out) => {
                    self.out(out);
                    self.push("(br $said)");
                }
            }
            self.push("))\n");
        }
        self.out(&step.says);
    }

    fn fixed(&mut self, text: &[u8]) {
        let constant = self.constant(text);
        self.push(&format!("(call $put {constant})\n"));
    }

    /// Code that writes `out`.
    fn out(&mut self, out: &Out) {
        match out {
            Out::Json(value) => self.fixed(value.to_string().as_bytes()),
            Out::Copy(path) => self.call("put_value", path, ""),
            Out::Read(path) => self.call("put_inner", path, ""),
            Out::Bytes(path) => {
                self.fixed(b"[");
                self.call("put_bytes", path, "");
                self.fixed(b"]");
            }
            Out::Text(parts) => {
                self.fixed(b"\"");
                for part in parts {
                    self.part(part);
                }
                self.fixed(b"\"");
            }
            Out::List(items) => {
                self.fixed(b"[");
                for (test, item) in items {
                    self.item(test, None, item);
                }
                self.fixed(b"]");
            }
            Out::Object(members) => {
                self.fixed(b"{");
                for (key, test, member) in members {
                    self.item(test, Some(key), member);
                }
                self.fixed(b"}");
            }
        }
    }

    /// Code that writes an item of a list or a member of an object if `test` holds.
    fn item(&mut self, test: &Test, key: Option<&str>, out: &Out) {
        if *test != Test::Always {
            let test = self.test(test);
            self.push(&format!("(if {test} (then\n"));
        }
        self.push("(call $comma)\n");
        if let Some(key) = key {
            let key = serde_json::Value::from(key).to_string();
            self.fixed(format!("{key}:").as_bytes());
        }
        self.out(out);
        if *test != Test::Always {
            self.push("))\n");
        }
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Fixed(text) => {
                let text = serde_json::Value::from(text.as_str()).to_string();
                let inner = text.get(1..text.len() - 1).unwrap_or_default();
                self.fixed(inner.as_bytes());
            }
            Part::Of(path) => self.call("put_inner", path, ""),
            Part::FirstHalf(path) => self.call("put_half", path, "(i32.const 0)"),
            Part::SecondHalf(path) => self.call("put_half", path, "(i32.const 1)"),
            Part::Reversed(path) => self.call("put_reversed", path, ""),
            Part::Hex(path) => self.call("put_hex", path, ""),
            Part::Origin(path) => self.call("put_origin", path, "(i32.const 0)"),
            Part::Rest(path) => self.call("put_origin", path, "(i32.const 1)"),
            Part::Clock => self.push("(call $put_decimal (call $clock))\n"),
            Part::WallClock => self.push("(call $put_decimal (call $wall))\n"),
            Part::Chance => self.push("(call $put_decimal (call $chance))\n"),
            Part::Kept(whose) => {
                let whose = self.whose(whose);
                self.push(&format!("(call $put_kept {whose})\n"));
            }
        }
    }

    fn call(&mut self, function: &str, path: &Path, more: &str) {
        let place = self.place(path);
        self.push(&format!("(call ${function} {place} {more})\n"));
    }
}
