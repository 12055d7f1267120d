;; Gives memory that is not there.
(component
  (core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.const 0xfffffff0)))
  (core instance $libc (instantiate $libc))
  (core module $step
    (import "libc" "memory" (memory 1))
    (data (i32.const 64) "{}")
    (func (export "run") (param $ptr i32) (param $len i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 64))
      (i32.store (i32.const 8) (i32.const 2))
      
      (i32.const 0)))
  (core instance $i (instantiate $step
    (with "libc" (instance $libc))))
  (func (export "run") (param "input" string) (result (result string (error string)))
    (canon lift (core func $i "run")
      (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
