//! The functions of WASI that take or return handles. They share types, so a
//! component imports all of them.

use provision_core::wizard::capabilities::Flat::{self, I32, I64};

/// A function that takes, returns or drops handles.
#[derive(Debug, PartialEq, Eq)]
pub struct HandleFunction {
    /// The interface with its version; empty for a function that drops a handle.
    pub interface: &'static str,
    /// Its name, or the name of the resource that is dropped.
    pub name: &'static str,
    /// The instance of the prelude, or the type that is dropped.
    pub(super) of: &'static str,
    /// The core parameters of the lowered function.
    pub(super) params: &'static [Flat],
    /// The core result.
    pub(super) result: Option<Flat>,
    /// Valid arguments.
    pub(super) valid: &'static [i64],
    /// Whether the host records the call. wasmtime-wasi implements streams and polls
    /// itself: the host captures the bytes of streams, but not these calls.
    pub recorded: bool,
}

/// The calls that give a component its first handles, numbered from one.
pub(super) const FIRST: [(&str, &str); 5] = [
    ("get-stdin", ""),
    ("get-stdout", ""),
    ("get-stderr", ""),
    ("subscribe-duration", "(i64.const 5)"),
    ("instance-network", ""),
];
const IN: i64 = 1;
const OUT: i64 = 2;
const POLLABLE: i64 = 4;
const NETWORK: i64 = 5;
/// The address of a list with [`POLLABLE`] as its only item.
pub(super) const LIST: i64 = 128;
/// The address for answers.
const BACK: i64 = 512;
/// The address of a valid text.
const TEXT: i64 = 64;

macro_rules! handles {
    ($($interface:literal $of:literal $recorded:literal { $($name:literal $params:expr => $result:expr, $valid:expr;)+ })+) => {
        /// Every function of the host that takes or returns handles and can be
        /// called. The host grants no directory and no socket, so their methods
        /// cannot be called.
        pub const HANDLES: &[HandleFunction] = &[$($(HandleFunction {
            interface: $interface, name: $name, of: $of, params: &$params,
            result: $result, valid: &$valid, recorded: $recorded,
        },)+)+];
    };
}

handles! {
    "wasi:cli/stdin@0.2.0" "$stdin" false { "get-stdin" [] => Some(I32), []; }
    "wasi:cli/stdout@0.2.0" "$stdout" false { "get-stdout" [] => Some(I32), []; }
    "wasi:cli/stderr@0.2.0" "$stderr" false { "get-stderr" [] => Some(I32), []; }
    "wasi:cli/terminal-stdin@0.2.0" "$tin" false { "get-terminal-stdin" [I32] => None, [BACK]; }
    "wasi:cli/terminal-stdout@0.2.0" "$tout" false { "get-terminal-stdout" [I32] => None, [BACK]; }
    "wasi:cli/terminal-stderr@0.2.0" "$terr" false { "get-terminal-stderr" [I32] => None, [BACK]; }
    "wasi:clocks/monotonic-clock@0.2.0" "$clock" true {
        "subscribe-duration" [I64] => Some(I32), [5];
        "subscribe-instant" [I64] => Some(I32), [-1];
    }
    "wasi:io/poll@0.2.0" "$poll" false {
        "poll" [I32, I32, I32] => None, [LIST, 1, BACK];
        "[method]pollable.ready" [I32] => Some(I32), [POLLABLE];
        "[method]pollable.block" [I32] => None, [POLLABLE];
    }
    "wasi:io/streams@0.2.0" "$streams" false {
        "[method]input-stream.read" [I32, I64, I32] => None, [IN, 8, BACK];
        "[method]input-stream.blocking-read" [I32, I64, I32] => None, [IN, 8, BACK];
        "[method]input-stream.skip" [I32, I64, I32] => None, [IN, 8, BACK];
        "[method]input-stream.blocking-skip" [I32, I64, I32] => None, [IN, 8, BACK];
        "[method]input-stream.subscribe" [I32] => Some(I32), [IN];
        "[method]output-stream.check-write" [I32, I32] => None, [OUT, BACK];
        "[method]output-stream.write" [I32, I32, I32, I32] => None, [OUT, TEXT, 2, BACK];
        "[method]output-stream.blocking-write-and-flush" [I32, I32, I32, I32] => None, [OUT, TEXT, 2, BACK];
        "[method]output-stream.flush" [I32, I32] => None, [OUT, BACK];
        "[method]output-stream.blocking-flush" [I32, I32] => None, [OUT, BACK];
        "[method]output-stream.subscribe" [I32] => Some(I32), [OUT];
        "[method]output-stream.write-zeroes" [I32, I64, I32] => None, [OUT, 8, BACK];
        "[method]output-stream.blocking-write-zeroes-and-flush" [I32, I64, I32] => None, [OUT, 8, BACK];
        "[method]output-stream.splice" [I32, I32, I64, I32] => None, [OUT, IN, 8, BACK];
        "[method]output-stream.blocking-splice" [I32, I32, I64, I32] => None, [OUT, IN, 8, BACK];
    }
    "wasi:sockets/instance-network@0.2.0" "$net" false { "instance-network" [] => Some(I32), []; }
    "wasi:sockets/tcp-create-socket@0.2.0" "$tcp" true { "create-tcp-socket" [I32, I32] => None, [0, BACK]; }
    "wasi:sockets/udp-create-socket@0.2.0" "$udp" true { "create-udp-socket" [I32, I32] => None, [1, BACK]; }
    "wasi:sockets/ip-name-lookup@0.2.0" "$lookup" true {
        "resolve-addresses" [I32, I32, I32, I32] => None, [NETWORK, TEXT, 2, BACK];
    }
    "wasi:filesystem/preopens@0.2.0" "$preopens" true { "get-directories" [I32] => None, [BACK]; }
    "" "$in" false { "input-stream" [I32] => None, [IN]; }
    "" "$out" false { "output-stream" [I32] => None, [OUT]; }
    "" "$pollable" false { "pollable" [I32] => None, [POLLABLE]; }
    "" "$network" false { "network" [I32] => None, [NETWORK]; }
}

/// The imports of all functions in [`HANDLES`].
pub(super) const PRELUDE: &str = r#"
(import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
(alias export $errors "error" (type $error))
(import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $p (sub resource)))
  (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))
  (export "[method]pollable.block" (func (param "self" (borrow $p))))
  (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:io/streams@0.2.0" (instance $streams
  (export "error" (type $e (eq $error)))
  (export "pollable" (type $p (eq $pollable)))
  (export "input-stream" (type $i (sub resource)))
  (export "output-stream" (type $o (sub resource)))
  (type $se (variant (case "last-operation-failed" (own $e)) (case "closed")))
  (export "stream-error" (type $s (eq $se)))
  (type $bytes (func (param "self" (borrow $i)) (param "len" u64) (result (result (list u8) (error $s)))))
  (type $count (func (param "self" (borrow $i)) (param "len" u64) (result (result u64 (error $s)))))
  (type $write (func (param "self" (borrow $o)) (param "contents" (list u8)) (result (result (error $s)))))
  (type $zeroes (func (param "self" (borrow $o)) (param "len" u64) (result (result (error $s)))))
  (type $flush (func (param "self" (borrow $o)) (result (result (error $s)))))
  (type $splice (func (param "self" (borrow $o)) (param "src" (borrow $i)) (param "len" u64) (result (result u64 (error $s)))))
  (export "[method]input-stream.read" (func (type $bytes)))
  (export "[method]input-stream.blocking-read" (func (type $bytes)))
  (export "[method]input-stream.skip" (func (type $count)))
  (export "[method]input-stream.blocking-skip" (func (type $count)))
  (export "[method]input-stream.subscribe" (func (param "self" (borrow $i)) (result (own $p))))
  (export "[method]output-stream.check-write" (func (param "self" (borrow $o)) (result (result u64 (error $s)))))
  (export "[method]output-stream.write" (func (type $write)))
  (export "[method]output-stream.blocking-write-and-flush" (func (type $write)))
  (export "[method]output-stream.flush" (func (type $flush)))
  (export "[method]output-stream.blocking-flush" (func (type $flush)))
  (export "[method]output-stream.subscribe" (func (param "self" (borrow $o)) (result (own $p))))
  (export "[method]output-stream.write-zeroes" (func (type $zeroes)))
  (export "[method]output-stream.blocking-write-zeroes-and-flush" (func (type $zeroes)))
  (export "[method]output-stream.splice" (func (type $splice)))
  (export "[method]output-stream.blocking-splice" (func (type $splice)))))
(alias export $streams "input-stream" (type $in))
(alias export $streams "output-stream" (type $out))
(import "wasi:cli/stdin@0.2.0" (instance $stdin (export "input-stream" (type $i (eq $in))) (export "get-stdin" (func (result (own $i))))))
(import "wasi:cli/stdout@0.2.0" (instance $stdout (export "output-stream" (type $o (eq $out))) (export "get-stdout" (func (result (own $o))))))
(import "wasi:cli/stderr@0.2.0" (instance $stderr (export "output-stream" (type $o (eq $out))) (export "get-stderr" (func (result (own $o))))))
(import "wasi:cli/terminal-input@0.2.0" (instance $tinput (export "terminal-input" (type (sub resource)))))
(alias export $tinput "terminal-input" (type $ti))
(import "wasi:cli/terminal-output@0.2.0" (instance $toutput (export "terminal-output" (type (sub resource)))))
(alias export $toutput "terminal-output" (type $to))
(import "wasi:cli/terminal-stdin@0.2.0" (instance $tin (export "terminal-input" (type $t (eq $ti))) (export "get-terminal-stdin" (func (result (option (own $t)))))))
(import "wasi:cli/terminal-stdout@0.2.0" (instance $tout (export "terminal-output" (type $t (eq $to))) (export "get-terminal-stdout" (func (result (option (own $t)))))))
(import "wasi:cli/terminal-stderr@0.2.0" (instance $terr (export "terminal-output" (type $t (eq $to))) (export "get-terminal-stderr" (func (result (option (own $t)))))))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "pollable" (type $p (eq $pollable)))
  (export "subscribe-duration" (func (param "when" u64) (result (own $p))))
  (export "subscribe-instant" (func (param "when" u64) (result (own $p))))))
(import "wasi:sockets/network@0.2.0" (instance $networks
  (export "network" (type (sub resource)))
  (type $codes (enum "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
    "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use" "remote-unreachable"
    "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large" "name-unresolvable"
    "temporary-resolver-failure" "permanent-resolver-failure"))
  (export "error-code" (type (eq $codes)))
  (type $families (enum "ipv4" "ipv6"))
  (export "ip-address-family" (type (eq $families)))))
(alias export $networks "network" (type $network))
(alias export $networks "error-code" (type $code))
(alias export $networks "ip-address-family" (type $family))
(import "wasi:sockets/instance-network@0.2.0" (instance $net (export "network" (type $n (eq $network))) (export "instance-network" (func (result (own $n))))))
(import "wasi:sockets/tcp@0.2.0" (instance $tcps (export "tcp-socket" (type (sub resource)))))
(alias export $tcps "tcp-socket" (type $tcpsocket))
(import "wasi:sockets/tcp-create-socket@0.2.0" (instance $tcp
  (export "tcp-socket" (type $t (eq $tcpsocket))) (export "error-code" (type $c (eq $code))) (export "ip-address-family" (type $f (eq $family)))
  (export "create-tcp-socket" (func (param "address-family" $f) (result (result (own $t) (error $c)))))))
(import "wasi:sockets/udp@0.2.0" (instance $udps (export "udp-socket" (type (sub resource)))))
(alias export $udps "udp-socket" (type $udpsocket))
(import "wasi:sockets/udp-create-socket@0.2.0" (instance $udp
  (export "udp-socket" (type $t (eq $udpsocket))) (export "error-code" (type $c (eq $code))) (export "ip-address-family" (type $f (eq $family)))
  (export "create-udp-socket" (func (param "address-family" $f) (result (result (own $t) (error $c)))))))
(import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
  (export "network" (type $n (eq $network))) (export "error-code" (type $c (eq $code))) (export "resolve-address-stream" (type $r (sub resource)))
  (export "resolve-addresses" (func (param "network" (borrow $n)) (param "name" string) (result (result (own $r) (error $c)))))))
(import "wasi:filesystem/types@0.2.0" (instance $files (export "descriptor" (type (sub resource)))))
(alias export $files "descriptor" (type $descriptor))
(import "wasi:filesystem/preopens@0.2.0" (instance $preopens (export "descriptor" (type $d (eq $descriptor)))
  (export "get-directories" (func (result (list (tuple (own $d) string)))))))
"#;
