;; Writes a secret.
(component
  (import "greentic:secrets-store/secrets-store@1.1.0" (instance $h0
    (export "put" (func (param "key" string) (param "value" (list u8))))))
  (core module $libc
    (memory (export "memory") 24)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $f0_0 (canon lower (func $h0 "put") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $step
    (import "libc" "memory" (memory 1))
    (import "host" "put" (func $put (param i32 i32 i32 i32)))
    (data (i32.const 64) "{}")
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const 2))
      (call $put (i32.const 64) (i32.const 2) (i32.const 64) (i32.const 2))
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "put" (func $f0_0))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
