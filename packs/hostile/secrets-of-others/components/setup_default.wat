;; Asks for what is not its own.
(component
  (import "greentic:secrets-store/secrets-store@1.1.0" (instance $h0
    (type $e0 (enum "not-found" "denied" "invalid-key" "internal"))
    (export "secrets-error" (type $e (eq $e0)))
    (export "get" (func (param "key" string) (result (result (option (list u8)) (error $e)))))))
  (core module $libc
    (memory (export "memory") 24)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (core func $f0_0 (canon lower (func $h0 "get") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $step
    (import "libc" "memory" (memory 1))
    (import "host" "get" (func $get (param i32 i32 i32)))
    (data (i32.const 64) "{}")
    (data (i32.const 512) "*")
    (data (i32.const 576) "../acme/TOKEN")
    (data (i32.const 640) "acme/TOKEN")
    (data (i32.const 704) "")
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const 2))
      (call $get (i32.const 512) (i32.const 1) (i32.const 128)) (call $get (i32.const 576) (i32.const 13) (i32.const 128)) (call $get (i32.const 640) (i32.const 10) (i32.const 128)) (call $get (i32.const 704) (i32.const 0) (i32.const 128)) 
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "get" (func $f0_0))))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
