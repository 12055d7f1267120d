;; Megabytes of randomness.
(component
  (import "wasi:random/random@0.2.6" (instance $h0
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))))
  (core module $libc
    (memory (export "memory") 20)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 65536)))
  (core instance $libc (instantiate $libc))
  (core func $f0_0 (canon lower (func $h0 "get-random-bytes") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $step
    (import "libc" "memory" (memory 20))
    (import "host" "get-random-bytes" (func $get-random-bytes (param i64 i32)))
    (data (i32.const 64) "{}")
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const 2))
      (loop $l (call $get-random-bytes (i64.const 1048576) (i32.const 128)) (br $l))
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "get-random-bytes" (func $f0_0))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
