;; Answers a random number.
(component
  (import "wasi:random/random@0.2.6" (instance $h0
    (export "get-random-u64" (func (result u64)))))
  (core module $libc
    (memory (export "memory") 24)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $f0_0 (canon lower (func $h0 "get-random-u64")))
  (core module $step
    (import "libc" "memory" (memory 1))
    (import "host" "get-random-u64" (func $get-random-u64 (result i64)))
    (data (i32.const 64) "{\"summary\":0}")
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const 13))
      (i32.store8 (i32.const 75) (i32.add (i32.const 49) (i32.wrap_i64 (i64.and (call $get-random-u64) (i64.const 7)))))
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "get-random-u64" (func $f0_0))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
